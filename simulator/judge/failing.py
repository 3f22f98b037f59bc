"""The smallest case in which a theorem fails, for whoever wants to see it fail again."""

from __future__ import annotations

from collections.abc import Sequence

from .copies import HERE, rescaled
from .eligible import Judged
from .fit import CONSTANTS
from .outcome import Failing


def ends(cells: Sequence[Judged], axis: str) -> tuple[Judged, Judged]:
    """The cells of least and greatest K (or d) on the line of the smallest d (or K) that is longest."""
    other = {"steps": "dim", "dim": "steps"}[axis]
    lines: dict[int, list[Judged]] = {}
    for judged in cells:
        lines.setdefault(getattr(judged.result.spec, other), []).append(judged)
    longest = min(lines, key=lambda value: (-len(lines[value]), value))
    line = sorted(lines[longest], key=lambda judged: getattr(judged.result.spec, axis))
    return line[0], line[-1]


def smallest(failing: Sequence[tuple[Judged, ...]]) -> Failing | None:
    """The smallest failing case: least d, then least K, of the last of its cells. ``cells`` are their keys."""
    if not failing:
        return None
    case = min(failing, key=lambda cells: (cells[-1].result.spec.dim, cells[-1].result.spec.steps))
    return {
        "where": " and ".join(judged.where for judged in case),
        "places": [
            {"family": judged.label, "dim": judged.result.spec.dim, "steps": judged.result.spec.steps}
            for judged in case
        ],
        "cells": [judged.result.key for judged in case],
        "ratios": [judged.mean.value for judged in case],
        "constants": _constants(case[0]) if len(case) == 1 else None,
        "factor": case[0].copies.worst[1] if len(case) == 1 else 1.0,
    }


def _constants(judged: Judged) -> dict[str, float] | None:
    """The constants of the cell's worst copy; None where no copy is worse than the cell."""
    point, _ = judged.copies.worst
    if point == HERE:
        return None
    return dict(zip(CONSTANTS, rescaled(point, judged.result.spec), strict=True))
