"""Norms of random vectors: exact values against independent ones, Monte Carlo against exact values."""

import io
import json
import math
import zlib
from dataclasses import replace

import mpmath as mp
import numpy as np
import pytest

from problems import NOISES, InputError, gaussian, laplace, pareto, rademacher, skew, sparse, student, uniform
from simulator.engines import rng
from simulator.engines.cpu.noise_tile import tile
from simulator.samples import check_key, label, norm_check, samples_for
from simulator.samples.exact import DEFECTS, gaussian_l2, integrate, mean_l1, mean_l2
from simulator.samples.rows import FORMAT, NormRow, load_rows, measured, norm_table, save_rows
from simulator.samples.sampling import Moments, compile_norms
from simulator.sealed import write_sealed

ROW = NormRow("gaussian", 4, 100, 3.2, 0.01, 3.1915, 1.9, 0.01, 1.88, 0.85, 0.001, 0)


@pytest.mark.parametrize("dim", [1, 2, 3, 10, 62, 63, 64, 65, 100, 1000, 10**6, 10**9, 2**32])
def test_gaussian_l2(dim):
    with mp.workdps(60):
        exact = mp.sqrt(2) * mp.exp(mp.loggamma(mp.mpf(dim + 1) / 2) - mp.loggamma(mp.mpf(dim) / 2))
        assert abs(gaussian_l2(dim) / exact - 1) < 1e-14
        assert abs(integrate(lambda t: -np.expm1(-0.5 * np.log1p(2 * t)), dim) / exact - 1) < 1e-14


DENSITIES = {
    "uniform": lambda x: 1 / (2 * mp.sqrt(3)),
    "laplace": lambda x: mp.exp(-mp.sqrt(2) * x) / mp.sqrt(2),
    # ν = 5, variance 1
    "student": lambda x: mp.gamma(3) / (mp.sqrt(3 * mp.pi) * mp.gamma(2.5)) * (1 + x * x / 3) ** -3,
}


@pytest.mark.parametrize("name", DENSITIES)
@pytest.mark.parametrize("t", ["1e-12", "1e-3", "0.2", "1", "7", "1e4"])
def test_defects_against_mpmath(name, t):
    """1 − M(t) = ∫ (1 − exp(−t x²)) p(x) dx, relative even where it is tiny."""
    ends = [0, mp.sqrt(3)] if name == "uniform" else [0, 1, 10, 100, mp.inf]
    with mp.workdps(30):
        middle = [e for e in (mp.mpf(t) ** -0.5 / 10, mp.mpf(t) ** -0.5, mp.mpf(t) ** -0.5 * 5) if e < ends[-1]]
        exact = 2 * mp.quad(lambda x: -mp.expm1(-mp.mpf(t) * x * x) * DENSITIES[name](x), sorted({*ends, *middle}))
    arguments = {"nu": 5.0} if name == "student" else {}
    assert abs(float(DEFECTS[name](np.array([float(t)]), **arguments)[0] / exact) - 1) < 1e-12


@pytest.mark.parametrize(
    "noise",
    [uniform(), laplace(), sparse(0.1), sparse(0.7), student(5.0), student(9.0), skew(0.1), skew(0.77), skew(1e-6)],
    ids=label,
)
def test_one_dimension(noise):
    """At d = 1 both norms are |g|: the quadrature must give E|g|, known otherwise."""
    # the law's own scale (student, cut tail) and q (sparse and skew, whole words) differ a little from the ideal ones
    allowed = {"student": 2e-6, "sparse": 2.0**-32 / noise.arguments.get("q", 1.0)}.get(noise.name, 0.0)
    if noise.name == "skew":
        allowed = max(2.0**-23, 2.0**-33 / noise.arguments["q"])
    assert mean_l2(noise, 1) == pytest.approx(noise.ratio, rel=allowed + 1e-12)
    assert mean_l1(noise, 1) == noise.ratio


def test_two_dimensions():
    """E√(x² + y²) as plain double integrals."""
    with mp.workdps(20):
        square = mp.quad(lambda a: mp.quad(lambda b: 3 * mp.sqrt(a * a + b * b) / 3 * mp.sqrt(3), [0, a, 1]), [0, 1])
        # Laplace in polar form: ∫ r² e^(−√2 r (cos + sin)) dr = 2/(√2 (cos + sin))³, density ½ e^(…), four quadrants
        wedge = 4 * mp.mpf(1) / 2 * mp.quad(lambda a: 2 / (mp.sqrt(2) * (mp.cos(a) + mp.sin(a))) ** 3, [0, mp.pi / 2])
    assert mean_l2(uniform(), 2) == pytest.approx(float(square), rel=1e-10)
    assert mean_l2(laplace(), 2) == pytest.approx(float(wedge), rel=1e-12)


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9, 1e-6])
def test_skew_norms_are_of_a_binomial_number_of_its_two_values(q):
    dim = 12
    exact = sum(
        math.comb(dim, k) * q**k * (1 - q) ** (dim - k) * math.sqrt(k * (1 - q) / q + (dim - k) * q / (1 - q))
        for k in range(dim + 1)
    )
    assert mean_l2(skew(q), dim) == pytest.approx(exact, rel=1e-12)


