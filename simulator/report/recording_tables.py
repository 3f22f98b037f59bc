"""The tables of recordings: exponents of ρ over families of networks, and the layers that explain them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..cells.recording import BATCH, EXACT, Recording
from ..judge.intervals import Estimate
from ..judge.outcome import Verdict
from ..networks.averages import averages
from ..words import ends, short
from .figures.style import LEVEL
from .table import Column, Table, tabled
from .wording import number, signed

NO_FAMILY = "(no family)"
MOST_LAYERS = 12  # of a recording, those with the largest shares

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
POPULATION = (
    Column("family", "family", "head"),
    Column("dim", "d", "number"),
    Column("step", "before step", "number"),
    Column("samples", "samples", "number", "{} samples"),
    Column("l2", "‖G‖₂", "number"),
    Column("l1", "‖G‖₁", "number"),
    Column("rho", "ρ of G", "number"),
    Column("noise", "noise", "number"),
)
LAYERS = (
    Column("family", "family", "head"),
    Column("dim", "d", "number"),
    Column("step", "before step", "number"),
    Column("gradient", "gradient", same="{} gradients"),
    Column("layer", "layer"),
    Column("size", "its d", "number"),
    Column("rho", "its ρ", "number"),
    Column("share", "share of ‖g‖₂²", "number"),
    Column("zeros", "exact zeros", "number"),
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
                    "sizes": ends([int(size) for size in trend["sizes"]]),
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


def population_table(recordings: Sequence[Recording]) -> Table:
    """What the samples say of the gradient G of the population behind them, for the ends of each family."""
    rows = []
    for recording in _ends(recordings):
        told = [int(row) for row in recording.rows(EXACT) if recording.population(row) is not None]
        rows += [_population(recording, row) for row in dict.fromkeys((told[0], told[-1]))] if told else []
    note = (
        "‖G‖₂² is estimated without bias, ‖G‖₁ lies between the two limits in expectation, and no more can be said "
        "without assumptions. Noise is what the mean over all samples has of it: the trace of their covariance over "
        "their number and ‖G‖₂². Where ‖G‖₂² comes out as 0 or less the samples don't determine it."
    )
    return tabled("population", "The gradient of the population", POPULATION, rows, note)


def _population(recording: Recording, row: int) -> dict:
    found = recording.population(row)
    assert found is not None
    square, lower, upper = found
    dim, samples, unknown = recording.dim(row), int(recording.samples[row]), "not determined"
    root = math.sqrt(dim * square) if square > 0 else math.nan
    return {
        "family": recording.family or NO_FAMILY,
        "dim": dim,
        "step": int(recording.steps[row]),
        "samples": samples,
        "l2": number(math.sqrt(square)) if square > 0 else unknown,
        "l1": f"{number(max(lower, 0.0))}…{number(upper)}",
        "rho": f"{max(lower, 0.0) / root:.3f}…{min(1.0, upper / root):.3f}" if square > 0 else unknown,
        "noise": number(recording.trace[row].sum() / (samples * square)) if square > 0 and samples else unknown,
    }


def layer_table(recordings: Sequence[Recording]) -> Table:
    """The layers of the smallest and the largest network of each family, at the first and the last gradient."""
    rows = []
    for recording in _ends([r for r in recordings if len(r.layers) > 1]):
        rows += _layers(recording.family or NO_FAMILY, recording)
    note = (
        "ρ of the whole gradient is the sum over layers of √(d_j/d)·ρ_j·√share_j: it is small where the share sits in "
        "layers of few parameters."
    )
    return tabled("layers", "Layers", LAYERS, rows, note)


def _ends(recordings: Sequence[Recording]) -> list[Recording]:
    """The smallest and the largest network of each family, of its first seed."""
    families: dict[str, list[Recording]] = {}
    for recording in recordings:
        families.setdefault(recording.family, []).append(recording)
    found = []
    for own in families.values():
        least = min(own, key=lambda r: (r.dim(0), r.seed))
        most = min(own, key=lambda r: (-r.dim(0), r.seed))
        found += [least, most] if least.dim(0) < most.dim(0) else [most]
    return found


def _layers(family: str, recording: Recording) -> list[dict]:
    kind = EXACT if recording.rows(EXACT).size else BATCH
    chosen = recording.rows(kind)
    found = []
    for row in dict.fromkeys((int(chosen[0]), int(chosen[-1]))):
        ratios, shares, sizes = recording.layer_rho(row), recording.shares(row), recording.sizes[row]
        for j in np.argsort(-np.nan_to_num(shares), kind="stable")[:MOST_LAYERS]:
            found.append(
                {
                    "family": family,
                    "dim": recording.dim(row),
                    "step": int(recording.steps[row]),
                    "gradient": "exact" if kind == EXACT else "minibatch",
                    "layer": recording.layers[j],
                    "size": int(sizes[j]),
                    "rho": f"{ratios[j]:.3f}",
                    "share": f"{100 * shares[j]:.1f} %",
                    "zeros": f"{100 * recording.zeros[row, j] / max(1, sizes[j]):.1f} %",
                }
            )
    return found
