"""The measured mean norm against K for every d, and against d for every K, with the bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from ...cells.evidence import Result
from .pages import Page, Panel, pages
from .panels import (
    INTERVALS,
    MEAN,
    estimate,
    explicit_bound,
    headline,
    key,
    leftmost,
    legend,
    line_key,
    lost_key,
    lowest,
    note,
    points,
    sheet,
    size_axis,
    span,
    value_axis,
)
from .style import FAINT, INK, Drawing, Look, Skipped, ordered

RATE_LABEL = {"l1": r"rate $\sqrt{d}\,C/K^{1/4}$ (no constant)", "l2": r"rate $C/K^{1/4}$ (no constant)"}
BOUND_LABEL = r"bound $\sqrt{2L\Delta/K+2\sqrt{2}\,C^2/\sqrt{K}}$"

BOUND_DASH = {"steps": "-", "dim": "-."}  # against K one black line serves all d; against d each K has its own colour


def against_steps(results: Sequence[Result], norm_rows: Sequence = ()) -> list[Drawing | Skipped]:
    """Mean norm against K, a line for each d."""
    return _draw(results, "rates", "Mean gradient norm against the horizon", "steps")


def against_dim(results: Sequence[Result], norm_rows: Sequence = ()) -> list[Drawing | Skipped]:
    """Mean norm against d, a line for each K."""
    return _draw(results, "dimension", "Mean gradient norm against the dimension", "dim")


def _draw(results: Sequence[Result], name: str, title: str, axis: str) -> list[Drawing | Skipped]:
    found, left_out = pages(results)
    if not found:
        return [Skipped(name, title, "there are no results")]
    return [_page(page, name, title, axis, left_out) for page in found]


def _page(page: Page, name: str, title: str, axis: str, left_out: str) -> Drawing:
    figure, axes = sheet(page)
    lines = page.dims if axis == "steps" else page.steps
    looks = ordered(lines)
    marks = set()
    for panel in page.panels:
        marks |= _panel(axes[panel.row, panel.column], panel, axis, looks)
    across = page.steps if axis == "steps" else page.dims
    norms = {panel.row: panel.norm for panel in page.panels}
    for row, ax in leftmost(page, axes):
        ax.set_ylabel(MEAN[norms[row]])
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
    symbol = "d" if axis == "steps" else "K"
    handles = [key(looks[v], f"${symbol}={v}$") for v in lines]
    handles += [line_key(RATE_LABEL[n], "--", FAINT) for n in ("l1", "l2") if n in marks]
    handles += [line_key(BOUND_LABEL, BOUND_DASH[axis], INK, 1.0)] * ("bound" in marks)
    handles += [lost_key()] * ("lost" in marks)
    legend(figure, handles)
    headline(figure, f"{page.about}; {page.replicas}; {INTERVALS}")
    return Drawing(page.name(name), page.title(title), _caption(page, axis, marks, left_out), figure)


def _panel(ax: Axes, panel: Panel, axis: str, looks: dict[int, Look]) -> set[str]:
    """Draw one panel; returns which kinds of lines are in it."""
    marks, bounded = set(), False
    for value, look in looks.items():
        place = (lambda k, d=value: (d, k)) if axis == "steps" else (lambda d, k=value: (d, k))
        cells = [
            (x, panel.cells[place(x)])
            for x in (panel.steps if axis == "steps" else panel.dims)
            if place(x) in panel.cells
        ]
        if not cells:
            continue
        x = [v for v, _ in cells]
        mark = {"marker": "_", "markersize": 14} if len(x) == 1 else {}  # a line of one point can't be seen
        rates = [getattr(cell, f"bound_{panel.norm}") for _, cell in cells]
        if min(rates) > 0 and max(rates) < math.inf:
            bounded = True
            # one line of the l2 rate serves all dimensions
            if not (panel.norm == "l2" and axis == "steps" and panel.norm in marks):
                color = FAINT if panel.norm == "l2" and axis == "steps" else look.color
                ax.plot(x, rates, "--", color=color, linewidth=0.8, alpha=0.75, zorder=1.5, **mark)
            marks.add(panel.norm)
            bounds = [explicit_bound(cell) for _, cell in cells]
            if None not in bounds:
                if not ("bound" in marks and axis == "steps"):
                    color = INK if axis == "steps" else look.color
                    ax.plot(x, bounds, BOUND_DASH[axis], color=color, linewidth=1.0, zorder=1.6, **mark)
                marks.add("bound")
        if points(ax, x, [estimate(cell, panel.norm) for _, cell in cells], look):
            marks.add("lost")
    if not bounded:
        note(ax, "$C$ is 0 or infinite: no bound")
    return marks


def _height(panels: Sequence[Panel]) -> tuple[float, float]:
    values = []
    for panel in panels:
        for cell in panel.cells.values():
            rate = getattr(cell, f"bound_{panel.norm}")
            values += [estimate(cell, panel.norm).value, rate, explicit_bound(cell) or 0.0]
    return span(values, least=4.0)


def _caption(page: Page, axis: str, marks: set[str], left_out: str) -> str:
    against = {"steps": "the horizon K for every dimension d", "dim": "the dimension d for every horizon K"}[axis]
    text = (
        "Mean over the run and over replicas of the true gradient's norm: ‖∇f‖₂ for SGD (and momentum), "
        f"‖∇f‖₁ for the others, against {against}; every K is a run of its own. "
    )
    if "l1" in marks or "l2" in marks:
        text += (
            "Dashed: the claimed rate without its constant, √d·C/K^(1/4) for ‖·‖₁ and C/K^(1/4) for ‖·‖₂, "
            "C = (σ²LΔ)^(1/4). "
        )
        text += "Expected: " + (
            "points may fall faster than the dashed line of their colour, but must not lose against it as K grows. "
            if axis == "steps"
            else "no steeper growth than the dashed lines, √d for ‖·‖₁ and none for ‖·‖₂. "
        )
    if "bound" in marks:
        text += "Solid" if axis == "steps" else "Dash-dotted"
        text += ": SGD's bound with its constants, √(2LΔ/K + 2√2·C²/√K); every SGD point must lie under it. "
    if "lost" in marks:
        text += f"Arrows at the top: {page.diverged} cell(s) with a diverged replica, whose mean is infinite. "
    return text + page.closing(left_out, "bars are 95 % t-intervals over replicas")
