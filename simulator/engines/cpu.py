"""The CPU engine: coordinates outside, time inside, threads over replicas and groups of coordinates.

Memory is O(replicas · dim + chunk), independent of the number of steps. What determines the numbers
(lanes, groups, order of sums) depends on the dimension alone; threads and chunks never show in them.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..rng import key
from ..spec import Cell
from ..stats import Stats, checkpoint_steps
from .hyper import hyper_rows, varies
from .kernel import accumulate, compile_advance, reduce_groups
from .noise_tile import compile_noise
from .steps import compile_measure, compile_steps

LANES = 64
SMALL_LANES = 16  # for dim ≤ 16
GROUP_BLOCKS = 16
MOST_GROUPS = 4096
CHUNK_WORK = 1 << 28  # coordinate-steps between two reports of progress, about half a second
CHUNK_SUMS = 1 << 22  # float64 numbers in a chunk's sums
MOST_CHUNK = 1 << 16
TASKS_PER_THREAD = 4


def simulate(cell: Cell, threads: int | None = None, progress=None, chunk: int | None = None) -> Stats:
    """Run every replica of *cell* on *threads* threads (all cores by default), *chunk* steps at a time.

    Neither *threads* nor *chunk* changes a bit of the result. See ``Stats`` for what is recorded.
    """
    spec, problem, noise = cell.spec, cell.problem, cell.noise
    dtype = np.dtype(spec.dtype)
    threads = threads or os.cpu_count() or 1
    lanes = SMALL_LANES if spec.dim <= SMALL_LANES else LANES
    group_lanes, groups = _groups(spec.dim, lanes)
    items = spec.replicas * groups
    chunk = min(chunk or _chunk(spec.dim * spec.replicas, items), spec.steps)
    advance = compile_advance(dtype, lanes)
    functions = (compile_noise(noise.formula, noise.draws, lanes),
                 compile_steps(problem.dphi, cell.optimizer, dtype, lanes),
                 compile_measure(problem.phi, problem.dphi, dtype))

    padded = -(-spec.dim // lanes) * lanes
    state = np.zeros((spec.replicas, 1 + len(cell.optimizer.state), padded), dtype=dtype)
    state[:, 0] = problem.start
    slopes = problem.slopes(0, 1 if problem.spectrum == 0 else spec.dim).astype(dtype)
    parameters = np.array([spec.sigma / np.sqrt(spec.dim), problem.center, 1.0 / problem.scale, *problem.constants],
                          dtype=dtype)
    stride = int(varies(cell))

    marks = checkpoint_steps(spec.steps)
    curves = _Curves(spec.replicas, marks)
    totals = np.zeros((spec.replicas, 3))
    sums = np.empty((items, 2, chunk))
    norms = np.empty((spec.replicas, 2, chunk))
    bounds = np.unique(np.linspace(0, items, TASKS_PER_THREAD * threads + 1).astype(int)).tolist()
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, spec.steps, chunk):
            stop = min(start + chunk, spec.steps)
            low, high = np.searchsorted(marks - 1, (start, stop))
            here = marks[low:high] - 1
            diagnostics = np.empty((items, here.size, 3))
            table = hyper_rows(cell, start, stop - start if stride else 1).astype(dtype)
            tasks = [pool.submit(advance, *functions, a, b, groups, group_lanes, spec.dim, state, slopes, start, stop,
                                 key(spec.seed), parameters, noise.constant_array, table, stride, here, sums, diagnostics)
                     for a, b in zip(bounds, bounds[1:])]
            for task in tasks:
                task.result()
            reduce_groups(sums.reshape(spec.replicas, groups, 2, chunk), stop - start, norms)
            curves.add(low, here - start, diagnostics.reshape(spec.replicas, groups, here.size, 3), norms, totals)
            accumulate(norms, curves.done(here, start), stop - start, totals)
            if progress:
                progress(spec.dim * spec.replicas * (stop - start))
    curves.arrays["f_gap"] = curves.arrays["f_gap"] * problem.scale - problem.minimum
    return Stats.of(*(totals.T / spec.steps), marks, **curves.arrays)


def _groups(dim: int, lanes: int) -> tuple[int, int]:
    """Coordinates per group and number of groups: of the dimension alone, at most MOST_GROUPS groups."""
    size = lanes * GROUP_BLOCKS
    while -(-dim // size) > MOST_GROUPS:
        size *= 2
    return size, -(-dim // size)


def _chunk(coordinates: int, items: int) -> int:
    """Steps per chunk: enough work to hide the threads' start, sums that stay small."""
    return max(16, min(MOST_CHUNK, CHUNK_WORK // coordinates, CHUNK_SUMS // (2 * items)))


class _Curves:
    """The diagnostics of a run, filled in chunk by chunk."""

    def __init__(self, replicas: int, marks: np.ndarray):
        self.marks = marks
        self.arrays = {name: np.empty((replicas, marks.size)) for name in (
            "f_gap", "grad_linf", "max_abs_x", "grad_l1", "grad_l2", "running_l1", "running_l2")}

    def add(self, low: int, offsets: np.ndarray, diagnostics: np.ndarray, norms: np.ndarray, totals: np.ndarray) -> None:
        """Enter the marks at *offsets* of this chunk, the first of which is mark *low*; advances *totals* to them."""
        done = 0
        for i, offset in enumerate(offsets.tolist()):
            column = low + i
            accumulate(norms, done, offset + 1, totals)
            done = offset + 1
            self.arrays["f_gap"][:, column] = diagnostics[:, :, i, 0].sum(axis=1)
            self.arrays["grad_linf"][:, column] = diagnostics[:, :, i, 1].max(axis=1)
            self.arrays["max_abs_x"][:, column] = diagnostics[:, :, i, 2].max(axis=1)
            self.arrays["grad_l1"][:, column] = norms[:, 0, offset]
            self.arrays["grad_l2"][:, column] = np.sqrt(norms[:, 1, offset])
            self.arrays["running_l1"][:, column] = totals[:, 0] / self.marks[column]
            self.arrays["running_l2"][:, column] = totals[:, 1] / self.marks[column]

    @staticmethod
    def done(marks: np.ndarray, start: int) -> int:
        """How many steps of the chunk ``add`` has entered into the totals already."""
        return int(marks[-1]) - start + 1 if marks.size else 0
