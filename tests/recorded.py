"""Recordings made of numbers that a test chooses."""

from __future__ import annotations

import numpy as np

from simulator.cells.recording import EXACT, Recording, gathered, identity


def row(gradients, step: int = 1, kind: int = EXACT, **further) -> dict:
    """A row of layers' gradients, each an array."""
    flat = [np.asarray(g, dtype=np.float64).ravel() for g in gradients]
    return {
        "steps": step,
        "kind": kind,
        "sizes": [g.size for g in flat],
        "zeros": [int(np.sum(g == 0)) for g in flat],
        "l1": [np.abs(g).sum() for g in flat],
        "l2": [np.sqrt(np.dot(g, g)) for g in flat],
        **further,
    }


def of_rho(rho: float, dim: int, seed: int, steps=(1,), kind: int = EXACT, **settings) -> Recording:
    """A recording of one layer of *dim* coordinates with that ρ at each of *steps*."""
    rows = [
        {"steps": k, "kind": kind, "sizes": [dim], "zeros": [0], "l1": [rho * np.sqrt(dim)], "l2": [1.0]} for k in steps
    ]
    told = {"family": "made", **settings, "seed": seed}
    return gathered(identity(told, dim=dim), ("layer",), rows, {})


def family(
    exponent: float, sizes=(1000, 4000, 16000, 64000, 256000), seeds=4, noise=0.01, bend=0.0, **settings
) -> list:
    """Recordings whose ρ is 0.5 (d/1000)^exponent, and in log d a parabola by *bend*, each seed off by *noise*."""
    found = []
    for seed in range(seeds):
        for size in sizes:
            x = np.log(size / 1000)
            off = noise * np.random.default_rng([seed, size]).standard_normal()
            found.append(of_rho(float(0.5 * np.exp(exponent * x + bend * x * x + off)), size, seed, **settings))
    return found
