"""A cell's kernels on a device, and a part's arrays there, with one method for each kernel."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...cells.cell import Cell
from ..hyper import hyper_rows, varies
from ..measures import Measures
from ..numbers import Layout, rows, shared_numbers, shares_all, starts
from ..parts import Part, group_count, group_size, nodes
from ..protocol import DIAGNOSTICS
from ..rng import key
from ..totals import RUNNING
from .device import Device, Module
from .sizes import FAN, Room, Shape, launches
from .source import has_rows, kernel_source, maxima

OVER = ("mean", "weighted", "min", "max", "last")  # as in fold.cuh


def load(cell: Cell, measures: Measures, device: Device, shape: Shape, fast: bool = False) -> Module:
    """The kernels of *cell*, compiled where they are not on disk; raises InputError where *device* can't have them."""
    return device.load(kernel_source(cell, measures, shape.threads, shape.coordinates), fast)


def set_constants(module: Module, cell: Cell) -> None:
    """Fill the constant memory of kernels for *cell*."""
    module.constant("parameters", shared_numbers(cell))
    if cell.noise.formula_arguments:
        module.constant("law_arguments", cell.noise.formula_argument_array)
    if cell.optimizer.hyper and not has_rows(cell):
        module.constant("hyper", hyper_rows(cell, 0, 1)[0].astype(cell.spec.dtype))


