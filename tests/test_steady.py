"""Which runs are at a floor, and what a climb on a fixed function counts for while they are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rate_only import adamw_rate
from synthetic import rate, sweep

from simulator.judge import Outcome, judge
from simulator.judge.steady import CHANGE, steady

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
