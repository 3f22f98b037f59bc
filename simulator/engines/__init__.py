"""Engines: functions ``simulate(cell, threads, progress) → Stats`` that give the same numbers.

``reference`` is plain NumPy and slow; ``cpu`` is compiled by Numba and uses all cores.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import math
import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

import numpy as np

from problems.errors import InputError, choose

from ..results import Result
from ..spec import Cell, Spec

BACKENDS = {"cpu": "simulator.engines.cpu", "reference": "simulator.engines.reference"}


def run(
    spec: Spec, backend: str = "cpu", threads: int | None = None, progress: Callable[[int], None] | None = None
) -> Result:
    """Run one cell.

    *threads* defaults to all cores and never changes the numbers; *progress* is called with the
    coordinate-steps (dim · steps · replicas) done since its last call. Raises InputError for an
    unknown backend or a Spec that can't be resolved.
    """
    module = choose(BACKENDS, backend, "backend")
    cell = spec.resolve()
    require_memory(cell)
    engine = importlib.import_module(module)  # late: Numba's start-up is not paid by who doesn't run
    begin = time.perf_counter()
    stats = engine.simulate(cell, threads=threads, progress=progress)
    seconds = time.perf_counter() - begin
    return Result(
        spec,
        cell.constants,
        dict(cell.hyper),
        stats,
        {
            "seconds": seconds,
            "backend": backend,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "host": platform.node(),
            "machine": platform.machine(),
            "versions": dict(_versions()),
        },
    )


def require_memory(cell: Cell) -> None:
    """Raise InputError for a cell whose state alone is larger than this machine's memory."""
    spec = cell.spec
    needed = spec.dim * spec.replicas * (1 + len(cell.optimizer.state)) * np.dtype(spec.dtype).itemsize
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else math.inf
    if needed > there:
        raise InputError(
            f"dim={spec.dim} with replicas={spec.replicas} needs {needed / 2**30:.1f} GiB for its state and this "
            f"machine has {there / 2**30:.1f} GiB; choose a smaller dim or fewer replicas"
        )


@cache
def _versions() -> dict[str, str]:
    names = ("numpy", "numba", "ratecheck")
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}