class Batch:
    """The replicas and groups of *part*, with x and the state at the start or where *values* say, and room for the sums
    of a chunk of steps."""

    def __init__(
        self,
        cell: Cell,
        part: Part,
        measures: Measures,
        device: Device,
        shape: Shape,
        room: Room,
        fast: bool,
        values: NDArray | None,
    ):
        spec = cell.spec
        self.cell, self.part, self.measures, self.device, self.shape = cell, part, measures, device, shape
        self.real, self.room, self.rows = np.dtype(spec.dtype), room, 1 + len(cell.optimizer.state)
        self.module = load(cell, measures, device, shape, fast)
        self.coordinates, self.count = part.coordinates(spec.dim), len(part.replicas)
        bounds = self.coordinates.start, self.coordinates.stop
        self.given = device.put(rows(cell, *bounds)), np.int64(not shares_all(cell))
        mine = shape.groups(self.coordinates)
        self.groups, self.items = len(mine), self.count * len(mine)
        finer = group_size(spec.dim) // shape.group
        self.nodes = [range(self.groups)]  # of the tree of groups, from the part's first one on
        if not part.has_all_groups(spec.dim):
            found = nodes(part.groups, group_count(spec.dim))
            self.nodes = [
                range(n.start * finer - mine.start, min(n.stop * finer, mine.stop) - mine.start) for n in found
            ]
        self.sizes = np.int64(len(self.coordinates)), np.int64(shape.group), np.int64(self.groups)
        self.state = self._start() if values is None else device.put(values)
        slots, chunk = len(measures.sums), room.chunk
        self.folds = device.zeros((self.items, slots, chunk), float)
        self.rounds = [device.zeros((self.count * -(-self.groups // by), slots, chunk), float) for by in (FAN, FAN**2)]
        self.readings = device.zeros((self.count, 1 + max(measures.rows), chunk), float)
        self.measured = device.zeros((self.items, len(DIAGNOSTICS)), float)

    def _launch(self, kernel: str, size: int, threads: int, *arguments: object) -> None:
        """A kernel with a thread for each of *size* things."""
        self.module.launch(kernel, -(-size // threads), threads, 0, *arguments)

    def _start(self) -> Any:
        """x and the state before the first step."""
        shape = self.count, self.rows, len(self.coordinates)
        start = np.atleast_1d(starts(self.cell, self.coordinates.start, self.coordinates.stop)).astype(self.real)
        given = self.device.put(start), np.int64(start.size > 1)
        state = self.device.zeros(shape, self.real)
        self._launch("begin", math.prod(shape), 256, state, *given, self.sizes[0], np.int64(math.prod(shape)))
        return state

    def advance(self, start: int, stop: int, marks: NDArray) -> list[NDArray]:
        """The steps *start* … *stop* − 1: x, the state and the folds of every step in groups; and the diagnostics at
        each of *marks*, shape (replicas, nodes, 3)."""
        table, found = np.zeros((1, 1)), []
        set_constants(self.module, self.cell)  # another run may have had the module
        if has_rows(self.cell):
            table = hyper_rows(self.cell, start, stop - start if varies(self.cell, start) else 1)
        hyper = self.device.put(table.astype(self.real)), np.int64(table.shape[1] if len(table) > 1 else 0)
        shared_bytes = self.shape.shared_bytes(
            self.rows + len(Layout.of(self.cell).own), len(self.measures.sums), self.real.itemsize
        )
        places = np.int64(self.part.replicas.start), np.int64(start), np.int64(stop - start)
        for marked, low, high in launches(start, stop, marks):
            if marked:
                found.append(self._measure())
            self.module.launch(
                "advance",
                self.items,
                self.shape.threads,
                shared_bytes,
                self.state,
                *self.given,
                *hyper,
                self.folds,
                np.int64(self.coordinates.start),
                *self.sizes,
                *places,
                np.int64(low),
                np.int64(high),
                *(np.uint32(word) for word in key(self.cell.spec.seed)),
            )
        return found

    def _measure(self) -> NDArray:
        """Diagnostics of x as it is, in nodes."""
        threads = self.shape.threads
        shared_bytes = threads * (8 + 2 * self.real.itemsize)
        given = self.state, *self.given, self.measured, *self.sizes
        self.module.launch("measure", self.items, threads, shared_bytes, *given)
        return self._in_nodes(self.measured, DIAGNOSTICS, 1)[..., 0]

    def root(self, count: int) -> Any:
        """Folds of *count* steps over all groups, on the device: (replicas, slots, count)."""
        return self._root(self.folds, self.nodes[0], [one.fold for one in self.measures.sums], count)

    def in_nodes(self, count: int) -> NDArray:
        """Folds of *count* steps in the part's nodes, on the host: (replicas, nodes, slots, count)."""
        return self._in_nodes(self.folds, [one.fold for one in self.measures.sums], count)

    def _in_nodes(self, folds: Any, kinds: Sequence[str], count: int) -> NDArray:
        shape = self.count, len(kinds), count
        roots = (self._root(folds, node, kinds, count) for node in self.nodes)
        return np.stack([self.device.get(root, math.prod(shape)).reshape(shape) for root in roots], axis=1)

    def _root(self, folds: Any, node: range, kinds: Sequence[str], count: int) -> Any:
        first, groups, stride, turn = node.start, len(node), self.groups, 0
        while stride > 1:
            parts, out = -(-groups // FAN), self.rounds[turn % 2]
            sizes = map(np.int64, (self.count, stride, first, groups, parts, len(kinds), count))
            size = self.count * parts * len(kinds) * count
            self._launch("gather", size, 128, folds, out, *sizes, np.uint64(maxima(kinds)))
            folds, first, groups, stride, turn = out, 0, parts, parts, turn + 1
        return folds

    def fold(
        self, folds: Any, count: int, marks: NDArray, weights: Mapping[int, NDArray], totals: NDArray
    ) -> tuple[NDArray, NDArray]:
        """Totals after *count* steps more, whose *folds* are those of all groups, with the *weights* of quantities; and
        curves at *marks*, counted from the first of them, shape (replicas, marks, 2 RUNNING)."""
        quantities, readings = self.measures.quantities, 1 + max(self.measures.rows)
        sizes = np.int64(self.count), np.int64(readings), np.int64(count)
        self._launch("read", self.count * readings * count, 128, folds, self.readings, *sizes)
        places = {column: place for place, column in enumerate(weights)}
        plan = [
            (row, OVER.index(quantity.over), places.get(column, 0))
            for column, (quantity, row) in enumerate(zip(quantities, self.measures.rows, strict=True))
        ]
        table = np.stack([*weights.values()]) if weights else np.zeros((1, 1))
        given = [np.array(plan, np.int64), table, np.append(marks, 0).astype(np.int64), totals]
        given = [self.device.put(values) for values in given]
        curves = self.device.zeros((self.count, len(marks) + 1, 2 * RUNNING), float)
        extents = map(np.int64, (self.count, readings, len(quantities), len(marks), count))
        self._launch("fold", self.count * len(quantities), 32, self.readings, *given, curves, *extents)
        shape = self.count, len(marks), 2 * RUNNING
        return self.device.get(given[-1]), self.device.get(curves, math.prod(shape)).reshape(shape)
