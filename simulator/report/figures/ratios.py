"""What was measured divided by the theorem's bound, or its rate, against K on a linear axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from matplotlib.axes import Axes

from ...judge.hard import hard_of
from ...judge.intervals import Estimate, mean
from ...words import count
from ..shown import Shown
from .claims import Claim, Family, claims
from .drawing import Drawing, Skipped
from .ends import label_ends
from .family_panels import dim_keys, draw_family, panels_of, problem_ends
from .labels import headline, legend, line_key
from .material import Material
from .page import escaped, escaped_words, replicas
from .scales import size_axis, span
from .sheet import Sheet
from .style import FAINT, INK
from .text import number_range

NAME, TITLE = "ratios", "Measured over the bound or the rate"
MOST = 12  # panels of a figure


def ratios(material: Material) -> list[Drawing | Skipped]:
    """A panel for each theorem: a line for each problem, a marker for each d, and the levels that are known."""
    found = claims(material)
    if not found:
        why = next((shown.why for shown in material.cells if shown.why), "")
        return [Skipped(NAME, TITLE, f"no cell has a bound or a rate ({why})" if why else "there are no results")]
    parts = [found[i : i + MOST] for i in range(0, len(found), MOST)]
    return [_drawing(part, i) for i, part in enumerate(parts, start=1)]


def ratio(shown: Shown) -> Estimate:
    """measured/bound, or measured/rate of a theorem without constants."""
    assert shown.ratio is not None
    return mean(shown.ratio)


def known_level(claim: Claim, family: Family) -> list[tuple[int, float]]:
    """(K, the ratio that a derivation gives) of a hard instance whose level is known; of the largest d where the bound
    makes it depend on d."""
    levels = {}
    for shown in sorted(family.cells, key=lambda s: s.spec.dim):
        hard = hard_of(claim.theorem, shown.result)
        if hard is not None and hard.level is not None and shown.rate is not None and shown.limit is not None:
            levels[shown.spec.steps] = hard.level * shown.rate / shown.limit
    return sorted(levels.items())


def _drawing(found: Sequence[Claim], number: int) -> Drawing:
    name = NAME if number == 1 else f"{NAME}-{number}"
    return Drawing(name, TITLE, _caption(found), _result(found), partial(_figure, found))


def _figure(found: Sequence[Claim], width: float) -> Sheet:
    figure, axes, height = panels_of([claim.title for claim in found], width, 2.1)
    dims = sorted({d for claim in found for d in claim.dims})
    levels = [_panel(ax, claim, dims, height, width) for claim, ax in zip(found, axes, strict=True)]
    cells = [shown for claim in found for shown in claim.cells]
    legend(figure, [*dim_keys(dims), *[line_key("known level", (0, (1, 1.5)))] * any(levels)])
    headline(figure, f"{replicas(cells)}; bars: 95 % t-intervals where wider than a marker")
    return figure


def _panel(ax: Axes, claim: Claim, dims: Sequence[int], height: float, width: float) -> bool:
    """Draw one panel; returns whether a level is known."""
    seen = [ratio(s).value for s in claim.cells if math.isfinite(ratio(s).value)]
    known = [point for family in claim.families for point in known_level(claim, family)]
    top = 1.12 * max([*seen, *(v for _, v in known), 1.0 if claim.explicit else 0.0, 1e-12])
    ax.set_xscale("log")
    ax.set_xlim(*span(claim.steps, 1.3))
    ax.set_ylim(0.0, top)
    size_axis(ax.xaxis, claim.steps, max(2, int(min(width, 3.3) / 0.5)))
    ax.set_xlabel("horizon $K$ (steps)")
    ax.set_ylabel(claim.divided)
    if claim.explicit:
        ax.axhline(1.0, color=INK, linewidth=1.1, zorder=1.8)
        ax.axhspan(1.0, 2 * top, color=FAINT, alpha=0.22, linewidth=0)
    for family in claim.families:
        if family.usual and (level := known_level(claim, family)):
            across, up = zip(*level, strict=True)
            ax.plot(across, up, color=INK, linestyle=(0, (1, 1.5)), linewidth=1.6, zorder=3.5)
        draw_family(ax, family, dims, ratio)
    label_ends(ax, problem_ends(claim.families, lambda s: ratio(s).value), height)
    return bool(known)


def _result(found: Sequence[Claim]) -> str:
    parts = []
    for claim in found:
        told = []
        for family in claim.families:
            seen = [ratio(s).value for s in family.cells if math.isfinite(ratio(s).value)]
            if family.usual and seen:
                told.append(f"{number_range(seen)} on {family.label}")
        if told:
            parts.append(f"{claim.name}: {claim.divided} is {', '.join(told)}")
    return "; ".join(parts) + "." if parts else "In every cell a replica diverged."


def _caption(found: Sequence[Claim]) -> str:
    cells = [s for claim in found for s in claim.cells]
    text = "What was measured, divided by the theorem's bound, or by its rate where it claims no constant; a line for "
    text += f"each problem, markers of all d overlaid. {''.join(claim.agreement for claim in found)}"
    if any(c.explicit for c in found):
        text += "Expected: below 1, the solid line, under a bound. "
    if not all(c.explicit for c in found):
        text += "Expected: no growth with K over a rate, and markers of different d together. "
    if any(known_level(c, f) for c in found for f in c.families):
        text += "Dotted: the level, which is the value that measured/bound, or measured/rate, is known by a derivation "
        text += "to reach on that problem; a line along it says that the rate is attained. "
    if above := [s for c in found for s in c.above]:
        text += f"{count(len(above), 'cell')} above 1, in the shaded region. "
    lost = sum(math.isinf(s.measured.value) for s in cells)
    text += f"Arrows at the top: {count(lost, 'cell')} with a diverged replica. " if lost else ""
    text += "Ringed: cells that escaped. " if any(map(escaped, cells)) else ""
    return f"{text}{escaped_words(cells)}{replicas(cells)}; bars are 95 % t-intervals over replicas."
