"""The envelope: all that was measured over the theorem's rate without its power of K, under one line."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from matplotlib.axes import Axes

from ...words import count
from ..shown import Shown
from .claims import Claim, claims
from .drawing import Drawing, Skipped
from .ends import End, label_ends
from .family_panels import BAR, dim_keys, draw_family, panels_of, problem_ends
from .labels import headline, legend, symbol
from .material import Material
from .names import is_made_anew
from .page import escaped, escaped_words, replicas
from .powers import exponent_tex, without_horizon
from .scales import size_axis, span, value_axis
from .sheet import Sheet
from .style import BREACH, FAINT, INK
from .text import formula, number_range, printable

NAME, TITLE = "envelope", "Everything that was measured, and the line above it"
MOST = 12  # panels of a figure
Bounds = dict[int, tuple[float, float]]  # by K: the least and the largest


def envelope(material: Material) -> list[Drawing | Skipped]:
    """A panel for each theorem; those that agree in every cell have one."""
    found = [_of_one_run(claim) for claim in claims(material)]
    if not found:
        why = next((shown.why for shown in material.cells if shown.why), "there are no results")
        return [Skipped(NAME, TITLE, f"no cell has a bound or a rate ({why})" if material.cells else why)]
    parts = [found[i : i + MOST] for i in range(0, len(found), MOST)]
    return [_drawing(part, i) for i, part in enumerate(parts, start=1)]


def _of_one_run(claim: Claim) -> Claim:
    """The claim without the cells that ran other hyper-parameters than most: their bounds are others, so that they have
    no place under this one. Those above their own bound stay."""

    def run(shown: Shown) -> str:
        return repr((shown.spec.schedule, sorted(shown.spec.optimizer_args.items(), key=str)))

    usual = Counter(map(run, claim.cells)).most_common(1)[0][0]
    kept = [f for f in claim.families if run(f.cells[0]) == usual or any(s is a for s in f.cells for a in claim.above)]
    return replace(claim, families=kept, aside=len(claim.cells) - sum(len(family.cells) for family in kept))


def _drawing(found: Sequence[Claim], number: int) -> Drawing:
    name = NAME if number == 1 else f"{NAME}-{number}"
    return Drawing(name, TITLE, _caption(found), " ".join(map(_result, found)), partial(_figure, found))


def _figure(found: Sequence[Claim], width: float) -> Sheet:
    figure, axes, height = panels_of([claim.title for claim in found], width, 2.35)
    dims = sorted({d for claim in found for d in claim.dims})
    for claim, ax in zip(found, axes, strict=True):
        _panel(ax, claim, dims, height, width)
    cells = [shown for claim in found for shown in claim.cells]
    legend(figure, dim_keys(dims))
    headline(figure, f"{replicas(cells)}; {_interval_words(cells)}")
    return figure


def _panel(ax: Axes, claim: Claim, dims: Sequence[int], height: float, width: float) -> None:
    bounds, top, steps = _bounds(claim), largest(claim), claim.steps
    heights = [s.measured.value / claim.unit(s) for s in claim.cells]
    heights += [b for pair in bounds.values() for b in pair]
    if top is not None and not claim.without_constant:
        heights += [top.ratio * k**claim.power for k in steps]
    low, high = span(heights, 1.3, least=4.0)
    ax.set_xscale("log")
    ax.set_yscale("log")
    left, right = span(steps, 1.3)
    ax.set_xlim(left, right)
    ax.set_ylim(low, high * 1.25)
    size_axis(ax.xaxis, steps, max(2, int(min(width, 3.3) / 0.5)))
    value_axis(ax.yaxis, ax.get_ylim())
    ax.set_xlabel("horizon $K$ (steps)")
    ax.set_ylabel(unit_label(claim))
    ends = problem_ends(claim.families, lambda s: s.measured.value / claim.unit(s))
    if bounds:
        ends.append(_draw_bounds(ax, claim, bounds))
    if top is not None and len(steps) > 1 and not claim.without_constant:
        across = [left, right]
        up = [top.ratio * k**claim.power for k in across]
        ax.plot(across, up, "--", color=INK, linewidth=0.9, zorder=1.7)
        if not bounds:
            ax.fill_between(across, up, high * 2, color=FAINT, alpha=0.15, linewidth=0)
        ends.append(End(right, up[1], top.label(claim, bool(bounds)), INK))
    for family in claim.families:
        draw_family(ax, family, dims, lambda s: s.measured, claim.unit)
    for shown in claim.above:
        ax.plot(
            [shown.spec.steps],
            [shown.measured.value / claim.unit(shown)],
            marker="D",
            markersize=8,
            markerfacecolor="none",
            markeredgecolor=BREACH,
            zorder=6,
        )
    label_ends(ax, ends, height)


def _draw_bounds(ax: Axes, claim: Claim, bounds: Bounds) -> End:
    """The bound, as a band where it depends on d or on the problem, and the shaded region above."""
    steps = sorted(bounds)
    least, most = [bounds[k][0] for k in steps], [bounds[k][1] for k in steps]
    left, right = ax.get_xlim()
    across = [left, *steps, right]
    least, most = _to_edges(least, most)
    ax.fill_between(across, most, ax.get_ylim()[1] * 2, color=FAINT, alpha=0.22, linewidth=0)
    ax.fill_between(across, least, most, color=FAINT, alpha=0.12, linewidth=0)
    ax.plot(steps, least[1:-1], color=INK, linewidth=1.2, zorder=1.8, marker="_" if len(steps) == 1 else "")
    if max(b / a for a, b in zip(least, most, strict=True)) > 1.02:
        ax.plot(steps, most[1:-1], color=INK, linewidth=0.6, zorder=1.8)
    tex = formula(claim.theorem.bound_tex, "")
    return End(steps[-1], least[-2], f"{claim.theorem.kind} bound" + (f"\n{tex}" if tex.startswith("$") else ""), INK)


def _to_edges(*lines: list[float]) -> list[list[float]]:
    return [[line[0], *line, line[-1]] for line in lines]


def _bounds(claim: Claim) -> Bounds:
    """The least and the largest bound at each K on the usual families, in the panel's units."""
    found: dict[int, list[float]] = {}
    for shown in (shown for family in claim.families if family.usual for shown in family.cells):
        if claim.explicit and shown.bound is not None:
            found.setdefault(shown.spec.steps, []).append(shown.bound / claim.unit(shown))
    return {k: (min(values), max(values)) for k, values in found.items()}


