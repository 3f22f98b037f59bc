"""The mean of a 2-norm climbs up to its root mean square as noise averages out over the coordinates: growth of the one
alone is no growth of a rate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rate_only import adamw_rate
from synthetic import rate, sweep

from simulator.decorators import theorem
from simulator.judge import Outcome, judge
from simulator.theorems.sgd_l2 import rule

WITNESS = {"problem": "uneven-ramp", "problem_args": {"slope_spectrum": 0.0}, "optimizer": "sgd"}


@theorem(optimizer="sgd", rule=rule, measures="mean_grad_l2")
def norm_rate(c):
    """(1/K) Σ E‖∇f‖₂ ≤ O(C/K^(1/4))."""
    return c.c * c.steps**-0.25


def with_ceiling(result, power: float, over: str):
    """*result* with a root mean square that is its mean at the largest d and K, and goes like d^power or K^power."""
    share = (getattr(result.spec, over) / {"dim": 4096, "steps": 256000}[over]) ** power
    expected = 1.2 * result.constants.c * result.spec.steps**-0.25 * share
    squared = np.full(result.stats.mean_grad_l2.shape, expected**2)
    return replace(
        result, stats=replace(result.stats, measured={**result.stats.measured, "mean_grad_l2_squared": squared})
    )


@pytest.mark.parametrize(("over", "climb"), [("dim", {"dim": 0.53}), ("steps", {"steps": -0.22})])
@pytest.mark.parametrize(("power", "expected"), [(0.0, Outcome.INCONCLUSIVE), (0.03, Outcome.VIOLATED)])
def test_growth_convicts_where_the_root_mean_square_grows_too(over, climb, power, expected):
    """A calibration had SGD's rate convicted by d^0.03 under sparse noise at d = 8 … 162, where no coordinate's square
    is near its mean."""
    cells = sweep(rate(0.9, **climb), spread=0.003, **WITNESS)
    [verdict] = judge([with_ceiling(cell, power, over) for cell in cells], theorems=[norm_rate])
    assert verdict.outcome is expected


def test_a_norm_that_is_no_mean_of_lengths_has_no_ceiling():
    """‖∇f‖₁ is a sum over coordinates: its mean has no such climb, and its growth stands by itself."""

    @theorem(optimizer="sgd", rule=rule, measures="mean_grad_l1")
    def sum_rate(c):
        """(1/K) Σ E‖∇f‖₁ ≤ O(√d C/K^(1/4))."""
        return c.dim**0.5 * c.c * c.steps**-0.25

    cells = sweep(rate(0.9, dim=0.53), spread=0.003, **WITNESS)
    [verdict] = judge([with_ceiling(cell, 0.0, "dim") for cell in cells], theorems=[sum_rate])
    assert verdict.outcome is Outcome.VIOLATED


@pytest.mark.parametrize("kept", [True, False])
def test_what_cells_kept_of_their_first_gradient_is_no_growth_of_the_rate(kept):
    """A calibration had Lion's rate convicted by K^0.029 on cells that stayed to 0.92 … 0.999: within what a witness
    may lose that is growth, and of a true rate. Where the first gradient grows over the rate as well it is false."""
    cells = sweep(rate(1.0, steps=-0.22, dim=0.5), steps=(16000, 64000, 256000), spread=0.001, problem="uneven-ramp")
    [verdict] = judge([starting_level(cell) if kept else cell for cell in cells], theorems=[adamw_rate])
    assert verdict.outcome is (Outcome.INCONCLUSIVE if kept else Outcome.VIOLATED)


def starting_level(result, power: float = 0.03):
    """*result* with a first gradient that is *power* less steep in K than its mean, and its mean at the largest K, or
    for a negative power at the smallest."""
    stats, first = result.stats, ((256000 if power > 0 else 16000) / result.spec.steps) ** power
    curves = {name: getattr(stats, name) * np.array([first, 1.0, 1.0]) for name in ("grad_l1", "grad_l2")}
    return replace(result, stats=replace(stats, **curves))


@pytest.mark.parametrize(
    ("steps", "power", "expected"),
    [
        (-0.26, 0.0, Outcome.TIGHT),
        (-0.26, 0.03, Outcome.HOLDS),  # a rate that is too weak by K^0.04, and cells that keep more and more
        (-0.25, -0.03, Outcome.INCONCLUSIVE),  # one that is too good by K^0.03, and cells that keep less and less
    ],
)
def test_what_cells_kept_makes_no_level(steps, power, expected):
    """A calibration had a rate TIGHT that was too weak by K^0.05."""
    law = rate(1.0, steps=steps, dim=0.5)
    cells = sweep(law, steps=(16000, 64000, 256000), spread=0.001, problem="uneven-ramp")
    [verdict] = judge([starting_level(cell, power) for cell in cells], theorems=[adamw_rate])
    assert verdict.outcome is expected
