"""Vectors whose ρ is known: what a ladder of them shows is what the whole way from a run to a verdict does."""

from __future__ import annotations

import numpy as np

from ..cells.recording import EXACT, Recording, gathered
from ..version import version
from .run import Run

ENTRIES = 16  # of a sparse vector, all of size 1: ρ = √(ENTRIES/d), exactly


def record(run: Run, text: str) -> Recording:
    """A Gaussian vector of ``run.size`` coordinates, or one with ENTRIES that are not 0, as a recording of one row."""
    rng = np.random.default_rng([run.seed, run.size])
    if run.law == "gaussian":
        g = rng.standard_normal(run.size)
    else:
        g = np.zeros(run.size)
        g[rng.choice(run.size, ENTRIES, replace=False)] = rng.choice([-1.0, 1.0], ENTRIES)
    row = {
        "steps": 1,
        "kind": EXACT,
        "sizes": [g.size],
        "zeros": [g.size - np.count_nonzero(g)],
        "l1": [np.abs(g).sum()],
        "l2": [np.sqrt(np.square(g).sum())],  # np.dot's bits depend on the number of threads
    }
    return gathered(text, ("vector",), [row], {"ratecheck": version()})