class Largest:
    """The largest measured/rate and its cell."""

    def __init__(self, ratio: float, shown: Shown) -> None:
        self.ratio, self.shown = ratio, shown

    def label(self, claim: Claim, short: bool) -> str:
        power = f"$\\,K{exponent_tex(claim.power)}$" if claim.power else ""
        return f"{self.ratio:.2f}{power}" + (", largest\nmeasured" if short else ", attained\n(measured)")


def largest(claim: Claim) -> Largest | None:
    """The largest of the finite measured/rate."""
    ratios = [(s.measured.value / s.rate, s) for s in claim.cells if s.rate and math.isfinite(s.measured.value)]
    return Largest(*max(ratios, key=lambda pair: pair[0])) if ratios else None


def unit_label(claim: Claim) -> str:
    """What was measured over the rate without its power of K, as a formula; or in words."""
    theorem = claim.theorem
    if not claim.power:
        return f"{symbol(theorem.measures)}\n/ rate"
    unit = without_horizon(theorem.rate_tex, claim.power)
    tex = (
        formula(f"{theorem.measures.tex}\\,/\\,{unit if len(unit) == 1 else f'({unit})'}", "")
        if unit and theorem.measures.tex
        else ""
    )
    return tex or f"{symbol(theorem.measures)}\n/ (rate $K{exponent_tex(-claim.power)}$)"


def _interval_words(cells: Sequence[Shown]) -> str:
    """How wide the intervals are, for most are narrower than a marker."""
    wide = [widest for s in cells if (widest := half_width(s)) is not None]
    if not wide:
        return "no 95 % intervals"
    bars = f", bars where above {100 * BAR:g} %" if max(wide) > BAR else ""
    return f"95 % t-intervals: at most ±{100 * max(wide):.2g} %{bars}"


