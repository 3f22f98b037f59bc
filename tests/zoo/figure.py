"""The figure of a theorem: measured/bound of every cell over the horizon, one panel, small enough to be kept."""

from __future__ import annotations

import io
from collections import defaultdict

import matplotlib as mpl

from simulator.judge.intervals import mean
from simulator.report.figures.style import FAINT, INK, MARKERS, NAMED, RC, compact

from .verified import Verified

SMALL = {**RC, "svg.fonttype": "none", "font.family": "sans-serif", "axes.labelsize": 9}  # text as text


def figure(found: Verified) -> bytes:
    """An SVG, equal for equal results: a line for each problem and dimension, and the bound at 1."""
    content = io.BytesIO()
    with mpl.rc_context(SMALL):
        _drawn(found).savefig(content, format="svg", metadata={"Date": None, "Creator": "ratecheck"})
    lines = content.getvalue().decode().splitlines()
    return ("\n".join(line.rstrip() for line in lines) + "\n").encode()


def _drawn(found: Verified):
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

    lines = curves(found)
    made = Figure(figsize=(5.0, 2.9), layout="constrained")
    axes = made.subplots()
    problems = list(dict.fromkeys(problem for problem, _ in lines))
    dims = sorted({dim for _, dim in lines})
    for (problem, dim), points in lines.items():
        axes.plot(
            [k for k, _ in points],
            [ratio for _, ratio in points],
            color=NAMED[problems.index(problem) % len(NAMED)],
            marker=MARKERS[dims.index(dim) % len(MARKERS)],
            markersize=3.2,
            linewidth=0.9,
            label=f"{problem}, d = {dim}",
        )
    axes.axhline(1.0, color=INK, linewidth=0.8)
    axes.annotate("bound", (1, 1), (-2, -3), xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=8)
    axes.texts[-1].set(ha="right", va="top", color=FAINT)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")  # no mathtext, of which each letter is an element
    steps = sorted({k for points in lines.values() for k, _ in points})
    axes.set_xticks(steps, [compact(k) for k in steps])
    axes.set_xlabel("horizon K")
    axes.set_ylabel("measured/bound")
    made.legend(*axes.get_legend_handles_labels(), loc="outside right upper", fontsize=7)
    return made


def curves(found: Verified) -> dict[tuple[str, int], list[tuple[int, float]]]:
    """(problem, d) to the pairs (K, mean of measured/bound) of the cells that the theorem says something of, the
    largest where several differ in something else."""
    best: dict[tuple[str, int], dict[int, float]] = defaultdict(dict)
    for result in found.results:
        said = found.theorem.on(result)
        if said is None or said.void or said.aside or not said.bound:
            continue
        ratio = mean(result.stats.values(found.theorem.measures.name) / said.bound).value
        line = best[result.spec.problem, result.spec.dim]
        line[result.spec.steps] = max(ratio, line.get(result.spec.steps, 0.0))
    return {key: sorted(points.items()) for key, points in sorted(best.items(), key=lambda item: item[0])}
