"""The tables of gradients: that of the population, the noise of minibatches, and the layers that explain ρ."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from ..cells.recording import BATCH, EXACT, Recording, by_family
from .table import Column, Table, tabled
from .wording import number

NO_FAMILY = "(no family)"
MOST_LAYERS = 12  # of a recording, those with the largest shares

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
NOISE = (
    Column("family", "family", "head"),
    Column("dim", "d", "number"),
    Column("step", "before step", "number"),
    Column("samples", "B", "number"),
    Column("exact", "ρ of ∇f", "number"),
    Column("batch", "ρ of g", "number"),
    Column("noise", "ρ of the noise", "number"),
    Column("ratio", "‖noise‖₂/‖∇f‖₂", "number"),
    Column("draws", "draws", "number", "{} draws"),
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


def noise_table(recordings: Sequence[Recording]) -> Table:
    """What a minibatch of B samples adds to the exact gradient, in the largest network of each family."""
    rows = []
    for family, own in by_family(recordings).items():
        dim = max(r.dim(0) for r in own)
        found: dict[tuple[int, int], list[tuple[float, ...]]] = {}
        for recording in (r for r in own if r.dim(0) == dim):
            for key, draw in _draws(recording):
                found.setdefault(key, []).append(draw)
        steps = sorted({step for step, _ in found})
        for step, samples in sorted(key for key in found if key[0] in steps[:1] + steps[-1:]):
            exact, batch, noise, ratio = np.mean(found[step, samples], axis=0)
            rows.append(
                {
                    "family": family or NO_FAMILY,
                    "dim": dim,
                    "step": step,
                    "samples": samples,
                    "exact": f"{exact:.3f}",
                    "batch": f"{batch:.3f}",
                    "noise": f"{noise:.3f}",
                    "ratio": number(ratio),
                    "draws": len(found[step, samples]),
                }
            )
    note = (
        "Means over draws, of all seeds. A Gaussian vector has ρ = √(2/π) = 0.798; the less of its noise a network "
        "spreads over its parameters, the lower it is."
    )
    return tabled("noise", "The noise of minibatches", NOISE, rows, note)


def _draws(recording: Recording) -> Iterator[tuple[tuple[int, int], tuple[float, ...]]]:
    """(step, samples) of each minibatch beside an exact gradient, with (ρ of ∇f, ρ of g, ρ of the noise, ratio)."""
    exact = {int(recording.steps[row]): row for row in recording.rows(EXACT)}
    for row in recording.rows(BATCH):
        step = int(recording.steps[row])
        if step in exact and math.isfinite(rho := recording.noise_rho(row)):
            size = np.linalg.norm(recording.noise_l2[row]) / np.linalg.norm(recording.l2[exact[step]])
            told = (recording.rho(exact[step]), recording.rho(row), rho, float(size))
            yield (step, int(recording.samples[row])), told


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
    found = []
    for own in by_family(recordings).values():
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
