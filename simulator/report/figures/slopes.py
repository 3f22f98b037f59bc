"""Local slopes: the exponent of K between neighbouring horizons."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from ...judge.fit import spec_seed
from ...judge.intervals import Estimate, power_law
from ...words import count
from ..shown import Shown
from .drawing import Drawing, Skipped
from .labels import headline, key, legend, line_key, symbol
from .material import Material
from .page import Page, Panel
from .pages import pages
from .panels import Line, leftmost, lowest, points, reference_lines, sheet
from .scales import most_ticks, size_axis, span
from .sheet import Sheet
from .style import INK, LEVEL, Look, ordered
from .text import number_range

NAME, TITLE = "slopes", "Local slope against the horizon"

Slope = tuple[int, Shown, Shown, Estimate]  # d, a cell, that at the next K, the exponent between them


def slopes(material: Material) -> list[Drawing | Skipped]:
    """d log(measured)/d log K between neighbouring K, a line for each d."""
    found, _ = pages(material.cells, wanted=lambda panel: bool(_pairs(panel)))
    if not found:
        return [
            Skipped(
                NAME, TITLE, "it takes two horizons at one dimension, with at least 2 replicas each and none diverged"
            )
        ]
    return [_page(page) for page in found]


def local_slope(lower: Shown, upper: Shown) -> Estimate:
    """The exponent of K between two cells, by the judge's own bootstrap: replicas share their noise."""
    logs = np.log([[lower.spec.steps], [upper.spec.steps]])
    fitted = power_law(logs, [lower.values, upper.values], spec_seed((lower.spec, upper.spec)))
    assert fitted is not None  # two horizons are never one
    return fitted[0]


def rate_slope(lower: Shown, upper: Shown) -> float | None:
    """The exponent of K in the rate itself between the two cells; None where one has no rate."""
    if lower.rate is None or upper.rate is None:
        return None
    return math.log(upper.rate / lower.rate) / math.log(upper.spec.steps / lower.spec.steps)


def _pairs(panel: Panel) -> list[tuple[int, Shown, Shown]]:
    """(d, cell, cell at the next K) where a slope can be had."""
    found = []
    for d in panel.dims:
        line = [panel.cells[d, k] for k in panel.steps if (d, k) in panel.cells]
        found += [(d, a, b) for a, b in itertools.pairwise(line) if _sound(a) and _sound(b)]
    return found


def _sound(shown: Shown) -> bool:
    values = shown.values
    return values.size > 1 and bool(np.all(np.isfinite(values)) and np.all(values > 0))


def _page(page: Page) -> Drawing:
    found = [[(d, a, b, local_slope(a, b)) for d, a, b in _pairs(panel)] for panel in page.panels]
    seen = [
        f"{panel.row} on {panel.column} {number_range([e.value for *_, e in own])}"
        for panel, own in zip(page.panels, found, strict=True)
    ]
    result = f"Slopes between neighbouring horizons: {'; '.join(seen)}."
    return Drawing(page.name(NAME), page.title(TITLE), _caption(page), result, partial(_figure, page, found))


def _rates(page: Page) -> list[float]:
    """The slopes of the rates between the cells that have a slope."""
    slopes = [rate_slope(a, b) for panel in page.panels for _, a, b in _pairs(panel)]
    return [slope for slope in slopes if slope is not None]


def _figure(page: Page, found: Sequence[Sequence[Slope]], width: float) -> Sheet:
    figure, axes = sheet(page, width, height=1.6, sharey=True)
    looks = ordered(page.dims)
    rates = _rates(page)
    seen = [*rates]
    for panel, own in zip(page.panels, found, strict=True):
        seen += _panel(axes[panel.row, panel.column], own, looks)
    pad = 0.08 * max(max(seen) - min(seen), 0.1)
    for row, ax in leftmost(axes):
        ax.set_ylabel(f"slope in $K$ of\n{symbol(page.quantities[row])}")
        ax.set_ylim(min(seen) - pad, max(seen) + pad)
    for ax in lowest(axes):
        ax.set_xlabel("horizon $K$ (steps)")
        ax.set_xscale("log")
        ax.set_xlim(*span([*page.steps], 1.1))
        size_axis(ax.xaxis, page.steps, most_ticks(axes, width))
    figure.align_ylabels()
    handles = [key(looks[d], f"$d={d}$") for d in page.dims]
    if rates:
        one = max(rates) - min(rates) < 1e-6
        handles.append(line_key("slope of the rate" + (f", {_slope_text(rates[0])}" if one else "")))
    legend(figure, handles)
    headline(figure, f"{page.about}; {page.replicas}; bars: 95 % t-intervals, bootstrap over replicas")
    return figure


def _panel(ax: Axes, found: Sequence[Slope], looks: dict[int, Look]) -> list[float]:
    """Draw one panel; returns the ends of the bars."""
    ends, lines = [], []
    for i, (d, look) in enumerate(looks.items()):
        pairs = [(a, b) for dim, a, b, _ in found if dim == d]
        middles = [math.sqrt(a.spec.steps * b.spec.steps) for a, b in pairs]
        estimates = [e for dim, *_, e in found if dim == d]
        # neighbours side by side, or their bars would hide each other
        shift = 1.05 ** (i - (len(looks) - 1) / 2)
        told = [f"d = {d}, K = {a.spec.steps} to {b.spec.steps}, slope" for a, b in pairs]
        points(ax, [x * shift for x in middles], estimates, look, told, linewidth=0.7)
        ends += [v for e in estimates for v in (e.low(LEVEL), e.high(LEVEL))]
        own = [(x, rate_slope(a, b)) for x, (a, b) in zip(middles, pairs, strict=True)]
        lines.append(Line(look, [(x, slope) for x, slope in own if slope is not None]))
    rates = [slope for line in lines for _, slope in line.points]
    if rates and max(rates) - min(rates) < 1e-6:
        ax.axhline(rates[0], color=INK, linestyle="--", linewidth=0.9, zorder=1.5)
    else:
        reference_lines(ax, lines, "--", "--", INK, linewidth=0.9, zorder=1.5)
    return ends


def _slope_text(slope: float) -> str:
    """'−1/4', or three digits of what is no simple fraction."""
    fraction = Fraction(slope).limit_denominator(12)
    return f"{slope:.3g}".replace("-", "−") if abs(fraction - slope) > 1e-6 else str(fraction).replace("-", "−")


def _caption(page: Page) -> str:
    text = (
        "Exponent of K in the measured quantity between neighbouring horizons, drawn between them: a line for each "
        f"dimension. {page.contents} "
    )
    if _rates(page):
        text += "Dashed: the slope of the theorem's rate between the same horizons. "
        if page.made_anew:
            text += (
                f"Expected on {', '.join(page.made_anew)}, made anew for each horizon: the rate's slope at large K; "
                "at small K terms that die faster than the rate pull it to either side. "
            )
        if page.fixed:
            text += (
                f"Expected on {', '.join(page.fixed)}, the same function at each horizon: slopes that end at or below "
                "the dashed line, whatever they are before, so that a fitted slope is no test of the theorem. "
            )
    text += page.false_controls
    if page.diverged:
        text += f"No slope where a replica diverged ({count(page.diverged, 'cell')}). "
    return text + page.closing("bars are 95 % t-intervals from a bootstrap over replicas, which have common noise")
