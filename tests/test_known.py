"""Levels that are known by a derivation: met by the engines, and a verdict's end where they are not."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from problems import Formula
from simulator.cells.constants import Constants
from simulator.cells.spec import Spec
from simulator.decorators import theorem
from simulator.engines import run
from simulator.engines.cpu import engine as cpu
from simulator.engines.resolve import resolve
from simulator.judge import Outcome, exit_code, judge
from simulator.judge.known import TOLERANCE, WAY, known, mismatches, way
from simulator.judge.way import adaptive_steps, fallen
from simulator.optimizers import OPTIMIZERS
from simulator.theorems.sgd_l2 import rule as sgd_rule

KNOWN = [
    ("ramp", "adamw", 16000, {}),
    ("ramp", "nadamw", 16000, {"noise": "laplace"}),
    ("ramp", "rmsprop", 16000, {"sigma": 0.5, "smoothness": 4.0, "gap": 0.3}),
    ("ramp", "sgd", 16000, {"problem_args": {"steepness": 0.75}, "noise": "skew"}),
    ("quadratic", "sgd", 4000, {}),
    ("quadratic", "sgd", 1000, {"noise": "sparse", "sigma": 3.0, "dim": 256}),
    ("quadratic", "sgd", 1000, {"sigma": 0.0}),
    ("quadratic", "sgd", 4000, {"noise": "student", "noise_args": {"nu": 10.0}}),
    ("slope-and-bowl", "sgd", 16000, {"dim": 256}),
    ("slope-and-bowl", "sgd", 4000, {"dim": 256, "noise": "skew", "sigma": 0.5, "smoothness": 2.0, "gap": 0.3}),
    (
        "slope-and-bowl",
        "sgd",
        4000,
        {"dim": 1024, "sigma": 4.0, "optimizer_args": {"lr": 0.001}},
    ),  # bowls on their way
    ("sawtooth", "sgd", 1000, {"sigma": 0.0}),
    ("sawtooth", "sgd", 1000, {"sigma": 0.0, "problem_args": {"form": "mean"}}),
]
UNKNOWN = [
    ("ramp", "adamw", 250, {}),  # the way is too short
    ("ramp", "adamw", 16000, {"problem_args": {"steepness": 2.0}}),  # crossed
    ("ramp", "sgd", 16000, {}),  # crossed
    ("ramp", "adamw", 16000, {"noise": "sparse"}),  # v is far from its mean most of the time
    ("quadratic", "adamw", 1000, {}),
    ("quadratic", "sgd", 1000, {"problem_args": {"spectrum": 1.0}}),
    ("quadratic", "sgd", 1000, {"noise_args": {"affine": 0.5}}),
    ("quadratic", "sgd", 1000, {"noise": "student", "noise_args": {"nu": 3.0}}),  # squares of infinite variance
    ("slope-and-bowl", "sgd", 16000, {"dim": 256, "noise": "student", "noise_args": {"nu": 3.0}}),
    ("slope-and-bowl", "sgd", 250, {"dim": 256}),  # too short a way
    ("slope-and-bowl", "sgd", 16000, {}),  # the noise of one coordinate of few may lead to the foot
    ("slope-and-bowl", "sgd", 4000, {"dim": 256, "optimizer_args": {"lr": 0.1}}),  # crossed
    ("rational", "sgd", 1000, {}),
]


def cell(problem, optimizer, steps, given):
    given = dict(given)
    return run(Spec.of(problem, optimizer, given.pop("dim", 16), steps, 8, **given))


@pytest.mark.parametrize("case", KNOWN, ids=str)
def test_the_engine_measures_what_is_derived(case):
    """Within TOLERANCE and five standard errors."""
    result = cell(*case)
    found = known(result)
    values = result.stats.measured[found.measured] / found.value
    assert abs(values.mean() - 1) < TOLERANCE + 5 * values.std(ddof=1) / np.sqrt(8)


@pytest.mark.parametrize("noise", ["gaussian", "laplace"])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "nadamw", "rmsprop"])
def test_runs_come_as_far_on_the_ramp_as_is_derived(optimizer, noise):
    """Within TOLERANCE and five standard errors, which are a fifth of a percent."""
    arguments = {"problem_args": {"steepness": 0.75}} if optimizer == "sgd" else {}
    result = cell("ramp", optimizer, 16000, {"dim": 256, "noise": noise, "seed": 3, **arguments})
    found = way(result).ratios(result)
    error = found.std(ddof=1) / np.sqrt(8)
    assert error < 0.003 and abs(found.mean() - 1) < TOLERANCE + 5 * error


@pytest.mark.parametrize("twice", [False, True])
def test_steps_under_a_constant_gradient(twice):
    """Beside m and v themselves, from the first step on, where their noise is large: each term of the derivation is
    more than the tolerance. Noise with both signs, so that what is odd in it cancels."""
    c = Constants({"dim": 4, "steps": 400, "sigma": 2.0})
    h = {"lr": 0.5, "beta1": 0.95, "beta2": 0.975, "eps": 1.0}
    m, v = np.zeros((2, 2, 20_000))
    rng, total = np.random.default_rng(2), np.zeros((2, 20_000))
    for _ in range(1, c.steps):
        noise = rng.standard_normal(20_000)
        g = 0.3 + np.stack([noise, -noise])
        m, v = h["beta1"] * m + (1 - h["beta1"]) * g, h["beta2"] * v + (1 - h["beta2"]) * g * g
        used = h["beta1"] * m + (1 - h["beta1"]) * g if twice else m
        total += h["lr"] * used / np.sqrt(v + h["eps"])
    of_pairs = total.mean(axis=0)
    derived = adaptive_steps(c, 0.3, h, twice, 3.0)
    assert derived.shape == (399,) and of_pairs.std() / 141 < 3e-4 * of_pairs.mean()
    assert derived.sum() == pytest.approx(of_pairs.mean(), rel=1.5e-3)


def test_the_way_is_that_of_gradient_descent_without_noise():
    given = {"problem_args": {"steepness": 12.0}, "optimizer_args": {"lr": 0.3}}
    result = run(Spec.of("ramp", "sgd", 16, 200, 1, sigma=1e-3, **given))
    slope = 12.0 * result.constants.c * 200**-0.25
    gone = fallen(result.constants, slope, np.full(199, 0.3 * slope / 4), decay=0.0)
    assert 1 - result.stats.f_gap[0, -1] == pytest.approx(gone, rel=1e-2) and 0.2 < gone < 0.9


def test_how_far_runs_come_is_not_derived_everywhere():
    assert way(cell("ramp", "adamw", 16000, {"noise": "skew"})) is None  # m and v move together
    assert way(cell("ramp", "adamw", 250, {})) is None
    assert way(cell("quadratic", "sgd", 250, {})) is None


def test_a_step_that_is_too_short_is_seen_by_the_way_alone():
    """ε outside the root: the gradient on the ramp is what it was, and the run lies behind."""
    short = replace(OPTIMIZERS["adamw"], update=Formula(_adamw_with_eps_outside))
    spec = Spec.of("ramp", "adamw", 256, 16000, 8)
    right = resolve(spec)
    wrong = replace(right, optimizer=short)
    stats = cpu.simulate(wrong)
    result = replace(run(spec), stats=stats)
    assert abs(known(result).ratios(result).mean() - 1) < TOLERANCE
    assert way(result).measured == WAY and way(result).ratios(result).mean() < 0.8


def _adamw_with_eps_outside(x, g, m, v, lr, beta1, beta2, eps, weight_decay):
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * (g * g)
    return (1.0 - weight_decay * lr) * x - lr * m / (math.sqrt(v) + math.sqrt(eps)), m, v


@pytest.mark.parametrize("case", UNKNOWN, ids=str)
def test_nothing_is_known_where_the_derivation_leaves_off(case):
    assert known(cell(*case)) is None


def off(result, factor):
    """*result*, had the instrument a factor too much."""
    measured = {name: values * factor for name, values in result.stats.measured.items()}
    return replace(result, stats=replace(result.stats, measured=measured))


@pytest.mark.parametrize("factor", [0.99, 1.01])
@pytest.mark.parametrize("names", [["adamw-l1"], ["control-rate"]])
def test_a_wrong_instrument_is_told_and_ends_the_verdict(factor, names):
    cells = [run(Spec.of("ramp", "adamw", d, k, 8)) for d in (4, 8, 32) for k in (4000, 16000, 64000)]
    right = judge(cells, theorems=names)
    assert not any(v.suspect for v in right) and exit_code(right) != 1
    [wrong] = judge([off(c, factor) for c in cells], theorems=names)
    assert wrong.outcome is Outcome.INCONCLUSIVE and wrong.suspect and exit_code([wrong]) == 1
    assert "the instrument or the derivation is wrong" in wrong.reasons[0]


def test_chance_is_no_mismatch():
    """A noisy cell that lies off by less than its error tells nothing."""
    from simulator.judge.eligible import eligible
    from simulator.theorems import THEOREMS

    noisy = cell("quadratic", "sgd", 1000, {"sigma": 3.0})
    found = eligible(THEOREMS["sgd-l2"], [noisy], {}).sound
    assert known(noisy) is not None and mismatches(found, 0.05) == []


@theorem(optimizer="sgd", rule=sgd_rule, measures="mean_grad_l2_squared", name="squared")
def squared(c):
    """(1/K) Σ E‖∇f(x^k)‖₂² ≤ [Δ/(ηK) + Lησ²/2]/(1 − Lη/2) for SGD."""
    return c.c**2 * c.steps**-0.5


@squared.proved
def bound(c):
    lr = sgd_rule(c)["lr"]
    return (c.gap / (lr * c.steps) + c.smoothness * lr * c.sigma**2 / 2) / (1 - c.smoothness * lr / 2)


def test_a_bound_that_is_attained_exactly_is_tight():
    """No sample can show that 0.9986 is below 1; the derivation does, and the sample agrees with it."""
    cells = [run(Spec.of("quadratic", "sgd", 64, k, 8)) for k in (1000, 16000)]
    [found] = judge(cells, theorems=[squared])
    assert found.numbers["max_ratio"]["upper"] > 1  # which alone would be a doubt
    assert found.outcome is Outcome.TIGHT and "derived 0.99" in found.reasons[-1]
    [other] = judge([off(c, 0.9) for c in cells], theorems=[squared])
    assert other.suspect


@pytest.mark.parametrize(
    ("dim", "factor", "outcomes"),
    [
        (64, 1 / 1.02, {Outcome.VIOLATED, Outcome.INCONCLUSIVE}),
        (8, 1 / 1.02, {Outcome.INCONCLUSIVE}),  # too noisy for the sample to say so
        (64, 1.5, {Outcome.HOLDS}),
    ],
)
def test_a_derived_ratio_above_the_bound_excuses_nothing_and_one_far_below_it_is_not_tight(dim, factor, outcomes):
    other = theorem(optimizer="sgd", rule=sgd_rule, measures="mean_grad_l2_squared", name="other")(squared.function)
    other.declared(lambda c: factor * bound.bound(c))
    [found] = judge([run(Spec.of("quadratic", "sgd", dim, k, 8)) for k in (1000, 16000)], theorems=[other])
    assert found.outcome in outcomes, found.reasons
