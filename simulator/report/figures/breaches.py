"""Which exponents show a rate false: the diamonds of the figure of growth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...judge.fit import GRID
from ...judge.outcome import Exponent, GroupNumbers, Outcome, Verdict


def exponent_of(group: GroupNumbers, axis: str) -> Exponent:
    """The exponent of measured/rate in K ('steps') or in d ('dim')."""
    return group["steps"] if axis == "steps" else group["dim"]


def axes_of(theorem: object) -> Sequence[str]:
    """The axes in which a theorem is judged; both where it isn't known."""
    return tuple(getattr(theorem, "axes", GRID))


def is_breach(verdict: Verdict, group: GroupNumbers, axis: str, judged: Sequence[str]) -> bool:
    """Whether the family's growth in *axis* shows the rate false; *judged* are the axes that its theorem is about."""
    e = exponent_of(group, axis)
    if verdict.numbers.get("bound") == "explicit" or verdict.outcome is not Outcome.VIOLATED or "low" not in e:
        return False
    # on a fixed function floors alone convict in K, and copies of one coordinate in d: the verdict knows which did
    may = axis in judged and (group["witness"] or axis == "steps" or group["alike"])
    return may and e["low"] > verdict.numbers["margin"]


def breaches(verdict: Verdict, judged: Sequence[str]) -> Iterable[tuple[GroupNumbers, str]]:
    """The families and axes with a diamond."""
    for group in verdict.numbers.get("groups", []):
        yield from ((group, axis) for axis in GRID if is_breach(verdict, group, axis, judged))
