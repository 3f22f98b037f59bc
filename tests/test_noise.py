"""Noise laws: exact moments by quadrature over the words, distributions by Kolmogorov and Smirnov, independence."""

import math
from dataclasses import replace

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from problems import NOISES, InputError, gaussian, laplace, pareto, rademacher, skew, sparse, student, uniform
from problems.checks.moments import moments
from problems.words import means, quadrature
from simulator.engines import rng
from simulator.engines.cpu.noise_tile import law_loop, tile
from simulator.engines.rng import PAIR, TILE

ALARM = 1e-6  # chance that a statistical test here fails though all is right; seeds are fixed
NORMAL = float(stats.norm.isf(ALARM / 2))  # 4.9 standard errors


def sample(noise, tiles=64, lanes=512, seed=7):
    """Noise of 16 · tiles steps: shape (steps, lanes), float64."""
    return np.concatenate([tile(noise, seed, 0, lanes, TILE * t, 0) for t in range(tiles)]).astype(np.float64)


CASES = [
    gaussian(),
    rademacher(),
    uniform(),
    laplace(),
    student(),
    student(3.0),
    student(2.5),
    student(30.0),
    sparse(),
    sparse(0.5),
    sparse(1.0),
]
LOPSIDED = [
    skew(),
    skew(0.5),
    skew(0.77),
    skew(2.0**-20),
    skew(1 - 2.0**-20),
    pareto(2.0001),
    pareto(2.5),
    pareto(3.0),
    pareto(30.0),
    pareto(1e4),
]


def named(noise):
    return f"{noise.name}{noise.arguments or ''}"


@pytest.mark.parametrize("noise", CASES, ids=named)
def test_moments_are_exact(noise):
    """Variance 1 within 1e-6 over all words, float32 rounding included; mean 0 by symmetry."""
    got = moments(noise)
    assert got.mean == pytest.approx(0, abs=1e-15)
    assert got.square == pytest.approx(1, abs=1e-6)
    assert got.absolute == pytest.approx(noise.ratio, rel=2e-6)
    if noise.draws == "pair":
        assert got.cross == pytest.approx(0, abs=1e-15)  # the two numbers of a pair are uncorrelated
    if noise.name != "student":  # its fourth moment lives in the tail that 32-bit words cut
        assert got.fourth == pytest.approx(noise.kurtosis, rel=1e-6)


@pytest.mark.parametrize("noise", LOPSIDED, ids=named)
def test_moments_of_laws_without_symmetry_are_exact(noise):
    """Mean 0 within a float32 rounding of E|z|, which is at most 1; variance as above, 2e-6 where the tail is all."""
    got = moments(noise)
    assert got.mean == pytest.approx(0, abs=2.0**-24)
    assert got.square == pytest.approx(1, abs=2e-6 if noise.arguments.get("nu", 5) < 2.1 else 1e-6)
    assert got.absolute == pytest.approx(noise.ratio, rel=1e-7)
    if noise.arguments.get("nu", 30) >= 30:  # else the fourth moment lives in the tail that 32-bit words cut
        assert got.fourth == pytest.approx(noise.kurtosis, rel=1e-5)


@pytest.mark.parametrize("nu", [1.5, 1.75, 2.0])
def test_pareto_of_infinite_variance_has_mean_0(nu):
    """Where the words' end alone moves it by 1e-3 at ν = 1.5: 1e-6 of E|z| is left."""
    noise = pareto(nu)
    assert noise.variance == noise.kurtosis == math.inf and noise.ratio == 0
    assert moments(noise).mean == pytest.approx(0, abs=1e-6)
    assert moments(noise).absolute == pytest.approx(noise.moment(1), rel=1e-3)
    ideal, (power, excess, scale) = 1 / (nu - 1), noise.formula_arguments
    assert scale == 1 and excess != np.float32(ideal)
    uncorrected = replace(noise, formula_arguments=(power, np.float32(ideal), scale))
    assert moments(uncorrected).mean < -1e-5


