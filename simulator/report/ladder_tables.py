"""The tables of ladders: exponents of ρ over families of networks, and of mean norms in K."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..cells.recording import Recording
from ..judge.intervals import Estimate
from ..judge.outcome import Verdict
from ..judge.trends import size_words
from ..networks.averages import averages
from ..words import ends, short
from .figures.style import LEVEL
from .table import Column, Table, tabled
from .wording import number, signed

TRENDS = (
    Column("theorem", "theorem", "head"),
    Column("family", "family", "long"),
    Column("layer", "layer", same="layer {}"),
    Column("step", "before step", "number"),
    Column("axis", "in", same="exponents in {}"),
    Column("exponent", "exponent of ρ", "number"),
    Column("interval", "95 % interval", "number"),
    Column("upper", "on the upper half", "number"),
    Column("predicted", "predicted", "number"),
    Column("sizes", "sizes", "number"),
    Column("seeds", "seeds", "number", "{} seeds"),
)
AVERAGES = (
    Column("family", "family", "head"),
    Column("norm", "mean over k of"),
    Column("exponent", "exponent in K", "number"),
    Column("interval", "95 % interval", "number"),
    Column("steps", "K", "number"),
    Column("means", "means", "number"),
    Column("seeds", "seeds", "number", "{} seeds"),
)


def trend_table(verdicts: Sequence[Verdict]) -> Table:
    """A row per theorem about recordings, family, layer and step, with the exponent of ρ and what was predicted."""
    rows = []
    for v in verdicts:
        for trend in v.numbers.get("ladders", []):
            if trend["exponent"] is None:
                continue
            error = math.inf if trend["error"] is None else trend["error"]
            estimate = Estimate(trend["exponent"], error, trend["seeds"] - 1)
            rows.append(
                {
                    "theorem": v.claim,
                    "family": trend["family"],
                    "layer": trend["layer"] or "all",
                    "step": trend["step"],
                    "axis": trend["axis"],
                    "exponent": signed(trend["exponent"]),
                    "interval": _interval(estimate),
                    "upper": "" if trend["upper_half"] is None else signed(trend["upper_half"]),
                    "predicted": signed(trend["predicted"]),
                    "sizes": ends(trend["sizes"], size_words),
                    "seeds": trend["seeds"],
                }
            )
    note = (
        "Least-squares slopes of log ρ, a slope a seed, with t-intervals over seeds: that a curve is no power law is "
        "not in them, and the slope on the upper half of the sizes says how far it is."
    )
    return tabled("trends", "Exponents of ρ = ‖g‖₁/(√d‖g‖₂)", TRENDS, rows, note)


def _interval(exponent: Estimate) -> str:
    low, high = exponent.low(LEVEL), exponent.high(LEVEL)
    return f"[{signed(low)}, {signed(high)}]" if math.isfinite(low) else "none: one seed"


def average_table(recordings: Sequence[Recording]) -> Table:
    """A row per family that was trained for several numbers of steps K, and norm: the exponent of its mean in K."""
    rows = []
    for each in averages(recordings):
        rows.append(
            {
                "family": each.family,
                "norm": each.norm,
                "exponent": signed(each.exponent.value),
                "interval": _interval(each.exponent),
                "steps": f"{short(each.lengths[0])}…{short(each.lengths[-1])}",
                "means": f"{number(each.ends[0])}…{number(each.ends[1])}",
                "seeds": each.seeds,
            }
        )
    note = "An observation: of a network no L, Δ and σ are known, so that no theorem about a rate is judged on it."
    return tabled("averages", "Mean gradient norms over K steps", AVERAGES, rows, note)
