"""What happens along a run: the two norms' ratio, and convergence curves, at the checkpoints."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import NDArray
from scipy.special import stdtrit

from ..shown import Shown
from .labels import headline, legend, line_key
from .page import Page, Panel, replicas
from .pages import pages
from .panels import leftmost, lowest, sheet
from .scales import span, value_axis
from .style import FAINT, INK, LEVEL, Drawing, Look, Skipped, named, ordered
from .text import plain

DENSE, CURVES = "Ratio of the norms along a run", "Convergence curves"
QUANTITIES = {"f_gap": r"$f(x^k)-f^*$", "grad_l1": r"$\|\nabla f(x^k)\|_1$", "grad_l2": r"$\|\nabla f(x^k)\|_2$"}
GAUSSIAN = math.sqrt(2 / math.pi)


def density(cells: Sequence[Shown], norm_rows: Sequence = ()) -> list[Drawing | Skipped]:
    """‖∇f‖₁/(√d‖∇f‖₂) against k at the longest horizon of each dimension."""
    found, left_out = pages(_recorded(cells))
    if not found:
        return [Skipped("density", DENSE, _nothing(cells))]
    return [_density(page, left_out) for page in found]


def _recorded(cells: Sequence[Shown]) -> list[Shown]:
    return [shown for shown in cells if shown.result.stats.checkpoints.size > 1]


def _nothing(cells: Sequence[Shown]) -> str:
    return "the cells have no checkpoints along the run" if cells else "there are no results"


def _longest(panel: Panel) -> list[Shown]:
    """The cell of the longest horizon, for each dimension."""
    return [panel.cells[d, max(k for dim, k in panel.cells if dim == d)] for d in panel.dims]


def _density(page: Page, left_out: str) -> Drawing:
    figure, axes = sheet(page, height=1.55, sharey=True)
    looks = ordered(page.dims)
    lost = False
    for panel in page.panels:
        ax = axes[panel.row, panel.column]
        ax.axhline(1.0, color=INK, linewidth=0.8, zorder=1.5)
        ax.axhline(GAUSSIAN, color=INK, linewidth=0.8, linestyle="--", zorder=1.5)
        for shown in _longest(panel):
            d, look, stats = shown.spec.dim, looks[shown.spec.dim], shown.result.stats
            with np.errstate(invalid="ignore", divide="ignore"):
                curve = stats.grad_l1 / (math.sqrt(d) * stats.grad_l2)
            lost |= _curve(ax, stats.checkpoints, curve, look)
            ax.plot(
                [1.0, 0.955],
                [1 / math.sqrt(d)] * 2,
                color=look.color,
                linewidth=1.6,
                transform=ax.get_yaxis_transform(),
            )
    for _, ax in leftmost(page, axes):
        ax.set_ylabel(r"$\|\nabla f\|_1\,/\,(\sqrt{d}\,\|\nabla f\|_2)$")
        ax.set_ylim(0.0, 1.06)
    _time_axis(page, axes)
    handles = [
        *(_band_key(looks[d], f"$d={d}$") for d in page.dims),
        line_key("1, all coordinates equal", "-"),
        line_key(r"$\sqrt{2/\pi}$, a Gaussian vector"),
        line_key(r"$1/\sqrt{d}$, one coordinate only (right edge)", "-", FAINT, 1.6),
    ]
    legend(figure, handles + [_lost_key()] * lost)
    headline(figure, f"{page.about}; longest horizon of each d; {page.replicas}; line: mean, band: 95 % t-interval")
    caption = (
        "‖∇f(x^k)‖₁/(√d·‖∇f(x^k)‖₂) along the run of the longest horizon, for each dimension. It lies between "
        "1/√d (a single coordinate counts; marked at the right edge) and 1 (all count alike); √(2/π) is the "
        "limit for a Gaussian vector. Expected: 1 at the start, where all coordinates are equal (without a "
        "curvature spectrum), then towards √(2/π) once noise decides them. Where it stays of order 1 the two "
        f"norms are Θ(√d) apart. {_lost_words(lost)}"
        + page.closing(left_out, "lines are means over replicas, with 95 % t-intervals as bands")
    )
    return Drawing(page.name("density"), page.title(DENSE), caption, figure)


def curves(cells: Sequence[Shown], norm_rows: Sequence = ()) -> list[Drawing | Skipped]:
    """f − f*, ‖∇f‖₁ and ‖∇f‖₂ against k, a line for each optimizer, at the largest cell of each problem."""
    found, left_out = pages(_recorded(cells))
    if not found:
        return [Skipped("curves", CURVES, _nothing(cells))]
    return [_curves(page, left_out) for page in found]


def _curves(page: Page, left_out: str) -> Drawing:
    cells = {column: _largest([p for p in page.panels if p.column == column]) for column in page.columns}
    drawn = [shown for own in cells.values() for shown in own.values()]
    grid = Page(
        page.number,
        page.settings,
        [Panel(q, c, {}) for q in QUANTITIES for c in page.columns],
        list(QUANTITIES),
        page.columns,
    )
    figure, axes = sheet(grid, height=1.6)
    looks = named(page.rows)
    lost = False
    for (quantity, column), ax in axes.items():
        spec = next(iter(cells[column].values())).spec
        ax.set_title(f"{plain(column)}, $d={spec.dim}$, $K={spec.steps}$" if quantity == "f_gap" else "", pad=3)
        for row, shown in cells[column].items():
            stats = shown.result.stats
            lost |= _curve(ax, stats.checkpoints, getattr(stats, quantity), looks[row], log=True)
    for quantity, ax in leftmost(grid, axes):
        seen = np.concatenate([getattr(shown.result.stats, quantity).ravel() for shown in drawn])
        limits = span(seen[np.isfinite(seen)], 1.3, least=4.0)
        limits = (max(limits[0], limits[1] * 1e-9), limits[1])  # a curve that hits zero must not squeeze the others
        ax.set_yscale("log")
        ax.set_ylim(*limits)
        value_axis(ax.yaxis, limits)
        ax.set_ylabel(QUANTITIES[quantity])
    _time_axis(grid, axes, drawn)
    figure.align_ylabels()
    legend(figure, [_band_key(looks[row], plain(row)) for row in page.rows] + [_lost_key()] * lost)
    bands = "line: mean, dark band: 95 % t-interval, light band: all replicas"
    headline(figure, f"{page.about}; {replicas(drawn)}; {bands}")
    caption = (
        "f − f* and both norms of the true gradient at the checkpoints of the largest cell of each problem that "
        "all its optimizers have. The step sizes are those of the schedule for the horizon K. Expected: a "
        f"decline and then a floor of noise. {_lost_words(lost)}"
        + page.closing(
            left_out,
            "lines are means over replicas, dark bands their 95 % t-intervals, light "
            "bands reach from the least to the largest replica",
            drawn,
        )
    )
    return Drawing(page.name("curves"), page.title(CURVES), caption, figure)


def _largest(panels: Sequence[Panel]) -> dict[str, Shown]:
    """By row, the cell of the largest d·K that all of them have, or else each one's own largest."""
    common = set.intersection(*(set(panel.cells) for panel in panels))

    def size(place: tuple[int, int]) -> tuple:
        return place[0] * place[1], place

    return {panel.row: panel.cells[max(common or panel.cells, key=size)] for panel in panels}


