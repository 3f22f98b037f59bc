"""Panels of theorems: families of cells as lines in a problem's colour, with a marker for each dimension."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ...judge.intervals import Estimate
from ..shown import Shown
from .claims import Family
from .ends import End
from .page import escaped, place
from .panels import arrows, on_grid, panel_title, rings
from .sheet import Sheet, sheet_of
from .style import INK, LEVEL, MARKERS, PAPER
from .text import plain, with_interval

WIDE = 3.0  # inches of a panel with labels at its right
BAR = 0.04  # of the mean: a shorter interval is hidden by its marker


def panels_of(titles: Sequence[str], width: float, height: float) -> tuple[Sheet, list[Axes], float]:
    """A figure of panels with the *titles*, each about *height* inches; the panels; how high they are at least."""
    columns = min(len(titles), max(1, int(width / WIDE)))
    lines = -(-len(titles) // columns)
    figure = Sheet(width, 0.7 + lines * (height + 0.45))
    axes = on_grid(figure, range(len(titles)), columns, range(len(titles)))
    for ax, title in zip(axes.values(), titles, strict=True):
        ax.set_title(panel_title(title, int(10 * width / columns)), pad=3)
    return figure, list(axes.values()), 0.8 * height


def draw_family(
    ax: Axes,
    family: Family,
    dims: Sequence[int],
    estimate: Callable[[Shown], Estimate],
    unit: Callable[[Shown], float] = lambda shown: 1.0,
) -> None:
    """A line for each d: solid where the family is its problem's usual one, else thin and dashed."""
    for dim, cells in family.by_dim():
        known = [(s.spec.steps, estimate(s), unit(s), s) for s in cells]
        finite = [(k, e, u, s) for k, e, u, s in known if math.isfinite(e.value)]
        if finite:
            across, up = [k for k, *_ in finite], [e.value / u for _, e, u, _ in finite]
            (line,) = ax.plot(
                across,
                up,
                color=family.color,
                linestyle="-" if family.usual else (0, (3, 1.5)),
                linewidth=1.1 if family.usual else 0.6,
                marker=MARKERS[dims.index(dim) % len(MARKERS)],
                markersize=4.4 if family.usual else 3.4,
                markerfacecolor=PAPER,
                markeredgewidth=0.8 if family.usual else 0.6,
                zorder=3 if family.usual else 2.5,
            )
            sheet_of(ax).tell(line, [f"{place(s, family.label)}: {_said(e, u)}" for _, e, u, s in finite])
            for k, e, u, _ in finite:
                half = e.high(LEVEL) - e.value
                if math.isfinite(half) and half > BAR * e.value:
                    ax.plot(
                        [k, k], [e.low(LEVEL) / u, e.high(LEVEL) / u], color=family.color, linewidth=0.8, zorder=2.4
                    )
            if away := [(k, e.value / u) for k, e, u, s in finite if escaped(s)]:
                rings(ax, *zip(*away, strict=True))
        arrows(ax, [k for k, e, *_ in known if math.isinf(e.value)], family.color)


def _said(e: Estimate, unit: float) -> str:
    return with_interval(Estimate(e.value / unit, e.error / unit, e.df))


def problem_ends(families: Sequence[Family], height: Callable[[Shown], float]) -> list[End]:
    """Where the usual lines of each problem end: at the longest horizon, on the line of the d next to their mean."""
    ends = []
    for family in families:
        finite = [s for s in family.cells if math.isfinite(height(s)) and height(s) > 0]
        if family.usual and finite:
            last = max(s.spec.steps for s in finite)
            heights = [height(s) for s in finite if s.spec.steps == last]
            middle = sum(map(math.log, heights)) / len(heights)
            nearest = min(heights, key=lambda h: abs(math.log(h) - middle))
            ends.append(End(last, nearest, plain(family.problem), family.color))
    return ends


def dim_keys(dims: Sequence[int]) -> list[Line2D]:
    """What the shapes of the markers mean."""
    return [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=MARKERS[i % len(MARKERS)],
            markersize=4.4,
            markerfacecolor=PAPER,
            markeredgecolor=INK,
            markeredgewidth=0.8,
            label=f"$d={dim}$",
        )
        for i, dim in enumerate(dims)
    ]
