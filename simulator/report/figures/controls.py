"""False controls: what was measured over a rate that is known to be wrong, along the axis in which it grows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from matplotlib.axes import Axes

from ...judge.fit import GRID, SYMBOLS
from ...judge.outcome import Exponent, Verdict
from ...judge.statement import Judgeable
from ...sample_theorem import SampleTheorem
from ...words import power
from ..shown import Shown, show
from .claims import Family, Subject, families, problem_colors
from .drawing import Drawing, Skipped
from .ends import End, label_ends
from .family_panels import panels_of
from .labels import headline
from .material import Material
from .page import place, replicas
from .panels import panel_title
from .ratios import ratio
from .scales import size_axis, span, value_axis
from .sheet import Sheet, sheet_of
from .style import FAINT, INK, LEVEL, MARKERS, NARROW, PAPER
from .text import printable, with_interval

NAME, TITLE = "controls", "False controls: growth where there should be none"
MOST = 12  # panels of a figure


@dataclass(frozen=True)
class Control(Subject):
    """A theorem that is known to be wrong, and the axis in which it grows most."""

    verdict: Verdict
    axis: str

    def size(self, shown: Shown) -> int:
        """Where a cell lies on the axis."""
        return shown.spec.steps if self.axis == "steps" else shown.spec.dim


def controls(material: Material) -> list[Drawing | Skipped]:
    """A panel for each false control that was judged."""
    found = _controls(material)
    if not found:
        return [Skipped(NAME, TITLE, "no false control was judged on cells that are here")]
    parts = [found[i : i + MOST] for i in range(0, len(found), MOST)]
    return [_drawing(part, i) for i, part in enumerate(parts, start=1)]


def _controls(material: Material) -> list[Control]:
    verdicts = {verdict.claim: verdict for verdict in material.verdicts}
    results = [shown.result for shown in material.cells]
    colors = problem_colors(material.cells)
    found = []
    for theorem in material.theorems:
        if isinstance(theorem, SampleTheorem) or theorem.expected == "holds" or theorem.name not in verdicts:
            continue
        cells = [s for s in show(results, [theorem]) if s.theorem is not None and s.limit is not None]
        verdict = verdicts[theorem.name]
        axis = _axis(theorem, verdict)
        if own := [family for family in families(cells, colors) if _lines(family, axis)]:
            found.append(Control(theorem, verdict, own, axis))
    return found


def _axis(theorem: Judgeable, verdict: Verdict) -> str:
    """Of the axes that the theorem is about, the one with the largest exponent of a witness, or else of any family."""
    groups = verdict.numbers.get("groups", [])

    def most(axis: str) -> float:
        told = [g for g in groups if g["witness"]] or groups
        return max((_of(g, axis).get("low", -math.inf) for g in told), default=-math.inf)

    axes = [axis for axis in GRID if axis in theorem.axes] or list(GRID)
    return max(axes, key=most)


def _of(group, axis: str) -> Exponent:
    return group["steps"] if axis == "steps" else group["dim"]


def _lines(family: Family, axis: str) -> list[list[Shown]]:
    """The cells of a family along *axis*, one line for each size of the other, that have two places at least."""
    lines: dict[int, list[Shown]] = {}
    for shown in family.cells:
        if math.isfinite(shown.measured.value):
            lines.setdefault(shown.spec.dim if axis == "steps" else shown.spec.steps, []).append(shown)

    def size(shown: Shown) -> int:
        return shown.spec.steps if axis == "steps" else shown.spec.dim

    return [sorted(own, key=size) for _, own in sorted(lines.items()) if len({size(s) for s in own}) > 1]


def _group(control: Control, family: Family) -> Mapping[str, Any]:
    """The judge's numbers of the family; {} where it has none."""
    spec = family.cells[0].spec.to_dict()
    for group in control.verdict.numbers.get("groups", []):
        if all(spec.get(name) == value for name, value in group["settings"].items()):
            return group
    return {}


def _exponent(control: Control, family: Family) -> Exponent:
    """What the judge found for the family; {} where nothing."""
    group: Any = _group(control, family)
    return _of(group, control.axis) if group else {}


def _drawing(found: Sequence[Control], number: int) -> Drawing:
    name = NAME if number == 1 else f"{NAME}-{number}"
    return Drawing(name, TITLE, _caption(found), _result(found), partial(_figure, found))


def _figure(found: Sequence[Control], width: float) -> Sheet:
    titles = [f"{c.name}: {c.verdict.outcome.value}" for c in found]
    figure, axes, height = panels_of(titles, width, 1.9 if width > NARROW else 1.35)
    for ax, control in zip(axes, found, strict=True):
        _panel(ax, control, height, width)
    headline(figure, f"{replicas([s for c in found for s in c.cells])}; bars: 95 % t-intervals; exponents as judged")
    return figure