def _curve(ax: Axes, k: NDArray, values: NDArray, look: Look, log: bool = False) -> bool:
    """Mean of *values* (R, P) against *k*, with bands. The mean ends, with a cross, where a replica has left the
    finite numbers. Returns whether one has."""
    whole = np.isfinite(values).all(axis=0)
    end = int(np.argmin(whole)) if not whole.all() else whole.size
    x, y = k[:end], values[:, :end]
    if end:
        mean = y.mean(axis=0)
        ax.plot(x, mean, linewidth=1.1, **look.curve)
        count = y.shape[0]
        if count > 1:
            half = float(stdtrit(count - 1, 1 - LEVEL)) * y.std(axis=0, ddof=1) / math.sqrt(count)
            low = np.maximum(mean - half, mean * 1e-12) if log else mean - half
            ax.fill_between(x, low, mean + half, color=look.color, alpha=0.30, linewidth=0)
            if log:
                least = np.maximum(y.min(axis=0), mean * 1e-12)
                ax.fill_between(x, least, y.max(axis=0), color=look.color, alpha=0.12, linewidth=0)
        if end < whole.size:
            ax.plot(x[-1:], mean[-1:], marker="x", markersize=6, markeredgewidth=1.4, color=look.color, zorder=5)
    elif whole.size:
        ax.plot(k[:1], [0.95], marker="x", markersize=6, color=look.color, transform=ax.get_xaxis_transform())
    return end < whole.size


def _time_axis(page: Page, axes: dict, cells: Sequence[Shown] = ()) -> None:
    last = max(shown.spec.steps for shown in cells or page.cells)
    for ax in lowest(page, axes):
        ax.set_xlabel("step $k$")
        ax.set_xscale("log")
        ax.set_xlim(0.75, 1.3 * max(last, 2))
        ax.xaxis.set_major_locator(LogLocator(numticks=6))
        ax.xaxis.set_minor_formatter(NullFormatter())


def _band_key(look: Look, label: str) -> Line2D:
    return Line2D([], [], label=label, linewidth=1.3, **look.curve)


def _lost_key() -> Line2D:
    return Line2D([], [], color=INK, marker="x", markersize=6, linestyle="none", label=r"a replica diverged")


def _lost_words(lost: bool) -> str:
    return "A cross marks where a replica left the finite numbers: from there on the mean is infinite. " if lost else ""
