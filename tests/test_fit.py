"""Intervals and exponents: nominal coverage on data of known law, and exact answers where there is no noise."""

import math

import numpy as np
import pytest
from scipy.stats import binom
from synthetic import DIMS, STEPS, rate, sweep

from simulator.judge.fit import constant_exponents, groups, labels
from simulator.judge.growth import growth
from simulator.judge.intervals import Estimate, holm, mean, power_law
from simulator.theorems import THEOREMS

adamw_l1 = THEOREMS["adamw-l1"]

FALSE_ALARM = 1e-4  # of each coverage test, were its seed not fixed


def within_binomial_error(misses: int, trials: int, nominal: float) -> bool:
    return binom.ppf(FALSE_ALARM / 2, trials, nominal) <= misses <= binom.isf(FALSE_ALARM / 2, trials, nominal)


def l1_growth(cells):
    """Growth of ‖∇f‖₁ over √d C K^(−1/4)."""
    return growth(cells, [c.stats.mean_grad_l1 / adamw_l1.rate(c.constants) for c in cells])


@pytest.mark.parametrize("replicas", [2, 8, 32])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_mean_limits_cover(replicas, alpha):
    rng = np.random.default_rng(replicas)
    trials = 20_000
    found = [mean(row) for row in rng.normal(3.0, 0.5, (trials, replicas))]
    assert within_binomial_error(sum(e.high(alpha) < 3.0 for e in found), trials, alpha)
    assert within_binomial_error(sum(e.low(alpha) > 3.0 for e in found), trials, alpha)
    assert within_binomial_error(sum(e.p_above(3.0) < alpha for e in found), trials, alpha)
    assert within_binomial_error(sum(e.p_below(3.0) < alpha for e in found), trials, alpha)


# dims, steps, replicas of each cell: a full grid, a single line, and unequal replicas
GRIDS = {
    "grid": ((1, 4, 16), (1, 4, 16), [8] * 9),
    "line": ((1,), (1, 4, 16), [8] * 3),
    "unequal": ((1, 4, 16), (1, 4, 16), [24, 24, 16, 24, 16, 16, 24, 16, 16]),
}


def noisy_law(rng, dims, steps, counts, common):
    """Samples of mean d^0.5 K^−0.25 whose spread falls with d and K; replica r shares noise in all cells."""
    grid = np.array([(d, k) for d in dims for k in steps], dtype=float)
    true = grid[:, 0] ** 0.5 * grid[:, 1] ** -0.25
    spread = 0.05 * grid[:, 0] ** -0.5 * grid[:, 1] ** -0.25
    shared = rng.standard_normal(max(counts))
    return np.log(grid[:, np.ptp(grid, axis=0) > 0]), [
        m * (1 + s * (math.sqrt(common) * shared[:n] + math.sqrt(1 - common) * rng.standard_normal(n)))
        for m, s, n in zip(true, spread, counts, strict=True)
    ]


@pytest.mark.parametrize("axis", [0, 1])
def test_exponent_limits_cover_within_levels(axis):
    """As the judge fits them: one axis among cells equal in the other, here with the largest corner missing."""
    rng = np.random.default_rng(axis)
    true, trials, high, low = (0.5, -0.25)[axis], 800, 0, 0
    for trial in range(trials):
        logs, samples = noisy_law(rng, (1, 4, 16), (1, 4, 16), [8] * 9, 0.5)
        (found,) = power_law(logs[:8, [axis]], samples[:8], trial, levels=logs[:8, 1 - axis], spread=logs[:8])
        high += found.high() < true
        low += found.low() > true
    assert within_binomial_error(high, trials, 0.05)
    assert within_binomial_error(low, trials, 0.05)


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("common", [0.0, 0.7])
def test_exponent_limits_cover(name, common):
    rng = np.random.default_rng([list(GRIDS).index(name), int(10 * common)])
    true = [-0.25] if name == "line" else [0.5, -0.25]
    trials, high, low = 800, 0, 0
    for trial in range(trials):
        found = power_law(*noisy_law(rng, *GRIDS[name], common), seed=trial)
        assert len(found) == len(true)
        high += sum(e.high() < b for e, b in zip(found, true, strict=True))
        low += sum(e.low() > b for e, b in zip(found, true, strict=True))
    assert within_binomial_error(high, trials * len(true), 0.05)
    assert within_binomial_error(low, trials * len(true), 0.05)
    assert all(e.df == min(GRIDS[name][2]) - 1 for e in found)


def test_bootstrap_variance_is_unbiased_at_8_replicas():
    """A plain bootstrap has 7/8 of it: 7 standard errors away. Tolerance: 5 of them (false alarm 1e-6)."""
    rng = np.random.default_rng(5)
    trials = 1500
    logs = np.log([[1.0], [4.0], [16.0]])
    found = [power_law(logs, list(1 + 0.01 * rng.standard_normal((3, 8))), seed=t)[0] for t in range(trials)]
    measured = np.mean([e.error**2 for e in found]) / np.var([e.value for e in found])
    assert abs(measured - 1) < 5 * math.sqrt(2 / 7 / trials + 2 / trials)
    # against the known variance of an unweighted slope, which weights from noisy variances come close to
    exact = 0.01**2 / 8 / float(np.sum((logs - logs.mean()) ** 2))
    assert abs(np.mean([e.error**2 for e in found]) / exact - 1) < 5 * math.sqrt(2 / 7 / trials)


