"""The verdict on a theorem about runs: which test its kind calls for, what it found, and what that means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..cells.evidence import Result
from ..words import count, limit
from .attained import attained, by_construction, derived_ratios, exactly
from .copies import Copies
from .eligible import TOO_FEW, Eligible, Judged, eligible, escape_reasons
from .failing import smallest
from .fit import SYMBOLS
from .growth import MARGIN
from .known import mismatches
from .level import RESOLUTION, ROUNDING, judge_level
from .numbers import group_numbers, largest
from .outcome import Cells, Numbers, Outcome, Verdict
from .rate import attained_level, judge_rate
from .ruling import Ruling, without_statistics
from .statement import Judgeable
from .witness import Family, families

Decision = tuple[Outcome, list[str]]


@dataclass(frozen=True)
class Look:
    """Some sound cells, in families, and what their test found."""

    cells: list[Judged]
    families: list[Family]
    ruling: Ruling


def judge_cells(
    theorem: Judgeable, results: Sequence[Result], alpha: float, copies: Mapping[str, Copies] | None = None
) -> Verdict:
    """The verdict of *theorem* on the cells of *results* that it concerns; *copies* by the cells' keys.

    VOID: all cells break an assumption (some only: those are left aside and listed, the others judged). INCONCLUSIVE
    first of all where a level that is known was not measured. VIOLATED: a ratio is infinite, or a test fails after
    Holm's correction. INCONCLUSIVE: a cell has fewer than LEAST_REPLICAS, or an upper limit passes its threshold, or
    no witness could have shown a rate wrong.

    Cells that escaped may convict and never acquit: all sound cells are searched for violations, HOLDS and TIGHT rest
    on those that did not escape alone. That second look convicts of nothing, or α would be spent twice.
    """
    cells = eligible(theorem, results, copies or {})
    whole = _look(theorem, cells.sound, alpha)
    rest = _look(theorem, cells.acquitting, alpha) if cells.escaped else whole
    wrong = mismatches(cells.acquitting, alpha)
    outcome, reasons = _decide(theorem, cells, whole, rest, wrong, alpha)
    told = whole if outcome is Outcome.VIOLATED else rest
    if outcome is not Outcome.INCONCLUSIVE:  # which says it first
        reasons += escape_reasons(cells.escaped)
    if outcome is not Outcome.VOID:
        reasons += _shortened(list(told.ruling.notes), most=4)
    for reason, number in (cells.broken + cells.aside).items():
        reasons.append(f"{count(number, 'cell')} left out: {reason}")
    tested = cells.sound + cells.diverged
    numbers: Numbers = {
        "alpha": alpha,
        "margin": MARGIN,
        "bound": "explicit" if theorem.kind != "none" else "O(·)",
        "correction": f"Holm over {count(whole.ruling.tests, 'test')}",
        "tests": whole.ruling.tests,
        "blind": whole.ruling.blind and not cells.scarce,
        "max_ratio": largest(tested, alpha) if tested else None,
        "level": attained_level(theorem, told.families, alpha),
        "attained": [each.at for each in rest.ruling.attained] if outcome is Outcome.TIGHT else [],
        "copies": sum(j.copies.count for j in cells.sound),
        "mismatches": wrong,
        "smallest_failing": smallest([(j,) for j in cells.diverged] + list(whole.ruling.failing)),
        "escaped": {"cells": [j.result.key for j in cells.escaped], "where": [j.where for j in cells.escaped]},
        "groups": [group_numbers(family, told.ruling.growing, alpha) for family in told.families],
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


def _look(theorem: Judgeable, sound: list[Judged], alpha: float) -> Look:
    found = families(theorem, sound)
    if theorem.kind == "none":
        ruling = judge_rate(theorem, sound, found, alpha)
        return Look(sound, found, replace(ruling, attained=tuple(attained(theorem, found, alpha))))
    derived = derived_ratios(theorem, sound)
    tight = attained(theorem, found, alpha) + exactly(sound, derived)
    return Look(sound, found, replace(judge_level(sound, alpha, derived), attained=tuple(tight)))


def _decide(theorem: Judgeable, cells: Eligible, whole: Look, rest: Look, wrong: list[str], alpha: float) -> Decision:
    """*whole* is the look at all sound cells, *rest* that at the ones that did not escape."""
    if not (cells.sound or cells.diverged or cells.scarce):
        if cells.broken:
            return Outcome.VOID, ["an assumption is broken by every cell"]
        return Outcome.INCONCLUSIVE, ["no cells to judge"]
    if wrong:
        return Outcome.INCONCLUSIVE, _shortened(wrong)
    reasons = [*without_statistics(cells.diverged).violations, *whole.ruling.violations]
    if reasons:
        return Outcome.VIOLATED, _shortened(reasons)
    if cells.scarce:
        reasons.append(f"{TOO_FEW} in {count(len(cells.scarce), 'cell')}")
    if cells.sound:
        reasons += _doubts(theorem, whole.ruling, rest.ruling)
    if reasons or not cells.acquitting:
        return Outcome.INCONCLUSIVE, escape_reasons(cells.escaped) + _shortened(reasons)
    return _acquitted(theorem, rest, alpha)


def _acquitted(theorem: Judgeable, rest: Look, alpha: float) -> Decision:
    """HOLDS or TIGHT, how hard it was tried, and on what."""
    explicit = theorem.kind != "none"
    top = largest(rest.cells, alpha)
    share = f" ({100 * top['value']:.3g} % of the constant)" if explicit else ""
    what = "bound" if explicit else "rate"
    upper = limit(top["value"], top["upper"])
    level = f"{upper} at {100 * (1 - alpha):g} %" if upper else ""
    tried = f"the largest measured/{what} is {top['value']:.4g}{share}{level}, on {top['where']}"
    copied = sum(j.copies.count for j in rest.cells)
    also = f" and {count(copied, 'rescaled copy')}" if copied else ""
    if explicit:
        by = "" if top["upper"] <= 1 + ROUNDING else f" by more than {100 * RESOLUTION:g} %"
        reasons = [f"not exceeded{by} on {count(len(rest.cells), 'cell')}{also}; {tried}"]
    else:
        axes = " and ".join(SYMBOLS[axis] for axis in theorem.axes)
        shown = ", ".join(f.name for f in rest.families if f.settles(theorem.axes, alpha))
        reasons = [f"measured/rate grows with no power of {axes} above {MARGIN:g} on {shown}; {tried}"]
    if rest.ruling.attained:
        return Outcome.TIGHT, [
            *reasons,
            f"the rate is attained: {'; '.join(told.words for told in rest.ruling.attained)}",
        ]
    copies_of_one = by_construction(theorem, rest.families, alpha)
    if copies_of_one:
        reasons.append(f"the rate is attained in K, and in d by construction, on {', '.join(copies_of_one)}")
    return Outcome.HOLDS, reasons


def _doubts(theorem: Judgeable, whole: Ruling, rest: Ruling) -> tuple[str, ...]:
    """What keeps a theorem that is not violated from holding.

    Of a level the doubts about each cell, one that escaped and may lie above its bound included; of a growth those of
    the cells that did not escape, where what would be a violation is a doubt.
    """
    return whole.doubts if theorem.kind != "none" else rest.violations + rest.doubts


def _shortened(reasons: list[str], most: int = 8) -> list[str]:
    return reasons if len(reasons) <= most else [*reasons[:most], f"and {len(reasons) - most} more of this kind"]
