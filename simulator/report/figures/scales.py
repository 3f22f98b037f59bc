"""Axes of sizes and of values: their limits and their ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from matplotlib.ticker import FixedLocator, FuncFormatter, LogFormatterMathtext, LogLocator, NullFormatter, NullLocator

from ...words import brief, short

MOST_LETTERS = 6  # of a tick of sizes


def span(values: Iterable[float], pad: float = 1.25, least: float = 2.0) -> tuple[float, float]:
    """Limits of a log axis around the finite positive *values*, at least the factor *least* apart."""
    good = [v for v in values if 0 < v < math.inf] or [1.0]
    low, high = min(good) / pad, max(good) * pad
    if high / low < least:
        middle = math.sqrt(low * high)
        low, high = middle / math.sqrt(least), middle * math.sqrt(least)
    return low, high


def size_axis(axis, values: Sequence[int], most: int = 6) -> None:
    """Label a log axis of sizes at values that were run, at most *most* of them; rounded if one is long."""
    values = sorted(values)
    stride = -(-len(values) // most)
    ticks = values[::-1][::stride]
    text = brief if max(len(short(tick)) for tick in ticks) > MOST_LETTERS else short
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: text(round(value))))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def most_ticks(axes: Mapping, width: float) -> int:
    """How many sizes can be written under a panel of the grid *axes*, in a figure *width* inches wide."""
    return max(2, int((width - 0.6) / columns_of(axes) / 0.34))


def columns_of(axes: Mapping) -> int:
    """How many columns the grid has that *axes* are in."""
    return max(ax.get_subplotspec().get_gridspec().ncols for ax in axes.values())


def value_axis(axis, limits: tuple[float, float]) -> None:
    """Label a log axis of values at 1, 2 and 5 of each decade, or at decades where there are many."""
    decades = math.log10(limits[1] / limits[0])
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 2.2 else (1,)))
    plain = limits[0] > 9e-4 and limits[1] < 2e4
    axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}") if plain else LogFormatterMathtext())
    axis.set_minor_locator(LogLocator(subs=range(1, 10)))
    axis.set_minor_formatter(NullFormatter())
