"""How the GPU engine cuts a cell: coordinates to blocks, replicas to what fits the card, steps to launches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...cells.cell import Cell
from ..rng import TILE

MOST_THREADS = 128  # of a block
BATCH, FAN, HALF, WARP = 8, 128, TILE // 2, 32  # as in kernel.cu
MOST_GROUPS = FAN * FAN  # of a replica: what two rounds of summing make one of
MOST_SUMS, MOST_CHUNK = 1 << 26, 1 << 16  # float64 numbers in a chunk's sums; steps


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


@dataclass(frozen=True)
class Room:
    """What fits a card: *replicas* at once, *chunk* steps of a launch; *least* bytes for one replica."""

    replicas: int
    chunk: int
    least: int

    @classmethod
    def of(cls, cell: Cell, shape: Shape, memory: int) -> Room:
        spec, real = cell.spec, np.dtype(cell.spec.dtype).itemsize
        state = (1 + len(cell.optimizer.state)) * spec.dim * real
        shared = spec.dim * real if cell.problem.spectrum else 0
        groups = -(-spec.dim // shape.group)
        step = 8 * (2 * groups + 2 * -(-groups // FAN) + 3)  # a replica's sums, their parts and the norms
        replicas = min(spec.replicas, (memory - shared) // (state + TILE * step))
        if replicas < 1:
            return cls(0, 0, shared + state + TILE * step)
        left = (memory - shared - replicas * state) // (replicas * step)
        steps = min(left, MOST_SUMS // (2 * groups * replicas), MOST_CHUNK, spec.steps + TILE - 1)
        return cls(replicas, max(TILE, steps - steps % TILE), shared + state + TILE * step)


def next_cut(first: int, steps: int, marks: NDArray, chunk: int) -> tuple[bool, int]:
    """Whether the launch from step *first* on begins at a mark, and where it stops: after about *chunk* steps and at
    the end of a tile, before the next mark, or at last."""
    place = int(np.searchsorted(marks, first))
    marked = place < marks.size and marks[place] == first
    stop = min(steps, first - first % TILE + chunk)
    return marked, min(stop, int(marks[place + marked])) if place + marked < marks.size else stop


def whole_tiles(steps: int, most: int) -> int:
    """*steps*, at most *most*, as a multiple of TILE that is no less than one."""
    steps = min(steps, most)
    return max(TILE, steps - steps % TILE)
