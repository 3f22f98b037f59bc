"""The GPU engine: ``kernel.cu`` with the formulas of a cell, the same numbers as the CPU engine's.

x and the state have the CPU engine's bits; sums are added in another order. Replicas that don't fit the card's
memory together run one group of them after the other; memory doesn't depend on the number of steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from problems.errors import InputError

from ..rng import TILE, key
from ..spec import Cell
from ..stats import Stats, checkpoint_steps
from .cuda_source import has_biases, kernel_source
from .device import Device, cupy_device
from .hyper import hyper_rows, varies

MOST_THREADS = 128  # of a block
BATCH, HALF, WARP = 8, TILE // 2, 32  # as in kernel.cu
MOST_GROUPS = 1 << 14  # of a replica
CHUNK_WORK = 1 << 36  # coordinate-steps of a launch, at most: half a second
CHUNK_SUMS = 1 << 26  # float64 numbers in a chunk's sums
MOST_CHUNK = 1 << 16  # steps
SHARE = 0.9  # of the free memory that may be taken


def device_name() -> str:
    """The card that ``simulate`` takes by default."""
    return cupy_device().name


@dataclass(frozen=True)
class Shape:
    """How coordinates are cut: *threads* of a block, each with *coordinates* at a time; *group* in a block's care."""

    threads: int
    coordinates: int
    group: int

    @classmethod
    def of(cls, dim: int) -> Shape:
        """Of the dimension alone, so that the order of sums is, too."""
        threads = next((t for t in (32, 64) if dim <= t), MOST_THREADS)
        coordinates = 4 if dim >= 1 << 19 else 2 if dim >= 1 << 18 else 1  # few blocks would leave processors idle
        group = threads * coordinates
        while -(-dim // group) > MOST_GROUPS:
            group *= 2
        return cls(threads, coordinates, group)

    def shared_bytes(self, rows: int, real: int) -> int:
        """What a block of ``advance`` needs, as kernel.cu lays it out."""
        block, warps = self.threads * self.coordinates, self.threads // WARP
        return real * ((rows + 1) * block + BATCH * warps * 2 * HALF) + 4 * HALF * block


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
    room = int(SHARE * device.free_bytes()) if memory is None else memory
    needed = _bytes_per_replica(cell, shape)
    shared = 0 if cell.problem.spectrum == 0 else spec.dim * np.dtype(spec.dtype).itemsize
    most = (room - shared) // needed
    if most < 1:
        raise InputError(
            f"dim={spec.dim} needs {(needed + shared) / 2**30:.1f} GiB on the GPU and {device.name} has "
            f"{room / 2**30:.1f} GiB to spare; choose a smaller dim, or float32"
        )
    run = _Run(cell, device, shape, chunk, fast)
    parts = []
    for first in range(0, spec.replicas, most):
        parts.append(run.replicas(first, min(most, spec.replicas - first), progress, observe))
    return _stats(cell, parts)


def _bytes_per_replica(cell: Cell, shape: Shape) -> int:
    """State, and the least that sums and norms take."""
    state = (1 + len(cell.optimizer.state)) * cell.spec.dim * np.dtype(cell.spec.dtype).itemsize
    groups = -(-cell.spec.dim // shape.group)
    return state + 8 * TILE * (2 * groups + 3)


@dataclass
class _Part:
    """Of some replicas: Σ of the three norms, shape (replicas, 3); at each checkpoint norms and totals, shape
    (checkpoints, replicas, 3, 2), and Σ slope·φ, max|∇_i| and max|x_i|, shape (checkpoints, 3, replicas)."""

    totals: NDArray
    early: NDArray
    diagnostics: NDArray


class _Run:
    """A cell's kernels and what all its launches share."""

    def __init__(self, cell: Cell, device: Device, shape: Shape, chunk: int | None, fast: bool):
        spec, problem = cell.spec, cell.problem
        self.cell, self.device, self.shape, self.chunk = cell, device, shape, chunk
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
        items = count * self.groups
        chunk = self.chunk or _chunk(spec.dim * count, items)
        sizes = np.int64(spec.dim), np.int64(self.shape.group), np.int64(self.groups)
        state = device.zeros((count, rows, spec.dim), self.real)
        sums, norms = device.zeros((items, 2, chunk), float), device.zeros((count, 3, chunk), float)
        totals, early = device.zeros((count, 3), float), device.zeros((count, 3, 2), float)
        measured = device.zeros((items, 3), float)
        shared_bytes = self.shape.shared_bytes(rows, self.real.itemsize)
        seed = tuple(np.uint32(word) for word in key(spec.seed))
        table, stride = device.zeros((1,), self.real), np.int64(0)
        size = count * rows * spec.dim
        start_value = self.real.type(self.cell.problem.start)
        launch("begin", -(-size // 256), 256, 0, state, start_value, sizes[0], np.int64(size))
        curves, diagnostics = [], []
        for start, stop, marked in segments(spec.steps, self.marks, chunk):
            if marked:
                bytes_ = self.shape.threads * (8 + 2 * self.real.itemsize)
                launch("measure", items, self.shape.threads, bytes_, state, *self.slopes, measured, *sizes)
            if self.varying:
                values = hyper_rows(self.cell, start, stop - start if varies(self.cell, start) else 1)
                table, stride = device.put(values.astype(self.real)), np.int64(values.shape[1] * (len(values) > 1))
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
                np.int64(chunk),
                np.int64(first),
                np.int64(start),
                np.int64(stop),
                *seed,
            )
            steps = np.int64(chunk), np.int64(stop - start)
            launch(
                "gather", -(-2 * count * (stop - start) // 128), 128, 0, sums, norms, np.int64(count), sizes[2], *steps
            )
            launch("fold", -(-3 * count // 32), 32, 0, norms, totals, early, np.int64(count), *steps)
            if marked:
                curves.append(device.get(early))
                part = device.get(measured).reshape(count, self.groups, 3)
                diagnostics.append([part[..., 0].sum(axis=1), part[..., 1].max(axis=1), part[..., 2].max(axis=1)])
            if progress:
                device.synchronize()
                progress(spec.dim * count * (stop - start))
        if observe:
            observe(device.get(state))
        return _Part(device.get(totals), np.array(curves), np.array(diagnostics))


def segments(steps: int, marks: NDArray, chunk: int) -> Iterator[tuple[int, int, bool]]:
    """(first, stop, whether first is marked): launches that end where a chunk does, before a marked step or at last.

    Chunks begin at multiples of *chunk*, whatever was cut before, so that few launches begin within a tile.
    """
    marked = {int(k) for k in marks}
    ends = sorted((marked | {*range(0, steps, chunk), steps}) - {0})
    first = 0
    for stop in ends:
        yield first, stop, first in marked
        first = stop


def _chunk(coordinates: int, items: int) -> int:
    """Steps of a launch, at most: a multiple of TILE."""
    most = min(MOST_CHUNK, CHUNK_WORK // coordinates, CHUNK_SUMS // (2 * items))
    return max(TILE, most - most % TILE)


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
