"""ρ of exact gradients against the size of the network, beside the exponents that were predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...cells.recording import EXACT, by_family
from ...judge.intervals import Estimate, mean
from ...judge.trends import by_size
from .drawing import Drawing, Skipped
from .labels import headline, how_many, legend, line_key
from .material import Material
from .panels import on_grid, panel_title, points
from .scales import size_axis, span, value_axis
from .sheet import Sheet
from .stages import Stage, by_stage, stages
from .style import INK, NARROW
from .text import printable

NAME, TITLE = "ladders", "ρ against size"
MOST_PANELS, MOST_STEPS = 24, 5


@dataclass(frozen=True)
class Panel:
    """One family: ρ by checkpoint and size, of one layer or of the whole gradient, and the exponent that was
    predicted."""

    title: str
    axis: str
    predicted: float
    stages: Mapping[Stage, Mapping[float, Estimate]]


def ladders(material: Material) -> list[Drawing | Skipped]:
    """A panel for each family of at least two sizes that a verdict is about."""
    found = _panels(material)
    panels = found[:MOST_PANELS]
    if not panels:
        return [Skipped(NAME, TITLE, "no exact gradients of networks of several sizes were recorded")]
    caption = (
        "ρ = ‖g‖₁/(√d‖g‖₂) of the exact gradient, against the number of coordinates d, or the size of the vocabulary "
        "where the axis says so; a line for each checkpoint, named by how much of the training lies before it. Dashed: "
        "the exponent predicted before the run, through the first checkpoint's middle. ‖g‖₁ is of the order of √d‖g‖₂ "
        "where the lines are level. Expected: lines of the slope of the dashed one. Bars are 95 % t-intervals of the "
        f"mean over seeds, {_number(panels)}."
    )
    ends = [(p, _ends(p)) for p in panels]
    result = "; ".join(f"{p.title}: {a:.3f} to {b:.3f}" for p, (a, b) in ends) + ", first checkpoint."
    if len(found) > len(panels):
        result += f" {len(found) - len(panels)} more of {len(found)} families are in the table."
    return [Drawing(NAME, TITLE, caption, printable(result), partial(_figure, panels))]


def _panels(material: Material) -> list[Panel]:
    families = by_family(material.recordings)
    found: dict[tuple[str, str], Panel] = {}
    for verdict in material.verdicts:
        for trend in verdict.numbers.get("ladders", []):
            place, own = (trend["family"], trend["layer"]), families.get(trend["family"], [])
            if not own or place in found or trend["exponent"] is None or trend["layer"] and trend["axis"] == "d":
                continue  # layers' own exponents are in the table
            steps = sorted(set.intersection(*({int(r.steps[row]) for row in r.rows(EXACT)} for r in own)))
            chosen = [steps[i] for i in sorted({round(x) for x in np.linspace(0, len(steps) - 1, MOST_STEPS)})]
            stage = stages(own)
            tables = {stage(k): by_size(own, k, trend["axis"], trend["layer"]) for k in chosen}
            values = {k: {size: mean(list(seeds.values())) for size, seeds in t.items()} for k, t in tables.items()}
            title = f"{trend['family']}{', ' + trend['layer'] if trend['layer'] else ''}"
            found[place] = Panel(title, trend["axis"], trend["predicted"], values)
    return list(found.values())


def _ends(panel: Panel) -> tuple[float, float]:
    first = list(panel.stages[min(panel.stages)].values())
    return first[0].value, first[-1].value


def _number(panels: Sequence[Panel]) -> str:
    return how_many(e for panel in panels for table in panel.stages.values() for e in table.values())


def _figure(panels: Sequence[Panel], width: float) -> Sheet:
    columns = min(len(panels), 3 if width > NARROW else 2)
    figure = Sheet(width, 0.9 + 1.9 * -(-len(panels) // columns))
    axes = on_grid(figure, range(len(panels)), columns, range(len(panels)))
    looks, keys = by_stage([list(panel.stages) for panel in panels])
    for index, (ax, panel, look) in enumerate(zip(axes.values(), panels, looks, strict=True)):
        sizes = sorted({size for table in panel.stages.values() for size in table})
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_xlim(*span(sizes, 1.5))
        limits = span([e.value for table in panel.stages.values() for e in table.values()], 1.3, least=5.0)
        ax.set_ylim(*limits)
        size_axis(ax.xaxis, [int(size) for size in sizes], 4)
        value_axis(ax.yaxis, limits)
        ax.set_title(panel_title(panel.title, int(13.5 * width / columns)), pad=3)
        ax.set_xlabel("$d$" if panel.axis == "d" else panel.axis)
        if index % columns == 0:
            ax.set_ylabel(r"$\|g\|_1\,/\,(\sqrt{d}\,\|g\|_2)$")
        for stage, table in panel.stages.items():
            told = [f"{panel.title}, {stage.name}, {size:.0f}" for size in table]
            points(ax, list(table), list(table.values()), look[stage], told)
        _expected(ax, panel)
    legend(figure, [*keys, line_key("predicted exponent")])
    headline(figure, f"exact gradients; bars: 95 % t-intervals of the mean over seeds, {_number(panels)}")
    return figure


def _expected(ax, panel: Panel) -> None:
    table = panel.stages[min(panel.stages)]
    x = np.array(list(table))
    y = np.array([estimate.value for estimate in table.values()])
    middle = np.exp(np.log(x).mean()), np.exp(np.log(y).mean())
    ax.plot(x, middle[1] * (x / middle[0]) ** panel.predicted, color=INK, linestyle="--", linewidth=0.9)
