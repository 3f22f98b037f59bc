"""Runs of the compiled engine against the large-K limits of docs/theory.md, sections 5 (5), 5 (6), 6 and 8.

Statistical bounds are LIMIT = 4.5 standard errors; with R replicas a right engine then exceeds one of them
with probability 2 P(t_{R−1} > 4.5): 3e-5 for 64, 9e-5 for 32, 4e-4 for 16 (for a new seed; the seeds are fixed).
"""

from __future__ import annotations

import math

import numpy as np
import oracles
import pytest

from simulator.cells.spec import Spec
from simulator.engines import run
from simulator.theorems import THEOREMS

LIMIT = 4.5
PROFILES = {  # φ′, sup|φ''|, φ(u₀) − min φ, u₀
    "quadratic": (lambda u: u, 1.0, 0.5, 1.0),
    "rational": (lambda u: 2 * u / (1 + u * u) ** 2, 2.0, 0.8, 2.0),
    "cosine": (math.sin, 1.0, 1 - math.cos(2.0), 2.0),
}


def rate(result, norm="l1"):
    """√d C K^(−1/4), or C K^(−1/4) for the 2-norm."""
    return THEOREMS[{"l1": "adamw-l1", "l2": "sgd-l2"}[norm]].rate(result.constants)


def mean_and_error(values):
    return float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(values.size)


def tail(result, norm):
    """Average of the norm over the second half of each run, over its rate; from the running averages."""
    s, steps = result.stats, result.spec.steps
    middle = np.searchsorted(s.checkpoints, steps / 2)
    running, k = getattr(s, f"running_{norm}"), s.checkpoints[middle]
    return (steps * running[:, -1] - k * running[:, middle]) / (steps - k) / rate(result, norm)


@pytest.mark.parametrize("optimizer", ["adamw", "nadamw", "rmsprop", "sgd"])
@pytest.mark.parametrize(("steps", "replicas"), [(16_000, 64), (256_000, 64)])
def test_second_half_of_a_run_is_on_the_floor(optimizer, steps, replicas):
    """Section 5 (5). Corrections are O(K^(-1/2)): K^(-1/2) is allowed for them beside the statistical error."""
    result = run(Spec.of("quadratic", optimizer, 64, steps, replicas, seed=21))
    floor = oracles.SGD_FLOOR if optimizer == "sgd" else oracles.ADAMW_FLOOR
    for norm, factor in (("l1", oracles.ROOT_2_PI), ("l2", oracles.gaussian_norm(64) / 8)):
        mean, error = mean_and_error(tail(result, norm))
        assert error < 0.005 * floor * factor
        assert abs(mean - floor * factor) < LIMIT * error + floor * factor / math.sqrt(steps)


@pytest.mark.parametrize("problem", PROFILES)
def test_transient_of_adamw(problem):
    """Section 5 (6): c K^(-1/4) − F t* K^(-1/2) ≤ ratio_l1 − F ≤ c K^(-1/4), F the floor, up to O(K^(-3/4)).

    Without weight decay, which bends the path of the limit by a factor exp(−t K^(-3/4)/2).
    """
    c, last_time = oracles.adamw_transient(*PROFILES[problem])
    assert c == pytest.approx({"quadratic": 4.34, "rational": 9.17, "cosine": 4.98}[problem], abs=5e-3)
    floor = oracles.ROOT_2_PI * oracles.ADAMW_FLOOR
    for steps in (16_000, 256_000):
        result = run(Spec.of(problem, "adamw", 64, steps, 16, seed=22, optimizer_args={"weight_decay": 0.0}))
        mean, error = mean_and_error(result.stats.mean_grad_l1 / rate(result))
        above = floor + c * steps**-0.25
        t = last_time(0.1 * oracles.ADAMW_FLOOR * steps**-0.25)
        assert error < 0.01 * mean
        assert above - floor * t / math.sqrt(steps) - LIMIT * error < mean < above + LIMIT * error


def test_ramp_is_tight_for_adamw():
    result = run(Spec.of("ramp", "adamw", 16, 64_000, 8, problem_args={"steepness": 1.5}))
    assert abs(np.mean(result.stats.mean_grad_l1) / rate(result) - 1.5) < 0.005


@pytest.mark.parametrize("dim", [1, 16, 256])
@pytest.mark.parametrize("gamma", [0.8, 1.2, 1.4])
def test_ratio_on_the_ramp_tends_to_its_steepness(gamma, dim):
    """Section 6: 1 − ratio/γ = γ⁴/(2κK(1 − γ²/√8)) to leading order, the next is smaller by K^(-1/4)."""
    steps = 64_000
    result = run(Spec.of("ramp", "adamw", dim, steps, 8, problem_args={"steepness": gamma}, seed=23))
    missing = 1 - np.mean(result.stats.mean_grad_l1) / rate(result) / gamma
    expected = gamma**4 / (2 * steps * (1 - gamma**2 / math.sqrt(8)))
    assert missing == pytest.approx(expected, rel=2 * steps**-0.25)


