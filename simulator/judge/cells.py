"""The verdict on a theorem about runs: test the level or the growth, say why.

All tests are on ratio = measured/bound. Explicit bound: every cell's mean ratio against 1. O(·): the
growth exponents of the ratio in K and d, per group of cells that differ in nothing else, against MARGIN.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..cells.evidence import Result
from ..theorem_settings import AXES
from .eligible import TOO_FEW, Eligible, Judged, eligible, escape_reasons
from .failing import ends, smallest
from .fit import LEAST_REPLICAS, SYMBOLS, Group, Growth, groups, growth
from .intervals import holm
from .outcome import Cells, Exponent, GroupNumbers, Largest, Numbers, Outcome, Verdict
from .statement import Judgeable

MARGIN = 0.02


@dataclass(frozen=True)
class Ruling:
    """What a test of the sound cells found: violations and doubts, in words, and its number of tests.

    ``blind``: no group's grid spans some axis of the theorem, so the test could not have seen it fail there.
    ``failing``: the cells of each violation, one for a level, the two ends of a line for a growth.
    """

    violations: list[str]
    doubts: list[str]
    tests: int
    blind: bool = False
    failing: tuple[tuple[Judged, ...], ...] = ()


@dataclass(frozen=True)
class Findings:
    """Sound cells in groups that differ in K and d only, each with its name and growth, and what their test found."""

    groups: Sequence[Group]
    members: Sequence[Sequence[Judged]]
    names: Sequence[str]
    growths: Sequence[Growth]
    ruling: Ruling


def judge_cells(theorem: Judgeable, results: Sequence[Result], alpha: float) -> Verdict:
    """The verdict of *theorem* on the cells of *results* that it concerns.

    VOID: all cells break an assumption (some only: those are left aside and listed, the others judged).
    VIOLATED: a replica diverged, or a test fails after Holm's correction. INCONCLUSIVE: a cell has fewer
    than LEAST_REPLICAS, or an upper limit passes its threshold, or an axis of an O(·) has no exponent.

    Cells that escaped may convict and never acquit: all sound cells are searched for violations, HOLDS and TIGHT rest
    on those that did not escape alone. That second look convicts of nothing, or α would be spent twice.
    """
    cells = eligible(theorem, results)
    whole = _look(theorem, cells.sound, alpha)
    rest = _look(theorem, cells.acquitting, alpha) if cells.escaped else whole
    outcome, reasons = _decide(theorem, cells, whole.ruling, rest.ruling, alpha)
    told = whole if outcome is Outcome.VIOLATED else rest
    if outcome is Outcome.HOLDS:
        level = _level_groups(rest, alpha)
        if level:
            outcome = Outcome.TIGHT
            reasons.append(f"the ratio stays level in K and d, within ±{MARGIN:g}, on {', '.join(level)}")
    if outcome is not Outcome.INCONCLUSIVE:  # which says it first
        reasons += escape_reasons(cells.escaped)
    for reason, count in (cells.broken + cells.aside).items():
        reasons.append(f"{count} cell(s) left aside: {reason}")
    tested = cells.sound + cells.diverged
    numbers: Numbers = {
        "alpha": alpha,
        "margin": MARGIN,
        "bound": "explicit" if theorem.kind != "none" else "O(·)",
        "correction": f"Holm over {whole.ruling.tests} test(s)",
        "tests": whole.ruling.tests,
        "blind": whole.ruling.blind and not cells.scarce,
        "max_ratio": _largest(tested, alpha) if tested else None,
        "smallest_failing": smallest([(j,) for j in cells.diverged] + list(whole.ruling.failing)),
        "escaped": {"cells": [j.result.key for j in cells.escaped], "where": [j.where for j in cells.escaped]},
        "groups": [
            _group_numbers(name, group, growth, max(j.mean.value for j in own), alpha)
            for name, group, growth, own in zip(told.names, told.groups, told.growths, told.members, strict=True)
        ],
    }
    aside = cells.broken + cells.aside + (Counter({TOO_FEW: len(cells.scarce)}) if cells.scarce else Counter())
    return Verdict(
        theorem.name,
        outcome,
        theorem.expected,
        theorem.statement,
        tuple(reasons),
        numbers,
        Cells(len(tested), dict(aside), len(cells.escaped)),
    )


def _look(theorem: Judgeable, sound: Sequence[Judged], alpha: float) -> Findings:
    judged = {id(j.result): j for j in sound}
    found = groups(j.result for j in sound)
    members = [[judged[id(c)] for c in group.cells] for group in found]
    growths = [growth(group.cells, [j.ratio for j in own]) for group, own in zip(found, members, strict=True)]
    ruling = _level(sound, alpha) if theorem.kind != "none" else _growths(theorem, members, growths, alpha)
    return Findings(found, members, [own[0].label for own in members], growths, ruling)


def _level(sound: Sequence[Judged], alpha: float) -> Ruling:
    adjusted = holm([judged.mean.p_above(1.0) for judged in sound])
    violations = [
        f"{j.where}: measured/bound is {j.mean.value:.4g}, at least {j.mean.low(alpha):.4g} "
        f"(p = {p:.2g} after Holm over {len(sound)} cells)"
        for j, p in zip(sound, adjusted, strict=True)
        if p < alpha
    ]
    doubts = [
        f"{j.where}: measured/bound is {j.mean.value:.4g} and may be {j.mean.high(alpha):.4g}: more replicas "
        "would settle it"
        for j in sound
        if not j.mean.high(alpha) < 1.0
    ]
    failing = tuple((j,) for j, p in zip(sound, adjusted, strict=True) if p < alpha)
    return Ruling(violations, doubts, len(sound), failing=failing)


def _growths(
    theorem: Judgeable, members: Sequence[Sequence[Judged]], growths: Sequence[Growth], alpha: float
) -> Ruling:
    tests = [
        (cells, axis, own.exponents[axis])
        for cells, own in zip(members, growths, strict=True)
        for axis in theorem.axes
        if axis in own.exponents
    ]
    adjusted = holm([b.p_above(MARGIN) for *_, b in tests])
    violations, doubts, failing = [], [], []
    for (cells, axis, b), p in zip(tests, adjusted, strict=True):
        power = f"{SYMBOLS[axis]}^{b.value:.3f}, [{b.low(alpha):.3f}, {b.high(alpha):.3f}]"
        grows = f"{cells[0].label}: measured/bound goes like {power}"
        if p < alpha:
            violations.append(f"{grows}: more than {MARGIN:g} (p = {p:.2g} after Holm over {len(tests)} exponents)")
            failing.append(ends(cells, axis))
        elif not b.high(alpha) < MARGIN:
            doubts.append(
                f"{grows}: the grid can't settle whether it exceeds {MARGIN:g}; more replicas or larger "
                f"{SYMBOLS[axis]} would"
            )
    settled = {axis for _, axis, _ in tests}
    for axis in theorem.axes:
        if axis not in settled:
            whys = dict.fromkeys(own.missing[axis] for own in growths)
            doubts.append(f"no growth exponent in {SYMBOLS[axis]}: {'; '.join(whys) or 'no sound cells'}")
    return Ruling(violations, doubts, len(tests), settled != set(theorem.axes), tuple(failing))


def _decide(
    theorem: Judgeable, cells: Eligible, whole: Ruling, rest: Ruling, alpha: float
) -> tuple[Outcome, list[str]]:
    """*whole* is the ruling on all sound cells, *rest* that on the ones that did not escape."""
    if not (cells.sound or cells.diverged or cells.scarce):
        if cells.broken:
            return Outcome.VOID, ["an assumption is broken by every cell"]
        return Outcome.INCONCLUSIVE, ["no cells to judge"]
    reasons = [
        f"{j.where}: {np.sum(np.isinf(j.ratio))} of {j.ratio.size} replicas diverged, so the mean is infinite"
        for j in cells.diverged
    ] + whole.violations
    if reasons:
        return Outcome.VIOLATED, _shortened(reasons)
    if cells.scarce:
        reasons.append(f"too few replicas: {len(cells.scarce)} cell(s) have fewer than {LEAST_REPLICAS}")
    if cells.sound:
        reasons += _doubts(theorem, whole, rest)
    if reasons or not cells.acquitting:
        return Outcome.INCONCLUSIVE, escape_reasons(cells.escaped) + _shortened(reasons)
    largest = _largest(cells.acquitting, alpha)
    level = (
        f"the largest measured/bound is {largest['value']:.4g}, at most {largest['upper']:.4g} at "
        f"{100 * (1 - alpha):g} %, at {largest['where']}"
    )
    if theorem.kind != "none":
        return Outcome.HOLDS, [f"all {len(cells.acquitting)} cells lie under the bound; {level}"]
    axes = " and ".join(SYMBOLS[axis] for axis in theorem.axes)
    within = f"measured/bound grows with no power of {axes} above {MARGIN:g} ({rest.tests} exponents)"
    return Outcome.HOLDS, [f"{within}; {level}"]


def _doubts(theorem: Judgeable, whole: Ruling, rest: Ruling) -> list[str]:
    """What keeps a theorem that is not violated from holding.

    Of a level the doubts about each cell, one that escaped and may lie above its bound included; of a growth those of
    the cells that did not escape, where what would be a violation is a doubt.
    """
    return whole.doubts if theorem.kind != "none" else rest.violations + rest.doubts


def _shortened(reasons: list[str], most: int = 8) -> list[str]:
    return reasons if len(reasons) <= most else [*reasons[:most], f"and {len(reasons) - most} more of this kind"]


def _level_groups(found: Findings, alpha: float) -> list[str]:
    """Groups whose ratio has both exponents within ±MARGIN, after Holm over the groups (two one-sided tests each).

    Not those whose coordinates are copies of one: there the exponent in d is by construction.
    """
    whole = [
        (name, growth)
        for name, group, growth in zip(found.names, found.groups, found.growths, strict=True)
        if set(growth.exponents) == set(AXES) and not group.cells[0].alike
    ]
    adjusted = holm(
        [max(p for b in own.exponents.values() for p in (b.p_below(MARGIN), b.p_above(-MARGIN))) for _, own in whole]
    )
    return [name for (name, _), p in zip(whole, adjusted, strict=True) if p < alpha]


def _largest(judged: Sequence[Judged], alpha: float) -> Largest:
    """The largest mean ratio of at least one cell, its place, and an upper limit of all true ones.

    The largest of the cells' own limits is one: the cell whose true ratio is largest is under its own.
    """
    top = max(judged, key=lambda j: j.mean.value)
    return {
        "value": top.mean.value,
        "upper": max(j.mean.high(alpha) for j in judged),
        "where": top.where,
        "problem": top.result.spec.problem,
        "dim": top.result.spec.dim,
        "steps": top.result.spec.steps,
    }


def _group_numbers(name: str, group: Group, own: Growth, largest: float, alpha: float) -> GroupNumbers:
    def exponent(axis: str) -> Exponent:
        if axis not in own.exponents:
            return {"why": own.missing.get(axis)}
        b = own.exponents[axis]
        return {"exponent": b.value, "error": b.error, "low": b.low(alpha), "high": b.high(alpha)}

    return {
        "group": name,
        "settings": dict(group.settings),
        "cells": len(group.cells),
        "cells_fitted": own.cells,
        "max_ratio": largest,
        "steps": exponent("steps"),
        "dim": exponent("dim"),
    }
