"""Rescaled copies of a measured cell, on which what was measured is known without another run.

Where a rule is covariant, the run on f(x) → c f(sx) with noise csσ is the run that was made, in other units: L, Δ and
σ become cs²L, cΔ and csσ, and a quantity of degrees (a, b) becomes c^a s^(−b) times itself, replica for replica. So a
statement is judged on cells that nobody ran. Which cells have copies, and what a theorem says there, takes code to
find (``lab.rescaled``); here are the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..cells.spec import Spec
from .growth import MARGIN
from .statement import Judgeable

Point = tuple[float, float]  # (c, s)
HERE: Point = (1.0, 1.0)
DECADES = (2.0, 4.0, 6.0)
RAYS: dict[str, tuple[Point, ...]] = {
    "c → ∞": tuple((10.0**n, 1.0) for n in DECADES),
    "c → 0": tuple((10.0**-n, 1.0) for n in DECADES),
    "s → ∞": tuple((1.0, 10.0**n) for n in DECADES),
    "s → 0": tuple((1.0, 10.0**-n) for n in DECADES),
}
CORNERS: tuple[Point, ...] = tuple((10.0**i, 10.0**j) for i in (-6.0, 6.0) for j in (-6.0, 6.0))
POINTS: tuple[Point, ...] = (*(point for ray in RAYS.values() for point in ray), *CORNERS)
SAME = 1e-9  # relative, for numbers that an exact symmetry makes equal
STEADY = 0.9  # of the power before: less is on its way to a limit


@dataclass(frozen=True)
class Copies:
    """``factors``: by (c, s), how many times the cell's measured/limit (bound, or rate) that of its copy is; only where
    it is not 1. ``count``: how many copies keep the theorem's assumptions."""

    factors: Mapping[Point, float] = field(default_factory=dict)
    count: int = 0

    @property
    def worst(self) -> tuple[Point, float]:
        """The copy on which measured/limit is largest, and its factor; the cell itself where no copy exceeds it."""
        return max([(HERE, 1.0), *self.factors.items()], key=lambda pair: pair[1])

    def divergence(self) -> tuple[Point, float] | None:
        """The last copy of a ray along which measured/limit grows without a limit, and its power; None for none.

        Without a limit: over the last two of six decades by more than MARGIN a decade, and no slower than over the
        two before.
        """
        for ray in RAYS.values():
            first, second, third = (self.factors.get(point, 1.0) for point in ray)
            if not (0 < first < math.inf and 0 < second < math.inf and 0 < third < math.inf):
                continue
            before, last = math.log10(second / first) / 2, math.log10(third / second) / 2
            if third > 1 and last > MARGIN and last >= STEADY * before:
                return ray[-1], last
        return None


NONE = Copies()
FindCopies = Callable[[Judgeable], Mapping[str, Copies]]  # of a theorem, by the keys of its cells


def constants_text(point: Point, spec: Spec) -> str:
    """The constants of a copy: 'σ = 2e+06, L = 1e+06, Δ = 1'."""
    sigma, smoothness, gap = rescaled(point, spec)
    return f"σ = {sigma:.3g}, L = {smoothness:.3g}, Δ = {gap:.3g}"


def rescaled(point: Point, spec: Spec) -> tuple[float, float, float]:
    """σ, L and Δ of the copy at *point* of a cell."""
    c, s = point
    return c * s * spec.sigma, c * s * s * spec.smoothness, c * spec.gap


def to_list(copies: Copies) -> list:
    """As verdicts.json has them: the count, then (c, s, factor) of each copy whose factor is not 1."""
    return [copies.count, *([c, s, factor] for (c, s), factor in copies.factors.items())]
