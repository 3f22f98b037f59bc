"""How the mean over K steps of ‖∇f‖₁ and ‖∇f‖₂ goes with K: an observation, on which nothing is claimed.

Of no network L, Δ and σ are known, so a theorem's K^(−1/4) can be neither shown nor refuted here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..cells.recording import EXACT, Recording
from ..judge.intervals import Estimate
from ..judge.trends import slope
from .run import Run

NORMS = {"‖∇f‖₁": lambda l1, l2: l1.sum(), "‖∇f‖₂": lambda l1, l2: np.sqrt(np.square(l2).sum())}
LEAST_LENGTHS = 3


@dataclass(frozen=True)
class Average:
    """The exponent in K of the mean of one norm over the steps 1 … K of one family, K in ``lengths``; ``ends`` are the
    means over seeds at the least and the largest K."""

    family: str
    norm: str
    lengths: tuple[int, ...]
    seeds: int
    ends: tuple[float, float]
    exponent: Estimate


def averages(recordings: Iterable[Recording]) -> list[Average]:
    """Of each family whose axis is the number of steps, measured at steps spread over each run; of none of which there
    are two recordings of one number of steps and one seed, for which of them is meant can't be known."""
    families: dict[str, dict[int, dict[int, Recording]]] = {}
    doubled = set()
    for recording in recordings:
        run = Run.that_left(recording)
        if run is None or run.axis != "steps" or not run.average:
            continue
        own = families.setdefault(recording.family, {}).setdefault(run.steps, {})
        if own.setdefault(recording.seed, recording) is not recording:
            doubled.add(recording.family)
    clean = {family: table for family, table in families.items() if family not in doubled and _enough(table)}
    return [_average(family, norm, table) for family, table in clean.items() for norm in NORMS]


def _enough(table: dict[int, dict[int, Recording]]) -> bool:
    return len(table) >= LEAST_LENGTHS and bool(set.intersection(*(set(own) for own in table.values())))


def _average(family: str, norm: str, table: dict[int, dict[int, Recording]]) -> Average:
    lengths = tuple(sorted(table))
    seeds = sorted(set.intersection(*(set(own) for own in table.values())))
    values = np.array([[mean_norm(table[length][seed], norm) for length in lengths] for seed in seeds])
    ends = float(values[:, 0].mean()), float(values[:, -1].mean())
    return Average(family, norm, lengths, len(seeds), ends, slope(np.log(lengths), np.log(values)))


def mean_norm(recording: Recording, norm: str) -> float:
    """The mean of a norm over the steps that ``Run.averaged`` spread over the run: unbiased for that over all."""
    wanted = set(Run.of(recording.settings, recording.family).averaged)
    rows = [row for row in recording.rows(EXACT) if int(recording.steps[row]) in wanted]
    return float(np.mean([NORMS[norm](recording.l1[row], recording.l2[row]) for row in rows]))
