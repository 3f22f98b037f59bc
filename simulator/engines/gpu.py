"""The GPU engine: ``kernel.cu`` with the formulas of a cell, the same numbers as the CPU engine's.

x and the state have the CPU engine's bits; sums are added in another order. Replicas that don't fit the card's
memory together run one group of them after the other; memory doesn't depend on the number of steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from problems.errors import InputError

from ..rng import key
from ..spec import Cell
from ..stats import Stats, checkpoint_steps
from .cuda_source import has_biases, kernel_source
from .device import Device, cupy_device
from .gpu_sizes import FAN, Room, Shape, next_cut, whole_tiles
from .hyper import hyper_rows, varies

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
    fast: bool = False,
    device: Device | None = None,
    chunk: int | None = None,
    shape: Shape | None = None,
    memory: int | None = None,
    observe: Callable[[NDArray], None] | None = None,
) -> Stats:
    """Run every replica of *cell* on a GPU. See ``Stats`` for what is recorded; *threads* is ignored.

    *fast* lets the compiler fuse multiplications and additions, which changes the last bits. *chunk* steps, a
    multiple of TILE, are run in a launch at most, with *memory* bytes of the device; neither changes a bit of the
    result. *observe* gets the final x and state of replicas, shape (…, 1 + state, dim), in order. Raises InputError
    where there is no GPU or too little memory on it.
    """
    device = device or cupy_device()
    spec = cell.spec
    shape = shape or Shape.of(spec.dim)
    room = require_room(cell, device, shape, memory)
    run = _Run(cell, device, shape, chunk or room.chunk, chunk, fast)
    parts = []
    for first in range(0, spec.replicas, room.replicas):
        parts.append(run.replicas(first, min(room.replicas, spec.replicas - first), progress, observe))
    return _stats(cell, parts)


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


@dataclass
class _Part:
    """Of some replicas: Σ of the three norms, shape (replicas, 3); at each checkpoint norms and totals, shape
    (checkpoints, replicas, 3, 2), and Σ slope·φ, max|∇_i| and max|x_i|, shape (checkpoints, 3, replicas)."""

    totals: NDArray
    early: NDArray
    diagnostics: NDArray


class _Run:
    """A cell's kernels and what all its launches share."""

    def __init__(self, cell: Cell, device: Device, shape: Shape, room: int, chunk: int | None, fast: bool):
        """*room* steps fit a launch; it takes *chunk* of them, by default what takes LAUNCH seconds."""
        spec, problem = cell.spec, cell.problem
        self.cell, self.device, self.shape, self.room, self.chunk = cell, device, shape, room, chunk
        self.real = np.dtype(spec.dtype)
        self.varying = has_biases(cell)
        self.module = device.load(kernel_source(cell, shape.threads, shape.coordinates), fast)
        parameters = [spec.sigma / np.sqrt(spec.dim), problem.center, 1.0 / problem.scale, *problem.constants]
        self.module.constant("parameters", np.array(parameters, dtype=self.real))
        if cell.noise.constants:
            self.module.constant("law_constants", cell.noise.constant_array)
        if not self.varying:
            self.module.constant("hyper", hyper_rows(cell, 0, 1)[0].astype(self.real))
        flat = problem.spectrum == 0
        self.slopes = device.put(problem.slopes(0, 1 if flat else spec.dim).astype(self.real)), np.int64(not flat)
        self.groups = -(-spec.dim // shape.group)
        self.marks = checkpoint_steps(spec.steps) - 1  # counted from 0, as everywhere inside the engine

    def replicas(self, first: int, count: int, progress, observe) -> _Part:
        """Run *count* replicas from number *first*."""
        spec, device, launch = self.cell.spec, self.device, self.module.launch
        rows = 1 + len(self.cell.optimizer.state)
        items, parts, room = count * self.groups, -(-self.groups // FAN), np.int64(self.room)
        sizes = np.int64(spec.dim), np.int64(self.shape.group), np.int64(self.groups)
        many = np.int64(count)
        state = device.zeros((count, rows, spec.dim), self.real)
        sums = device.zeros((items, 2, self.room), float)
        partial = device.zeros((count * parts, 2, self.room), float) if parts > 1 else sums
        norms = device.zeros((count, 3, self.room), float)
        totals, early = device.zeros((count, 3), float), device.zeros((count, 3, 2), float)
        measured = device.zeros((items, 3), float)
        shared_bytes = self.shape.shared_bytes(rows, self.real.itemsize)
        seed = tuple(np.uint32(word) for word in key(spec.seed))
        table, stride = device.zeros((1,), self.real), np.int64(0)
        size = count * rows * spec.dim
        start_value = self.real.type(self.cell.problem.start)
        launch("begin", -(-size // 256), 256, 0, state, start_value, sizes[0], np.int64(size))
        curves, diagnostics = [], []
        chunk = self.chunk or whole_tiles(FIRST_WORK // (spec.dim * count), self.room)
        start = 0
        while start < spec.steps:
            marked, stop = next_cut(start, spec.steps, self.marks, chunk)
            if marked:
                bytes_ = self.shape.threads * (8 + 2 * self.real.itemsize)
                launch("measure", items, self.shape.threads, bytes_, state, *self.slopes, measured, *sizes)
            if self.varying:
                values = hyper_rows(self.cell, start, stop - start if varies(self.cell, start) else 1)
                table, stride = device.put(values.astype(self.real)), np.int64(values.shape[1] * (len(values) > 1))
            begin = time.perf_counter()
            launch(
                "advance",
                items,
                self.shape.threads,
                shared_bytes,
                state,
                *self.slopes,
                table,
                stride,
                sums,
                *sizes,
                room,
                np.int64(first),
                np.int64(start),
                np.int64(stop),
                *seed,
            )
            steps = room, np.int64(stop - start)

            def gather(source, target, groups: int, parts: int, kinds: int, steps=steps) -> None:
                threads = 2 * count * parts * int(steps[1])
                given = np.int64(groups), np.int64(parts), np.int64(kinds)
                launch("gather", -(-threads // 128), 128, 0, source, target, many, *given, *steps)

            if parts > 1:
                gather(sums, partial, self.groups, parts, 2)
            gather(partial, norms, parts if parts > 1 else self.groups, 1, 3)
            launch("fold", -(-3 * count // 32), 32, 0, norms, totals, early, many, *steps)
            if marked:
                curves.append(device.get(early))
                part = device.get(measured).reshape(count, self.groups, 3)
                diagnostics.append([part[..., 0].sum(axis=1), part[..., 1].max(axis=1), part[..., 2].max(axis=1)])
            device.synchronize()
            if progress:
                progress(spec.dim * count * (stop - start))
            if not self.chunk:
                pace = (time.perf_counter() - begin) / (stop - start)
                chunk = whole_tiles(int(LAUNCH / pace), min(self.room, 4 * chunk))
            start = stop
        if observe:
            observe(device.get(state))
        return _Part(device.get(totals), np.array(curves), np.array(diagnostics))


def _stats(cell: Cell, parts: list[_Part]) -> Stats:
    steps, problem, marks = cell.spec.steps, cell.problem, checkpoint_steps(cell.spec.steps)
    totals = np.concatenate([part.totals for part in parts])
    early = np.concatenate([part.early for part in parts], axis=1)  # (checkpoints, replicas, 3, 2)
    value, steepest, furthest = np.concatenate([part.diagnostics for part in parts], axis=2).transpose(1, 2, 0)
    l1, square, l2 = totals.T / steps
    return Stats.of(
        l1,
        l2,
        square,
        marks,
        grad_l1=early[..., 0, 0].T,
        grad_l2=early[..., 2, 0].T,
        f_gap=value * problem.scale - problem.minimum,
        grad_linf=steepest,
        max_abs_x=furthest,
        running_l1=early[..., 0, 1].T / marks,
        running_l2=early[..., 2, 1].T / marks,
    )
