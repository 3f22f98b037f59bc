"""How the GPU engine cuts a part of a cell: coordinates to blocks, replicas to what fits, steps to launches."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...cells.cell import Cell
from ..measures import Measures
from ..numbers import Layout, shares_all
from ..parts import Part, group_size
from ..rng import TILE

MOST_THREADS = 128  # of a block
MOST_GROUPS = 1 << 14  # of a replica
FAN, HALF, WARP = 16, TILE // 2, 32  # as in fold.cuh and noise.cuh
MOST_SUMS, MOST_CHUNK = 1 << 26, 1 << 16  # float64 numbers in a chunk's sums; steps


@dataclass(frozen=True)
class Shape:
    """How coordinates are cut: *threads* of a block, each with *coordinates* at a time; *group* in a block's care."""

    threads: int
    coordinates: int
    group: int

    @classmethod
    def of(cls, dim: int, own: int = 0) -> Shape:
        """Of the dimension alone, so that the order of sums is, too, and of whether coordinates have *own* numbers,
        which take room in shared memory."""
        threads = next((t for t in (32, 64) if dim <= t), MOST_THREADS)
        coordinates = 4 if dim >= 1 << 19 else 2 if dim >= 1 << 18 else 1  # few blocks would leave processors idle
        coordinates = 1 if own else coordinates
        group = threads * coordinates
        while -(-dim // group) > MOST_GROUPS:
            group *= 2
        return cls(threads, coordinates, group)

    def divides(self, dim: int) -> bool:
        """Whether the groups of ``parts`` are whole subtrees of these groups."""
        pieces, rest = divmod(group_size(dim), self.group)
        return rest == 0 and pieces & (pieces - 1) == 0

    def groups(self, coordinates: range) -> range:
        """The groups of a part's coordinates."""
        return range(coordinates.start // self.group, -(-coordinates.stop // self.group))

    def shared_bytes(self, rows: int, slots: int, real: int) -> int:
        """What a block of ``advance`` needs, as kernel.cu lays it out; *rows*: x, the state and coordinates' own."""
        block, warps = self.threads * self.coordinates, self.threads // WARP
        return real * ((rows + 1) * block + max(16 // slots, 1) * slots * warps * HALF) + 4 * HALF * block


@dataclass(frozen=True)
class Room:
    """What fits a card: *replicas* at once, *chunk* steps of a launch; *least* bytes for one replica."""

    replicas: int
    chunk: int
    least: int

    @classmethod
    def of(cls, cell: Cell, measures: Measures, part: Part, shape: Shape, memory: int) -> Room:
        """Of the groups of *part* and at most its replicas."""
        spec, real = cell.spec, np.dtype(cell.spec.dtype).itemsize
        coordinates = part.coordinates(spec.dim)
        groups, width = len(shape.groups(coordinates)), len(coordinates)
        state = (1 + len(cell.optimizer.state)) * width * real + 8 * 4 * groups  # and diagnostics
        shared = 0 if shares_all(cell) else width * real * (1 + len(Layout.of(cell).own))
        rounds = groups + -(-groups // FAN) + -(-groups // FAN**2)
        step = 8 * (len(measures.sums) * rounds + 1 + max(measures.rows))  # a replica's sums, their parts, readings
        replicas = min(len(part.replicas), (memory - shared) // (state + TILE * step))
        if replicas < 1:
            return cls(0, 0, shared + state + TILE * step)
        left = (memory - shared - replicas * state) // (replicas * step)
        steps = min(left, MOST_SUMS // (len(measures.sums) * groups * replicas), MOST_CHUNK, spec.steps + TILE - 1)
        return cls(replicas, whole_tiles(steps, steps), shared + state + TILE * step)


def launches(first: int, stop: int, marks: NDArray) -> Iterator[tuple[bool, int, int]]:
    """The steps *first* … *stop* − 1 in pieces that begin at *marks*: whether it is one, its first step, its stop."""
    ends = sorted({first, stop, *marks.tolist()})
    for low, high in itertools.pairwise(ends):
        yield low in marks, low, high


def whole_tiles(steps: int, most: int) -> int:
    """*steps*, at most *most*, as a multiple of TILE that is no less than one."""
    steps = min(steps, most)
    return max(TILE, steps - steps % TILE)