@pytest.mark.parametrize(("optimizer", "norm"), [("sgd", "l2"), ("adamw", "l1")])
@pytest.mark.parametrize("gamma", [0.7, 1.5, 3.0])
def test_ramp_before_and_beyond_its_crossing(gamma, optimizer, norm):
    """Section 6. The correction is O(K^(-1/2)); 2 ratio(4K) − ratio(K) is free of it. d is large for SGD's limit."""
    (coarse, a), (fine, b) = (
        mean_and_error(getattr(r.stats, f"mean_grad_{norm}") / rate(r, norm))
        for r in (
            run(Spec.of("ramp", optimizer, 256, steps, 8, seed=steps, problem_args={"steepness": gamma}))
            for steps in (32_000, 128_000)
        )
    )
    limit = getattr(oracles, f"ramp_{optimizer}_limit")(gamma)
    assert math.hypot(a, 2 * b) < 0.003 * limit
    assert abs(2 * fine - coarse - limit) < LIMIT * math.hypot(a, 2 * b) + 1e-3 * limit


def test_steepest_ramp_that_is_never_crossed():
    """8^(1/4) maximises AdamW's limit over γ; SGD's largest value is 0.976, at γ = 2.28."""
    gammas = np.linspace(0.5, 4, 351)
    adamw, sgd = ([limit(g) for g in gammas] for limit in (oracles.ramp_adamw_limit, oracles.ramp_sgd_limit))
    assert max(adamw) <= oracles.ramp_adamw_limit(8**0.25) == pytest.approx(8**0.25)
    assert max(sgd) == pytest.approx(0.976, abs=5e-4) and gammas[np.argmax(sgd)] == pytest.approx(2.28, abs=0.02)
    assert oracles.ramp_sgd_limit(1.5) == pytest.approx(0.956, abs=5e-4)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_exponents_in_smoothness_and_gap_are_equal_and_fix_the_one_in_sigma(optimizer):
    """Section 8: p_L = p_Δ = 1/4 + e and p_σ = 1/2 − 2e for each pair of runs, whatever K."""

    def mean(smoothness=1.0, gap=1.0, sigma=1.0):
        return run(
            Spec.of("rational", optimizer, 16, 4000, 1, smoothness=smoothness, gap=gap, sigma=sigma, seed=25)
        ).stats.mean_grad_l1[0]

    factor = 3.0
    p_smoothness, p_gap = (
        math.log(mean(**{name: factor}) / mean()) / math.log(factor) for name in ("smoothness", "gap")
    )
    p_sigma = math.log(mean(sigma=factor**-0.5) / mean()) / math.log(factor**-0.5)
    assert p_smoothness == pytest.approx(p_gap, abs=1e-9)
    assert p_sigma == pytest.approx(1 - 2 * p_gap, abs=1e-9)
    assert abs(p_gap - 0.25) > 0.01  # a function that is not hard shows other exponents than the bound's


def test_transient_slope_equals_the_excess_exponent_when_noise_dominates():
    """Section 8: for κ = LΔ/σ² ≪ 1 the ratio depends on κK alone, so κ → 16κ does what K → 16K does."""

    def ratio(kappa, steps):
        result = run(Spec.of("rational", "adamw", 64, steps, 16, gap=kappa, seed=26))
        return mean_and_error(result.stats.mean_grad_l1 / rate(result))

    (base, _), (more_steps, a), (more_gap, b) = ratio(0.01, 16_000), ratio(0.01, 256_000), ratio(0.16, 16_000)
    assert math.hypot(a, b) < 0.01 * base
    assert abs(more_steps - more_gap) < LIMIT * math.hypot(a, b) + 0.01 * base
    assert abs(more_steps - base) > 0.2 * base


def test_a_fitted_slope_of_minus_one_quarter_is_the_wrong_test():
    """Section 8: K^(-1/4) + 6 K^(-1/2) obeys the rate and fits to −0.358 over K = 2⁸ … 2¹⁶."""
    k = 2.0 ** np.arange(8, 17)
    slope = np.polyfit(np.log(k), np.log(k**-0.25 + 6 * k**-0.5), 1)[0]
    assert slope == pytest.approx(-0.358, abs=5e-4)


def test_numbers_of_the_theory_page_that_no_run_is_needed_for():
    """Sections 6 and 8: the local slope of AdamW on rational, the exponent of its transient, the critical γ."""
    floor, (c, _) = 2**-1.25 * math.sqrt(2 / math.pi), oracles.adamw_transient(*PROFILES["rational"])
    transient = c * 64000**-0.25
    assert -(1 + transient / (floor + transient)) / 4 == pytest.approx(-0.41, abs=0.005)
    up, down = (oracles.adamw_transient(*PROFILES["rational"], kappa=kappa)[0] for kappa in (1.1, 1 / 1.1))
    assert math.log(up / down) / math.log(1.21) == pytest.approx(-0.22, abs=0.005)
    assert 8**0.25 * (1 - 64000**-0.25 / 8) == pytest.approx(1.669, abs=0.0005)
