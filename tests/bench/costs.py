"""``python -m tests.bench.costs``: the table of ``simulator/lab/cost.py``, measured here, ready to paste."""

from __future__ import annotations

import time

import numpy as np

from problems import NOISES, PROBLEMS
from simulator.cells.cell import Cell
from simulator.cells.spec import Spec
from simulator.engines.cpu import engine as cpu
from simulator.engines.resolve import resolve
from simulator.optimizers import OPTIMIZERS
from simulator.theorems.naming import horizon_theorem

ROUNDS = 25
STANDARD = "standard"


def cells() -> dict[str, Cell]:
    """Name → a cell that differs from the standard in that alone."""

    def cell(problem="rational", optimizer="adamw", noise="gaussian", dim=64, dtype="float64") -> Cell:
        noise = "rademacher" if optimizer == "adagrad" else noise  # whose rule needs bounded noise
        grows = getattr(PROBLEMS[problem], "growth", 0)  # and so has no L, which the rules need
        ruled = horizon_theorem(optimizer, OPTIMIZERS[optimizer]) and not grows
        more = {} if ruled else {"schedule": "constant", "optimizer_args": {"lr": 1e-3}}
        replicas, steps = max(1, 256 // dim), 8000 * 256 // max(256, dim)
        return resolve(Spec.of(problem, optimizer, dim, steps, replicas, noise=noise, dtype=dtype, **more))

    return {
        STANDARD: cell(),
        **{name: cell(problem=name) for name in PROBLEMS},
        **{name: cell(optimizer=name) for name in OPTIMIZERS},
        **{name: cell(noise=name) for name in NOISES},
        "float32": cell(dtype="float32"),
        "small": cell(dim=16),
        "wide": cell(dim=1024),
    }


def extras() -> tuple[float, dict[str, float]]:
    """Seconds per coordinate-step of the standard on one core, and by how many times that each of the others differs.

    Medians over rounds in which every cell runs once, so that a machine that changes its pace does no harm.
    """
    chosen = cells()
    for cell in chosen.values():
        cpu.simulate(cell, threads=1)
    times = {name: [] for name in chosen}
    for _ in range(ROUNDS):
        for name, cell in chosen.items():
            begin = time.process_time()
            cpu.simulate(cell, threads=1)
            work = cell.spec.dim * cell.spec.steps * cell.spec.replicas
            times[name].append((time.process_time() - begin) / work)
    standard = np.array(times.pop(STANDARD))
    relative = {name: float(np.median(np.array(seconds) / standard)) - 1 for name, seconds in times.items()}
    return float(np.median(standard)), relative


def main() -> None:
    """Print the table."""
    rate, relative = extras()
    print(f"CORE_RATE = {rate:.2g}")
    print("EXTRA = {")
    for name, extra in relative.items():
        if abs(extra) >= 0.02:
            print(f'    "{name}": {extra:.2f},')
    print("}")


if __name__ == "__main__":
    main()