def words_of(*words):
    """Signs and sizes of 32-bit words, by the engines' own rule."""
    w = np.array(words, dtype=np.uint32)
    sign = np.where(w >> np.uint32(31), -1, 1).astype(np.float32)
    return sign, ((w & np.uint32(0x7FFFFFFF)).astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-31)


def test_first_words_of_a_skew_law():
    """q = 0.1: 3 where the sign is + and the size below 0.2, else −1/3; reversed in sign and order at q = 0.9."""
    given = words_of(0, 0x19999999, 0x199999FF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
    third = np.float32(1 / 3)
    low, high = skew(0.1), skew(0.9)
    assert low.formula(*given, *low.formula_arguments).tolist() == [3.0, 3.0, -third, -third, -third, -third]
    assert high.formula(*given, *high.formula_arguments).tolist() == [-3.0, -3.0, third, third, third, third]


def test_first_words_of_a_pareto_law():
    """ν = 2 as it is: 2¹⁶ − 2 at the least size, 0 at size ¼, −1 at size 1, whatever the sign; the mean is 1.3e-5 off 2
    because the words end."""
    z = pareto(2.0).formula(*words_of(0, 1 << 29, 0x7FFFFFFF, 0xFFFFFFFF), *pareto(2.0).formula_arguments)
    np.testing.assert_allclose(z - 1.305e-5, [2.0**16 - 2, 0, -1, -1], rtol=1e-6, atol=1e-7)


def test_a_fair_skew_law_is_rademacher():
    np.testing.assert_array_equal(sample(skew(0.5), 4, 64), sample(rademacher(), 4, 64))


@pytest.mark.parametrize("q", [2.0**-20, 1e-6, 1e-5, 3e-3, 0.1, 0.25, 0.3333, 0.4999, 0.5, 0.51, 0.99, 1 - 2.0**-20])
def test_words_of_a_skew_law(q):
    """The words counted from below, in the neighbourhood of the last: as many as its mean and variance assume."""
    noise = skew(q)
    share, rare, common = noise.formula_arguments
    words = round(noise.breaks[0] * 2**31)
    near = np.arange(max(0, words - 300), min(2**31, words + 300))
    sizes = (near.astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-31)
    np.testing.assert_array_equal(sizes < share, near < words)
    p = words / 2**32
    assert abs(p - min(q, 1 - q)) <= max(2.0**-33, 2.0**-23 * p)
    assert p * float(rare) + (1 - p) * float(common) == pytest.approx(0, abs=2.0**-24)
    assert p * float(rare) ** 2 + (1 - p) * float(common) ** 2 == pytest.approx(1, abs=2.0**-22)


@pytest.mark.parametrize("power", [0.5, 1.0, 1.5, 2.0, 3.0, 4.0])
@pytest.mark.parametrize(
    "noise",
    [gaussian(), rademacher(), uniform(), laplace(), student(9.0), sparse(), skew(), skew(0.77), pareto(9.0)],
    ids=named,
)
def test_absolute_moments(noise, power):
    """E|z|^p by formula and over the words, to 5e-6 (roots of 0); of laws whose tail is cut, to 1e-3."""
    over_words = means(noise.formula, noise.draws, noise.formula_argument_array, noise.breaks, power)[1]
    tail = noise.name in ("student", "pareto") and power > 2
    assert noise.moment(power) == pytest.approx(over_words, rel=1e-3 if tail else 5e-6)


@pytest.mark.parametrize("nu", [1.2, 1.5, 3.0, 9.0, 100.0])
@pytest.mark.parametrize("power", [0.3, 1.0, 1.15, 2.5])
def test_absolute_moments_of_a_pareto_law(nu, power):
    """∫ |y^(−1/ν) − m|^p dy by mpmath, in y = e^(−νx)."""
    noise = pareto(nu)
    if power >= nu:
        assert noise.moment(power) == math.inf
        return
    with mp.workdps(20):
        m = mp.mpf(nu) / (mp.mpf(nu) - 1)
        middle, rate = mp.log(m), mp.mpf(nu) - power
        places = [0, middle / 2, middle, *(middle + k / rate for k in (0.01, 0.1, 1, 5, 20, 60))]
        exact = mp.quad(lambda x: nu * abs(mp.exp(x) - m) ** power * mp.exp(-nu * x), places)
    scale = float(noise.formula_arguments[2])
    assert noise.absolute_moment(power) == pytest.approx(scale**power * float(exact), rel=1e-6)


def test_moments_that_do_not_exist():
    assert student(3.0).moment(3) == pareto(1.5).moment(1.5) == pareto(2.0).moment(2) == math.inf
    assert student(3.0).moment(2) == pareto(2.5).moment(2) == 1 and math.isfinite(pareto(1.5).moment(1.49))
    assert student(1.5).moment(1) == pytest.approx(float(stats.t(1.5).expect(abs)), rel=1e-6)
    assert gaussian().moment(1000) == math.inf  # beyond the floating-point numbers
    with pytest.raises(InputError, match=r"moment of noise 'gaussian': p must be a finite number > 0, got 0"):
        gaussian().moment(0)


def test_a_law_without_a_formula_of_its_moments_has_them_over_the_words():
    plain = replace(laplace(), absolute_moment=None)
    assert plain.moment(3) == pytest.approx(laplace().moment(3), rel=1e-6)
    assert plain.moment(1) == plain.ratio and plain.moment(2) == 1
    heavy = replace(plain, kurtosis=math.inf), replace(plain, kurtosis=math.inf, variance=math.inf)
    assert [[math.isinf(law.moment(p)) for p in (1.9, 2.1, 4)] for law in heavy] == [[0, 0, 1], [0, 1, 1]]


def test_rare_sparse_noise():
    """q near the least allowed is a whole number of words, which a sum over all of them shows."""
    noise = sparse(1e-5)
    q, scale = map(np.float32, noise.formula_arguments)
    count = int(float(q) * 2**31)
    b = (np.arange(count + 2).astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-31)
    z = noise.formula(np.float32(1), np.float32(math.exp(-0.5)), np.float32(1), b, q, scale)  # radius 1
    assert np.count_nonzero(z) == count
    # radius² has mean 2
    assert 2 * np.sum(z.astype(np.float64) ** 2) / 2**31 == pytest.approx(1, abs=1e-6)


def test_the_quadrature_has_power():
    """A scale that is off by 1e-6 is seen."""
    noise = uniform()
    assert abs(moments(noise).square - 1) < 1e-7
    nu, scale = student().formula_arguments
    wrong = replace(student(), formula_arguments=(nu, np.float32(scale * (1 + 2e-6))))
    assert moments(wrong).square - 1 > 3e-6
    size, weight = quadrature()
    assert np.sum(weight) == pytest.approx(1, abs=1e-14)
    assert np.sum(weight * np.log(size.astype(np.float64)) ** 2) == pytest.approx(2, abs=1e-7)
    assert np.sum(weight * np.sqrt(-np.log(size.astype(np.float64)))) == pytest.approx(math.sqrt(math.pi) / 2, abs=1e-7)


@pytest.mark.parametrize("name", NOISES)
def test_compiled_law_is_the_formula(name):
    """The same words through NumPy's and the compiled float32 arithmetic: equal to a few float32 roundings.

    log and expm1 differ by 3 ulp at most, and near size 1 an ulp of log is one of its argument, which
    the root stretches: so the bound is absolute, 16 · 2⁻²⁴ of max(1, |z|), away from there.
    """
    noise = NOISES[name]()
    lanes = 256
    first, second = (rng.words(5, np.arange(lanes), 0, 0, stream) for stream in (0, 1))
    sign, size = [], []
    for w in (first, second):
        sign.append(np.where(w >> np.uint32(31), -1, 1).astype(np.float32))
        size.append(((w & np.uint32(0x7FFFFFFF)).astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-31))
    if noise.draws == "single":
        expected = noise.formula(sign[0], size[0], *noise.formula_arguments)
    elif noise.draws == "pair":
        s, u = sign[0], size[0]
        expected = np.concatenate(noise.formula(s[:PAIR], u[:PAIR], s[PAIR:], u[PAIR:], *noise.formula_arguments))
    else:
        expected = noise.formula(sign[0], size[0], sign[1], size[1], *noise.formula_arguments)
    got = tile(noise, 5, 0, lanes, 0, 0)
    assert got.dtype == expected.dtype == np.float32
    scale = 4.0 if noise.draws == "double" else 1.0  # student's radius and sparse's scale multiply the rounding
    assert np.max(np.abs(got - expected) / np.maximum(1, np.abs(expected))) <= scale * 16 * 2.0**-24


@pytest.mark.parametrize(
    "noise",
    [gaussian(), uniform(), laplace(), student(), sparse(), rademacher(), skew(), pareto(20.0)],
    ids=lambda n: n.name,
)
def test_sample_moments(noise):
    """Mean, variance and (where it has one) kurtosis within NORMAL standard errors of n = 524 288 draws."""
    z = sample(noise)
    n = z.size
    assert abs(np.mean(z)) <= NORMAL / math.sqrt(n)
    error = NORMAL * math.sqrt(max(noise.kurtosis - 1, 0) / n) if math.isfinite(noise.kurtosis) else math.inf
    assert math.isfinite(error)
    assert abs(np.mean(z * z) - 1) <= error + 1e-6
    if noise.name not in ("student", "pareto"):  # student's eighth moment, for ν = 5, is infinite
        spread = {
            "gaussian": 105 - 9,
            "uniform": 9 - 1.8**2,
            "laplace": 2520 - 36,
            "rademacher": 0,
            "sparse": 105 / 0.1**3 - 900,
            "skew": 0.1 * 3.0**8 + 0.9 * 3.0**-8 - noise.kurtosis**2,
        }[noise.name]
        assert abs(np.mean(z**4) - noise.kurtosis) <= NORMAL * math.sqrt(spread / n) + 1e-5


DISTRIBUTIONS = {
    "gaussian": stats.norm.cdf,
    "uniform": stats.uniform(-math.sqrt(3), 2 * math.sqrt(3)).cdf,
    "laplace": stats.laplace(scale=math.sqrt(0.5)).cdf,
    "student": stats.t(5, scale=math.sqrt(3 / 5)).cdf,
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_kolmogorov_smirnov(name):
    """False alarm rate ALARM for each law; n = 131 072, so a shift of 0.0075 in probability is seen."""
    z = sample(NOISES[name](), tiles=16).ravel()
    assert stats.kstest(z, DISTRIBUTIONS[name]).pvalue > ALARM


def test_kolmogorov_smirnov_of_the_sparse_part():
    z = sample(sparse(), tiles=64).ravel()
    count = np.count_nonzero(z)
    assert abs(count - 0.1 * z.size) <= NORMAL * math.sqrt(0.09 * z.size)
    assert stats.kstest(z[z != 0], stats.norm(scale=math.sqrt(10)).cdf).pvalue > ALARM


@pytest.mark.parametrize("nu", [1.5, 3.0])
def test_kolmogorov_smirnov_of_pareto(nu):
    z = sample(pareto(nu), tiles=16).ravel()
    scale = float(pareto(nu).formula_arguments[2])
    assert stats.kstest(z / scale + nu / (nu - 1), stats.pareto(nu).cdf).pvalue > ALARM
    assert stats.kstest(-z / scale + nu / (nu - 1), stats.pareto(nu).cdf).pvalue < ALARM


@pytest.mark.parametrize("q", [0.1, 0.77])
def test_skew_has_its_two_values_as_often_as_q_says(q):
    z = sample(skew(q)).ravel()
    high, low = np.float32(math.sqrt((1 - q) / q)), np.float32(-math.sqrt(q / (1 - q)))
    np.testing.assert_allclose(np.unique(z), [low, high], rtol=2.0**-22)
    assert abs(np.count_nonzero(z > 0) - q * z.size) <= NORMAL * math.sqrt(q * (1 - q) * z.size)


def test_kolmogorov_smirnov_has_power():
    """A normal whose scale is 5 % off, so its distribution by 0.05 φ(1) = 0.012, is rejected with as many draws."""
    z = 1.05 * sample(gaussian(), tiles=16).ravel()
    assert stats.kstest(z, stats.norm.cdf).pvalue < ALARM


def test_signs_are_fair():
    z = sample(rademacher()).ravel()
    assert set(np.unique(z)) == {-1.0, 1.0}
    assert abs(np.sum(z)) <= NORMAL * math.sqrt(z.size)


@pytest.mark.parametrize("name", NOISES)
@pytest.mark.parametrize("transform", [lambda z: z, np.abs, lambda z: np.minimum(z * z, 9)], ids=["z", "abs", "square"])
def test_independence(name, transform):
    """Correlations between steps, within a tile and across, and between lanes; of z, |z| and a cut z².

    n correlations of about 4·10⁵ pairs each; ALARM in all.
    """
    y = transform(sample(NOISES[name](), tiles=48))
    spread = np.std(y)
    if spread < 1e-9:
        assert name == "rademacher"  # |±1| is constant
        return
    y = (y - np.mean(y)) / spread
    steps = np.arange(len(y))
    first_half = steps % TILE < PAIR
    pairs = {
        "t, t+8 of a tile, which share two words": (y[first_half], y[steps[first_half] + PAIR]),
        "t+8, t of the next tile": (y[~first_half][:-PAIR], y[first_half][PAIR:]),
    }
    for lag in (1, 2, 3, 4, 16):
        pairs[f"lag {lag}"] = (y[:-lag], y[lag:])
    for shift in (1, 2, 64):
        pairs[f"lanes {shift} apart"] = (y[:, :-shift], y[:, shift:])
    limit = float(stats.norm.isf(ALARM / 2 / len(pairs)))
    for what, (a, b) in pairs.items():
        assert abs(np.mean(a * b)) * math.sqrt(a.size) <= limit, what


def test_replicas_and_seeds_differ():
    z = [tile(gaussian(), seed, 0, 2048, 0, replica).ravel() for seed, replica in ((0, 0), (0, 1), (1, 0), (1, 1))]
    correlation = np.corrcoef(z)
    assert np.max(np.abs(correlation - np.eye(4))) <= NORMAL * 1.2 / math.sqrt(z[0].size)


def test_gaussian_range():
    """|z| ≤ 6.66: the least size is 2⁻³²."""
    words = np.zeros(TILE * 16, np.uint32)
    z = np.empty(TILE * 16, np.float32)
    law_loop(gaussian().formula, "pair", 16)(z, words, words, gaussian().formula_argument_array)
    assert np.max(np.abs(z)) == pytest.approx(math.sqrt(2 * 32 * math.log(2)), rel=1e-6)
    words[:] = 0x7FFFFFFF  # size 1: radius 0
    law_loop(gaussian().formula, "pair", 16)(z, words, words, gaussian().formula_argument_array)
    assert np.all(z == 0)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: student(0.5), "student: nu .* ≥ 1, got 0.5"),
        (lambda: student(math.nan), "student: nu"),
        (lambda: sparse(0.0), "sparse: q .* ≥ 1e-05, got 0"),
        (lambda: sparse(1.5), "at most 1, got 1.5"),
        (lambda: skew(0.0), "skew: q .* ≥ 9.53674e-07, got 0"),
        (lambda: skew(1.0), "skew: q .* at most 1 − 2⁻²⁰, got 1.0"),
        (lambda: skew("0.1"), "skew: q .* got '0.1'"),
        (lambda: pareto(1.0), "pareto: nu .* > 1, got 1.0"),
        (lambda: pareto(1 + 1e-9), "pareto: nu .* at least 1 \\+ 1e-7"),
        (lambda: pareto(1e5), "pareto: nu .* at most 1e4, got 100000"),
    ],
)
def test_refusals(make, words):
    with pytest.raises(InputError, match=words):
        make()


def test_infinite_variance_is_declared():
    assert student(2.0).variance == student(1.5).variance == math.inf
    assert student(2.5).variance == 1 and student(3.0).kurtosis == math.inf
