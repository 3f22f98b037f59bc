"""Grids of axes, points with intervals and infinities, and the lines that they are compared with."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.typing import LineStyleType

from ...judge.intervals import Estimate
from .page import Page
from .sheet import Sheet, sheet_of
from .style import LEVEL, PAPER, RING, Look
from .text import broken, plain, with_interval

LEAST_WIDTH = 1.25  # inches of a panel
FULL = 0.7  # of the places of a grid; with fewer panels, problems needn't stand below each other


def sheet(
    page: Page, width: float, height: float = 1.75, sharey: Literal[True, "row"] = "row"
) -> tuple[Sheet, dict[tuple[str, str], Axes]]:
    """A figure of the page's rows × columns, and its axes by (row, column); panels that were not run are blank.

    Where a row doesn't fit into *width* inches its panels go on in the next line; where many places are empty, the
    panels of each row stand side by side.
    """
    there = {(panel.row, panel.column) for panel in page.panels}
    places: list[tuple[str, str]] = [(row, column) for row in page.rows for column in page.columns]
    columns, fit = len(page.columns), max(1, int((width - 0.6) / LEAST_WIDTH))
    longest = max(sum(place in there for place in places if place[0] == row) for row in page.rows)
    if columns > fit or len(there) < FULL * len(places):
        columns = min(fit, longest)
        places = _folded(page, there, columns)
    figure = Sheet(width, 0.85 + height * -(-len(places) // columns))
    axes = on_grid(figure, places, columns, there)
    letters = int(13.5 * (width - 0.6) / columns)
    leads: dict[object, Axes] = {}
    for place, ax in axes.items():
        ax.set_title(panel_title(" · ".join(place), letters), pad=3)
        across, up = leads.setdefault("x", ax), leads.setdefault(sharey is True or place[0], ax)
        if ax is not across:
            ax.sharex(across)
        if ax is not up:
            ax.sharey(up)
    outer = [*lowest(axes), *(ax for _, ax in leftmost(axes))]
    for ax in axes.values():
        ax.tick_params(labelbottom=ax in lowest(axes), labelleft=ax in outer[len(lowest(axes)) :])
    return figure, axes


def _folded(page: Page, there: Container, columns: int) -> list[tuple[str, str]]:
    """The places that are *there*, each row of the page beginning a line of *columns*; ('', '') is a blank."""
    places = []
    for row in page.rows:
        places += [(row, column) for column in page.columns if (row, column) in there]
        places += [("", "")] * (-len(places) % columns)
    return places


def on_grid(figure: Sheet, places: Sequence, columns: int, there: Container) -> dict:
    """Axes at the *places* that are *there*, in lines of *columns*."""
    grid = figure.add_gridspec(-(-len(places) // columns), columns)
    return {
        place: figure.add_subplot(grid[i // columns, i % columns]) for i, place in enumerate(places) if place in there
    }


def panel_title(title: str, letters: int) -> str:
    """A title in lines of at most *letters*, broken between words, and within a word that is longer."""
    return "\n".join(map(plain, broken(title, max(letters, 8))))


def lowest(axes: Mapping[tuple[str, str], Axes]) -> list[Axes]:
    """The lowest panel of each column of the grid."""
    found: dict[int, tuple[int, Axes]] = {}
    for ax in axes.values():
        line, column = _spot(ax)
        if column not in found or found[column][0] < line:
            found[column] = line, ax
    return [ax for _, ax in found.values()]


def leftmost(axes: Mapping[tuple[str, str], Axes]) -> list[tuple[str, Axes]]:
    """(row, panel) of the panels that have none of the same row at their left."""
    first: dict[tuple[int, str], Axes] = {}
    for (row, _), ax in axes.items():
        first.setdefault((_spot(ax)[0], row), ax)
    return [(row, ax) for (_, row), ax in first.items()]


def _spot(ax: Axes) -> tuple[int, int]:
    """(line, column) in the grid."""
    spec = ax.get_subplotspec()
    assert spec is not None
    return spec.rowspan.start, spec.colspan.start


def points(
    ax: Axes, x: Sequence[float], estimates: Sequence[Estimate], look: Look, told: Sequence[str] = (), **extra
) -> bool:
    """Draw estimates with 95 % intervals against *x*; infinite ones as arrows at the top. Returns whether some are.

    *told* is what each is called on the page, where its value is added.
    """
    names = told or [""] * len(x)
    finite = [(a, e, name) for a, e, name in zip(x, estimates, names, strict=True) if math.isfinite(e.value)]
    style = look.line | {"markeredgecolor": PAPER, "markeredgewidth": 0.4, "elinewidth": 0.9} | extra
    if finite:
        a, e, names = zip(*finite, strict=True)
        drawn = ax.errorbar(a, [each.value for each in e], yerr=[_reach(each) for each in e], **style)
        if told:
            texts = [f"{name}: {with_interval(each)}" for name, each in zip(names, e, strict=True)]
            sheet_of(ax).tell(drawn.lines[0], texts)
    lost = [a for a, e in zip(x, estimates, strict=True) if math.isinf(e.value)]
    arrows(ax, lost, look.color)
    return bool(lost)


def rings(ax: Axes, x: Sequence[float], y: Sequence[float]) -> None:
    """Rings around points: cells that escaped."""
    ax.plot(x, y, zorder=5, clip_on=False, **RING)


def _reach(e: Estimate) -> float:
    reach = e.value - e.low(LEVEL)
    return reach if math.isfinite(reach) else 0.0  # one replica: a point without a bar


@dataclass(frozen=True)
class Line:
    """What one series, or without a look all, is compared with: (x, y) by rising x."""

    look: Look | None
    points: Sequence[tuple[float, float]]


def merged(lines: Sequence[Line]) -> tuple[list[Line], str]:
    """What there is to draw of bounds or rates: one line without a look if all series have the same, and "shared";
    each its own, and "own"; or nothing, and ""."""
    drawn = [line for line in lines if line.points]
    heights: dict[float, list[float]] = {}
    for line in drawn:
        for x, y in line.points:
            heights.setdefault(x, []).append(y)
    comparable = len(drawn) == 1 or any(len(y) > 1 for y in heights.values())
    if comparable and all(max(y) - min(y) <= 1e-9 * max(map(abs, y)) for y in heights.values()):
        return [Line(None, [(x, heights[x][0]) for x in sorted(heights)])], "shared"
    return drawn, "own" if drawn else ""


def reference_lines(
    ax: Axes, lines: Sequence[Line], dash: LineStyleType, own_dash: LineStyleType, color: str, **style
) -> None:
    """Draw bounds or rates: one line of *color* and *dash* if all series have the same, else each in its own colour."""
    drawn, kind = merged(lines)
    for line in drawn:
        across, up = zip(*line.points, strict=True)
        # a line of one point can't be seen
        mark: dict[str, Any] = {"marker": "_", "markersize": 14} if len(across) == 1 else {}
        own = color if line.look is None else line.look.color
        ax.plot(across, up, color=own, linestyle=dash if kind == "shared" else own_dash, **mark, **style)


def arrows(ax: Axes, places: Sequence[float], color: str) -> None:
    """An arrow to the top at each of *places*: what was measured there is infinite."""
    if places:
        ax.plot(
            places,
            [0.95] * len(places),
            marker=r"$\uparrow$",
            markersize=8,
            color=color,
            linestyle="none",
            transform=ax.get_xaxis_transform(),
            clip_on=False,
            zorder=5,
        )