def half_width(shown: Shown) -> float | None:
    """Half of the 95 % interval over the mean; None where there is none."""
    e = shown.measured
    half = (e.high(0.025) - e.value) / e.value if e.value > 0 and math.isfinite(e.value) else math.inf
    return half if math.isfinite(half) else None


def _result(claim: Claim) -> str:
    """The largest measured/rate and its problem, and how many cells lie above the bound."""
    top = largest(claim)
    if top is None:
        return f"{claim.name}: in every cell a replica diverged."
    where = next(f.label for f in claim.families if any(s is top.shown for s in f.cells))
    for family in claim.families:  # a variant that is larger by rounding would hide the problem's own line
        ratios = [s.measured.value / s.rate for s in family.cells if s.rate]
        if family.usual and top.ratio > max(ratios) >= 0.999 * top.ratio:
            where = family.label
    own = [s.measured.value / s.rate for f in claim.families if f.label == where for s in f.cells if s.rate]
    text = f"{claim.name}: measured/rate is {number_range(own)} on {where}, where it is largest"
    if claim.explicit:
        share = max(s.measured.value / s.bound for s in claim.cells if s.bound)
        over = f"; {count(len(claim.above), 'cell')} of {len(claim.cells)} above it" if claim.above else ""
        text += f"; the largest measured/bound is {share:.4g}{over}"
    return text + "."


def _caption(found: Sequence[Claim]) -> str:
    text = "What each theorem is about, over its rate without the power of K, against the horizon K; all dimensions d "
    text += "are overlaid, so that a wrong power of d would pull the markers apart. Every K is a run of its own. "
    about = [f"{c.title}: {printable(c.theorem.measures.text)}" for c in found]
    text += f"{'; '.join(about)}. {''.join(c.agreement for c in found)}"
    if any(c.explicit for c in found):
        text += (
            "Solid: the theorem's bound with its constants, and shaded what it rules out (lighter between the least "
        )
        text += "and the largest, where the bound depends on d or on the problem). "
        text += "Dashed: the largest measured/rate. Expected: every marker below the solid line. "
    if not all(c.explicit or c.without_constant for c in found):
        text += (
            "A rate without a constant: dashed is the largest constant that was attained, which is measured and not "
        )
        text += "proved, so nothing lies above it. Expected: no line less steep than the dashed one. "
    if any(c.without_constant for c in found):
        text += "Of a rate that is VIOLATED no constant is true, and none is drawn: its lines fall less than it does. "
    if aside := sum(c.aside for c in found):
        text += (
            f"Not here but among the ratios: {count(aside, 'cell')} run with other hyper-parameters, which have other "
        )
        text += "bounds. "
    if above := [s for c in found for s in c.above]:
        text += f"Diamonds: {count(len(above), 'cell')} above the bound, in the shaded region. "
    variants = {f.label: len({s.spec.steps for s in f.cells}) for c in found for f in c.families if not f.usual}
    if lines := sorted(label for label, steps in variants.items() if steps > 1):
        text += f"Thin dashed lines are variants of a problem: {', '.join(lines)}. "
    if len(lines) < len(variants):
        text += f"Small markers without a line: {count(len(variants) - len(lines), 'variant')} run at one K. "
    if anew := sorted({f.problem for c in found for f in c.families if is_made_anew(f.cells[0].spec.problem)}):
        text += f"Made anew for each horizon K, with slopes that follow the rate: {', '.join(anew)}. "
    cells = [s for c in found for s in c.cells]
    lost = sum(math.isinf(s.measured.value) for s in cells)
    text += f"Arrows at the top: {count(lost, 'cell')} with a diverged replica. " if lost else ""
    text += "Ringed: cells that escaped. " if any(map(escaped, cells)) else ""
    return f"{text}{escaped_words(cells)}{replicas(cells)}; {_interval_words(cells)}."
