"""Grids of axes, points with intervals and infinities, and the lines that they are compared with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.typing import LineStyleType

from ...judge.intervals import Estimate
from .page import Page
from .style import LEVEL, PAPER, RING, TWO_COLUMN, Look
from .text import plain

TITLE = 28  # letters of a panel's title in a line


def sheet(
    page: Page, height: float = 1.75, sharey: Literal[True, "row"] = "row"
) -> tuple[Figure, dict[tuple[str, str], Axes]]:
    """A figure of the page's rows × columns, and its axes by (row, column); panels that were not run are blank."""
    rows, columns = len(page.rows), len(page.columns)
    figure = blank(min(TWO_COLUMN, 1.1 + 2.2 * columns) if columns > 1 else 3.9, 0.85 + height * rows)
    grid = figure.subplots(rows, columns, sharex=True, sharey=sharey, squeeze=False)
    axes = {}
    there = {(panel.row, panel.column) for panel in page.panels}
    for i, row in enumerate(page.rows):
        for j, column in enumerate(page.columns):
            ax = grid[i][j]
            if (row, column) in there:
                axes[row, column] = ax
                ax.set_title("\n".join(map(plain, _lines(f"{row} · {column}"))), pad=3)
            else:
                ax.set_axis_off()
    for row in page.rows:  # the leftmost panel of a row carries its ticks, also beside a blank
        next(axes[row, column] for column in page.columns if (row, column) in axes).tick_params(labelleft=True)
    for j in range(columns):  # the lowest panel of a column carries its ticks, also above a blank
        shown = [axes[row, page.columns[j]] for row in page.rows if (row, page.columns[j]) in axes]
        shown[-1].tick_params(labelbottom=True)
    return figure, axes


def _lines(title: str) -> list[str]:
    """A title of several arguments in lines of whole arguments."""
    lines = [""]
    for part in title.split(", "):
        if lines[-1] and len(lines[-1]) + len(part) > TITLE:
            lines.append("")
        lines[-1] += f", {part}" if lines[-1] else part
    return lines


def blank(width: float, height: float) -> Figure:
    layout = ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.03, wspace=0.02, hspace=0.03)
    return Figure(figsize=(width, height), layout=layout)


def lowest(page: Page, axes: dict[tuple[str, str], Axes]) -> list[Axes]:
    """The lowest panel of each column."""
    return [[axes[r, c] for r in page.rows if (r, c) in axes][-1] for c in page.columns]


def leftmost(page: Page, axes: dict[tuple[str, str], Axes]) -> list[tuple[str, Axes]]:
    """(row, its leftmost panel) of each row."""
    return [(r, next(axes[r, c] for c in page.columns if (r, c) in axes)) for r in page.rows]


def points(ax: Axes, x: Sequence[float], estimates: Sequence[Estimate], look: Look, line: bool = True, **extra) -> bool:
    """Draw estimates with 95 % intervals against *x*; infinite ones as arrows at the top. Returns whether some are."""
    finite = [(a, e) for a, e in zip(x, estimates, strict=True) if math.isfinite(e.value)]
    style = look.line | {"markeredgecolor": PAPER, "markeredgewidth": 0.4, "elinewidth": 0.9} | extra
    if not line:
        style["linestyle"] = "none"
    if finite:
        a, e = zip(*finite, strict=True)
        reach = [_reach(each) for each in e]
        ax.errorbar(a, [each.value for each in e], yerr=reach, **style)
    lost = [a for a, e in zip(x, estimates, strict=True) if math.isinf(e.value)]
    if lost:
        ax.plot(
            lost,
            [0.95] * len(lost),
            marker=r"$\uparrow$",
            markersize=8,
            color=look.color,
            linestyle="none",
            transform=ax.get_xaxis_transform(),
            clip_on=False,
            zorder=5,
        )
    return bool(lost)


def rings(ax: Axes, x: Sequence[float], y: Sequence[float]) -> None:
    """Rings around points: cells that escaped."""
    ax.plot(x, y, zorder=5, clip_on=False, **RING)


def _reach(e: Estimate) -> float:
    reach = e.value - e.low(LEVEL)
    return reach if math.isfinite(reach) else 0.0  # one replica: a point without a bar


@dataclass(frozen=True)
class Line:
    """What one series is compared with: (x, y) by rising x."""

    look: Look
    points: Sequence[tuple[float, float]]


def reference_lines(
    ax: Axes, lines: Sequence[Line], dash: LineStyleType, own_dash: LineStyleType, color: str, **style
) -> str:
    """Draw bounds or rates: one line of *color* and *dash* if all series have the same, else each in its own colour.

    Returns "shared", "own" or, if there is nothing to draw, "".
    """
    drawn = [line for line in lines if line.points]
    merged: dict[float, list[float]] = {}
    for line in drawn:
        for x, y in line.points:
            merged.setdefault(x, []).append(y)
    comparable = len(drawn) == 1 or any(len(y) > 1 for y in merged.values())
    shared = comparable and all(max(y) - min(y) <= 1e-9 * max(map(abs, y)) for y in merged.values())
    if shared:
        drawn = [Line(Look(color, "", dash), [(x, merged[x][0]) for x in sorted(merged)])]
    for line in drawn:
        across, up = zip(*line.points, strict=True)
        # a line of one point can't be seen
        mark: dict[str, Any] = {"marker": "_", "markersize": 14} if len(across) == 1 else {}
        ax.plot(across, up, color=line.look.color, linestyle=dash if shared else own_dash, **mark, **style)
    return "shared" if shared else "own" if drawn else ""
