"""Norms of random vectors: the Gaussian inequality with its exact value, and the limits of other laws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from ...judge.intervals import Estimate
from ...samples.exact import gaussian_l2
from ...samples.rows import NormRow
from ...words import number as small
from .drawing import Drawing, Skipped
from .ends import End, label_ends
from .labels import headline, key, line_key
from .material import Material
from .panels import points
from .scales import size_axis, span, value_axis
from .sheet import Sheet, sheet_of
from .style import INK, LEVEL, NARROW, Look, named
from .text import plain

NAME, TITLE = "norms", "Norms of random vectors"
LAW = "gaussian"


def norms(material: Material) -> list[Drawing | Skipped]:
    """What E‖g‖₁/E‖g‖₂ ÷ √(2d/π) of Gaussian vectors exceeds 1 by, and ‖g‖₁/(√d‖g‖₂) of every law, against d."""
    rows = material.norm_rows
    if not rows:
        return [Skipped(NAME, TITLE, "no norm checks were run")]
    samples = sorted({row.samples for row in rows})
    number = f"n = {' to '.join(f'{count:,}' for count in dict.fromkeys((samples[0], samples[-1])))} vectors a point"
    caption = (
        "First: what E‖g‖₁/E‖g‖₂ of Gaussian vectors g, divided by √(2d/π), exceeds 1 by: the line is the exact "
        "√d/E‖g‖₂ − 1, which is above 0 at every d (the inequality E‖g‖₁ ≥ √(2d/π)·E‖g‖₂) and falls like 1/(4d), so "
        "that the inequality is tight in the limit only. Points: Monte Carlo; a triangle is the upper 95 % limit "
        "where the sampled excess was below 0. Second: ‖g‖₁/(√d‖g‖₂) for vectors of independent coordinates of "
        "variance 1, with its limit E|gᵢ| dashed. Expected: bars that meet the line (first), and points on their "
        f"dashed limits at large d (second). {number}; bars are 95 % t-intervals over samples; in the first panel they "
        "add the relative errors of both means, so they are too wide rather than too narrow."
    )
    largest = max(row.dim for row in rows)
    ends = {row.law: row for row in rows if row.dim == largest}
    off = [abs(row.ratio_mean - row.ratio_limit) for row in ends.values()]
    result = (
        f"At d = {largest} the ratio differs from its limit by at most {small(max(off), 2)}, over {len(ends)} laws."
    )
    return [Drawing(NAME, TITLE, caption, result, partial(_figure, rows, number))]


def _figure(rows: Sequence[NormRow], number: str, width: float) -> Sheet:
    beside = width > NARROW
    figure = Sheet(width, 2.9 if beside else 4.9)
    left, right = figure.subplots(*((1, 2) if beside else (2, 1)))
    dims = sorted({row.dim for row in rows})
    laws = list(dict.fromkeys(row.law for row in rows))
    looks = named(laws)
    for ax in (left, right):
        ax.set_xscale("log")
        ax.set_xlim(*span(dims, 1.6, least=10.0))
        ax.set_xlabel("dimension $d$")
        size_axis(ax.xaxis, dims, 5)
    _inequality(left, [row for row in rows if row.law == LAW], dims, looks.get(LAW))
    _limits(right, rows, looks)
    headline(figure, f"{number}; bars: 95 % t-intervals")
    return figure


def _inequality(ax: Axes, rows: Sequence[NormRow], dims: Sequence[int], look: Look | None) -> None:
    # in between integers the gamma functions fill in
    d = np.geomspace(dims[0], max(dims[-1], 2 * dims[0]), 100)
    exact = [math.sqrt(v) / gaussian_l2(v) - 1 for v in d]
    limits = span([*exact, *(_ratio(row).value - 1 for row in rows)], 4.0)
    ax.set_yscale("log")
    ax.set_ylim(*limits)
    value_axis(ax.yaxis, limits)
    ax.plot(d, exact, color=INK, linewidth=0.9)
    handles = [line_key(r"exact, $\sqrt{d}\,/\,\mathrm{E}\|g\|_2-1$", "-")]
    if look is not None and rows:
        for row in rows:
            _excess(ax, row.dim, _ratio(row), look, limits[0])
        handles.append(key(look, "Monte Carlo"))
        handles[-1].set_linestyle("none")
    ax.set_ylabel(r"$(\mathrm{E}\|g\|_1/\mathrm{E}\|g\|_2)\,/\,\sqrt{2d/\pi}\;-\;1$")
    ax.set_title("Gaussian vectors: excess over the bound", pad=3)
    ax.legend(handles=handles, loc="upper right")


def _excess(ax: Axes, dim: int, ratio: Estimate, look: Look, floor: float) -> None:
    """A point with its bar, down to the *floor* of the axis where the interval reaches 0; or its upper limit."""
    value, low, high = ratio.value - 1, ratio.low(LEVEL) - 1, ratio.high(LEVEL) - 1
    if value > 0:
        reach = [[value - max(low, floor * 0.5)], [high - value]]
        drawn = ax.errorbar([dim], [value], reach, color=look.color, marker=look.marker, linestyle="none").lines[0]
    elif high > 0:
        (drawn,) = ax.plot([dim], [high], color=look.color, marker="v", markerfacecolor="none", linestyle="none")
    else:  # below the bound by more than its error: at the lower edge, for a log axis has no place for it
        (drawn,) = ax.plot([dim], [floor * 1.2], color=look.color, marker="X", linestyle="none")
    sheet_of(ax).tell(drawn, [f"{LAW}, d = {dim}: 1 + {value:.3g} [{low:.3g}, {high:.3g}]"])


def _ratio(row: NormRow) -> Estimate:
    """(mean ‖g‖₁/mean ‖g‖₂)/√(2d/π); the relative errors add up at most, whatever their correlation."""
    value = row.mean_l1 / row.mean_l2 / math.sqrt(2 * row.dim / math.pi)
    return Estimate(value, value * (row.sem_l1 / row.mean_l1 + row.sem_l2 / row.mean_l2), row.samples - 1)


def _limits(ax: Axes, rows: Sequence[NormRow], looks: dict[str, Look]) -> None:
    ends = []
    for law, look in looks.items():
        own = sorted((row for row in rows if row.law == law), key=lambda row: row.dim)
        estimates = [Estimate(row.ratio_mean, row.ratio_sem, row.samples - 1) for row in own]
        points(ax, [row.dim for row in own], estimates, look, [f"{law}, d = {row.dim}" for row in own])
        limit = own[0].ratio_limit
        ax.axhline(limit, color=look.color, linestyle="--", linewidth=0.7, zorder=1.5)
        ends.append(End(ax.get_xlim()[1], limit, plain(f"{law} {limit:.3f}"), look.color))
    ax.set_ylabel(r"$\mathrm{E}\,[\,\|g\|_1\,/\,(\sqrt{d}\,\|g\|_2)\,]$")
    ax.set_title(r"all laws, and their limits $\mathrm{E}\,|g_i|$ (dashed)", pad=3)
    ax.set_ylim(0.0, 1.05)
    label_ends(ax, ends, 1.4)
