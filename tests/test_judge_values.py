"""ratecheck.judge_values: somebody's own arrays under a bound, by the judge's level test."""

from __future__ import annotations

import numpy as np
import pytest
import ratecheck
import scipy.stats
from ratecheck import InputError

from simulator.judge.outcome import Outcome

DIM, STEPS = [4, 16], [10, 100, 1000]


@pytest.fixture
def values():
    """Replicas of mean √d/K^(1/4), shape (dim, steps, replicas)."""
    spread = 1 + 0.01 * np.random.default_rng(0).standard_normal((2, 3, 12))
    return np.sqrt(DIM)[:, None, None] * np.power(STEPS, -0.25)[None, :, None] * spread


def bound(factor):
    return lambda steps, dim: factor * np.sqrt(dim) * steps**-0.25


def test_a_bound_above_holds_and_one_below_does_not(values):
    held = ratecheck.judge_values(values, bound(1.2), steps=STEPS, dim=DIM)
    assert held.outcome is Outcome.HOLDS and held.cells.judged == 6
    failed = ratecheck.judge_values(values, bound(0.9), steps=STEPS, dim=DIM, name="mine")
    assert failed.outcome is Outcome.VIOLATED and failed.claim == "mine"
    assert "d = 4, K = 10" in failed.numbers["smallest_failing"]["where"]


def test_the_smallest_constant_is_the_largest_upper_limit(values):
    """Student's t, cell by cell, and not the judge's own code."""
    near = ratecheck.judge_values(values, bound(1.0), steps=STEPS, dim=DIM)
    assert near.outcome is Outcome.INCONCLUSIVE
    ratios = values / (np.sqrt(DIM)[:, None, None] * np.power(STEPS, -0.25)[None, :, None])
    error = ratios.std(axis=-1, ddof=1) / np.sqrt(12)
    upper = ratios.mean(axis=-1) + scipy.stats.t.ppf(0.95, 11) * error
    assert near.grounds.least_constant == pytest.approx(upper.max(), rel=1e-12)
    assert f"{upper.max():.4g} times" in " ".join(near.explain().split())


def test_cells_in_a_row_and_a_single_one(values):
    row = ratecheck.judge_values(values[0], [4.0, 2.0, 1.0], steps=STEPS, dim=4)
    assert row.cells.judged == 3 and row.outcome is Outcome.HOLDS
    assert row.numbers["max_ratio"]["value"] == pytest.approx(max(values[0].mean(axis=-1) / [4.0, 2.0, 1.0]))
    assert ratecheck.judge_values(values[0, 0], 9.0, steps=10, dim=4).outcome is Outcome.HOLDS


def test_what_is_not_finite_convicts(values):
    values[1, 2, 5] = np.nan
    lost = ratecheck.judge_values(values, bound(100.0), steps=STEPS, dim=DIM)
    assert lost.outcome is Outcome.VIOLATED and "diverged" in " ".join(lost.reasons)


def test_few_or_equal_replicas_show_nothing(values):
    few = ratecheck.judge_values(values[..., :3], bound(2.0), steps=STEPS, dim=DIM)
    assert few.outcome is Outcome.INCONCLUSIVE and "too few replicas" in few.reasons[0]
    equal = np.ones((2, 3, 12))
    assert ratecheck.judge_values(equal, 2.0, steps=STEPS, dim=DIM).outcome is Outcome.INCONCLUSIVE
    assert ratecheck.judge_values(equal, 2.0, steps=STEPS, dim=DIM, noisy=False).outcome is Outcome.HOLDS


def test_it_shows_itself(values):
    held = ratecheck.judge_values(values, bound(1.2), steps=STEPS, dim=DIM)
    assert held.figure()._repr_png_().startswith(b"\x89PNG") and held.to_latex() and "HOLDS" in held._repr_html_()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": [10, 100]}, "steps has the shape"),
        ({"dim": [4.5, 16]}, "whole numbers"),
        ({"bound": np.ones(5)}, "bound has the shape"),
        ({"bound": -1.0}, "≥ 0"),
        ({"values": np.ones((1, 2, 3, 12))}, "expected is"),
        ({"values": []}, "expected is"),
    ],
)
def test_what_does_not_fit_is_refused(values, change, words):
    given = {"values": values, "bound": 2.0, "steps": STEPS, "dim": DIM, **change}
    with pytest.raises(InputError, match=words):
        ratecheck.judge_values(given.pop("values"), given.pop("bound"), **given)