def test_skew_norms_by_monte_carlo(tmp_path):
    rows = norm_check([skew(0.1), skew(0.9), skew(0.5)], [1, 10, 1000], 20_000)
    assert max(abs(z) for row in rows for z in (row.z_l1, row.z_l2)) < 5
    assert [row.violations for row in rows] == [0] * 9
    save_rows(rows, tmp_path, "key")
    assert load_rows(tmp_path, "key") == rows and rows[0].law == "skew(q=0.1)"


def test_a_law_of_one_side_has_no_exact_norms():
    with pytest.raises(InputError, match=r"no exact E‖g‖₂ is known for the noise 'pareto' \(known: .*student, skew\)"):
        norm_check([pareto(3.0)], [10], 100)
    with pytest.raises(InputError, match=r"finite variance, got 'pareto' with .*'nu': 1.5.* take nu > 2"):
        norm_check(["pareto"], [10], 100)


@pytest.mark.parametrize("q", [0.1, 0.5])
def test_sparse_is_a_binomial_mixture(q):
    dim = 12
    exact = sum(
        math.comb(dim, k) * q**k * (1 - q) ** (dim - k) * gaussian_l2(k) / math.sqrt(q) for k in range(1, dim + 1)
    )
    assert mean_l2(sparse(q), dim) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("noise", [uniform(), laplace(), sparse(0.1), student(9.0)], ids=label)
@pytest.mark.parametrize("dim", [10**5, 10**9])
def test_large_dimension(noise, dim):
    """E‖g‖₂ = √d (1 − (κ − 1)/(8d) + O(d⁻²)) with κ = E g⁴, by expanding the root about its mean."""
    kurtosis = 3 + 6 / 5 if noise.name == "student" else noise.kurtosis
    # for ν = 9 the next term, with the sixth and eighth moments, is below 100/d²
    expected = -(kurtosis - 1) / (8 * dim)
    assert mean_l2(noise, dim) / math.sqrt(dim) - 1 == pytest.approx(expected, abs=100 / dim**2 + 1e-15)


def test_refusals():
    for make in (
        lambda: mean_l2(student(1.5), 3),
        lambda: mean_l1(student(2.0), 3),
        lambda: norm_check([student(2.0)], [3]),
    ):
        with pytest.raises(InputError, match="finite variance"):
            make()
    with pytest.raises(InputError, match="nu ≥ 4"):
        mean_l2(student(3.0), 3)
    with pytest.raises(InputError, match="no exact"):
        mean_l2(replace(uniform(), name="mine"), 3)
    with pytest.raises(InputError, match="unknown noise law 'gauss'; did you mean 'gaussian'"):
        norm_check(["gauss"], [3])
    with pytest.raises(InputError, match="dims must be an integer"):
        norm_check(["gaussian"], [0])
    with pytest.raises(InputError, match="samples must be"):
        norm_check(["gaussian"], [4], samples=1)
    with pytest.raises(InputError, match="take more samples"):
        norm_check([sparse(1e-5)], [1], samples=16)


@pytest.fixture(scope="module")
def rows():
    return norm_check(dims=[1, 7, 64, 1000, 100_000], seed=3)


def test_monte_carlo_agrees_with_exact_values(rows):
    """60 z-scores, standard normal if the noise is exact; one beyond 5 by chance: probability below 4e-5."""
    scores = np.array([[row.z_l1, row.z_l2] for row in rows])
    assert len(scores) == 30 and np.max(np.abs(scores)) < 5
    # Rows are independent; the 25 with spread give Σ z_l1² ~ χ²(25), outside [4.7, 65] with probability below 1e-5.
    moving = np.array([row.sem_l1 > 0 for row in rows])
    assert moving.sum() == 25 and 4.7 < np.sum(scores[moving, 0] ** 2) < 65


def test_no_vector_breaks_the_inequalities(rows):
    assert [row.violations for row in rows] == [0] * 30
    for row in rows:
        assert 1 / math.sqrt(row.dim) - 1e-9 <= row.ratio_mean <= 1 + 1e-9
        if row.dim == 100_000:
            assert row.ratio_mean == pytest.approx(row.ratio_limit, abs=5 * row.ratio_sem + 2e-5)


