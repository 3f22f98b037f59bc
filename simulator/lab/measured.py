"""What a stored cell has measured, what is asked of it beyond that, and both in one cell.

A quantity's name says nothing of its formula, which a user may edit. So a cell's provenance has the digest of each
quantity beyond those of every run, and a name without its digest is no measurement.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..cells.evidence import Result
from ..cells.quantities import QUANTITIES, Quantity
from ..cells.spec import canonical_json


def digest(quantity: Quantity) -> str:
    """Equal for quantities that give equal numbers."""
    return hashlib.sha256(canonical_json(quantity.meaning).encode()).hexdigest()[:16]


def lacks(stored: Result, asked: Iterable[Quantity]) -> bool:
    """Whether the cell was not measured for some of *asked*."""
    return any(not has(stored, quantity) for quantity in asked)


def has(stored: Result, quantity: Quantity) -> bool:
    return quantity.name in stored.stats.measured and _told(stored).get(quantity.name) == digest(quantity)


def wanted(stored: Result | None, asked: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """What a run has to measure, so that a stored cell loses nothing: *asked*, and what it has and we know of."""
    known: list[Quantity] = []
    if stored is not None:
        told = [QUANTITIES[name] for name in _told(stored) if name in QUANTITIES]
        known = [quantity for quantity in told if has(stored, quantity)]
    return tuple({quantity.name: quantity for quantity in (*known, *asked)}.values())


def merged(new: Result, stored: Result | None, extra: Iterable[Quantity]) -> tuple[Result, list[str]]:
    """*new* with the digests of *extra*, and with what else *stored* measured if all that both have is equal, bit for
    bit; else the names of what differs. Another backend's sums may differ in their last digits, which is not named."""
    digests = {quantity.name: digest(quantity) for quantity in extra}
    differing: list[str] = []
    stats = new.stats
    if stored is not None:
        ours, theirs = stats.arrays(), stored.stats.arrays()
        old = _told(stored)
        same = [n for n in ours if n in theirs and not _edited(n, digests, old)]
        differing = [n for n in same if not _equal(ours[n], theirs[n])]
        if not differing:
            kept = {name: told for name, told in old.items() if name in stored.stats.measured and name not in digests}
            measured = {**stats.measured, **{name: stored.stats.measured[name] for name in kept}}
            stats, digests = replace(stats, measured=measured), {**kept, **digests}
        if stored.provenance.get("backend") != new.provenance.get("backend"):
            differing = [n for n in differing if not _close(ours[n], theirs[n])]
    told = {"quantities": digests} if digests else {}
    return replace(new, stats=stats, provenance={**new.provenance, **told}), differing


def _told(stored: Result) -> Mapping[str, str]:
    """The digests of quantities in a cell's provenance."""
    told = stored.provenance.get("quantities")
    return told if isinstance(told, Mapping) else {}


def _edited(name: str, now: Mapping[str, str], before: Mapping[str, str]) -> bool:
    """Whether an array is of a quantity whose formula is another one by now."""
    plain = name.partition(".")[2]
    return plain in now and now[plain] != before.get(plain)


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.tobytes() == b.tobytes()


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-6, atol=0))