def test_what_is_tiny_is_fitted_as_what_is_not():
    """The squares of a vanishing gradient's ratios underflow: 0/0 was a weight of nan."""
    rng = np.random.default_rng(7)
    logs, samples = noisy_law(rng, (1, 4, 16), (1, 4, 16), [8] * 9, 0.5)
    plain, tiny = (power_law(logs, [y * scale for y in samples], seed=1) for scale in (1.0, 1e-200))
    for a, b in zip(plain, tiny, strict=True):
        assert b.value == pytest.approx(a.value, abs=1e-9) and b.error == pytest.approx(a.error, rel=1e-6)


def test_weights_beat_none_where_the_spread_falls():
    """The spread halves from cell to cell, as it does with K and d: known weights have a third of the variance of none,
    and fitted ones nearly that. Tolerance: five Monte Carlo errors, and a tenth for what fitting them costs."""
    rng = np.random.default_rng(11)
    trials, logs, spread = 800, np.log(4.0) * np.arange(4), 0.08 * 0.5 ** np.arange(4)
    samples = 1 + spread[:, None] * rng.standard_normal((trials, 4, 8))
    measured = np.var([power_law(logs[:, None], list(y), seed=t)[0].value for t, y in enumerate(samples)])
    weights = 1 / spread**2
    known = 1 / 8 / np.sum(weights * (logs - np.average(logs, weights=weights)) ** 2)
    unweighted = np.sum((logs - logs.mean()) ** 2 * spread**2) / 8 / np.sum((logs - logs.mean()) ** 2) ** 2
    assert unweighted > 3 * known
    assert measured < (1.1 + 5 * math.sqrt(2 / trials)) * known


def test_noise_common_to_all_cells_cancels():
    found = l1_growth(sweep(rate(), common=1.0, spread=0.1))
    for exponent in found.exponents.values():
        assert abs(exponent.value) < 1e-12 and exponent.error < 1e-12
    apart = l1_growth(sweep(rate(), common=0.0, spread=0.1))
    assert all(e.error > 1e-3 for e in apart.exponents.values())


def test_exponents_exact_without_noise():
    found = l1_growth(sweep(rate(2.0, steps=-0.4, dim=0.8), spread=0.0))
    assert found.exponents["steps"].value == pytest.approx(-0.15, abs=1e-12)
    assert found.exponents["dim"].value == pytest.approx(0.3, abs=1e-12)
    assert found.cells == 9 and not found.missing


def test_larger_half_only():
    """A transient at small K and d must not enter: the law bends below K = 16000 and d = 256."""

    def bent(c):
        return rate()(c) * max(1, 16000 / c.steps) ** 2 * max(1, 256 / c.dim) ** 2

    found = l1_growth(sweep(bent, spread=0.0))
    assert all(abs(e.value) < 1e-12 for e in found.exponents.values())


def test_partial_grid():
    cells = sweep(rate(), spread=0.01)
    partial = [c for c in cells if c.spec.dim * c.spec.steps <= 1024 * 64000]
    found = l1_growth(partial)
    assert set(found.exponents) == {"steps", "dim"} and found.cells == 6
    assert all(abs(e.value) < 5 * e.error for e in found.exponents.values())


def test_a_bend_in_one_axis_is_no_growth_in_the_other():
    """K^(−1/4) + 6 K^(−1/2) on a grid whose largest corner is missing: exactly √d for every K."""

    def bent(c):
        return rate()(c) * (1 + 6 * c.steps**-0.25)

    grid = [c for c in sweep(bent, spread=0.0) if c.spec.dim * c.spec.steps < 4096 * 256000]
    found = l1_growth(grid)
    assert found.cells == 8 and found.exponents["dim"].value == pytest.approx(0, abs=1e-12)
    assert found.exponents["steps"].value < -0.05


def test_axes_without_enough_values():
    few = l1_growth(sweep(rate(dim=0.9), dims=(16, 64), spread=0.001))
    assert set(few.exponents) == {"steps"} and "2 values of d" in few.missing["dim"]
    # the two dimensions have their own column: their wrong exponent does not leak into that of K
    ragged = [
        c for c in sweep(rate(dim=0.9), dims=(16, 64), spread=0.0) if not (c.spec.dim == 16 and c.spec.steps == 256000)
    ]
    assert l1_growth(ragged).exponents["steps"].value == pytest.approx(0, abs=1e-12)
    assert l1_growth(sweep(rate(), dims=(16,), steps=(1000, 4000))).exponents == {}
    assert l1_growth([]).exponents == {}


