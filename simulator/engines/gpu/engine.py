"""The GPU engine: ``kernel.cu`` with the formulas of a cell, the same numbers as the CPU engine's.

x and the state have the CPU engine's bits; sums are added in another order. Replicas that don't fit the card's
memory together run one batch of them after the other; memory doesn't depend on the number of steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.errors import InputError

from ...cells.quantities import ALWAYS, Quantity
from ...cells.spec import Cell
from ...cells.stats import Stats, checkpoint_steps
from ..measures import Measures
from .batch import Batch, Kernels
from .device import Device, cupy_device
from .sizes import Room, Shape, next_cut, whole_tiles

FIRST_WORK = 1 << 30  # coordinate-steps of the first launch, at most
LAUNCH = 0.3  # seconds that the others are to take, so that progress and Ctrl-C go on
SHARE = 0.9  # of the free memory that may be taken


def device_name() -> str:
    """The card that ``simulate`` takes by default."""
    return cupy_device().name


def simulate(
    cell: Cell,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    *,
    quantities: Iterable[Quantity | str] = (),
    fast: bool = False,
    device: Device | None = None,
    chunk: int | None = None,
    shape: Shape | None = None,
    memory: int | None = None,
    observe: Callable[[NDArray], None] | None = None,
) -> Stats:
    """Run every replica of *cell* on a GPU. See ``Stats`` for what is recorded; *threads* is ignored.

    *fast* lets the compiler fuse multiplications and additions, which changes the last bits. *chunk* steps, a
    multiple of TILE, are run in a launch (by default as many as take LAUNCH seconds), with *memory* bytes of the
    device; neither changes a bit of the result. *observe* gets the final x and state of replicas, shape
    (…, 1 + state, dim), in order. Raises InputError where there is no GPU or too little memory on it.
    """
    if Measures.of(quantities, cell.optimizer).quantities != ALWAYS:
        raise InputError("the gpu backend measures no further quantities yet; take the backend cpu")
    device = device or cupy_device()
    spec, shape = cell.spec, shape or Shape.of(cell.spec.dim)
    room = require_room(cell, device, shape, memory)
    kernels = Kernels(cell, device, shape, fast)
    totals, curves = [], []
    for first in range(0, spec.replicas, room.replicas):
        batch = Batch(kernels, first, min(room.replicas, spec.replicas - first), chunk or room.chunk)
        curves.append(_run(batch, chunk, progress))
        totals.append(device.get(batch.totals))
        if observe:
            observe(device.get(batch.state))
    return _stats(cell, np.concatenate(totals), *(np.concatenate(parts, axis=1) for parts in zip(*curves, strict=True)))


def require_room(cell: Cell, device: Device, shape: Shape | None = None, memory: int | None = None) -> Room:
    """What fits *device*, or its *memory* bytes; raises InputError if not even one replica of *cell* does."""
    memory = int(SHARE * device.free_bytes()) if memory is None else memory
    room = Room.of(cell, shape or Shape.of(cell.spec.dim), memory)
    if room.replicas < 1:
        raise InputError(
            f"dim={cell.spec.dim} needs {room.least / 2**30:.1f} GiB on the GPU and {device.name} has "
            f"{memory / 2**30:.1f} GiB to spare; choose a smaller dim, or float32"
        )
    return room


def _run(batch: Batch, chunk: int | None, progress: Callable[[int], None] | None) -> tuple[NDArray, NDArray]:
    """All steps of a batch; what ``Batch.curves`` gives, at each checkpoint."""
    spec, device = batch.kernels.cell.spec, batch.kernels.device
    marks = checkpoint_steps(spec.steps) - 1  # counted from 0, as everywhere inside the engine
    coordinates, room = spec.dim * batch.count, int(batch.room)
    length = chunk or whole_tiles(FIRST_WORK // coordinates, room)
    curves, start = [], 0
    while start < spec.steps:
        marked, stop = next_cut(start, spec.steps, marks, length)
        begin = time.perf_counter()
        if marked:
            batch.measure()
        batch.advance(start, stop)
        batch.fold(stop - start)
        if marked:
            curves.append(batch.curves())
        device.synchronize()
        if not chunk:
            pace = (time.perf_counter() - begin) / (stop - start)
            length = whole_tiles(int(LAUNCH / pace), min(room, 4 * length))
        if progress:
            progress(coordinates * (stop - start))
        start = stop
    early, measured = zip(*curves, strict=True)
    return np.array(early), np.array(measured)


def _stats(cell: Cell, totals: NDArray, early: NDArray, measured: NDArray) -> Stats:
    """From Σ of the three norms, shape (replicas, 3), and the curves, shapes (checkpoints, replicas, 3, 2) and
    (checkpoints, replicas, 3)."""
    steps, problem, marks = cell.spec.steps, cell.problem, checkpoint_steps(cell.spec.steps)
    value, steepest, furthest = measured.transpose(2, 1, 0)
    l1, square, l2 = totals.T / steps
    return Stats.of(
        {"mean_grad_l1": l1, "mean_grad_l2": l2, "mean_grad_l2_squared": square},
        marks,
        grad_l1=early[..., 0, 0].T,
        grad_l2=early[..., 2, 0].T,
        f_gap=value * problem.scale - problem.minimum,
        grad_linf=steepest,
        max_abs_x=furthest,
        running_l1=early[..., 0, 1].T / marks,
        running_l2=early[..., 2, 1].T / marks,
    )
