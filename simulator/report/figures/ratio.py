"""What was measured divided by the theorem's bound, or its rate, over the grid of horizons and dimensions."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from ...judge.intervals import mean
from ..shown import Shown
from .labels import headline, rate_label, symbol
from .page import Page, Panel, escaped
from .pages import pages
from .panels import leftmost, lowest, sheet
from .style import FAINT, INK, LEVEL, Drawing, Skipped, compact
from .text import printable

NOTHING = "there are no results"
NAME, TITLE = "ratio", "Measured divided by the bound or rate"
DARK, LIGHT = "#101014", "#fdfdfd"  # numbers on cells, whose colours don't follow the page's


def ratio(cells: Sequence[Shown], norm_rows: Sequence = ()) -> list[Drawing | Skipped]:
    """An annotated map of measured/bound for each row and problem."""
    found, left_out = pages(cells, wanted=lambda panel: any(shown.limit is not None for shown in panel.cells.values()))
    if not found:
        return [Skipped(NAME, TITLE, f"no cell has a bound or a rate ({cells[0].why})" if cells else NOTHING)]
    return [_page(page, left_out) for page in found]


def _page(page: Page, left_out: str) -> Drawing:
    columns = max(len(page.columns), 1)
    cells = max(len(page.steps), 3)
    figure, axes = sheet(page, height=0.5 + 0.31 * max(len(page.dims), 3), sharey=True)
    ratios = {
        (panel.row, panel.column): {place: _ratio(shown) for place, shown in panel.cells.items()}
        for panel in page.panels
    }
    finite = [r for panel in ratios.values() for r, _ in panel.values() if math.isfinite(r)]
    scale = Normalize(0.0, max([1.0, *finite]))
    room = 72 * figure.get_figwidth() * 0.82 / (columns * cells)  # points
    for panel in page.panels:
        away = {place for place, shown in panel.cells.items() if escaped(shown)}
        own = ratios[panel.row, panel.column]
        _panel(axes[panel.row, panel.column], page, own, scale, min(7.5, room / 3.0), away)
    words = {panel.row: _words(panel) for panel in page.panels}
    for row, ax in leftmost(page, axes):
        ax.set_ylabel("dimension $d$")
        ax.set_yticks(range(len(page.dims)), [compact(d) for d in page.dims])
        right = [axes[row, column] for column in page.columns if (row, column) in axes][-1]
        for offset, text in zip((18, 4), words[row], strict=True):  # one text of two lines would be cut off
            right.annotate(
                text,
                (1, 0.5),
                (offset, 0),
                xycoords="axes fraction",
                textcoords="offset points",
                fontsize=8.5,
                rotation=270,
                va="center",
            )
    for ax in lowest(page, axes):
        ax.set_xlabel("horizon $K$ (steps)")
        ax.set_xticks(range(len(page.steps)), [compact(k) for k in page.steps])
    headline(figure, f"{page.about}; {page.replicas}; ±\u00a0half-width of the 95 % t-interval over replicas")
    return Drawing(page.name(NAME), page.title(TITLE), _caption(page, left_out), figure)


def _words(panel: Panel) -> tuple[str, str]:
    """What is divided by what, along the right of a row."""
    theorem = panel.theorem
    if theorem is None:
        return symbol(panel.quantity), ""
    return symbol(panel.quantity), f"÷ {'bound' if theorem.kind != 'none' else rate_label(theorem)}"


def _ratio(shown: Shown) -> tuple[float, float]:
    """measured/limit and the half-width of its interval; NaN where there is no limit or no interval."""
    if shown.ratio is None:
        return math.nan, math.nan
    e = mean(shown.ratio)
    half = e.value - e.low(LEVEL) if math.isfinite(e.value) else math.nan
    return e.value, half if math.isfinite(half) else math.nan


def _panel(
    ax: Axes, page: Page, ratios: dict, scale: Normalize, size: float, away: Collection[tuple[int, int]]
) -> None:
    """Draw one panel; *away* are the places (d, K) of cells that escaped, which get a star."""
    ax.grid(False)
    ax.tick_params(length=0)
    ax.set_xlim(-0.5, len(page.steps) - 0.5)
    ax.set_ylim(-0.5, len(page.dims) - 0.5)
    colors = mpl.colormaps["YlGnBu"]
    for i, d in enumerate(page.dims):
        for j, k in enumerate(page.steps):
            value, half = ratios.get((d, k), (None, None))
            if value is None:
                _square(ax, i, j, hatch="////")
                continue
            if math.isfinite(value):
                face = colors(0.04 + 0.78 * scale(value))
                ink = DARK if np.dot(face[:3], (0.299, 0.587, 0.114)) > 0.5 else LIGHT
                _square(ax, i, j, facecolor=face)
            else:
                ink = INK
                _square(ax, i, j, hatch="xxxx" if math.isinf(value) else None)
            text = r"$\infty$" if math.isinf(value) else "n/a" if math.isnan(value) else _digits(value)
            text += "*" * ((d, k) in away)
            both = math.isfinite(half)
            ax.text(j, i + (0.14 if both else 0.0), text, ha="center", va="center", fontsize=size, color=ink)
            if both:
                ax.text(j, i - 0.24, f"±{_error(half)}", ha="center", va="center", fontsize=0.72 * size, color=ink)


def _square(ax: Axes, i: int, j: int, facecolor="none", hatch: str | None = None) -> None:
    edge = FAINT if hatch else "none"
    ax.add_patch(
        Rectangle(
            (j - 0.5, i - 0.5), 1, 1, facecolor=facecolor, edgecolor=edge, hatch=hatch, linewidth=0, hatch_linewidth=0.4
        )
    )


def _digits(value: float) -> str:
    return f"{value:.3f}" if value < 9.9995 else f"{value:.3g}"


def _error(half: float) -> str:
    return f"{half:.3f}".lstrip("0") if 0.0005 <= half < 0.9995 else "<.001" if half < 0.0005 else f"{half:.2g}"


def _caption(page: Page, left_out: str) -> str:
    text = (
        "Measured, averaged over replicas, divided by the theorem's bound, or by its rate where it claims no constant. "
        f"{page.contents} Expected: below 1 under a bound; over a rate no growth upwards (in d) nor rightwards (in K). "
        "On a hard instance a level map says that the rate is tight. "
    )
    text += page.false_controls
    if whys := [shown.why for shown in page.cells if shown.why]:
        text += f"n/a: {len(whys)} cell(s) without bound and rate ({printable(whys[0])}). "
    if page.diverged:
        text += f"∞: a replica diverged ({page.diverged} cell(s)). "
    if any(map(escaped, page.cells)):
        text += "*: the cell escaped. "
    if len(page.cells) < len(page.panels) * len(page.dims) * len(page.steps):
        text += "Hatched: not run. "
    return text + page.closing(left_out, "± is half the 95 % t-interval over replicas")
