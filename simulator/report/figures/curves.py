"""Convergence curves: f − f* and both norms of the gradient along the largest run of each problem."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from ..shown import Shown
from .along import band_key, cross_key, curve, lost_words, nothing, recorded, time_axis
from .drawing import Drawing, Skipped
from .labels import headline, legend
from .material import Material
from .page import Page, Panel, place, replicas
from .pages import pages
from .panels import leftmost, panel_title, sheet
from .scales import columns_of, span, value_axis
from .sheet import Sheet
from .style import named
from .text import plain

NAME, TITLE = "curves", "Convergence curves"
FIRST = "f_gap"
QUANTITIES = {FIRST: r"$f(x^k)-f^*$", "grad_l1": r"$\|\nabla f(x^k)\|_1$", "grad_l2": r"$\|\nabla f(x^k)\|_2$"}

Cells = Mapping[str, Mapping[str, Shown]]  # by column and row


def curves(material: Material) -> list[Drawing | Skipped]:
    """f − f*, ‖∇f‖₁ and ‖∇f‖₂ against k, a line for each optimizer, at the largest cell of each problem."""
    found, _ = pages(recorded(material.cells))
    if not found:
        return [Skipped(NAME, TITLE, nothing(material.cells))]
    return [_page(page) for page in found]


def _page(page: Page) -> Drawing:
    cells = {column: _largest([p for p in page.panels if p.column == column]) for column in page.columns}
    drawn = [shown for own in cells.values() for shown in own.values()]
    lost = lost_words(any(shown.measured.value == math.inf for shown in drawn))
    caption = (
        "f − f* and both norms of the true gradient at the checkpoints of the largest cell of each problem that "
        f"all its optimizers have. The step sizes are those of the schedule for the horizon K. {_expected(page)}{lost}"
        + page.closing(
            "lines are means over replicas, dark bands their 95 % t-intervals, light bands reach from the least to "
            "the largest replica",
            drawn,
        )
    )
    ends = [
        f"{row} on {column} ({place(shown)}) {shown.result.stats.f_gap[:, -1].mean():.3g}"
        for column, own in cells.items()
        for row, shown in own.items()
    ]
    result = f"f − f* at the end of the run: {'; '.join(ends)}."
    return Drawing(page.name(NAME), page.title(TITLE), caption, result, partial(_figure, page, cells))


def _expected(page: Page) -> str:
    """What is expected on a problem that is made anew for each horizon, and what on a fixed function."""
    text = ""
    if page.made_anew:
        text += (
            f"Expected on {', '.join(page.made_anew)}, made anew for each horizon: f falls for as long as the run "
            "takes, with gradients that stay of one size unless it leaves the hard part. "
        )
    if page.fixed:
        text += (
            f"Expected on {', '.join(page.fixed)}, the same function at each horizon: a decline and then a floor of "
            "noise. "
        )
    return text


def _figure(page: Page, cells: Cells, width: float) -> Sheet:
    drawn = [shown for own in cells.values() for shown in own.values()]
    grid = Page(
        page.number,
        page.settings,
        [Panel(q, c, {}) for q in QUANTITIES for c in page.columns],
        list(QUANTITIES),
        page.columns,
    )
    figure, axes = sheet(grid, width, height=1.6)
    looks = named(page.rows)
    lost = False
    letters, folded = int(13.5 * (width - 0.6) / columns_of(axes)), columns_of(axes) < len(page.columns)
    for (quantity, column), ax in axes.items():
        spec = next(iter(cells[column].values())).spec
        cell = f", d = {spec.dim}, K = {spec.steps}" if quantity == FIRST else ""
        ax.set_title(panel_title(f"{column}{cell}", letters) if cell or folded else "")
        for row, shown in cells[column].items():
            stats = shown.result.stats
            lost |= curve(ax, stats.checkpoints, getattr(stats, quantity), looks[row], log=True)
    for quantity, ax in leftmost(axes):
        seen = np.concatenate([getattr(shown.result.stats, quantity).ravel() for shown in drawn])
        limits = span(seen[np.isfinite(seen)], 1.3, least=4.0)
        limits = (max(limits[0], limits[1] * 1e-9), limits[1])  # a curve that hits zero must not squeeze the others
        ax.set_yscale("log")
        ax.set_ylim(*limits)
        value_axis(ax.yaxis, limits)
        ax.set_ylabel(QUANTITIES[quantity])
    time_axis(axes, drawn)
    figure.align_ylabels()
    legend(figure, [band_key(looks[row], plain(row)) for row in page.rows] + [cross_key()] * lost)
    bands = "bands: 95 % t-interval (dark), all replicas (light)"
    headline(figure, f"{page.about}; {replicas(drawn)}; {bands}")
    return figure


def _largest(panels: Sequence[Panel]) -> dict[str, Shown]:
    """By row, the cell of the largest d·K that all of them have, or else each one's own largest."""
    common = set.intersection(*(set(panel.cells) for panel in panels))

    def size(place: tuple[int, int]) -> tuple:
        return place[0] * place[1], place

    return {panel.row: panel.cells[max(common or panel.cells, key=size)] for panel in panels}