def test_rademacher_is_exact(rows):
    for row in rows:
        if row.law == "rademacher":
            assert (row.sem_l1, row.z_l1, row.z_l2) == (0, 0, 0)
            assert row.ratio_mean == pytest.approx(1, abs=4e-16)


def test_streams_are_plain_sums_over_tiles():
    """Against the tiles themselves, dimension not a multiple of the lanes and samples not of the tile."""
    dim, samples, seed = 70, 21, 11
    (row,) = norm_check(["laplace"], [dim], samples=samples, seed=seed)
    replica = zlib.crc32(b"laplace 70")
    g = np.concatenate([tile(laplace(), seed, 0, dim, first, replica) for first in (0, 16)])
    g = g[:samples].astype(np.float64)
    l1, l2 = np.sum(np.abs(g), axis=1), np.linalg.norm(g, axis=1)
    for measured_, values in ((row.mean_l1, l1), (row.mean_l2, l2), (row.ratio_mean, l1 / l2 / math.sqrt(dim))):
        assert measured_ == pytest.approx(np.mean(values), rel=1e-13)
    assert row.sem_l1 == pytest.approx(np.std(l1, ddof=1) / math.sqrt(samples), rel=1e-12)


def test_rows_do_not_depend_on_threads_or_neighbours():
    one = norm_check(["gaussian", "uniform"], [3, 5000], samples=5000, threads=1)
    assert norm_check(["gaussian", "uniform"], [3, 5000], samples=5000, threads=3) == one
    assert norm_check(["uniform"], [5000], samples=5000) == one[3:]
    assert norm_check(["uniform"], [5000], samples=5000, seed=1) != one[3:]


def test_progress_counts_coordinates():
    seen = []
    norm_check(["uniform"], [10, 1000], samples=6000, progress=lambda *state: seen.append(state))
    assert seen == sorted(seen) and seen[-1] == (6000 * 1010, 6000 * 1010) and len(seen) > 3


def test_a_false_law_is_seen():
    """The z-scores have power: a law declared with a 1 % too large E|g| is off by many standard errors."""
    wrong = replace(uniform(), ratio=uniform().ratio * 1.01)
    (row,) = norm_check([wrong], [100], samples=20_000)
    assert row.z_l1 < -8


def test_budget():
    assert [samples_for(d) for d in (1, 10**4, 10**6, 10**9)] == [2**18, 6710, 67, 32]


def test_moments_merge_as_one():
    values = np.random.default_rng(0).normal(3, 2, 1000)
    parts = Moments()
    for part in np.split(values, [0, 1, 17, 600]):
        parts = parts.merge(Moments.of(part))
    assert (parts.count, parts.mean) == (1000, pytest.approx(np.mean(values), rel=1e-14))
    assert parts.sem == pytest.approx(np.std(values, ddof=1) / math.sqrt(1000), rel=1e-13)


def test_z_of_a_law_without_spread():
    still = replace(ROW, sem_l1=0.0, mean_l1=ROW.exact_l1)
    assert still.z_l1 == 0 and replace(still, mean_l1=3.0).z_l1 == -math.inf


def test_save_and_load(tmp_path):
    rows = [ROW, replace(ROW, law="sparse(q=0.1)", sem_l1=0.0)]
    path = save_rows(rows, tmp_path / "new", "k")
    assert load_rows(tmp_path / "new") == rows
    assert [p.name for p in path.parent.iterdir()] == ["norms.json"]  # no temporary file stays


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dim": 0}, "dim must be an integer from 1 to 4294967296, got 0"),
        ({"dim": 10**400}, "dim must be"),
        ({"violations": 101}, "violations can't be more than 100"),
        ({"mean_l1": 10**400}, "mean_l1 must be a finite number"),
        ({"mean_l1": 1e300}, "mean_l1 can't be more than"),
        ({"exact_l2": 2.1}, "exact_l2 can't be more than 2"),
        ({"ratio_mean": 2.0}, "ratio_mean can't be"),
        ({"exact_l1": 0.0}, "must be above 0"),
        ({"law": "gausian"}, "did you mean 'gaussian'"),
        ({"law": r"$\\frac{$"}, "law must be a name"),
        ({"law": "sparse(q=$x$)"}, "law must be a name"),
        ({"law": "sparse(p=0.1)"}, "no argument 'p'"),
        ({"law": ["gaussian"]}, "law must be a name"),
        ({"dim": True}, "dim must be"),
        ({"samples": 1}, "samples must be"),
        ({"mean_l1": -1.0}, "mean_l1 must be a finite number"),
        ({"law": ""}, "law must be a name"),
        ({"violations": 0.5}, "violations must be"),
        ({"mean_l2": "1"}, "mean_l2 must be"),
        ({"more": 1}, "exactly the entries"),
    ],
)
def test_a_damaged_row_is_refused(tmp_path, change, words):
    path = save_rows([ROW, ROW], tmp_path, "k")
    data = json.loads(path.read_text())
    data["rows"][1] |= change
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match="its content is not what its digest was made of"):
        load_rows(tmp_path)
    write_sealed(path, FORMAT, {"key": data["key"], "rows": data["rows"]})  # somebody who can make a digest
    with pytest.raises(InputError, match="row 1: .*" + words):
        load_rows(tmp_path)


