"""What a test of the cells of a theorem found."""

from __future__ import annotations

from dataclasses import dataclass

from .attained import Told
from .eligible import Judged


@dataclass(frozen=True)
class Ruling:
    """Violations, doubts and notes, in words, and the number of statistical tests.

    ``failing``: the cells of each violation, one for a level, the two ends of a line for a growth. ``blind``: nothing
    here could have shown the theorem wrong. ``attained``: where the rate is attained. ``growing``: the families, by
    name, and the axes whose growth is a violation.
    """

    violations: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    tests: int = 0
    failing: tuple[tuple[Judged, ...], ...] = ()
    blind: bool = False
    attained: tuple[Told, ...] = ()
    growing: frozenset[tuple[str, str]] = frozenset()


def without_statistics(cells: list[Judged]) -> Ruling:
    """The cells whose ratio is infinite: more than a bound of 0, or a replica that diverged."""
    return Ruling(tuple(j.certain for j in cells), failing=tuple((j,) for j in cells))
