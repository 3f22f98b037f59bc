"""The measured quantity against K for every d, and against d for every K, with the theorems' bounds and rates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from matplotlib.axes import Axes

from ...words import count
from ..shown import Shown
from .drawing import Drawing, Skipped
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
from .material import Material
from .page import Page, Panel, escaped, place
from .pages import pages
from .panels import Line, leftmost, lowest, merged, points, reference_lines, rings, sheet
from .scales import most_ticks, size_axis, span, value_axis
from .sheet import Sheet
from .style import FAINT, INK, Look, ordered
from .text import number_range

Marks = dict[str, tuple]  # label of a line in the legend → (dash, colour, width)


def against_steps(material: Material) -> list[Drawing | Skipped]:
    """The measured quantity against K, a line for each d."""
    return _draw(material.cells, "rates", "Measured quantity against the horizon", "steps")


def against_dim(material: Material) -> list[Drawing | Skipped]:
    """The measured quantity against d, a line for each K."""
    return _draw(material.cells, "dimension", "Measured quantity against the dimension", "dim")


def _draw(cells: Sequence[Shown], name: str, title: str, axis: str) -> list[Drawing | Skipped]:
    found, _ = pages(cells)
    if not found:
        return [Skipped(name, title, "there are no results")]
    return [_page(page, name, title, axis) for page in found]


def _page(page: Page, name: str, title: str, axis: str) -> Drawing:
    return Drawing(
        page.name(name), page.title(title), _caption(page, axis), _result(page, axis), partial(_figure, page, axis)
    )


def _figure(page: Page, axis: str, width: float) -> Sheet:
    figure, axes = sheet(page, width)
    lines = page.dims if axis == "steps" else page.steps
    looks = ordered(lines)
    for panel in page.panels:
        _panel(axes[panel.row, panel.column], panel, axis, looks)
    across = page.steps if axis == "steps" else page.dims
    for row, ax in leftmost(axes):
        ax.set_ylabel(symbol(page.quantities[row]))
        limits = _height([p for p in page.panels if p.row == row])
        ax.set_yscale("log")
        ax.set_ylim(*limits)
        value_axis(ax.yaxis, limits)
    for ax in lowest(axes):
        ax.set_xlabel("horizon $K$ (steps)" if axis == "steps" else "dimension $d$")
        ax.set_xscale("log")
        ax.set_xlim(*span(across, 1.35))
        size_axis(ax.xaxis, across, most_ticks(axes, width))
    figure.align_ylabels()
    letter = "d" if axis == "steps" else "K"
    marks = _marks(page, axis)
    handles = [key(looks[v], f"${letter}={v}$") for v in lines]
    handles += [line_key(label, *style) for label, style in sorted(marks.items(), key=lambda item: item[1][0] != "--")]
    handles += [lost_key()] * (page.diverged > 0) + [escaped_key()] * any(map(escaped, page.cells))
    legend(figure, handles)
    headline(figure, f"{page.about}; {page.replicas}; {INTERVALS}")
    return figure


def _lines(panel: Panel, axis: str) -> Iterator[tuple[int, list[tuple[int, Shown]]]]:
    """For each d, or each K, the cells along the other."""
    for value in panel.dims if axis == "steps" else panel.steps:
        if axis == "steps":
            yield value, [(k, panel.cells[value, k]) for k in panel.steps if (value, k) in panel.cells]
        else:
            yield value, [(d, panel.cells[d, value]) for d in panel.dims if (d, value) in panel.cells]


def _references(panel: Panel, axis: str, looks: Mapping[int, Look]) -> tuple[list[Line], list[Line]]:
    """The lines of the rate and of the bound."""
    rates, bounds, theorem = [], [], panel.theorem
    for value, line in _lines(panel, axis):
        rates.append(Line(looks[value], [(x, shown.rate) for x, shown in line if shown.rate is not None]))
        if theorem is not None and theorem.kind != "none":
            bounds.append(Line(looks[value], [(x, shown.bound) for x, shown in line if shown.bound is not None]))
    return rates, bounds


def _marks(page: Page, axis: str) -> Marks:
    """The kinds of lines that are in the panels."""
    marks: Marks = {}
    looks = ordered(page.dims if axis == "steps" else page.steps)
    for panel in page.panels:
        theorem = panel.theorem
        if theorem is None:
            continue
        rates, bounds = _references(panel, axis, looks)
        if merged(rates)[0]:
            marks[legend_label("rate", theorem.rate_tex, theorem) + " (no constant)"] = ("--", FAINT, 0.9)
        # a bound that is the same for every line is one black line, else each line has its own, dash-dotted
        if bounded := merged(bounds)[1]:
            marks[legend_label("bound", theorem.bound_tex, theorem)] = ("-" if bounded == "shared" else "-.", INK, 1.0)
    return marks


def _panel(ax: Axes, panel: Panel, axis: str, looks: Mapping[int, Look]) -> None:
    for value, line in _lines(panel, axis):
        told = [place(shown, panel.column) for _, shown in line]
        points(ax, [x for x, _ in line], [shown.measured for _, shown in line], looks[value], told)
        if away := [(x, shown.measured.value) for x, shown in line if escaped(shown)]:
            rings(ax, *zip(*away, strict=True))
    rates, bounds = _references(panel, axis, looks)
    reference_lines(ax, rates, "--", "--", FAINT, linewidth=0.8, zorder=1.5)
    reference_lines(ax, bounds, "-", "-.", INK, linewidth=1.0, zorder=1.6)
    if why := without_limit(panel):
        note(ax, why)


def _result(page: Page, axis: str) -> str:
    """The ends of the measured values, panel by panel."""
    parts = []
    for panel in page.panels:
        seen = [shown.measured.value for shown in panel.cells.values() if math.isfinite(shown.measured.value)]
        if seen:
            parts.append(f"{panel.row} on {panel.column} {number_range(seen)}")
    return f"Measured: {'; '.join(parts)}." if parts else "In every cell a replica diverged."


def _height(panels: Sequence[Panel]) -> tuple[float, float]:
    values = []
    for panel in panels:
        for shown in panel.cells.values():
            values += [shown.measured.value, shown.rate or 0.0, shown.bound or 0.0]
    return span(values, least=4.0)


def _caption(page: Page, axis: str) -> str:
    against = {"steps": "the horizon K for every dimension d", "dim": "the dimension d for every horizon K"}[axis]
    text = f"What each row's theorem is about, averaged over replicas, against {against}; every K is a run of its own. "
    text += f"{page.contents} "
    dashes = {dash for dash, *_ in _marks(page, axis).values()}
    if "--" in dashes:
        text += "Dashed: the theorem's rate, without a constant. Expected: " + (
            "points may fall faster than the dashed line of their colour, but must not fall behind it as K grows. "
            if axis == "steps"
            else "no steeper growth than the dashed lines. "
        )
    if bounds := dashes - {"--"}:
        words = " and ".join({"-": "solid", "-.": "dash-dotted"}[dash] for dash in ("-", "-.") if dash in bounds)
        text += f"{words.capitalize()}: the theorem's bound with its constants; every point must lie under it. "
    text += page.false_controls
    if any(map(escaped, page.cells)):
        text += "Ringed: cells that escaped. "
    if page.diverged:
        text += f"Arrows at the top: {count(page.diverged, 'cell')} with a diverged replica, whose mean is infinite. "
    return text + page.closing("bars are 95 % t-intervals over replicas")