def _panel(ax: Axes, control: Control, height: float, width: float) -> None:
    drawn = [(family, line) for family in _shown(control) for line in _lines(family, control.axis)]
    sizes = sorted({control.size(s) for _, line in drawn for s in line})
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(*span(sizes, 1.3))
    seen = [ratio(s).value for _, line in drawn for s in line]
    low, high = span(seen + [1.0] * control.explicit, 1.3, least=4.0)
    ax.set_ylim(low, high)
    size_axis(ax.xaxis, sizes, max(2, int(min(width, 3.3) / 0.5)))
    value_axis(ax.yaxis, (low, high))
    ax.set_xlabel("horizon $K$ (steps)" if control.axis == "steps" else "dimension $d$")
    ax.set_ylabel(control.divided)
    if control.explicit:
        ax.axhline(1.0, color=INK, linewidth=1.1, zorder=1.8)
        ax.axhspan(1.0, 2 * high, color=FAINT, alpha=0.22, linewidth=0)
    ends: dict[str, End] = {}
    for family, line in drawn:
        _line(ax, control, family, line)
        last = line[-1]
        if family.label not in ends or control.size(last) > ends[family.label].x:
            ends[family.label] = End(control.size(last), ratio(last).value, _end_text(control, family), family.color)
    label_ends(ax, list(ends.values()), height)


def _shown(control: Control) -> list[Family]:
    """The usual family of each problem and the witnesses, those with an exponent if some have one."""
    told = [f for f in control.families if f.usual or _group(control, f).get("witness")]
    judged = [family for family in told if "exponent" in _exponent(control, family)]
    return judged or told or list(control.families)


def _line(ax: Axes, control: Control, family: Family, line: Sequence[Shown]) -> None:
    across, estimates = [control.size(s) for s in line], [ratio(s) for s in line]
    (drawn,) = ax.plot(
        across,
        [e.value for e in estimates],
        color=family.color,
        linewidth=1.0,
        marker=MARKERS[0],
        markersize=3.8,
        markerfacecolor=PAPER,
        markeredgewidth=0.8,
        zorder=3,
    )
    told = [f"{place(s, family.label)}: {with_interval(e)}" for s, e in zip(line, estimates, strict=True)]
    sheet_of(ax).tell(drawn, told)
    for x, e in zip(across, estimates, strict=True):
        if math.isfinite(e.high(LEVEL)) and e.low(LEVEL) > 0:
            ax.plot([x, x], [e.low(LEVEL), e.high(LEVEL)], color=family.color, linewidth=0.8, zorder=2.4)


def _power(control: Control, family: Family) -> str:
    """'K^+0.250' as mathtext, '' where the judge has no exponent."""
    e = _exponent(control, family)
    if "exponent" not in e:
        return ""
    return f"${SYMBOLS[control.axis]}^{{{e['exponent']:.3f}}}$".replace("-", "−")


def _end_text(control: Control, family: Family) -> str:
    power = _power(control, family)
    label = family.problem if family.usual else family.label
    return panel_title(label, 16) + (f"\n{power}" if power else "")


def _result(found: Sequence[Control]) -> str:
    parts = []
    for control in found:
        powers = []
        for family in _shown(control):
            e = _exponent(control, family)
            if "exponent" in e:
                powers.append(f"{power(SYMBOLS[control.axis], e['exponent'])} on {family.label}")
        seen = [ratio(s).value for s in control.cells if math.isfinite(ratio(s).value)]
        grown = f"goes like {', '.join(powers)}" if powers else f"is up to {max(seen):.4g}"
        parts.append(f"{control.name} ({control.verdict.outcome.value}): {control.divided} {grown}")
    return "; ".join(parts) + "."


def _caption(found: Sequence[Control]) -> str:
    caught = sum(c.verdict.as_expected for c in found)
    text = (
        "Statements that are known to be wrong, on the same cells: what was measured over the false rate, or the false "
    )
    text += "bound, along the axis in which it grows most; a line for each problem whose growth was judged and each "
    text += "size of the other axis, at "
    text += "its end the exponent as judged. "
    text += " ".join(f"{c.name}: {printable(c.theorem.statement)}" for c in found)
    text += " Expected: lines that climb, or points above 1, the solid line, for a bound. "
    text += f"{caught} of {len(found)} caught. "
    return f"{text}{replicas([s for c in found for s in c.cells])}; bars are 95 % t-intervals over replicas."
