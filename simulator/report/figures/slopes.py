"""Local slopes: the exponent of K between neighbouring horizons."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from matplotlib.axes import Axes

from ...cells.spec import canonical_json
from ...judge.intervals import Estimate, power_law, seed_of
from ..shown import Shown
from .labels import headline, key, legend, line_key, symbol
from .page import Page, Panel
from .pages import pages
from .panels import Line, leftmost, lowest, points, reference_lines, sheet
from .scales import size_axis, span
from .style import INK, LEVEL, Drawing, Look, Skipped, ordered

NAME, TITLE = "slopes", "Local slope against the horizon"


def slopes(cells: Sequence[Shown], norm_rows: Sequence = ()) -> list[Drawing | Skipped]:
    """d log(measured)/d log K between neighbouring K, a line for each d."""
    found, left_out = pages(cells, wanted=lambda panel: bool(_pairs(panel)))
    if not found:
        return [
            Skipped(
                NAME, TITLE, "it takes two horizons at one dimension, with at least 2 replicas each and none diverged"
            )
        ]
    return [_page(page, left_out) for page in found]


def local_slope(lower: Shown, upper: Shown) -> Estimate:
    """The exponent of K between two cells, by the judge's own bootstrap: replicas share their noise."""
    logs = np.log([[lower.spec.steps], [upper.spec.steps]])
    seed = seed_of("\n".join(canonical_json(shown.spec.to_dict()) for shown in (lower, upper)))
    fitted = power_law(logs, [lower.values, upper.values], seed)
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


def _page(page: Page, left_out: str) -> Drawing:
    figure, axes = sheet(page, height=1.6, sharey=True)
    looks = ordered(page.dims)
    seen, rates = [], []
    for panel in page.panels:
        measured, own_rates = _panel(axes[panel.row, panel.column], panel, looks)
        seen += measured
        rates += own_rates
    seen += rates
    pad = 0.08 * max(max(seen) - min(seen), 0.1)
    for row, ax in leftmost(page, axes):
        ax.set_ylabel(f"slope in $K$ of\n{symbol(page.quantities[row])}")
        ax.set_ylim(min(seen) - pad, max(seen) + pad)
    for ax in lowest(page, axes):
        ax.set_xlabel("horizon $K$ (steps)")
        ax.set_xscale("log")
        ax.set_xlim(*span([*page.steps], 1.1))
        size_axis(ax.xaxis, page.steps)
    figure.align_ylabels()
    handles = [key(looks[d], f"$d={d}$") for d in page.dims]
    if rates:
        one = max(rates) - min(rates) < 1e-6
        handles.append(line_key("slope of the rate" + (f", {_slope_text(rates[0])}" if one else "")))
    legend(figure, handles)
    headline(figure, f"{page.about}; {page.replicas}; bars: 95 % t-intervals, bootstrap over replicas")
    return Drawing(page.name(NAME), page.title(TITLE), _caption(page, bool(rates), left_out), figure)


def _panel(ax: Axes, panel: Panel, looks: dict[int, Look]) -> tuple[list[float], list[float]]:
    """Draw one panel; returns the ends of the bars, and the slopes of the rate."""
    ends, lines = [], []
    for i, (d, look) in enumerate(looks.items()):
        pairs = [(a, b) for dim, a, b in _pairs(panel) if dim == d]
        middles = [math.sqrt(a.spec.steps * b.spec.steps) for a, b in pairs]
        estimates = [local_slope(a, b) for a, b in pairs]
        # neighbours side by side, or their bars would hide each other
        shift = 1.05 ** (i - (len(looks) - 1) / 2)
        points(ax, [x * shift for x in middles], estimates, look, linewidth=0.7)
        ends += [v for e in estimates for v in (e.low(LEVEL), e.high(LEVEL))]
        own = [(x, rate_slope(a, b)) for x, (a, b) in zip(middles, pairs, strict=True)]
        lines.append(Line(look, [(x, slope) for x, slope in own if slope is not None]))
    rates = [slope for line in lines for _, slope in line.points]
    if rates and max(rates) - min(rates) < 1e-6:
        ax.axhline(rates[0], color=INK, linestyle="--", linewidth=0.9, zorder=1.5)
    else:
        reference_lines(ax, lines, "--", "--", INK, linewidth=0.9, zorder=1.5)
    return ends, rates


def _slope_text(slope: float) -> str:
    """'−1/4', or three digits of what is no simple fraction."""
    fraction = Fraction(slope).limit_denominator(12)
    return f"{slope:.3g}".replace("-", "−") if abs(fraction - slope) > 1e-6 else str(fraction).replace("-", "−")


def _caption(page: Page, rates: bool, left_out: str) -> str:
    text = (
        "Exponent of K in the measured quantity between neighbouring horizons, drawn between them: a line for each "
        f"dimension. {page.contents} "
    )
    if rates:
        text += (
            "Dashed: the slope of the theorem's rate between the same horizons. Expected: an upper bound asks for "
            "slopes that end at or below it; steeper ones at small K come from terms that die faster, so a fitted "
            "slope is no test of the theorem. On a hard instance the slope is the rate's throughout. "
        )
    text += page.false_controls
    if page.diverged:
        text += f"{page.diverged} cell(s) with diverged replicas have no slope. "
    return text + page.closing(
        left_out, "bars are 95 % t-intervals from a bootstrap over replicas, which have common noise"
    )
