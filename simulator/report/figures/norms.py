"""Norms of random vectors: the Gaussian inequality with its exact value, and the limits of other laws."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ...judge.intervals import Estimate
from ...samples.exact import gaussian_l2
from ...samples.rows import NormRow
from .labels import headline, key, legend, line_key
from .panels import blank, points
from .scales import span
from .style import FAINT, INK, TWO_COLUMN, Drawing, Look, Skipped, named
from .text import plain

NAME, TITLE = "norms", "Norms of random vectors"


def norms(results: Sequence = (), norm_rows: Sequence[NormRow] = ()) -> list[Drawing | Skipped]:
    """E‖g‖₁/E‖g‖₂ ÷ √(2d/π) of Gaussian vectors, and ‖g‖₁/(√d‖g‖₂) of every law, against d."""
    if not norm_rows:
        return [Skipped(NAME, TITLE, "no norm checks were run")]
    figure = blank(TWO_COLUMN, 3.5)
    left, right = figure.subplots(1, 2, width_ratios=[0.8, 1.0])
    dims = sorted({row.dim for row in norm_rows})
    gaussian = [row for row in norm_rows if row.law == "gaussian"]
    laws = list(dict.fromkeys(row.law for row in norm_rows))
    looks = named(laws)
    _inequality(left, gaussian, dims, looks.get("gaussian"))
    handles = _limits(right, norm_rows, looks)
    legend(figure, handles)
    for ax in (left, right):
        ax.set_xscale("log")
        ax.set_xlim(*span(dims, 1.6, least=10.0))
        ax.set_xlabel("dimension $d$")
    samples = sorted({row.samples for row in norm_rows})
    least_to_most = " to ".join(f"{count:,}" for count in dict.fromkeys((samples[0], samples[-1])))
    number = f"n = {least_to_most} vectors a point"
    headline(figure, f"{number}; bars: 95 % t-intervals")
    caption = (
        "Left: E‖g‖₁/E‖g‖₂ of Gaussian vectors g divided by √(2d/π): the exact value √d/E‖g‖₂, which is above "
        "1 at every d and tends to 1 (the inequality E‖g‖₁ ≥ √(2d/π)·E‖g‖₂ is tight only in the limit), and Monte "
        "Carlo points. Right: ‖g‖₁/(√d‖g‖₂) for vectors of independent coordinates of variance 1, with its "
        "limit E|gᵢ| dashed. Expected: points on the line (left), and on their dashed limits at large d "
        f"(right). {number}; bars are 95 % t-intervals over samples; on the left they add the relative errors "
        "of both means, so they are too wide rather than too narrow."
    )
    return [Drawing(NAME, TITLE, caption, figure)]


def _inequality(ax: Axes, rows: Sequence[NormRow], dims: Sequence[int], look: Look | None) -> None:
    d = np.geomspace(dims[0], max(dims[-1], 2 * dims[0]), 200)  # the gamma functions fill in between integers
    ax.plot(d, [math.sqrt(v) / gaussian_l2(v) for v in d], color=INK, linewidth=0.9)
    ax.axhline(1.0, color=INK, linestyle="--", linewidth=0.8)
    handles = [line_key(r"exact, $\sqrt{d}\,/\,\mathrm{E}\|g\|_2$", "-"), line_key("1, the bound")]
    if look is not None:
        points(ax, [row.dim for row in rows], [_ratio(row) for row in rows], look, line=False)
        handles.append(key(look, "Monte Carlo"))
        handles[-1].set_linestyle("none")
    ax.set_ylabel(r"$(\mathrm{E}\|g\|_1/\mathrm{E}\|g\|_2)\;/\;\sqrt{2d/\pi}$")
    ax.set_title("Gaussian vectors", pad=3)
    ax.set_ylim(0.98, max(1.1, 1.02 * max(math.sqrt(v) / gaussian_l2(v) for v in dims)))
    ax.legend(handles=handles, loc="upper right")


def _ratio(row: NormRow) -> Estimate:
    """(mean ‖g‖₁/mean ‖g‖₂)/√(2d/π); the relative errors add up at most, whatever their correlation."""
    value = row.mean_l1 / row.mean_l2 / math.sqrt(2 * row.dim / math.pi)
    return Estimate(value, value * (row.sem_l1 / row.mean_l1 + row.sem_l2 / row.mean_l2), row.samples - 1)


def _limits(ax: Axes, rows: Sequence[NormRow], looks: dict[str, Look]) -> list[Line2D]:
    handles = []
    for law, look in looks.items():
        own = sorted((row for row in rows if row.law == law), key=lambda row: row.dim)
        estimates = [Estimate(row.ratio_mean, row.ratio_sem, row.samples - 1) for row in own]
        points(ax, [row.dim for row in own], estimates, look)
        ax.axhline(own[0].ratio_limit, color=look.color, linestyle="--", linewidth=0.7, alpha=0.8, zorder=1.5)
        handles.append(key(look, f"{plain(law)}, limit {own[0].ratio_limit:.3f}"))
    handles.append(line_key(r"limits $\mathrm{E}\,|g_i|$", "--", FAINT))
    ax.set_ylabel(r"$\mathrm{E}\,[\,\|g\|_1\,/\,(\sqrt{d}\,\|g\|_2)\,]$")
    ax.set_title("all laws, and their limits", pad=3)
    ax.set_ylim(0.0, 1.05)
    return handles