def test_diagonal_grid_cannot_tell_the_axes_apart():
    cells = sweep(rate())
    diagonal = [c for c in cells if c.spec.steps / 1000 == c.spec.dim / 16]
    found = l1_growth(diagonal)
    assert found.exponents == {} and "at the same d" in found.missing["steps"]
    stairs = [c for c in cells if c.spec.steps / c.spec.dim in (1000 / 16, 4000 / 16)]
    assert l1_growth(stairs).exponents == {}  # two values of K at each d give a slope through any trend


def test_values_too_close_together_have_no_exponent():
    """A trend over less than three octaves is none, whatever its error: K = 16000, 16001, 16002."""
    near = sweep(rate(), dims=(16,), steps=(16000, 16001, 16002), spread=0.0)
    found = l1_growth(near)
    assert found.exponents == {} and "octaves, 3 are needed" in found.missing["steps"]
    assert l1_growth(sweep(rate(), dims=(16,), steps=(1000, 2000, 4000))).exponents == {}
    assert set(l1_growth(sweep(rate(), dims=(16,), steps=(1000, 2000, 8000))).exponents) == {"steps"}
    equal_logs = [
        cell for n in range(3) for cell in sweep(rate(), dims=(16,), steps=(1000,), gap=1e300 * (1 + n * 1e-15))
    ]
    assert constant_exponents(equal_logs, [cell.stats.mean_grad_l1 for cell in equal_logs], [1.0] * 3) == []


def test_the_half_that_is_fitted_spans_three_octaves():
    """Of six horizons a factor of 2 apart the larger half spans two octaves: one more is taken."""
    found = l1_growth(sweep(rate(), dims=(16,), steps=(1000, 2000, 4000, 8000, 16000, 32000), spread=0.01))
    assert found.cells == 4 and found.floors["steps"] == 4000


def test_the_slope_beyond_the_end():
    """Of a power law it is its exponent; of a ratio that approaches a limit it is far below the fitted exponent."""
    power = l1_growth(sweep(rate(steps=-0.1), spread=0.0))
    assert power.exponents["steps"].value == pytest.approx(0.15) == power.beyond["steps"].value
    limit = l1_growth(sweep(lambda c: rate()(c) * (1 - 50 / c.steps**0.5), spread=0.0))
    assert limit.exponents["steps"].value > 0.02 > limit.beyond["steps"].value
    assert power.p_grows("steps") < 1e-9 and limit.p_grows("steps") > 0.5


def test_same_data_same_verdict():
    cells = sweep(rate())
    assert l1_growth(cells) == l1_growth(cells)


def test_groups_and_labels():
    cells = [
        *sweep(rate(), dims=(16,)),
        *sweep(rate(), dims=(64,), replicas=16),
        *sweep(rate(), dims=(16,), sigma=2.0),
        *sweep(rate(), dims=(16,), problem="ramp"),
    ]
    found = groups(cells)
    assert [len(g.cells) for g in found] == [10, 5, 5]  # replicas don't part a group, sigma and problem do
    assert labels(found) == ["rational", "rational (σ=2)", "ramp"]  # by what departs from most


def test_constant_exponents():
    results = []
    for field in ("sigma", "gap", "smoothness"):
        for value in (0.25, 1.0, 4.0):
            if value != 1.0 or field == "sigma":
                results += sweep(
                    rate(0.5), dims=(64,), steps=STEPS[-1:], rng=len(results), spread=0.01, **{field: value}
                )

    def exponents(cells, rates):
        return constant_exponents(cells, [cell.stats.measured["mean_grad_l1"] for cell in cells], rates)

    found = {e.constant: e for e in exponents(results, [cell.constants.c for cell in results])}
    assert set(found) == {"sigma", "gap", "smoothness"}
    for constant, e in found.items():
        assert e.expected == pytest.approx({"sigma": 0.5, "gap": 0.25, "smoothness": 0.25}[constant])
        assert e.exponent.error > 0 and abs(e.exponent.value - e.expected) < 5 * e.exponent.error
        assert e.values == (0.25, 1.0, 4.0) and e.settings["dim"] == 64 and len(e.cells) == 3
    assert {e.expected for e in exponents(results, [None] * len(results))} == {None}
    assert exponents(sweep(rate()), [1.0] * len(DIMS) * len(STEPS)) == []


def test_holm():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0] and holm([]) == []


def test_infinite_and_degenerate_estimates():
    diverged = mean([1.0, math.inf, 2.0])
    assert diverged.value == diverged.low() == diverged.high() == math.inf and diverged.p_above(10.0) == 0.0
    assert mean([1.0, math.nan]).value == math.inf
    single = mean([1.0])
    assert single.high() == math.inf and single.low() == -math.inf and single.p_above(0.0) == 1.0
    exact = Estimate(1.0, 0.0, 7)
    assert exact.high() == exact.low() == 1.0
    assert exact.p_above(0.9) == 0.0 and exact.p_above(1.0) == 1.0 and exact.p_below(1.1) == 0.0
