"""The compiled loops around the steps: blocks of lanes inside, time in chunks, the blocks of a task outside.

A separable problem's coordinates meet only in the norms, so a block keeps its state in the first-level
cache for a whole chunk of steps. Noise is made a tile at a time, then the steps run over it. The norms
of one step are summed over a block in registers, and over the blocks of a group in order, so they
depend on nothing but the dimension.
"""

from __future__ import annotations

from functools import cache

import numba
import numpy as np
from numba import types

from problems.elementary import FLAGS

from ..rng import TILE
from .noise_tile import fill_signature
from .steps import measure_signature, steps_signature


def advance_signature(real):
    """Types of ``advance``, in the order of its arguments."""
    integer, double = types.int64, types.float64
    return types.void(
        types.FunctionType(fill_signature), types.FunctionType(steps_signature(real)),
        types.FunctionType(measure_signature(real)), integer, integer, integer, integer, integer,
        real[:, :, ::1], real[::1], integer, integer, types.UniTuple(types.uint64, 2), real[::1], types.float32[::1],
        real[:, ::1], integer, integer[::1], double[:, :, ::1], double[:, :, ::1])


@cache
def compile_advance(dtype: np.dtype, lanes: int):
    """The task function for a precision and a block width; formulas come to it as pointers."""
    zero = dtype.type(0)

    @numba.njit(**FLAGS)
    def run_block(fill, steps, measure, w, used, slope_row, z, first, second, coordinate, start, stop, replica, key,
                  parameters, law_constants, table, stride, marks, sums, diagnostics):
        """Steps *start* … *stop*−1 (from 0) of one block; *marks* are the steps that are diagnosed."""
        mark = 0
        k = start
        while k < stop:
            tile = k - k % TILE
            fill(z, first, second, np.uint64(coordinate), np.uint64(tile), np.uint64(replica), key[0], key[1],
                 law_constants)
            end = min(stop, tile + TILE)
            while k < end:
                until = end
                if mark < marks.size and marks[mark] < end:
                    if marks[mark] == k:
                        measure(w, used, slope_row, parameters, diagnostics[mark])
                        mark += 1
                    if mark < marks.size:
                        until = min(end, marks[mark])
                steps(w, z[(k - tile) * lanes:], until - k, table, (k - start) * stride, stride, parameters, sums, k - start)
                k = until

    @numba.njit(advance_signature(numba.from_dtype(dtype)), **FLAGS)
    def advance(fill, steps, measure, low, high, groups, group_lanes, dim, state, slopes, start, stop, key, parameters,
                law_constants, table, stride, marks, sums, diagnostics):
        """Advance items *low* … *high*−1 by the steps *start* … *stop*−1; item = replica · groups + group.

        state: (replicas, 1 + state, padded dim), updated in place; slopes: (dim,) or (1,);
        table: hyper-parameters, (steps or 1, arguments); sums: (items, 2, steps), overwritten with
        Σ|∇_i| and Σ∇_i² of each step; diagnostics: (items, marks, 3), see ``compile_measure``.
        """
        rows = state.shape[1]
        slope_row = rows * lanes
        w = np.empty(slope_row + lanes, dtype=dtype)
        z = np.empty(TILE * lanes, dtype=np.float32)
        first = np.empty(TILE * lanes, dtype=np.uint32)
        second = np.empty(TILE * lanes, dtype=np.uint32)
        for item in range(low, high):
            replica, group = item // groups, item % groups
            sums[item] = 0.0
            diagnostics[item] = 0.0
            coordinate = group * group_lanes
            end = min(dim, coordinate + group_lanes)
            while coordinate < end:
                used = min(lanes, end - coordinate)
                for row in range(rows):
                    for lane in range(lanes):
                        w[row * lanes + lane] = state[replica, row, coordinate + lane]
                for lane in range(lanes):
                    w[slope_row + lane] = slopes[(coordinate + lane) % slopes.size] if lane < used else zero
                run_block(fill, steps, measure, w, used, slope_row, z, first, second, coordinate, start, stop, replica, key,
                          parameters, law_constants, table, stride, marks, sums[item], diagnostics[item])
                for row in range(rows):
                    for lane in range(lanes):
                        state[replica, row, coordinate + lane] = w[row * lanes + lane]
                coordinate += lanes

    return advance


@numba.njit(types.void(types.float64[:, :, :, ::1], types.int64, types.float64[:, :, ::1]), **FLAGS)
def reduce_groups(sums, count, out):
    """Norms of each step of a chunk: sums (replicas, groups, 2, steps) → out (replicas, 2, steps), ‖∇‖₁ and ‖∇‖₂²."""
    for replica in range(sums.shape[0]):
        for kind in range(2):
            for k in range(count):
                out[replica, kind, k] = sums[replica, 0, kind, k]
            for group in range(1, sums.shape[1]):
                for k in range(count):
                    out[replica, kind, k] += sums[replica, group, kind, k]


@numba.njit(types.void(types.float64[:, :, ::1], types.int64, types.int64, types.float64[:, ::1]), **FLAGS)
def accumulate(norms, first, last, totals):
    """Add steps *first* … *last*−1 of norms (replicas, 2, steps) to totals (replicas, 3): Σ‖∇‖₁, Σ‖∇‖₂, Σ‖∇‖₂².

    One after the other, so that the sums don't depend on how the run was cut into chunks.
    """
    for replica in range(norms.shape[0]):
        for k in range(first, last):
            totals[replica, 0] += norms[replica, 0, k]
            totals[replica, 1] += np.sqrt(norms[replica, 1, k])
            totals[replica, 2] += norms[replica, 1, k]
