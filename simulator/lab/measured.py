"""What a stored cell has measured, what is asked of it beyond that, and both in one cell.

A quantity's name says nothing of its formula, which a user may edit, so a cell's provenance has the digest of each
quantity beyond those of every run (``Result.quantities``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from ..cells.evidence import OF_EVERY_RUN, Result
from ..cells.quantities import QUANTITIES, Quantity
from ..cells.stats import PREFIX


def lacks(stored: Result, asked: Iterable[Quantity]) -> bool:
    """Whether the cell was not measured for some of *asked*."""
    return any(stored.lacks(quantity) for quantity in asked)


def wanted(stored: Result | None, asked: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """What a run has to measure, so that a stored cell loses nothing: *asked*, and what it has and we know of."""
    known: list[Quantity] = []
    if stored is not None:
        told = [QUANTITIES[name] for name in stored.quantities if name in QUANTITIES and name not in OF_EVERY_RUN]
        known = [quantity for quantity in told if not stored.lacks(quantity)]
    return tuple({quantity.name: quantity for quantity in (*known, *asked)}.values())


def merged(new: Result, stored: Result | None) -> tuple[Result, list[str]]:
    """*new* with what else *stored* measured if all that both have is equal, bit for bit; else the names of what
    differs. Another backend's sums may differ in their last digits, which is not named."""
    if stored is None:
        return new, []
    ours, theirs = new.stats.arrays(), stored.stats.arrays()
    same = [name for name in ours if name in theirs and not _another(name, new, stored)]
    differing = [name for name in same if not _equal(ours[name], theirs[name])]
    result = new if differing else _with_others(new, stored)
    if stored.provenance.get("backend") != new.provenance.get("backend"):
        differing = [name for name in differing if not _close(ours[name], theirs[name])]
    return result, differing


def _with_others(new: Result, stored: Result) -> Result:
    """*new* with those quantities of *stored* whose names it hasn't."""
    others = {name: told for name, told in stored.quantities.items() if name not in new.stats.measured}
    if not others:
        return new
    measured = {**new.stats.measured, **{name: stored.stats.measured[name] for name in others}}
    told = {name: digest for name, digest in new.quantities.items() if name not in OF_EVERY_RUN}
    provenance = {**new.provenance, "quantities": {**others, **told}}
    return replace(new, stats=replace(new.stats, measured=measured), provenance=provenance)


def _another(array: str, new: Result, stored: Result) -> bool:
    """Whether an array is of a quantity whose formula is another one by now."""
    name = array.removeprefix(PREFIX)
    return array.startswith(PREFIX) and new.quantities.get(name) != stored.quantities.get(name)


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.tobytes() == b.tobytes()


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-6, atol=0))
