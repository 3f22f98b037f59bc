"""Local slopes: the exponent of K between neighbouring horizons."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from ...cells.evidence import Result
from ...cells.spec import canonical_json
from ...judge.intervals import Estimate, power_law, seed_of
from .pages import Page, Panel, pages
from .panels import headline, key, leftmost, legend, line_key, lowest, points, sheet, size_axis, span
from .style import INK, LEVEL, Drawing, Skipped, ordered

NAME, TITLE = "slopes", "Local slope against the horizon"
RATE = -0.25
WORDS = {f"l{p}": rf"$\mathrm{{d}}\,\log\,\overline{{\|\nabla f\|}}_{p}\;/\;\mathrm{{d}}\,\log K$" for p in (1, 2)}


def slopes(results: Sequence[Result], norm_rows: Sequence = ()) -> list[Drawing | Skipped]:
    """d log(mean norm)/d log K between neighbouring K, a line for each d."""
    found, left_out = pages(results, wanted=lambda panel: bool(_pairs(panel)))
    if not found:
        return [
            Skipped(
                NAME, TITLE, "it takes two horizons at one dimension, with at least 2 replicas each and none diverged"
            )
        ]
    return [_page(page, left_out) for page in found]


def local_slope(lower: Result, upper: Result, norm: str) -> Estimate:
    """The exponent of K between two cells, by the judge's own bootstrap: replicas share their noise."""
    logs = np.log([[lower.spec.steps], [upper.spec.steps]])
    samples = [getattr(cell.stats, f"mean_grad_{norm}") for cell in (lower, upper)]
    seed = seed_of("\n".join(canonical_json(cell.spec.to_dict()) for cell in (lower, upper)))
    return power_law(logs, samples, seed)[0]


def _pairs(panel: Panel) -> list[tuple[int, Result, Result]]:
    """(d, cell, cell at the next K) where a slope can be had."""
    found = []
    for d in panel.dims:
        cells = [panel.cells[d, k] for k in panel.steps if (d, k) in panel.cells]
        found += [(d, a, b) for a, b in itertools.pairwise(cells) if _sound(a, panel.norm) and _sound(b, panel.norm)]
    return found


def _sound(cell: Result, norm: str) -> bool:
    values = getattr(cell.stats, f"mean_grad_{norm}")
    return values.size > 1 and bool(np.all(np.isfinite(values)) and np.all(values > 0))


def _page(page: Page, left_out: str) -> Drawing:
    figure, axes = sheet(page, height=1.6, sharey=True)
    looks = ordered(page.dims)
    middles, seen = [], [RATE]
    for panel in page.panels:
        ax = axes[panel.row, panel.column]
        ax.axhline(RATE, color=INK, linestyle="--", linewidth=0.9, zorder=1.5)
        for i, (d, look) in enumerate(looks.items()):
            # neighbours side by side, or their bars would hide each other
            shift = 1.05 ** (i - (len(looks) - 1) / 2)
            pairs = [(a, b) for dim, a, b in _pairs(panel) if dim == d]
            x = [math.sqrt(a.spec.steps * b.spec.steps) * shift for a, b in pairs]
            estimates = [local_slope(a, b, panel.norm) for a, b in pairs]
            points(ax, x, estimates, look, linewidth=0.7)
            middles += x
            seen += [v for e in estimates for v in (e.low(LEVEL), e.high(LEVEL))]
    norms = {panel.row: panel.norm for panel in page.panels}
    pad = 0.08 * max(max(seen) - min(seen), 0.1)
    for row, ax in leftmost(page, axes):
        ax.set_ylabel(WORDS[norms[row]])
        ax.set_ylim(min(seen) - pad, max(seen) + pad)
    for ax in lowest(page, axes):
        ax.set_xlabel("horizon $K$ (steps)")
        ax.set_xscale("log")
        ax.set_xlim(*span([*page.steps], 1.1))
        size_axis(ax.xaxis, page.steps)
    figure.align_ylabels()
    legend(figure, [*(key(looks[d], f"$d={d}$") for d in page.dims), line_key("$-1/4$, the rate")])
    headline(figure, f"{page.about}; {page.replicas}; bars: 95 % t-intervals, bootstrap over replicas")
    lost = f" {page.diverged} cell(s) with diverged replicas have no slope." if page.diverged else ""
    caption = (
        "Exponent of K in the mean norm between neighbouring horizons, drawn between them: a line for each dimension. "
        "The dashed line is the rate's −1/4. Expected: an upper bound asks for slopes that end at or below −1/4; "
        "steeper ones at small K come from terms that die faster (K^(−1/4) + 6K^(−1/2) starts near −0.4), so a "
        f"fitted slope is no test of the claim. On the ramp it is −1/4 throughout.{lost} "
        + page.closing(left_out, "bars are 95 % t-intervals from a bootstrap over replicas, which have common noise")
    )
    return Drawing(page.name(NAME), page.title(TITLE), caption, figure)
