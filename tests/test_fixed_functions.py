"""What a climb on a fixed function counts for: beyond which level, of which runs, and which runs are at rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rate_only import adamw_rate
from synthetic import rate, sweep

from simulator.cells.spec import Spec
from simulator.decorators import theorem
from simulator.engines import run
from simulator.judge import Outcome, judge
from simulator.judge.rest import FALL, at_rest
from simulator.theorems.sgd_l2 import rule as sgd_rule

HARD = {"problem": "uneven-ramp"}


def falling(result, later: float):
    """*result* with an f whose gap is half of the start's up to the middle of its steps, and then *later* of it."""
    gap = np.ones((result.stats.f_gap.shape[0], 1)) * np.array([1.0, 0.5, later])
    return replace(result, stats=replace(result.stats, f_gap=3.0 * gap))


@pytest.mark.parametrize(
    ("later", "expected"), [(0.5, True), (0.5 - 0.9 * FALL, True), (0.5 - 1.1 * FALL, False), (0.0, False), (7.0, True)]
)
def test_a_run_is_at_rest_whose_f_falls_no_more(later, expected):
    """Measured in the gap that it started with, whatever that is; up is no way down."""
    [cell] = sweep(rate(1.0), dims=(16,), steps=(1000,))
    assert at_rest(falling(cell, later)) is expected


def test_only_the_later_half_and_the_quarter_before_tell():
    """A run that came down in its first quarter is at rest."""
    [cell] = sweep(rate(1.0), dims=(16,), steps=(1000,))
    points = np.array([1, 200, 250, 251, 500, 501, 1000])
    gaps = {False: [1.0, 0.8, 0.6, 0.6, 0.6, 0.1, 0.1], True: [1.0, 0.8, 0.6, 0.1, 0.1, 0.1, 0.1]}
    for expected, gap in gaps.items():
        stats = replace(cell.stats, checkpoints=points, f_gap=np.ones((8, 1)) * np.array(gap))
        assert at_rest(replace(cell, stats=stats)) is expected


def test_nobody_knows_without_checkpoints_there():
    [cell] = sweep(rate(1.0), dims=(16,), steps=(1000,))
    for kept in ([0, 2], [0, 1], [2]):
        stats = replace(cell.stats, checkpoints=cell.stats.checkpoints[kept], f_gap=cell.stats.f_gap[:, kept])
        assert not at_rest(replace(cell, stats=stats))


def test_what_is_not_finite_is_not_at_rest():
    [cell] = sweep(rate(1.0), dims=(16,), steps=(1000,))
    assert not at_rest(falling(cell, np.inf))


@pytest.mark.parametrize(("later", "resting"), [(0.0, False), (0.3, False), (0.5, True), (0.9, True)])
def test_a_transient_convicts_nothing_however_high_it_is(later, resting):
    """A start far out makes the ratio of a true rate climb high above its level, K after K: 5 of 300 settings of a
    calibration had true statements convicted so."""
    witness, climbs = sweep(rate(0.6), **HARD), sweep(rate(0.2, steps=0.0))
    [verdict] = judge(witness + [falling(cell, later) for cell in climbs], theorems=[adamw_rate])
    assert verdict.outcome is (Outcome.VIOLATED if resting else Outcome.INCONCLUSIVE)


def test_growth_is_that_of_the_runs_at_rest_alone():
    """A transient among floors takes its own cell out, and not the others."""
    witness, floors = sweep(rate(0.6), **HARD), sweep(rate(0.2, steps=0.0))
    early = [falling(c, 0.1) if c.spec.steps == 16000 and c.spec.dim == 4096 else c for c in floors]
    [verdict] = judge(witness + early, theorems=[adamw_rate])
    assert verdict.outcome is Outcome.VIOLATED and "goes like K^0.250" in verdict.reasons[0]


def test_a_transient_on_its_way_down_is_not_at_rest_and_a_floor_is():
    """Runs, not made-up numbers: far out on rational AdamW is on its way down when K = 2000 is over; on a quadratic
    at a fixed step it has been at its floor for long."""
    way = run(Spec.of("rational", "adamw", 16, 2000, 4, problem_args={"start": 5.0}, sigma=0.1))
    floor = run(Spec.of("quadratic", "adamw", 16, 4000, 4, schedule="constant", optimizer_args={"lr": 0.05}))
    assert not at_rest(way) and at_rest(floor)


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


@pytest.mark.parametrize(("left", "expected"), [(0.0, "VIOLATED"), (0.4, "VIOLATED"), (0.6, "INCONCLUSIVE")])
def test_what_a_witness_has_not_spent_could_have_been_steeper(left, expected):
    """On mild ramps, of level 0.09 for squares, SGD's true anytime rate was convicted by rational at 0.6: twice the
    level means twice of what a ramp attains that uses up its gap."""
    witness = [spending(cell, left) for cell in sweep(rate(0.6), **HARD)]
    climbs = sweep(rate(0.1, steps=0.0))  # to 2.2
    [verdict] = judge(witness + climbs, theorems=[adamw_rate])
    assert verdict.outcome.value == expected


def spending(result, left: float):
    """*result* with an f of whose gap *left* is left at the end."""
    f_gap = np.ones((result.stats.f_gap.shape[0], 1)) * np.array([1.0, (1 + left) / 2, left])
    return replace(result, stats=replace(result.stats, f_gap=f_gap))


def test_a_ratio_that_has_settled_at_rest_is_a_level_that_is_attained():
    """What climbs below it is a note, and a doubt where nothing settled above it."""
    witness, climbs = sweep(rate(0.6), **HARD), sweep(rate(0.04, steps=-0.05))  # to 0.48, below 0.6
    above = sweep(rate(0.09, steps=-0.05), problem="cosine")  # climbs to 1.1
    settled = sweep(rate(1.15), problem="quadratic")
    [doubtful] = judge(witness + climbs + above, theorems=[adamw_rate])
    assert doubtful.outcome is Outcome.INCONCLUSIVE and "cosine" in doubtful.reasons[0]
    [held] = judge(witness + climbs + above + settled, theorems=[adamw_rate])
    assert held.outcome is Outcome.TIGHT and any("cosine" in r and "still climbing" in r for r in held.reasons)
    [moving] = judge(witness + above + [falling(cell, 0.3) for cell in settled], theorems=[adamw_rate])
    assert moving.outcome is Outcome.INCONCLUSIVE


def test_a_witness_of_too_few_cells_for_an_exponent_counts_for_the_level():
    few = sweep(rate(1.5), dims=(16,), steps=(64000, 256000), **HARD)
    low = sweep(rate(0.5), problem_args={"steepness": 1.4}, **HARD)
    climbs = sweep(rate(0.1, steps=0.0))  # to 2.2: above twice 0.5, and not above twice 1.5
    [alone] = judge(low + climbs, theorems=[adamw_rate])
    assert alone.outcome is Outcome.VIOLATED
    [beside] = judge(few + low + climbs, theorems=[adamw_rate])
    assert beside.outcome is Outcome.INCONCLUSIVE