def test_one_flipped_bit_is_found(tmp_path):
    content = save_rows([ROW, ROW], tmp_path, "k").read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.integers(len(content), size=300):
        broken = bytearray(content)
        broken[place] ^= 1 << int(rng.integers(8))
        (tmp_path / "norms.json").write_bytes(bytes(broken))
        try:
            assert load_rows(tmp_path) == [ROW, ROW]  # white space, or 1.0 for 1
        except InputError as error:
            assert "norms.json" in str(error) and "\n" not in str(error)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": "other", "rows": []}', '{"rows": []}', "[NaN]", "[" * 100_000], ids=range(7)
)
def test_a_foreign_file_is_refused(tmp_path, text):
    (tmp_path / "norms.json").write_text(text)
    with pytest.raises(InputError, match="make it again with ratecheck norms"):
        load_rows(tmp_path)


def test_rows_of_other_settings_are_not_taken_for_these(tmp_path):
    key = check_key(["gaussian"], [1, 2], 100, 0)
    save_rows([ROW], tmp_path, key)
    assert load_rows(tmp_path, key) == [ROW]
    others = [
        check_key(["uniform"], [1, 2], 100, 0),
        check_key(["gaussian"], [1, 3], 100, 0),
        check_key(["gaussian"], [1, 2], None, 0),
        check_key(["gaussian"], [1, 2], 100, 1),
        check_key([replace(gaussian(), formula_arguments=(np.float32(1),))], [1, 2], 100, 0),
    ]
    assert len({key, *others}) == 6
    for other in others:
        with pytest.raises(InputError, match="other settings"):
            load_rows(tmp_path, other)


def test_unreadable_and_unwritable(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        load_rows(tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"can't write to .*choose another folder"):
        save_rows([ROW], tmp_path / "file" / "inside", "k")


def test_infinite_numbers_are_not_saved(tmp_path):
    with pytest.raises(ValueError, match="not finite"):
        save_rows([replace(ROW, mean_l1=math.inf)], tmp_path, "k")


def test_table(rows):
    from rich.console import Console

    console = Console(width=200, record=True, file=io.StringIO())
    console.print(norm_table(rows))
    text = console.export_text()
    assert text.count("gaussian") == 5 and "sparse(q=0.1)" in text and "100,000" in text
    assert "largest |z| of 60: " in text


def test_measured():
    assert measured(0.79788, 0.00012) == "0.79788(12)"
    assert measured(1.0, 0.0) == "1.000000"
    assert measured(12.345, 1.2) == "12.3(12)"


def test_every_registered_law_of_finite_variance_has_exact_norms():
    for noise in (make() for make in NOISES.values()):
        if not math.isfinite(noise.variance):
            continue
        assert mean_l1(noise, 100) <= math.sqrt(100) * mean_l2(noise, 100) * (1 + 1e-12)
        assert mean_l2(noise, 100) <= 10
    assert mean_l2(rademacher(), 100) == 10
    assert mean_l2(gaussian(), 1) == pytest.approx(math.sqrt(2 / math.pi), rel=1e-15)


@pytest.mark.parametrize("dim", [1, 63, 64, 65, 127])
def test_every_coordinate_counts_once(dim):
    """Also where the last block of lanes is not full."""
    law, seed, replica = gaussian(), 3, 7
    l1, square = np.empty((2, rng.TILE))
    compile_norms(law.formula, law.draws)(
        l1, square, dim, np.uint64(rng.TILE), np.uint64(replica), *rng.key(seed), law.formula_argument_array
    )
    g = tile(law, seed, 0, dim, rng.TILE, replica).astype(np.float64)
    np.testing.assert_allclose(l1, np.abs(g).sum(axis=1), rtol=1e-13)
    np.testing.assert_allclose(square, (g * g).sum(axis=1), rtol=1e-13)
