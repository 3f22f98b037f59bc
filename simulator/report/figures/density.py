"""The ratio of the two norms along a run: how many coordinates of the gradient count."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..shown import Shown
from .along import band_key, cross_key, curve, lost_words, nothing, recorded, time_axis
from .drawing import Drawing, Skipped
from .labels import headline, legend, line_key
from .material import Material
from .page import Page, Panel, replicas
from .pages import pages
from .panels import leftmost, sheet
from .sheet import Sheet
from .style import INK, ordered
from .text import number_range

NAME, TITLE = "density", "Ratio of the norms along a run"
GAUSSIAN = math.sqrt(2 / math.pi)
FIRST = 100  # steps: what is before says how the run began
MOST_PANELS = 4


def density(material: Material) -> list[Drawing | Skipped]:
    """‖∇f‖₁/(√d‖∇f‖₂) against k at the longest horizon of each dimension, for the optimizer with most problems."""
    found, _ = pages(recorded(material.cells))
    if not found:
        return [Skipped(NAME, TITLE, nothing(material.cells))]
    settings = found[0].settings
    every = [panel for page in found if page.settings == settings for panel in page.panels]
    rows = list(dict.fromkeys(panel.row for panel in every))
    row = max(rows, key=lambda row: sum(_over_one_norm(panel) for panel in every if panel.row == row))
    panels = [panel for panel in every if panel.row == row][:MOST_PANELS]
    return [_drawing(Page(1, settings, panels, [row], [panel.column for panel in panels]))]


def _over_one_norm(panel: Panel) -> int:
    """2 for a theorem on a 1-norm, which the ratio compares with the 2-norm; else 1."""
    return 2 if "₁" in panel.quantity.text else 1


def _longest(panel: Panel) -> list[Shown]:
    """The cell of the longest horizon, for each dimension."""
    return [panel.cells[d, max(k for dim, k in panel.cells if dim == d)] for d in panel.dims]


def _ratio(shown: Shown) -> NDArray[np.float64]:
    """The ratio at the checkpoints, of each replica."""
    stats = shown.result.stats
    with np.errstate(invalid="ignore", divide="ignore"):
        return stats.grad_l1 / (math.sqrt(shown.spec.dim) * stats.grad_l2)


def _drawing(page: Page) -> Drawing:
    drawn = [shown for panel in page.panels for shown in _longest(panel)]
    ends = []
    for panel in page.panels:
        last = [float(_ratio(shown)[:, -1].mean()) for shown in _longest(panel)]
        if finite := [value for value in last if math.isfinite(value)]:
            ends.append(f"{number_range(finite)} on {panel.column}")
    lost = lost_words(any(shown.measured.value == math.inf for shown in drawn))
    caption = (
        f"‖∇f(x^k)‖₁/(√d·‖∇f(x^k)‖₂) along the run of the longest horizon, for each dimension, under {page.rows[0]}. "
        "It lies between 1/√d (a single coordinate counts) and 1 (all count alike); √(2/π) is the limit for a "
        f"Gaussian vector. {_expected(page)}Where it stays of order 1 the two norms are Θ(√d) apart. The vertical axis "
        f"doesn't start at 0. {lost}"
        + page.closing("lines are means over replicas, with 95 % t-intervals as bands", drawn)
    )
    result = f"At the end of the run the ratio is {'; '.join(ends)}." if ends else "No run stayed finite."
    return Drawing(NAME, TITLE, caption, result, partial(_figure, page))


def _expected(page: Page) -> str:
    """What is expected on a problem that is made anew for each horizon, and what on a fixed function."""
    text = ""
    if page.made_anew:
        text += (
            f"Expected on {', '.join(page.made_anew)}, made anew for each horizon so that a run stays where the "
            "gradient hardly changes: level lines, at 1 where coordinates are copies of one, below where they differ. "
        )
    if page.fixed:
        text += (
            f"Expected on {', '.join(page.fixed)}, the same function at each horizon: from its value at the start, 1 "
            "where all coordinates start equal, to √(2/π) once noise decides them; in between it is smaller where "
            "coordinates come to rest at different times. "
        )
    return text


def _figure(page: Page, width: float) -> Sheet:
    figure, axes = sheet(page, width, height=1.75, sharey=True)
    looks = ordered(page.dims)
    cells = [shown for panel in page.panels for shown in _longest(panel)]
    first = FIRST if min(shown.spec.steps for shown in cells) >= 4 * FIRST else 1
    lost, seen = False, [1.0, GAUSSIAN]
    for panel in page.panels:
        ax = axes[panel.row, panel.column]
        ax.axhline(1.0, color=INK, linewidth=0.8, zorder=1.5)
        ax.axhline(GAUSSIAN, color=INK, linewidth=0.8, linestyle="--", zorder=1.5)
        for shown in _longest(panel):
            ratio, steps = _ratio(shown), shown.result.stats.checkpoints
            lost |= curve(ax, steps, ratio, looks[shown.spec.dim])
            late = ratio[:, steps >= first]
            seen += [float(value) for value in late[np.isfinite(late)]]
    low, high = min(seen), max(seen)
    for _, ax in leftmost(axes):
        ax.set_ylabel(r"$\|\nabla f\|_1\,/\,(\sqrt{d}\,\|\nabla f\|_2)$")
        ax.set_ylim(low - 0.08 * (high - low), high + 0.08 * (high - low))
    time_axis(axes, cells, first)
    handles = [
        *(band_key(looks[d], f"$d={d}$") for d in page.dims),
        line_key("1, all coordinates equal", "-"),
        line_key(r"$\sqrt{2/\pi}$, a Gaussian vector"),
    ]
    legend(figure, handles + [cross_key()] * lost)
    headline(figure, f"{page.about}; longest K of each d; {replicas(cells)}; bands: 95 % t-intervals")
    return figure
