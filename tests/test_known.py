"""Levels that are known by a derivation: met by the engines, and a verdict's end where they are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulator.cells.spec import Spec
from simulator.decorators import theorem
from simulator.engines import run
from simulator.judge import Outcome, exit_code, judge
from simulator.judge.known import TOLERANCE, known, mismatches
from simulator.theorems.sgd_l2 import rule as sgd_rule

KNOWN = [
    ("ramp", "adamw", 16000, {}),
    ("ramp", "nadamw", 16000, {"noise": "laplace"}),
    ("ramp", "rmsprop", 16000, {"sigma": 0.5, "smoothness": 4.0, "gap": 0.3}),
    ("ramp", "sgd", 16000, {"problem_args": {"steepness": 0.75}, "noise": "skew"}),
    ("quadratic", "sgd", 4000, {}),
    ("quadratic", "sgd", 1000, {"noise": "sparse", "sigma": 3.0, "dim": 256}),
    ("quadratic", "sgd", 1000, {"sigma": 0.0}),
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
