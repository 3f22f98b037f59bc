"""Which exponents show a rate false: the diamonds of the figure of growth."""

from __future__ import annotations

from collections.abc import Iterable

from ...judge.fit import GRID
from ...judge.outcome import Exponent, GroupNumbers, Verdict


def exponent_of(group: GroupNumbers, axis: str) -> Exponent:
    """The exponent of measured/rate in K ('steps') or in d ('dim')."""
    return group["steps"] if axis == "steps" else group["dim"]


def breaches(verdict: Verdict) -> Iterable[tuple[GroupNumbers, str]]:
    """The families and axes whose growth the judge convicts by."""
    for group in verdict.numbers.get("groups", []):
        yield from ((group, axis) for axis in GRID if exponent_of(group, axis).get("convicts"))
