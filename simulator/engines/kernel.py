"""The compiled loops of the CPU engine: one step of a block, a chunk of a block, the blocks of a task.

A separable problem's coordinates meet only in the norms, so a block of ``lanes`` coordinates keeps its
state in the first-level cache for a whole chunk of steps. Noise is made a tile at a time, then the
steps run over it. The norms of one step are summed over a block in registers, and over the blocks of
a group in order, so they depend on nothing but the dimension.
"""

from __future__ import annotations

from functools import cache

import numba
import numpy as np

from problems import Formula
from problems.elementary import COMPILE, FLAGS

from ..optimizers import Optimizer
from ..rng import TILE
from .noise_tile import compile_noise


def update_function(optimizer: Optimizer, lanes: int, dtype: np.dtype):
    """``update(w, lane, gradient, hyper)``: one coordinate's step on the block *w*.

    A block is a flat array of rows of *lanes* numbers: x, the state in the optimizer's order, the
    slopes. The function is written out as text because the number of rows is the optimizer's.
    """
    rows = [f"w[{row} * lanes + lane]" for row in range(1 + len(optimizer.state))]
    hyper = [f"hyper[{j}]" for j in range(len(optimizer.hyper))]
    arguments = [rows[0], "gradient", *rows[1:], *hyper]
    namespace = {"formula": optimizer.update.numba(dtype), "lanes": lanes}
    exec(f"def update(w, lane, gradient, hyper):\n    {', '.join(rows)} = formula({', '.join(arguments)})", namespace)
    return COMPILE(namespace["update"])


def row_function(columns: int):
    """``load(table, row)``: a row of the table as a tuple, so that its numbers stay in registers."""
    namespace = {}
    exec(f"def load(table, row): return ({''.join(f'table[row, {j}], ' for j in range(columns))})", namespace)
    return COMPILE(namespace["load"])


