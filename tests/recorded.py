"""Recordings made of numbers that a test chooses."""

from __future__ import annotations

import numpy as np

from simulator.cells.recording import BATCH, EXACT, Recording, gathered, identity
from simulator.networks.run import Run


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


def loops() -> list:
    """Two families of training loops of two layers, at three steps, with minibatches of three sizes beside them."""
    found = []
    for name, exponent in (("level", 0.0), ("falling", -0.25)):
        for seed in range(4):
            for d in (1000, 4000, 16000, 64000, 256000):
                rows = []
                for k in (1, 11, 101):
                    rho = 0.5 * (d / 1000) ** exponent * (1 + 0.01 * seed) * k**-0.02
                    made = {"steps": k, "sizes": [d - 10, 10], "zeros": [d // 10, 0], "l2": [1.0, 0.5]}
                    for samples, factor in ((0, 1.0), (16, 0.7), (128, 0.9), (1024, 0.98)):
                        kind = BATCH if samples else EXACT
                        l1 = [factor * rho * np.sqrt(d) - 1.0, 1.0]
                        rows.append({**made, "kind": kind, "samples": samples, "l1": l1})
                told = {"family": name, "seed": seed, "parametrization": "mup" if exponent else "standard"}
                found.append(gathered(identity(told, dim=d), ("hidden", "readout"), rows, {}))
    return found


def lengths(exponent: float, steps=(100, 320, 1000, 3200), seeds: int = 4) -> list:
    """Runs of several lengths K, whose norms are K^exponent at the steps of their mean and 100 elsewhere."""
    found = []
    for seed in range(seeds):
        for length in steps:
            told = {"task": "mlp", "family": "lengths", "data": "digits", "axis": "steps"}
            run = Run.of({**told, "steps": length, "average": 20, "seed": seed}, "here")
            rows = [
                row([[height, 0.0]], k)
                for k in sorted({1, *run.averaged, length + 1})
                for height in [length**exponent if k in run.averaged else 100.0]
            ]
            found.append(gathered(run.identity({}), ("layer",), rows, {}))
    return found
