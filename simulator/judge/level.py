"""A bound is judged by level: cell by cell, and on each cell's rescaled copies, measured/bound against 1.

A copy's ratio is its cell's times a known factor, so the worst copy of a cell decides for all of them, and a cell is
one test. An explicit bound never gets a test of growth: a true bound with terms that die faster lets measured/bound
climb.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..words import count, limit, p_value
from .copies import HERE, constants_text
from .eligible import Judged
from .intervals import Estimate, holm
from .ruling import Ruling

ROUNDING = 1e-9  # of the bound: descent without noise meets one to the last bits, and on either side
RESOLUTION = 0.005  # of the bound: no sample can tell a bound that is met from one that is exceeded by nothing


def judge_level(sound: Sequence[Judged], alpha: float, derived: Collection[str] = ()) -> Ruling:
    """VIOLATED where a mean ratio exceeds 1, after Holm over the cells; a doubt where an upper limit exceeds 1 by more
    than RESOLUTION.

    *derived* are the keys of cells whose ratio is known by a derivation, which no doubt of the sample's touches.
    """
    tops = [_top(judged) for judged in sound]
    adjusted = holm([top.p_above(1.0 + ROUNDING) for top in tops])
    guilty = [(j, top, p) for j, top, p in zip(sound, tops, adjusted, strict=True) if p < alpha]
    violations = [
        f"{_where(j)}: measured/bound is {top.value:.4g}{limit(top.value, top.low(alpha), 'at least')} "
        f"({p_value(p)} after Holm over {count(len(sound), 'cell')})"
        for j, top, p in guilty
    ]
    doubts = [
        f"{_where(j)}: measured/bound is {top.value:.4g} and may be {top.high(alpha):.4g}: more replicas would "
        "settle it"
        for j, top in zip(sound, tops, strict=True)
        if not top.high(alpha) <= 1.0 + RESOLUTION and j.result.key not in derived
    ]
    return Ruling(tuple(violations), tuple(doubts), (), len(sound), tuple((j,) for j, *_ in guilty))


def _top(judged: Judged) -> Estimate:
    """The ratio on the worst copy."""
    _, factor = judged.copies.worst
    return Estimate(judged.mean.value * factor, judged.mean.error * factor, judged.mean.df)


def _where(judged: Judged) -> str:
    point, _ = judged.copies.worst
    if point == HERE:
        return judged.where
    constants = constants_text(point, judged.result.spec)
    return f"{judged.where}, the same run in other units ({constants})"