@cache
def compile_kernel(phi: Formula, dphi: Formula, optimizer: Optimizer, law: Formula, draws: str, dtype: np.dtype,
                   lanes: int):
    """The task function for one combination of formulas; see ``advance`` below for its arguments."""
    real = dtype.type
    phi, dphi = phi.numba(dtype), dphi.numba(dtype)
    fill = compile_noise(law, draws, lanes)
    update, load = update_function(optimizer, lanes, dtype), row_function(len(optimizer.hyper))
    state_rows = 1 + len(optimizer.state)
    slope_row = state_rows * lanes
    zero = real(0)

    @COMPILE
    def true_gradient(x, slope, place, constants):
        return slope * dphi((x - place[0]) * place[1], *constants)

    @COMPILE
    def stochastic_gradient(gradient, sigma, z):
        return gradient + sigma * real(z)

    # reassoc lets the two sums run in vector lanes; all other arithmetic is in functions without it
    @numba.njit(fastmath={"reassoc"}, **FLAGS)
    def step(w, z, sigma, place, constants, hyper):
        """One step of a block; returns Σ|∇_i| and Σ∇_i² of the true gradient before it."""
        l1, square = zero, zero
        for lane in range(lanes):
            slope = w[slope_row + lane]
            gradient = true_gradient(w[lane], slope, place, constants)
            update(w, lane, stochastic_gradient(gradient, sigma, z[lane]), hyper)
            gradient = gradient if slope != zero else zero  # a padding lane may hold anything
            l1 += abs(gradient)
            square += gradient * gradient
        return l1, square

    @numba.njit(**FLAGS)
    def measure(w, used, place, constants, out):
        """Add a block's part of the diagnostics: Σ slope·φ, max|∇_i|, max|x_i| over its *used* lanes."""
        for lane in range(used):
            x, slope = w[lane], w[slope_row + lane]
            gradient = abs(true_gradient(x, slope, place, constants))
            out[0] += np.float64(slope * phi((x - place[0]) * place[1], *constants))
            out[1] = max(out[1], np.float64(gradient))
            out[2] = max(out[2], np.float64(abs(x)))

    @numba.njit(**FLAGS)
    def run_block(w, used, z, first, second, coordinate, start, stop, replica, key, sigma, place, constants, law_constants,
                  table, table_stride, marks, sums, diagnostics):
        """Steps *start* … *stop*−1 (from 0) of one block; *marks* are the steps that are diagnosed."""
        mark = 0
        tile = start - start % TILE
        while tile < stop:
            fill(z, first, second, np.uint64(coordinate), np.uint64(tile), np.uint64(replica), key[0], key[1],
                 law_constants)
            for k in range(max(start, tile), min(stop, tile + TILE)):
                if mark < marks.size and marks[mark] == k:
                    measure(w, used, place, constants, diagnostics[mark])
                    mark += 1
                row = k - tile
                l1, square = step(w, z[row * lanes:(row + 1) * lanes], sigma, place, constants,
                                  load(table, (k - start) * table_stride))
                sums[0, k - start] += np.float64(l1)
                sums[1, k - start] += np.float64(square)
            tile += TILE

    @numba.njit(**FLAGS)
    def advance(low, high, groups, group_lanes, dim, state, slopes, start, stop, key, sigma, place, constants,
                law_constants, table, table_stride, marks, sums, diagnostics):
        """Advance items *low* … *high*−1 by the steps *start* … *stop*−1; item = replica · groups + group.

        state: (replicas, 1 + state, padded dim), updated in place; slopes: (dim,) or (1,);
        table: hyper-parameters, (steps or 1, arguments); place: centre and 1/scale;
        sums: (items, 2, steps), overwritten with Σ|∇_i| and Σ∇_i²; diagnostics: (items, marks, 3).
        """
        w = np.empty((state_rows + 1) * lanes, dtype=dtype)
        z = np.empty(TILE * lanes, dtype=np.float32)
        first = np.empty(TILE * lanes, dtype=np.uint32)
        second = np.empty(TILE * lanes, dtype=np.uint32)
        for item in range(low, high):
            replica, group = item // groups, item % groups
            sums[item, :, :stop - start] = 0.0
            diagnostics[item] = 0.0
            coordinate = group * group_lanes
            end = min(dim, coordinate + group_lanes)
            while coordinate < end:
                used = min(lanes, end - coordinate)
                for row in range(state_rows):
                    w[row * lanes:(row + 1) * lanes] = state[replica, row, coordinate:coordinate + lanes]
                for lane in range(lanes):
                    w[slope_row + lane] = slopes[(coordinate + lane) % slopes.size] if lane < used else zero
                run_block(w, used, z, first, second, coordinate, start, stop, replica, key, sigma, place, constants,
                          law_constants, table, table_stride, marks, sums[item], diagnostics[item])
                for row in range(state_rows):
                    state[replica, row, coordinate:coordinate + lanes] = w[row * lanes:(row + 1) * lanes]
                coordinate += lanes

    return advance


@numba.njit(**FLAGS)
def reduce_groups(sums, count, out):
    """Norms of each step of a chunk: sums (replicas, groups, 2, steps) → out (replicas, 2, steps), ‖∇‖₁ and ‖∇‖₂²."""
    replicas, groups = sums.shape[0], sums.shape[1]
    for replica in range(replicas):
        for kind in range(2):
            out[replica, kind, :count] = sums[replica, 0, kind, :count]
            for group in range(1, groups):
                for k in range(count):
                    out[replica, kind, k] += sums[replica, group, kind, k]


@numba.njit(**FLAGS)
def accumulate(norms, first, last, totals):
    """Add steps *first* … *last*−1 of norms (replicas, 2, steps) to totals (replicas, 3): Σ‖∇‖₁, Σ‖∇‖₂, Σ‖∇‖₂².

    One after the other, so that the sums don't depend on how the run was cut into chunks.
    """
    for replica in range(norms.shape[0]):
        for k in range(first, last):
            totals[replica, 0] += norms[replica, 0, k]
            totals[replica, 1] += np.sqrt(norms[replica, 1, k])
            totals[replica, 2] += norms[replica, 1, k]
