"""The GPU engine: CUDA kernels with the formulas of a cell, the same numbers as the CPU engine's.

x and the state have the CPU engine's bits; sums are added in another order. Memory doesn't depend on the number of
steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.errors import InputError

from ...cells.cell import Cell
from ...cells.quantities import Quantity
from ...cells.stats import Stats
from .. import loop
from ..measures import Measures
from ..numbers import Layout
from ..parts import Part
from ..protocol import State, Sums
from ..rng import TILE
from ..totals import RUNNING, Totals, add_weights, fold, weights_of_steps
from .batch import Batch, load
from .device import Device, cupy_device
from .sizes import Room, Shape, whole_tiles

FIRST_WORK = 1 << 30  # coordinate-steps of the first launch, at most
LAUNCH = 0.3  # seconds that the others are to take, so that progress and Ctrl-C go on
SHARE = 0.9  # of the free memory that may be taken


def device_name() -> str:
    """The card that an engine takes by default."""
    return cupy_device().name


@dataclass
class GpuState(State):
    """``values`` is a Batch; ``chunk`` the number of steps that the next advance is to have."""

    chunk: int


@dataclass
class DeviceSums(Sums):
    """Sums of *count* steps over all groups: ``steps`` is an array on the device, ``batch`` has its kernels."""

    count: int
    batch: Batch


class Engine:
    """The protocol's engine on a CUDA device, by default the current one.

    *fast* lets the compiler fuse multiplications and additions, which changes the last bits. *chunk* steps are run
    between two folds (by default as many as take LAUNCH seconds), with *memory* bytes of the device; neither changes
    a bit of the result. Raises InputError where there is no GPU.
    """

    def __init__(
        self,
        device: Device | None = None,
        *,
        fast: bool = False,
        chunk: int | None = None,
        shape: Shape | None = None,
        memory: int | None = None,
    ):
        self.device = device or cupy_device()
        self.fast, self.chunk, self.shape, self.memory = fast, chunk, shape, memory

    def require(self, cell: Cell, measures: Measures) -> None:
        """Raise InputError if *cell* doesn't fit the device, or its kernels can't be compiled for it."""
        self.most_replicas(cell, measures)
        load(cell, measures, self.device, self._shape(cell), self.fast)

    def most_replicas(self, cell: Cell, measures: Measures) -> int:
        """How many replicas of *cell* fit at once; raises InputError if none does."""
        return self.require_room(cell, Part.whole(cell.spec), measures).replicas

    def require_room(self, cell: Cell, part: Part, measures: Measures) -> Room:
        """What fits of *part*; raises InputError if not even one replica does."""
        memory = int(SHARE * self.device.free_bytes()) if self.memory is None else self.memory
        room = Room.of(cell, measures, part, self._shape(cell), memory)
        if room.replicas < 1:
            raise InputError(
                f"dim={cell.spec.dim} needs {room.least / 2**30:.1f} GiB on the GPU and {self.device.name} has "
                f"{memory / 2**30:.1f} GiB to spare; choose a smaller dim, or float32"
            )
        return room

    def begin(
        self, cell: Cell, part: Part, measures: Measures, step: int = 0, values: NDArray | None = None
    ) -> GpuState:
        room, shape = self.require_room(cell, part, measures), self._shape(cell)
        if room.replicas < len(part.replicas):
            raise InputError(
                f"a part of {len(part.replicas)} replicas was to begin on {self.device.name} and {room.replicas} fit; "
                "give parts of fewer replicas"
            )
        if not (part.has_all_groups(cell.spec.dim) or shape.divides(cell.spec.dim)):
            raise InputError(
                f"groups of {shape} don't add up to those of a part; leave the shape out, or give all groups"
            )
        batch = Batch(cell, part, measures, self.device, shape, room, self.fast, values)
        width = len(part.replicas) * len(batch.coordinates)
        chunk = self.chunk or whole_tiles(FIRST_WORK // width, room.chunk)
        return GpuState(cell, part, measures, step, batch, chunk)

    def values(self, state: GpuState) -> NDArray:
        return self.device.get(state.values.state)

    def longest(self, state: GpuState) -> int:
        """To the end of a tile, so that its noise is made once."""
        return max(1, min(state.chunk, state.values.room.chunk) - state.step % TILE)

    def advance(self, state: GpuState, stop: int, marks: NDArray[np.int64]) -> Sums:
        batch, start, begin = state.values, state.step, time.perf_counter()
        found, whole = batch.advance(start, stop, marks), state.part.has_all_groups(state.cell.spec.dim)
        steps = batch.root(stop - start) if whole else batch.in_nodes(stop - start)
        self.device.synchronize()
        if not self.chunk:
            pace = (time.perf_counter() - begin) / (stop - start)
            state.chunk = whole_tiles(int(LAUNCH / pace), min(batch.room.chunk, 4 * state.chunk))
        state.step = stop
        diagnostics = np.stack(found, axis=2) if found else np.empty((batch.count, len(batch.nodes), 0, 3))
        if whole:
            return DeviceSums(start, steps, marks, diagnostics, stop - start, batch)
        return Sums(start, steps, marks, diagnostics)

    def fold(self, measures: Measures, totals: Totals, sums: Sums) -> None:
        if not isinstance(sums, DeviceSums):  # of parts that were merged
            return fold(measures, totals, sums)
        weights = weights_of_steps(measures, sums.start, sums.count)
        given = sums.steps, sums.count, sums.marks - sums.start, weights, totals.values
        totals.values[:], curves = sums.batch.fold(*given)
        add_weights(totals, weights)
        totals.step = sums.start + sums.count
        places = np.searchsorted(totals.marks, sums.marks)
        totals.curves[:, places, : 2 * RUNNING] = curves
        totals.curves[:, places, 2 * RUNNING :] = sums.diagnostics[:, 0]

    def _shape(self, cell: Cell) -> Shape:
        return self.shape or Shape.of(cell.spec.dim, len(Layout.of(cell).own))


def simulate(
    cell: Cell,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    *,
    quantities: Iterable[Quantity | str] = (),
    observe: Callable[[NDArray], None] | None = None,
    **options,
) -> Stats:
    """Run every replica of *cell*: *options* are those of ``Engine``, the others of ``loop.simulate``; *threads* is
    ignored."""
    return loop.simulate(Engine(**options), cell, quantities, progress, observe)
