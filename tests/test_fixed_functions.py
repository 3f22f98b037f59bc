"""What a climb on a fixed function counts for: beyond which level, of which runs, and which runs are at a floor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rate_only import adamw_rate
from synthetic import rate, sweep

from simulator.decorators import theorem
from simulator.judge import Outcome, judge
from simulator.judge.steady import CHANGE, steady
from simulator.theorems.sgd_l2 import rule as sgd_rule

HARD = {"problem": "uneven-ramp"}


def changing(result, later: float):
    """*result* with a mean norm over the later half of its steps *later* times that over the earlier half."""
    stats = result.stats
    earlier = 2 / (1 + later)
    running = {name: getattr(stats, name) * np.array([earlier, earlier, 1.0]) for name in ("running_l1", "running_l2")}
    return replace(result, stats=replace(stats, **running))


@pytest.mark.parametrize(
    ("later", "expected"), [(1.0, True), (1 + 0.9 * CHANGE, True), (1 - 0.9 * CHANGE, True), (1.3, False), (0.7, False)]
)
def test_steady_is_a_later_half_like_the_earlier_one(later, expected):
    [cell] = sweep(rate(1.0), dims=(16,), steps=(1000,))
    assert steady(changing(cell, later)) is expected


def test_nobody_knows_without_a_middle():
    [cell] = sweep(rate(1.0), dims=(16,), steps=(1000,))
    curves = {
        name: values[:, -1:] for name, values in vars(cell.stats).items() if name not in ("measured", "checkpoints")
    }
    assert not steady(replace(cell, stats=replace(cell.stats, checkpoints=np.array([1000]), **curves)))


@pytest.mark.parametrize("later", [0.05, 0.6, 1.0, 1.7, 4.0])
def test_a_transient_convicts_nothing_however_high_it_is(later):
    """A start far out makes the ratio of a true rate climb high above its level, K after K: 5 of 300 settings of a
    calibration had true statements convicted so."""
    witness, climbs = sweep(rate(0.6), **HARD), sweep(rate(0.2, steps=0.0))
    [verdict] = judge(witness + [changing(cell, later) for cell in climbs], theorems=[adamw_rate])
    assert verdict.outcome is (Outcome.VIOLATED if later == 1.0 else Outcome.INCONCLUSIVE)


def test_growth_is_that_of_the_steady_ones_alone():
    """A transient among floors takes its own cell out, and not the others."""
    witness, floors = sweep(rate(0.6), **HARD), sweep(rate(0.2, steps=0.0))
    early = [changing(c, 3.0) if c.spec.steps == 16000 and c.spec.dim == 4096 else c for c in floors]
    [verdict] = judge(witness + early, theorems=[adamw_rate])
    assert verdict.outcome is Outcome.VIOLATED and "goes like K^0.250" in verdict.reasons[0]


@pytest.mark.parametrize("alike", [True, False])
def test_in_d_only_copies_of_one_coordinate_convict_on_a_fixed_function(alike):
    witness, climbs = sweep(rate(0.6), **HARD), sweep(rate(0.6, dim=0.7), alike=alike)
    [verdict] = judge(witness + climbs, theorems=[adamw_rate])
    assert verdict.outcome is (Outcome.VIOLATED if alike else Outcome.INCONCLUSIVE)


@theorem(optimizer="sgd", rule=sgd_rule, measures="mean_grad_l2", axes=("steps",))
def norm_rate(c):
    """(1/K) Σ E‖∇f‖₂ ≤ O(C/K^(1/4))."""
    return c.c * c.steps**-0.25


@theorem(optimizer="sgd", rule=sgd_rule, measures="mean_grad_l2_squared", axes=("steps",))
def square_rate(c):
    """(1/K) Σ E‖∇f‖₂² ≤ O(C²/√K)."""
    return c.c**2 * c.steps**-0.5


@pytest.mark.parametrize(
    ("factor", "expected"), [(0.05, "TIGHT"), (0.12, "INCONCLUSIVE"), (0.2, "VIOLATED"), (0.3, "VIOLATED")]
)
def test_a_statement_and_its_square_are_judged_alike(factor, expected):
    """What climbs on a fixed function convicts beyond twice the level of a norm, so beyond four times that of its
    square: a calibration at 300 settings had true statements on squares convicted at twice."""
    cells = sweep(rate(1.5), optimizer="sgd", **HARD) + sweep(rate(factor, steps=0.0), optimizer="sgd")
    assert [v.outcome.value for v in judge(cells, theorems=[norm_rate, square_rate])] == [expected] * 2


def test_a_witness_of_too_few_cells_for_an_exponent_counts_for_the_level():
    few = sweep(rate(1.5), dims=(16,), steps=(64000, 256000), **HARD)
    low = sweep(rate(0.5), problem_args={"steepness": 1.4}, **HARD)
    climbs = sweep(rate(0.1, steps=0.0))  # to 2.2: above twice 0.5, and not above twice 1.5
    [alone] = judge(low + climbs, theorems=[adamw_rate])
    assert alone.outcome is Outcome.VIOLATED
    [beside] = judge(few + low + climbs, theorems=[adamw_rate])
    assert beside.outcome is Outcome.INCONCLUSIVE
