"""Engines that give the same numbers: ``protocol`` says what one is, ``loop`` is the time loop of all.

``reference`` is plain NumPy and slow; ``cpu`` is compiled by Numba and uses all cores; ``gpu`` is CUDA, by CuPy.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import math
import os
import platform
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from ratecheck.problems.errors import InputError, choose

from ..cells.cell import Cell
from ..cells.evidence import Result
from ..cells.hyper import Hyper
from ..cells.quantities import ALWAYS, Quantity, find_quantity
from ..cells.spec import Spec
from ..cells.stats import Stats
from ..version import version
from .resolve import resolve

if TYPE_CHECKING:
    from .loop import Keep
    from .protocol import Engine

BACKENDS = {
    "cpu": ".cpu.engine",
    "gpu": ".gpu.engine",
    "reference": ".reference",
}
AUTO = "auto"  # the gpu where it is there and pays, else the cpu


def require_backend(name: str, fast: bool = False) -> None:
    """Raise InputError for an unknown backend, for one that this machine can't run, or if it can't be *fast*."""
    choose({**BACKENDS, AUTO: AUTO}, name, "backend")
    if name == "gpu":
        from .gpu.device import cupy_device

        cupy_device()
    elif fast and name != AUTO:
        raise InputError(f"fast is for the gpu backend alone, got the backend {name!r}")


def run(
    spec: Spec,
    backend: str = "cpu",
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    fast: bool = False,
    quantities: Iterable[Quantity | str] = (),
    keep: Keep | None = None,
) -> Result:
    """Run one cell, which measures *quantities* besides those that every run does.

    *threads* of the cpu backend defaults to all cores and never changes the numbers; *progress* is called with the
    coordinate-steps (dim · steps · replicas) done since its last call. *fast* lets the gpu backend fuse
    multiplications and additions: the last bits differ then. *keep* has the cell where it was left, and keeps it on
    its way (``loop.Keep``). Raises InputError for a backend that is unknown or that this machine can't run, or a Spec
    that can't be resolved.
    """
    require_backend(backend, fast)
    asked = tuple(map(find_quantity, quantities))
    cell = resolve(spec)
    if backend == AUTO:
        from .auto import pick

        backend = pick(spec, asked)[0]
        fast = fast and backend == "gpu"
    require_memory(cell, backend)
    from . import loop

    engine = engine_of(backend, threads, fast)
    begin = time.perf_counter()
    stats = loop.simulate(engine, cell, asked, progress, keep=keep)
    return result_of(cell, stats, backend, time.perf_counter() - begin, asked, fast)


def engine_of(backend: str, threads: int | None = None, fast: bool = False) -> Engine:
    """The engine of a backend; *threads* as in ``run``."""
    # late: Numba's start-up is not paid by who doesn't run
    made = importlib.import_module(BACKENDS[backend], __package__).Engine
    return made(threads) if backend == "cpu" else made(fast=fast) if backend == "gpu" else made()


def result_of(
    cell: Cell, stats: Stats, backend: str, seconds: float, asked: Iterable[Quantity] = (), fast: bool = False
) -> Result:
    """The Result of a cell that *backend* has just run in so many seconds, with where and how as its provenance."""
    card = {}
    if backend == "gpu":
        from .gpu.engine import device_name

        card = {"fast": fast, "device": device_name()}
    return Result(
        cell.spec,
        cell.constants,
        Hyper(cell.hyper),
        stats,
        cell.identity,
        {
            "seconds": seconds,
            "backend": backend,
            **card,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "host": platform.node(),
            "machine": platform.machine(),
            "versions": dict(_versions()),
            **_told(asked),
        },
    )


def require_memory(cell: Cell, backend: str = "cpu") -> None:
    """Raise InputError for a cell whose state alone is larger than this machine's memory, where it must hold it."""
    if backend in ("gpu", AUTO):
        return  # the state may be on the card, and the engine looks for itself
    spec = cell.spec
    needed = spec.dim * spec.replicas * (1 + len(cell.optimizer.state)) * np.dtype(spec.dtype).itemsize
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else math.inf
    if needed > there:
        raise InputError(
            f"dim={spec.dim} with replicas={spec.replicas} needs {needed / 2**30:.1f} GiB for its state and this "
            f"machine has {there / 2**30:.1f} GiB; choose a smaller dim or fewer replicas"
        )


def _told(quantities: Iterable[Quantity]) -> dict[str, dict[str, str]]:
    """What was measured beyond ALWAYS, as provenance has it."""
    every = {quantity.name for quantity in ALWAYS}
    digests = {quantity.name: quantity.digest for quantity in quantities if quantity.name not in every}
    return {"quantities": digests} if digests else {}


@cache
def _versions() -> dict[str, str]:
    others = {name: importlib.metadata.version(name) for name in ("numpy", "numba")}
    return {"python": platform.python_version(), **others, "ratecheck": version()}
