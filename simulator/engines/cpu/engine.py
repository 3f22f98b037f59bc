"""The CPU engine: coordinates outside, time inside, threads over replicas and groups of coordinates.

Memory is O(replicas · dim + chunk), independent of the number of steps. What determines the numbers
(lanes, groups, order of sums) depends on the dimension alone; threads and chunks never show in them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from ...cells.cell import Cell
from ...cells.stats import Stats, checkpoint_steps
from ...cores import cores
from ..hyper import hyper_rows, parameters, varies
from ..rng import key
from .kernel import compile_advance, compile_fold
from .noise_tile import compile_noise
from .steps import UNIT, compile_steps

SMALL_LANES = 16  # for dim ≤ 16
GROUP = 1024  # coordinates; at least, see _groups
MOST_GROUPS = 4096
CHUNK_WORK = 1 << 28  # coordinate-steps between two reports of progress, about half a second
CHUNK_SUMS = 1 << 22  # float64 numbers in a chunk's sums
MOST_CHUNK, MOST_ROWS = 1 << 20, 1 << 16  # steps; of which each needs a row of hyper-parameters
TASKS_PER_THREAD = 4


def simulate(
    cell: Cell,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    *,
    chunk: int | None = None,
    lanes: int | None = None,
    observe: Callable[[NDArray], None] | None = None,
) -> Stats:
    """Run every replica of *cell* on *threads* threads (all cores by default), *chunk* steps and *lanes* coordinates at
    a time; *lanes* is a multiple of UNIT, or of 16 when one block holds all coordinates.

    None of the three changes a bit of the result. See ``Stats`` for what is recorded. *observe* gets the final x and
    state, shape (replicas, 1 + state, dim).
    """
    spec, problem, noise = cell.spec, cell.problem, cell.noise
    dtype = np.dtype(spec.dtype)
    threads = threads or cores()
    lanes = lanes or (SMALL_LANES if spec.dim <= SMALL_LANES else UNIT)
    group_lanes, groups = _groups(spec.dim)
    items = spec.replicas * groups
    chunk = min(chunk or _chunk(spec.dim * spec.replicas, items), spec.steps)
    advance, fold = compile_advance(dtype, lanes), compile_fold()
    functions = (
        compile_noise(noise.formula, noise.draws, lanes),
        compile_steps(problem.phi, problem.dphi, cell.optimizer, dtype, lanes),
    )

    padded = -(-spec.dim // lanes) * lanes
    state = np.zeros((spec.replicas, 1 + len(cell.optimizer.state), padded), dtype=dtype)
    state[:, 0] = problem.start
    slopes = problem.slopes(0, 1 if problem.spectrum == 0 else spec.dim).astype(dtype)
    numbers = parameters(cell)

    marks = checkpoint_steps(spec.steps) - 1  # counted from 0, as everywhere inside the engine
    totals = np.zeros((spec.replicas, 3))
    sums = np.empty((items, 2, chunk))
    diagnostics, curves = [], []
    with ThreadPoolExecutor(threads) as pool:

        def in_parallel(function, count, *arguments):
            bounds = np.unique(np.linspace(0, count, TASKS_PER_THREAD * threads + 1).astype(int)).tolist()
            for task in [pool.submit(function, low, high, *arguments) for low, high in itertools.pairwise(bounds)]:
                task.result()

        start = 0
        while start < spec.steps:
            stride = int(varies(cell, start))
            stop = min(start + (min(chunk, MOST_ROWS) if stride else chunk), spec.steps)
            here = marks[(start <= marks) & (marks < stop)]
            diagnostics.append(np.empty((items, here.size, 3)))
            curves.append(np.empty((spec.replicas, here.size, 4)))
            table = hyper_rows(cell, start, stop - start if stride else 1).astype(dtype)
            in_parallel(
                advance,
                items,
                *functions,
                groups,
                group_lanes,
                spec.dim,
                state,
                slopes,
                start,
                stop,
                key(spec.seed),
                numbers,
                noise.constant_array,
                table,
                stride,
                here - start,
                sums,
                diagnostics[-1],
            )
            in_parallel(
                fold,
                spec.replicas,
                sums.reshape(spec.replicas, groups, 2, chunk),
                start,
                stop,
                here,
                totals,
                curves[-1],
            )
            if progress:
                progress(spec.dim * spec.replicas * (stop - start))
            start = stop

    if observe:
        observe(state[..., : spec.dim])
    l1, l2, running_1, running_2 = np.moveaxis(np.concatenate(curves, axis=1), 2, 0)
    parts = np.concatenate(diagnostics, axis=1).reshape(spec.replicas, groups, marks.size, 3)
    return Stats.of(
        *(totals.T / spec.steps),
        marks + 1,
        grad_l1=l1,
        grad_l2=l2,
        f_gap=parts[..., 0].sum(axis=1) * problem.scale - problem.minimum,
        grad_linf=parts[..., 1].max(axis=1),
        max_abs_x=parts[..., 2].max(axis=1),
        running_l1=running_1 / (marks + 1),
        running_l2=running_2 / (marks + 1),
    )


def _groups(dim: int) -> tuple[int, int]:
    """Coordinates per group and number of groups: of the dimension alone, at most MOST_GROUPS groups."""
    size = GROUP
    while -(-dim // size) > MOST_GROUPS:
        size *= 2
    return size, -(-dim // size)


def _chunk(coordinates: int, items: int) -> int:
    """Steps per chunk: enough work to hide the threads' start, sums that stay small."""
    return max(16, min(MOST_CHUNK, CHUNK_WORK // coordinates, CHUNK_SUMS // (2 * items)))
