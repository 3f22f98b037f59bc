"""Grids of axes, points with intervals, infinities and legends: what all figures of pages have in common."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogFormatterMathtext, LogLocator, NullFormatter, NullLocator

from ...cells.quantities import Quantity
from ...judge.intervals import Estimate
from ...judge.statement import Judgeable
from ..shown import Shown
from .pages import Page, Panel
from .style import FAINT, INK, LEVEL, PAPER, TWO_COLUMN, Look, compact
from .text import formula, plain, printable

INTERVALS = "bars: 95 % t-intervals of the mean over replicas"


def sheet(page: Page, height: float = 1.75, sharey: bool | str = "row") -> tuple[Figure, dict[tuple[str, str], Axes]]:
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
                ax.set_title(plain(f"{row} · {column}"), pad=3)
            else:
                ax.set_axis_off()
    for j in range(columns):  # the lowest panel of a column carries its ticks, also above a blank
        shown = [axes[row, page.columns[j]] for row in page.rows if (row, page.columns[j]) in axes]
        shown[-1].tick_params(labelbottom=True)
    return figure, axes


def blank(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0.02, hspace=0.03)
    return figure


def lowest(page: Page, axes: dict[tuple[str, str], Axes]) -> list[Axes]:
    """The lowest panel of each column."""
    return [[axes[r, c] for r in page.rows if (r, c) in axes][-1] for c in page.columns]


def leftmost(page: Page, axes: dict[tuple[str, str], Axes]) -> list[tuple[str, Axes]]:
    """(row, its leftmost panel) of each row."""
    return [(r, next(axes[r, c] for c in page.columns if (r, c) in axes)) for r in page.rows]


def symbol(quantity: Quantity) -> str:
    """A quantity's expectation as a label."""
    return formula(quantity.tex, "\n".join(textwrap.wrap(quantity.text, 26)))


def rate_label(theorem: Judgeable) -> str:
    return formula(theorem.rate_tex, f"rate of {theorem.name}")


def bound_label(theorem: Judgeable) -> str:
    return formula(theorem.bound_tex, f"bound of {theorem.name}")


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


def _reach(e: Estimate) -> float:
    reach = e.value - e.low(LEVEL)
    return reach if math.isfinite(reach) else 0.0  # one replica: a point without a bar


@dataclass(frozen=True)
class Line:
    """What one series is compared with: (x, y) by rising x."""

    look: Look
    points: Sequence[tuple[float, float]]


def reference_lines(ax: Axes, lines: Sequence[Line], dash: object, own_dash: object, color: str, **style) -> str:
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
        x, y = zip(*line.points, strict=True)
        mark = {"marker": "_", "markersize": 14} if len(x) == 1 else {}  # a line of one point can't be seen
        ax.plot(x, y, color=line.look.color, linestyle=dash if shared else own_dash, **mark, **style)
    return "shared" if shared else "own" if drawn else ""


def span(values: Iterable[float], pad: float = 1.25, least: float = 2.0) -> tuple[float, float]:
    """Limits of a log axis around the finite positive *values*, at least the factor *least* apart."""
    good = [v for v in values if 0 < v < math.inf] or [1.0]
    low, high = min(good) / pad, max(good) * pad
    if high / low < least:
        middle = math.sqrt(low * high)
        low, high = middle / math.sqrt(least), middle * math.sqrt(least)
    return low, high


def size_axis(axis, values: Sequence[int], most: int = 6) -> None:
    """Label a log axis of sizes at values that were run, at most *most* of them."""
    values = sorted(values)
    stride = -(-len(values) // most)
    axis.set_major_locator(FixedLocator(values[::-1][::stride]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: compact(value)))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def value_axis(axis, limits: tuple[float, float]) -> None:
    """Label a log axis of values at 1, 2 and 5 of each decade, or at decades where there are many."""
    decades = math.log10(limits[1] / limits[0])
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 2.2 else (1,)))
    plain = limits[0] > 9e-4 and limits[1] < 2e4
    axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}") if plain else LogFormatterMathtext())
    axis.set_minor_locator(LogLocator(subs=range(1, 10)))
    axis.set_minor_formatter(NullFormatter())


def legend(figure: Figure, handles: Sequence[Artist]) -> None:
    """A legend under the panels, with as many columns as fit; the figure grows by its further lines."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    for columns in range(min(len(handles), 8), 0, -1):
        drawn = figure.legend(handles=handles, loc="outside lower center", ncols=columns)
        box = drawn.get_window_extent(renderer)
        if columns == 1 or box.width < figure.bbox.width:
            _grow(figure, box.height / figure.dpi - 0.4)
            return
        drawn.remove()


def _grow(figure: Figure, inches: float) -> None:
    figure.set_figheight(figure.get_figheight() + max(0.0, inches))


def key(look: Look, label: str) -> Line2D:
    return Line2D([], [], label=label, markeredgecolor=PAPER, markeredgewidth=0.4, **look.line)


def line_key(label: str, dash: object = "--", color: str = INK, width: float = 0.9) -> Line2D:
    return Line2D([], [], color=color, linestyle=dash, linewidth=width, label=label)


def lost_key() -> Line2D:
    label = r"diverged: mean $=\infty$"
    return Line2D([], [], color=INK, marker=r"$\uparrow$", markersize=8, linestyle="none", label=label)


def note(ax: Axes, text: str) -> None:
    """A remark inside a panel, at the lower left."""
    lines = textwrap.wrap(printable(text), 36)
    lines = [*lines[:4], "…"] if len(lines) > 5 else lines
    ax.text(
        0.04, 0.05, "\n".join(map(plain, lines)), transform=ax.transAxes, fontsize=7.5, color=FAINT, va="bottom", zorder=4
    )


def without_limit(panel: Panel) -> str:
    """Why cells of a panel have no bound and no rate, in words; '' if all have one."""
    whys = Counter(shown.why for shown in panel.cells.values() if shown.why)
    if sum(whys.values()) == len(panel.cells):
        return "; ".join(whys)
    return "; ".join(f"{count} of {len(panel.cells)} cells {why}" for why, count in whys.items())


def headline(figure: Figure, text: str) -> None:
    """Plain words over the panels that says what, n and intervals, so that the figure stands alone."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    length = int(26 * figure.get_figwidth())
    while True:
        lines = textwrap.wrap(printable(text), length)
        title = figure.suptitle("\n".join(map(plain, lines)), fontsize=8.5, color=INK)
        box = title.get_window_extent(renderer)
        if length < 30 or box.width < 0.97 * figure.bbox.width:
            _grow(figure, box.height / figure.dpi - 0.16)
            return
        length = int(0.93 * length)
