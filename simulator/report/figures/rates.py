"""The measured quantity against K for every d, and against d for every K, with the theorems' bounds and rates."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from ..shown import Shown
from .labels import (
    INTERVALS,
    escaped_key,
    headline,
    key,
    legend,
    legend_label,
    line_key,
    lost_key,
    note,
    symbol,
    without_limit,
)
from .page import Page, Panel, escaped
from .pages import pages
from .panels import Line, leftmost, lowest, points, reference_lines, rings, sheet
from .scales import size_axis, span, value_axis
from .style import FAINT, INK, Drawing, Look, Skipped, ordered

Marks = dict[str, tuple]  # label of a line in the legend → (dash, colour, width)


def against_steps(cells: Sequence[Shown], norm_rows: Sequence = ()) -> list[Drawing | Skipped]:
    """The measured quantity against K, a line for each d."""
    return _draw(cells, "rates", "Measured quantity against the horizon", "steps")


def against_dim(cells: Sequence[Shown], norm_rows: Sequence = ()) -> list[Drawing | Skipped]:
    """The measured quantity against d, a line for each K."""
    return _draw(cells, "dimension", "Measured quantity against the dimension", "dim")


def _draw(cells: Sequence[Shown], name: str, title: str, axis: str) -> list[Drawing | Skipped]:
    found, left_out = pages(cells)
    if not found:
        return [Skipped(name, title, "there are no results")]
    return [_page(page, name, title, axis, left_out) for page in found]


def _page(page: Page, name: str, title: str, axis: str, left_out: str) -> Drawing:
    figure, axes = sheet(page)
    lines = page.dims if axis == "steps" else page.steps
    looks = ordered(lines)
    marks: Marks = {}
    for panel in page.panels:
        _panel(axes[panel.row, panel.column], panel, axis, looks, marks)
    across = page.steps if axis == "steps" else page.dims
    for row, ax in leftmost(page, axes):
        ax.set_ylabel(symbol(page.quantities[row]))
        limits = _height([p for p in page.panels if p.row == row])
        ax.set_yscale("log")
        ax.set_ylim(*limits)
        value_axis(ax.yaxis, limits)
    for ax in lowest(page, axes):
        ax.set_xlabel("horizon $K$ (steps)" if axis == "steps" else "dimension $d$")
        ax.set_xscale("log")
        ax.set_xlim(*span(across, 1.35))
        size_axis(ax.xaxis, across)
    figure.align_ylabels()
    letter = "d" if axis == "steps" else "K"
    handles = [key(looks[v], f"${letter}={v}$") for v in lines]
    handles += [line_key(label, *style) for label, style in sorted(marks.items(), key=lambda item: item[1][0] != "--")]
    lost = page.diverged > 0
    handles += [lost_key()] * lost + [escaped_key()] * any(map(escaped, page.cells))
    legend(figure, handles)
    headline(figure, f"{page.about}; {page.replicas}; {INTERVALS}")
    return Drawing(page.name(name), page.title(title), _caption(page, axis, marks, lost, left_out), figure)


def _panel(ax: Axes, panel: Panel, axis: str, looks: dict[int, Look], marks: Marks) -> None:
    """Draw one panel; *marks* gets the kinds of lines that are in it."""
    rates, bounds, theorem = [], [], panel.theorem
    for value, look in looks.items():
        place = (lambda k, d=value: (d, k)) if axis == "steps" else (lambda d, k=value: (d, k))
        across = panel.steps if axis == "steps" else panel.dims
        line = [(x, panel.cells[place(x)]) for x in across if place(x) in panel.cells]
        if not line:
            continue
        rates.append(Line(look, [(x, shown.rate) for x, shown in line if shown.rate is not None]))
        if theorem is not None and theorem.kind != "none":
            bounds.append(Line(look, [(x, shown.bound) for x, shown in line if shown.bound is not None]))
        points(ax, [x for x, _ in line], [shown.measured for _, shown in line], look)
        if away := [(x, shown.measured.value) for x, shown in line if escaped(shown)]:
            rings(ax, *zip(*away, strict=True))
    if theorem is not None:
        if reference_lines(ax, rates, "--", "--", FAINT, linewidth=0.8, alpha=0.75, zorder=1.5):
            marks[legend_label("rate", theorem.rate_tex, theorem) + " (no constant)"] = ("--", FAINT, 0.9)
        # a bound that is the same for every line is one black line, else each line has its own, dash-dotted
        if bounded := reference_lines(ax, bounds, "-", "-.", INK, linewidth=1.0, zorder=1.6):
            marks[legend_label("bound", theorem.bound_tex, theorem)] = ("-" if bounded == "shared" else "-.", INK, 1.0)
    if why := without_limit(panel):
        note(ax, why)


def _height(panels: Sequence[Panel]) -> tuple[float, float]:
    values = []
    for panel in panels:
        for shown in panel.cells.values():
            values += [shown.measured.value, shown.rate or 0.0, shown.bound or 0.0]
    return span(values, least=4.0)


def _caption(page: Page, axis: str, marks: Marks, lost: bool, left_out: str) -> str:
    against = {"steps": "the horizon K for every dimension d", "dim": "the dimension d for every horizon K"}[axis]
    text = f"What each row's theorem is about, averaged over replicas, against {against}; every K is a run of its own. "
    text += f"{page.contents} "
    dashes = {dash for dash, *_ in marks.values()}
    if "--" in dashes:
        text += "Dashed: the theorem's rate, without a constant. Expected: " + (
            "points may fall faster than the dashed line of their colour, but must not lose against it as K grows. "
            if axis == "steps"
            else "no steeper growth than the dashed lines. "
        )
    if bounds := dashes - {"--"}:
        words = " and ".join({"-": "solid", "-.": "dash-dotted"}[dash] for dash in ("-", "-.") if dash in bounds)
        text += f"{words.capitalize()}: the theorem's bound with its constants; every point must lie under it. "
    text += page.false_controls
    if any(map(escaped, page.cells)):
        text += "Ringed: cells that escaped. "
    if lost:
        text += f"Arrows at the top: {page.diverged} cell(s) with a diverged replica, whose mean is infinite. "
    return text + page.closing(left_out, "bars are 95 % t-intervals over replicas")
