"""What is written on figures: labels of theorems and quantities, legends, notes and the line over the panels."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D
from matplotlib.typing import LineStyleType

from ...judge.intervals import Estimate
from ...judge.statement import Judgeable, Measured
from .page import Panel
from .sheet import Sheet
from .style import INK, PAPER, RING, Look
from .text import broken, formula, plain, printable

INTERVALS = "bars: 95 % t-intervals of the mean over replicas"


def symbol(quantity: Measured) -> str:
    """A quantity's expectation as a label."""
    label = formula(quantity.tex, quantity.text)
    return label if label.startswith("$") else "\n".join(textwrap.wrap(label, 26))


def rate_label(theorem: Judgeable) -> str:
    """The rate as a formula, or 'rate of NAME'."""
    return formula(theorem.rate_tex, f"rate of {theorem.name}")


def legend_label(what: str, tex: str, theorem: Judgeable) -> str:
    """'rate √d C/K^(1/4)' as a formula, or 'rate of NAME'; *what* is rate or bound."""
    label = formula(tex, f"{what} of {theorem.name}")
    return f"{what} {label}" if label.startswith("$") else "\n".join(textwrap.wrap(label, 44))


def legend(figure: Sheet, handles: Sequence[Artist]) -> None:
    """A legend under the panels, with as many columns as fit; the figure grows by its further lines."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    for columns in range(min(len(handles), 8), 0, -1):
        drawn = figure.legend(handles=handles, loc="outside lower center", ncols=columns)
        box = drawn.get_window_extent(renderer)
        if columns == 1 or box.width < figure.bbox.width:
            _grow(figure, box.height / figure.dpi - 0.4)
            return
        drawn.remove()


def _grow(figure: Sheet, inches: float) -> None:
    figure.set_figheight(figure.get_figheight() + max(0.0, inches))


def key(look: Look, label: str) -> Line2D:
    return Line2D([], [], label=label, markeredgecolor=PAPER, markeredgewidth=0.4, **look.line)


def line_key(label: str, dash: LineStyleType = "--", color: str = INK, width: float = 0.9) -> Line2D:
    return Line2D([], [], color=color, linestyle=dash, linewidth=width, label=label)


def lost_key() -> Line2D:
    label = r"diverged: mean $=\infty$"
    return Line2D([], [], color=INK, marker=r"$\uparrow$", markersize=8, linestyle="none", label=label)


def escaped_key() -> Line2D:
    return Line2D([], [], label="escaped", **RING)


def how_many(estimates: Iterable[Estimate]) -> str:
    """'n = 4 a point', 'n = 2 to 4 a point': of how many values each is the mean."""
    counts = sorted({estimate.df + 1 for estimate in estimates})
    return f"n = {counts[0]}{f' to {counts[-1]}' if len(counts) > 1 else ''} a point"


def note(ax: Axes, text: str) -> None:
    """A remark inside a panel, at the lower left."""
    lines = textwrap.wrap(printable(text), 36)
    lines = [*lines[:4], "…"] if len(lines) > 5 else lines
    box = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.8, "pad": 1.0}
    words = "\n".join(map(plain, lines))
    ax.text(0.04, 0.05, words, transform=ax.transAxes, fontsize=7.5, color=INK, va="bottom", zorder=4, bbox=box)


def without_limit(panel: Panel) -> str:
    """Why cells of a panel have no bound and no rate, in words; '' if all have one."""
    whys = [shown.why for shown in panel.cells.values() if shown.why]
    if not whys:
        return ""
    count = "" if len(whys) == len(panel.cells) else f"{len(whys)} of {len(panel.cells)} cells "
    return f"{count}{whys[0]}{' (the first)' if len(set(whys)) > 1 else ''}"


def headline(figure: Sheet, text: str) -> None:
    """Plain words over the panels that says what, n and intervals, so that the figure stands alone."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    length = int(26 * figure.get_figwidth())
    while True:
        lines = broken(text, length)
        title = figure.suptitle("\n".join(map(plain, lines)), fontsize=8.5, color=INK)
        box = title.get_window_extent(renderer)
        if length < 30 or box.width < 0.97 * figure.bbox.width:
            _grow(figure, box.height / figure.dpi - 0.16)
            return
        length = int(0.93 * length)
