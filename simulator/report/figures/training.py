"""ρ along training, and that of minibatches beside that of the exact gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from ...cells.recording import BATCH, EXACT, Recording, by_family
from ...judge.intervals import Estimate, mean
from ...words import brief, ends
from .drawing import Drawing, Skipped
from .labels import headline, how_many, legend
from .material import Material
from .panels import on_grid, panel_title, points
from .scales import size_axis, span, value_axis
from .sheet import Sheet
from .stages import Looks, Stage, by_rank, by_stage, stages
from .style import NARROW

MOST_PANELS, MOST_LINES = 24, 6
Table = Mapping[Any, Mapping[int, Estimate]]  # line → x → what is drawn


@dataclass(frozen=True)
class Kind:
    """What one figure shows of a family: its x and y, and its lines: how a panel's title, the legend and the page's
    texts have them."""

    across: str
    up: str
    title: Callable[[str, Table], str]
    looks: Callable[[Sequence[Sequence]], tuple[list[Looks], list[Line2D]]]
    told: str
    head: str
    lacks: str
    log: bool


def _with_sizes(family: str, table: Table) -> str:
    return f"{family}\nd = {ends(sorted(table), brief)}"


ALONG = Kind(
    "before step $k$",
    r"$\|g\|_1\,/\,(\sqrt{d}\,\|g\|_2)$",
    _with_sizes,
    partial(by_rank, least="smallest d", most="largest d of the panel"),
    "d = {}",
    "the mean over seeds, with 95 % t-intervals",
    "no training loop was recorded at several steps",
    True,
)
BESIDE = Kind(
    "samples $B$ in the minibatch",
    "ρ of a minibatch / ρ of f",
    lambda family, _: family,
    by_stage,
    "{0.name}",
    "largest d; bars: 95 % t-intervals",
    "no minibatches of several sizes were measured beside f",
    False,
)


def training(material: Material) -> list[Drawing | Skipped]:
    """ρ against the step, a panel for each family and a line for each size."""
    caption = (
        "ρ = ‖g‖₁/(√d‖g‖₂) along training, a line for each d, of which a panel's title has the ends. Of the exact "
        "gradient where that was measured more than once, else of what the optimizer was given: then it is that of "
        "gradient and noise together. Expected: nothing; lines that lie apart show that the size matters all along. "
        "Bars are 95 % t-intervals over seeds, {}."
    )
    return _drawn("training", "ρ along training", caption, material, _along, ALONG)


def batches(material: Material) -> list[Drawing | Skipped]:
    """ρ of a minibatch's gradient over that of the exact one, against the size of the minibatch."""
    caption = (
        "ρ of the gradient of a random minibatch of B samples, over ρ of the exact gradient at the same point, for the "
        "largest network of each family; a line for each checkpoint, named by how much of the training lies before it. "
        "1 is what a plot of minibatches should show, and is off by as much as the lines are: noise has a ρ of its "
        "own. Expected: 1 where B is large. Bars are 95 % t-intervals over seeds and draws, {}."
    )
    return _drawn("batches", "Minibatches beside the exact gradient", caption, material, _beside, BESIDE)


def _drawn(
    name: str,
    title: str,
    caption: str,
    material: Material,
    of: Callable[[Sequence[Recording]], Table],
    kind: Kind,
) -> list[Drawing | Skipped]:
    # runs of several lengths are no family that a line can be drawn through
    families = by_family(r for r in material.recordings if r.settings.get("axis") != "steps")
    tables = {family or "(no family)": of(own) for family, own in families.items()}
    tables = {family: table for family, table in tables.items() if any(len(line) > 1 for line in table.values())}
    if not tables:
        return [Skipped(name, title, kind.lacks)]
    shown = dict(list(tables.items())[:MOST_PANELS])
    estimates = [e for table in shown.values() for line in table.values() for e in line.values()]
    values, number = [e.value for e in estimates], how_many(estimates)
    result = f"Between {min(values):.3f} and {max(values):.3f}."
    if len(tables) > len(shown):
        result += f" {len(tables) - len(shown)} more of {len(tables)} families are not shown."
    return [Drawing(name, title, caption.format(number), result, partial(_figure, shown, kind, number))]


