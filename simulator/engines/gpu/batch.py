"""A cell's kernels on a device, and a batch of its replicas: their arrays, and one method for each kernel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...cells.cell import Cell
from ..hyper import hyper_rows, parameters, varies
from ..rng import key
from .device import Device, Module
from .sizes import FAN, Shape
from .source import has_biases, kernel_source


def load(cell: Cell, device: Device, shape: Shape, fast: bool = False) -> Module:
    """The kernels of *cell*, compiled where they are not on disk; raises InputError where *device* can't have them."""
    return device.load(kernel_source(cell, shape.threads, shape.coordinates), fast)


def set_constants(module: Module, cell: Cell) -> None:
    """Fill the constant memory of kernels for *cell*."""
    module.constant("parameters", parameters(cell))
    if cell.noise.constants:
        module.constant("law_constants", cell.noise.constant_array)
    if cell.optimizer.hyper and not has_biases(cell):
        module.constant("hyper", hyper_rows(cell, 0, 1)[0].astype(cell.spec.dtype))


class Kernels:
    """The compiled kernels of a cell with its constants, and the slopes that all replicas share."""

    def __init__(self, cell: Cell, device: Device, shape: Shape, fast: bool):
        spec, problem = cell.spec, cell.problem
        self.cell, self.device, self.shape = cell, device, shape
        self.real = np.dtype(spec.dtype)
        self.module = load(cell, device, shape, fast)
        set_constants(self.module, cell)
        flat = problem.spectrum == 0
        self.slopes = device.put(problem.slopes(0, 1 if flat else spec.dim).astype(self.real)), np.int64(not flat)


class Batch:
    """*count* replicas from number *first* on, with room for the sums of *steps* steps."""

    def __init__(self, kernels: Kernels, first: int, count: int, steps: int):
        spec, device, real = kernels.cell.spec, kernels.device, kernels.real
        self.kernels, self.first, self.count, self.room = kernels, np.int64(first), count, np.int64(steps)
        self.rows = 1 + len(kernels.cell.optimizer.state)
        self.groups = -(-spec.dim // kernels.shape.group)
        self.parts = -(-self.groups // FAN)
        self.items = count * self.groups
        self.sizes = np.int64(spec.dim), np.int64(kernels.shape.group), np.int64(self.groups)
        self.state = device.zeros((count, self.rows, spec.dim), real)
        self.sums = device.zeros((self.items, 2, steps), float)
        self.partial = device.zeros((count * self.parts, 2, steps), float) if self.parts > 1 else self.sums
        self.norms = device.zeros((count, 3, steps), float)
        self.totals = device.zeros((count, 3), float)
        self.early = device.zeros((count, 3, 2), float)
        self.measured = device.zeros((self.items, 3), float)
        size = count * self.rows * spec.dim
        start = real.type(kernels.cell.problem.start)
        kernels.module.launch("begin", -(-size // 256), 256, 0, self.state, start, self.sizes[0], np.int64(size))

    def measure(self) -> None:
        """Diagnostics of x as it is."""
        threads = self.kernels.shape.threads
        shared_bytes = threads * (8 + 2 * self.kernels.real.itemsize)
        given = self.state, *self.kernels.slopes, self.measured, *self.sizes
        self.kernels.module.launch("measure", self.items, threads, shared_bytes, *given)

    def advance(self, start: int, stop: int) -> None:
        """The steps *start* … *stop* − 1: x and the state, and the norms of every step in groups."""
        cell, shape = self.kernels.cell, self.kernels.shape
        rows = np.zeros((1, 1))  # hyper-parameters in constant memory need no table
        if has_biases(cell):
            rows = hyper_rows(cell, start, stop - start if varies(cell, start) else 1)
        table = self.kernels.device.put(rows.astype(self.kernels.real))
        self.kernels.module.launch(
            "advance",
            self.items,
            shape.threads,
            shape.shared_bytes(self.rows, self.kernels.real.itemsize),
            self.state,
            *self.kernels.slopes,
            table,
            np.int64(rows.shape[1] if len(rows) > 1 else 0),
            self.sums,
            *self.sizes,
            self.room,
            self.first,
            np.int64(start),
            np.int64(stop),
            *(np.uint32(word) for word in key(cell.spec.seed)),
        )

    def fold(self, steps: int) -> None:
        """The norms of the last *steps* steps, summed over groups and added to the totals."""
        if self.parts > 1:
            self._gather(self.sums, self.partial, self.groups, self.parts, 2, steps)
        self._gather(self.partial, self.norms, self.parts if self.parts > 1 else self.groups, 1, 3, steps)
        given = self.norms, self.totals, self.early, np.int64(self.count), self.room, np.int64(steps)
        self.kernels.module.launch("fold", -(-3 * self.count // 32), 32, 0, *given)

    def _gather(self, sums, out, groups: int, parts: int, kinds: int, steps: int) -> None:
        threads = 2 * self.count * parts * steps
        given = sums, out, *map(np.int64, (self.count, groups, parts, kinds)), self.room, np.int64(steps)
        self.kernels.module.launch("gather", -(-threads // 128), 128, 0, *given)

    def curves(self) -> tuple[NDArray, NDArray]:
        """Of the first of the steps that were folded last, norms and totals, shape (replicas, 3, 2); and Σ slope·φ,
        max|∇_i| and max|x_i| of the last measurement, shape (replicas, 3)."""
        parts = self.kernels.device.get(self.measured).reshape(self.count, self.groups, 3)
        measured = [parts[..., 0].sum(axis=1), parts[..., 1].max(axis=1), parts[..., 2].max(axis=1)]
        return self.kernels.device.get(self.early), np.stack(measured, axis=1)
