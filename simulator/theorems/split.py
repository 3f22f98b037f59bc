"""Bounds with a free constant that splits a product: the best one in closed form."""

from __future__ import annotations

import math

from ..cells.constants import require


def best_split(fixed: float, error: float, share: float) -> float:
    """The least of (fixed + error/(2s))/(share − s/2) over s > 0 with a positive denominator.

    Raises SaysNothing where no s has one.
    """
    require(share > 0, "the step is too long for the proof: nothing is left of what f falls")
    if error == 0:
        return fixed / share
    s = (
        2 * error * share / (error + math.sqrt(error**2 + 4 * fixed * error * share))
    )  # fixed s² + error s = error share
    return (fixed + error / (2 * s)) / (share - s / 2)
