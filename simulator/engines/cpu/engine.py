"""The CPU engine: coordinates outside, time inside, threads over replicas and groups of coordinates.

Memory is O(replicas · dim + chunk), independent of the number of steps. What determines the numbers
(lanes, groups, order of sums) depends on the dimension alone; threads and chunks never show in them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...cells.cell import Cell
from ...cells.quantities import Quantity
from ...cells.stats import Stats
from ...cores import cores
from .. import loop, totals
from ..hyper import hyper_rows, varies
from ..measures import Measures
from ..numbers import Layout, rows, shared_numbers, starts
from ..parts import EMPTY, Part, group_count, group_size, join, nodes
from ..protocol import DIAGNOSTICS, State, Sums
from ..rng import key
from .fold import accumulate, evaluate
from .kernel import Results, Sizes, Work, compile_advance
from .noise_tile import compile_noise
from .steps import UNIT, compile_steps

SMALL_LANES = 16  # for dim ≤ 16
CHUNK_WORK = 1 << 28  # coordinate-steps between two reports of progress, about half a second
CHUNK_SUMS = 1 << 22  # float64 numbers in a chunk's sums
MOST_CHUNK, MOST_ROWS = 1 << 20, 1 << 16  # steps; of which each needs a row of hyper-parameters
TASKS_PER_THREAD = 4


@dataclass
class CpuState(State):
    """``values`` are padded to whole blocks; ``work`` has them and what else is the same for all steps; ``sums`` is
    room for those of a chunk."""

    lanes: int
    work: Work
    sums: NDArray[np.float64]


class Engine:
    """*threads*: all cores by default. *chunk* steps at a time and *lanes* coordinates at a time, a multiple of UNIT,
    or of 16 when one block holds all coordinates. None of the three changes a bit."""

    def __init__(self, threads: int | None = None, *, chunk: int | None = None, lanes: int | None = None):
        self.threads, self.chunk, self.lanes = threads or cores(), chunk, lanes
        self.pool = ThreadPoolExecutor(self.threads)

    def most_replicas(self, cell: Cell, measures: Measures) -> int:
        return cell.spec.replicas

    def begin(
        self, cell: Cell, part: Part, measures: Measures, step: int = 0, values: NDArray | None = None
    ) -> CpuState:
        spec, dtype = cell.spec, np.dtype(cell.spec.dtype)
        coordinates = part.coordinates(spec.dim)
        lanes = self.lanes or (SMALL_LANES if spec.dim <= SMALL_LANES else UNIT)
        padded = -(-len(coordinates) // lanes) * lanes
        mine = np.zeros((len(part.replicas), 1 + len(cell.optimizer.state), padded), dtype=dtype)
        if values is None:
            mine[:, 0, : len(coordinates)] = starts(cell, coordinates.start, coordinates.stop)
        else:
            mine[..., : len(coordinates)] = values
        work = Work(
            mine,
            rows(cell, coordinates.start, coordinates.stop),
            shared_numbers(cell),
            cell.noise.formula_argument_array,
            np.array([EMPTY[kept.fold] for kept in measures.sums]),
        )
        items = len(part.replicas) * len(part.groups)
        most = self.chunk or _chunk(len(coordinates) * len(part.replicas), items * len(measures.sums))
        sums = np.empty((items, len(measures.sums), min(most, spec.steps - step)))
        return CpuState(cell, part, measures, step, mine, lanes, work, sums)

    def values(self, state: CpuState) -> NDArray:
        return np.array(state.values[..., : len(state.part.coordinates(state.cell.spec.dim))])

    def longest(self, state: CpuState) -> int:
        room = state.sums.shape[-1]
        return min(room, MOST_ROWS) if varies(state.cell, state.step) else room

    def advance(self, state: CpuState, stop: int, marks: NDArray[np.int64]) -> Sums:
        cell, part, start = state.cell, state.part, state.step
        spec, problem, dtype = cell.spec, cell.problem, np.dtype(cell.spec.dtype)
        coordinates, stride = part.coordinates(spec.dim), int(varies(cell, start))
        groups, items = len(part.groups), len(state.sums)
        sizes = Sizes(
            part.replicas.start,
            coordinates.start,
            groups,
            group_size(spec.dim),
            len(coordinates),
            start,
            stop,
            stride,
        )
        hyper = hyper_rows(cell, start, stop - start if stride else 1).astype(dtype)
        results = Results(hyper, marks - start, state.sums, np.empty((items, marks.size, len(DIAGNOSTICS))))
        self._share(
            compile_advance(dtype, state.lanes),
            items,
            compile_noise(cell.noise.formula, cell.noise.draws, state.lanes),
            compile_steps(
                problem.phi,
                problem.dphi,
                cell.optimizer,
                dtype,
                state.lanes,
                Layout.of(cell),
                state.measures.extra,
            ),
            key(spec.seed),
            state.work,
            sizes,
            results,
        )
        state.step = stop
        return self._joined(state, start, marks, results)

    def _joined(self, state: CpuState, start: int, marks: NDArray[np.int64], results: Results) -> Sums:
        """The groups' results in the nodes of the part."""
        part, count = state.part, group_count(state.cell.spec.dim)
        shape = len(part.replicas), len(part.groups), -1
        steps = state.sums.reshape(*shape, state.sums.shape[-1])[..., : state.step - start]
        diagnostics = results.diagnostics.reshape(*shape[:2], marks.size, len(DIAGNOSTICS))

        def join_some(low: int, high: int) -> None:
            with np.errstate(all="ignore"):
                for slot, kept in enumerate(state.measures.sums):
                    join(steps[low:high, :, slot], part.groups, count, kept.fold)
                for j, fold in enumerate(DIAGNOSTICS):
                    join(diagnostics[low:high, ..., j], part.groups, count, fold)

        if len(part.groups) > 1:
            self._share(join_some, len(part.replicas))
        rows = [node.start - part.groups.start for node in nodes(part.groups, count)]
        if len(rows) == 1:  # a view, and no copy of all steps
            return Sums(start, steps[:, :1], marks, diagnostics[:, :1])
        return Sums(start, steps[:, rows], marks, diagnostics[:, rows])

    def fold(self, measures: Measures, so_far: totals.Totals, sums: Sums) -> None:
        totals.fold(measures, so_far, sums, evaluate, accumulate, self._share)

    def _share(self, task: Callable, count: int, *arguments: object) -> None:
        """Call ``task(low, high, *arguments)`` on all threads, for ranges that cover range(*count*)."""
        if self.threads == 1:  # handing tasks over takes a third of a small cell's time
            task(0, count, *arguments)
            return
        bounds = np.unique(np.linspace(0, count, TASKS_PER_THREAD * self.threads + 1).astype(int)).tolist()
        for done in [self.pool.submit(task, low, high, *arguments) for low, high in itertools.pairwise(bounds)]:
            done.result()


def simulate(
    cell: Cell,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    *,
    quantities: Iterable[Quantity | str] = (),
    chunk: int | None = None,
    lanes: int | None = None,
    observe: Callable[[NDArray], None] | None = None,
) -> Stats:
    """Run every replica of *cell*; see ``Engine`` for *threads*, *chunk*, *lanes*, ``loop.simulate`` for the others."""
    return loop.simulate(Engine(threads, chunk=chunk, lanes=lanes), cell, quantities, progress, observe)


def _chunk(coordinates: int, sums: int) -> int:
    """Steps per chunk: enough work to hide the threads' start, sums that stay small; *sums* numbers a step."""
    return max(16, min(MOST_CHUNK, CHUNK_WORK // coordinates, CHUNK_SUMS // sums))