def _along(recordings: Sequence[Recording]) -> dict[int, dict[int, Estimate]]:
    kind = EXACT if any(len(np.unique(r.steps[r.rows(EXACT)])) > 1 for r in recordings) else BATCH
    table: dict[int, dict[int, list[float]]] = {}
    for recording in recordings:
        for row in _spread(recording.rows(kind)):
            value = recording.rho(row)
            if np.isfinite(value):
                table.setdefault(recording.dim(row), {}).setdefault(int(recording.steps[row]), []).append(value)
    chosen = sorted(table)
    if len(chosen) > MOST_LINES:
        chosen = [chosen[i] for i in np.linspace(0, len(chosen) - 1, MOST_LINES).astype(int)]
    return {d: {k: mean(found) for k, found in sorted(table[d].items())} for d in chosen}


def _spread(rows: np.ndarray) -> list[int]:
    """At most 64 of them, the first and the last among them."""
    return [int(row) for row in rows[np.unique(np.linspace(0, rows.size - 1, 64).astype(int))]] if rows.size else []


def _beside(recordings: Sequence[Recording]) -> dict[Stage, dict[int, Estimate]]:
    stage = stages(recordings)
    largest = max(recording.dim(0) for recording in recordings)
    table: dict[int, dict[int, list[float]]] = {}
    for recording in (r for r in recordings if r.dim(0) == largest):
        exact = {int(recording.steps[row]): recording.rho(row) for row in recording.rows(EXACT)}
        for row in recording.rows(BATCH):
            step, samples = int(recording.steps[row]), int(recording.samples[row])
            if samples and step in exact and np.isfinite(recording.rho(row)) and exact[step] > 0:
                table.setdefault(step, {}).setdefault(samples, []).append(recording.rho(row) / exact[step])
    chosen = sorted(table)[:: max(1, -(-len(table) // MOST_LINES))]
    return {stage(k): {b: mean(found) for b, found in sorted(table[k].items())} for k in chosen}


def _figure(tables: Mapping[str, Table], kind: Kind, number: str, width: float) -> Sheet:
    columns = min(len(tables), 3 if width > NARROW else 2)
    figure = Sheet(width, 0.9 + 1.9 * -(-len(tables) // columns))
    axes = on_grid(figure, list(tables), columns, tables)
    looks, keys = kind.looks([list(table) for table in tables.values()])
    heights = [e.value for table in tables.values() for line in table.values() for e in line.values()]
    limits, reach = span(heights, 1.2), (min(heights) - 0.1, max(heights) + 0.1)
    for index, ((family, ax), look) in enumerate(zip(axes.items(), looks, strict=True)):
        table = tables[family]
        xs = sorted({x for line in table.values() for x in line})
        ax.set_xscale("log")
        ax.set_xlim(*span(xs, 1.4))
        if kind.log:
            ax.set_yscale("log")
            ax.set_ylim(*limits)
            value_axis(ax.yaxis, limits)
        else:
            ax.set_ylim(*reach)
        size_axis(ax.xaxis, xs if len(xs) <= 8 else [xs[0], xs[-1]], 4)
        letters = int(13.5 * width / columns)
        ax.set_title("\n".join(panel_title(line, letters) for line in kind.title(family, table).split("\n")), pad=3)
        ax.set_xlabel(kind.across)
        if index % columns == 0:
            ax.set_ylabel(kind.up)
        for line, values in table.items():
            told = [f"{family}, {kind.told.format(line)}, {x}" for x in values]
            points(ax, list(values), list(values.values()), look[line], told)
    legend(figure, keys)
    headline(figure, f"{kind.head}, {number}")
    return figure
