"""``make bench``: nanoseconds per coordinate-step of the CPU engine, as a user meets it (compiled, all cores)."""

from __future__ import annotations

import time

import numpy as np
from rich.console import Console
from rich.table import Table

from .cores import cores
from .engines import run
from .spec import Spec

WORKLOADS = {"A": (64, 10_000, 64), "B": (4096, 4_000, 8)}
REPEATS = 5


def main() -> None:
    """Time every workload REPEATS times after a warm-up and print median, least and most."""
    table = Table(title=f"adamw on rational, gaussian noise, float64, {cores()} threads: ns per coordinate-step")
    for column in ("workload", "dim", "steps", "replicas", "median", "min", "max"):
        table.add_column(column, justify="right")
    for name, (dim, steps, replicas) in WORKLOADS.items():
        spec = Spec.of("rational", "adamw", dim, steps, replicas)
        run(spec)
        times = []
        for _ in range(REPEATS):
            begin = time.perf_counter()
            run(spec)
            times.append((time.perf_counter() - begin) / (dim * steps * replicas) * 1e9)
        table.add_row(
            name, str(dim), str(steps), str(replicas), *(f"{f(times):.2f}" for f in (np.median, np.min, np.max))
        )
    Console().print(table)


if __name__ == "__main__":
    main()
