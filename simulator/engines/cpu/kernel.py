"""The compiled loops around the steps: blocks of lanes inside, time in chunks, the blocks of a task outside.

A separable problem's coordinates meet only in the norms, so a block keeps its state in the first-level
cache for a whole chunk of steps. Noise is made some tiles at a time, then the steps run over it. The norms
of one step are summed over a block in registers, and over the blocks of a group in order, so they
depend on nothing but the dimension.
"""

from __future__ import annotations

from functools import cache

import numba
import numpy as np
from numba import types
from ratecheck.problems.formulas.elementary import FLAGS

from ..rng import TILE
from .machine_code import compile_stored
from .noise_tile import fill_signature
from .steps import steps_signature

SPAN = 2048  # coordinate-steps of a block between two calls of its formulas


def advance_signature(real):
    """Types of ``advance``, in the order of its arguments."""
    integer, double = types.int64, types.float64
    return types.void(
        integer,
        integer,
        types.FunctionType(fill_signature),
        types.FunctionType(steps_signature(real)),
        integer,
        integer,
        integer,
        real[:, :, ::1],
        real[::1],
        integer,
        integer,
        types.UniTuple(types.uint64, 2),
        real[::1],
        types.float32[::1],
        real[:, ::1],
        integer,
        integer[::1],
        double[:, :, ::1],
        double[:, :, ::1],
    )


# Loops written out, because whole-array assignments take seconds to compile.
@numba.njit(**FLAGS)
def own(values):
    """A copy."""
    copied = np.empty(values.size, values.dtype)
    for i in range(values.size):
        copied[i] = values[i]
    return copied


@numba.njit(**FLAGS)
def clear(array):
    for row in array:
        for i in range(row.size):
            row[i] = 0.0


@numba.njit(**FLAGS)
def copy_rows(target, source, first, count):
    """Rows *first* … of *source* to the first *count* of *target*, which may be longer ones."""
    for row in range(count):
        for i in range(source.shape[1]):
            target[row, i] = source[first + row, i]


@cache
def compile_advance(dtype: np.dtype, lanes: int):
    """The task function for a precision and a block width; formulas come to it as pointers."""
    zero = dtype.type(0)
    span = TILE * max(1, SPAN // (TILE * lanes))

    @numba.njit(**FLAGS)
    def load(w, state, slopes, coordinate, used):
        """A block from the state's rows; padding lanes get a slope of 0."""
        rows = state.shape[0]
        for row in range(rows):
            for lane in range(lanes):
                w[row * lanes + lane] = state[row, coordinate + lane]
        for lane in range(lanes):
            w[rows * lanes + lane] = slopes[(coordinate + lane) % slopes.size] if lane < used else zero

    @numba.njit(**FLAGS)
    def save(w, state, coordinate):
        for row in range(state.shape[0]):
            for lane in range(lanes):
                state[row, coordinate + lane] = w[row * lanes + lane]

    def advance(
        low,
        high,
        fill,
        steps,
        groups,
        group_lanes,
        dim,
        state,
        slopes,
        start,
        stop,
        key,
        parameters,
        law_constants,
        table,
        stride,
        marks,
        sums,
        diagnostics,
    ):
        """Advance items *low* … *high*−1 by the steps *start* … *stop*−1; item = replica · groups + group.

        state: (replicas, 1 + state, padded dim), updated in place; slopes: (dim,) or (1,);
        table: hyper-parameters, (steps or 1, arguments); marks: steps from *start* on that are measured;
        sums: (items, 2, steps), overwritten with Σ|∇_i| and Σ∇_i² of each step;
        diagnostics: (items, marks, 3), see ``compile_measure``.
        """
        # Arrays of its own, because a call through a pointer counts references: a count that two threads
        # change costs more than a tile.
        w = np.empty((state.shape[1] + 1) * lanes, dtype=dtype)
        z = np.empty(span * lanes, dtype=np.float32)
        words = np.empty(2 * TILE * lanes, dtype=np.uint32)
        rows = np.empty((span if stride else 1, table.shape[1]), dtype=dtype)
        copy_rows(rows, table, 0, 1)
        parameters, law_constants, marks = own(parameters), own(law_constants), own(marks)
        item_sums = np.empty((2, stop - start))
        item_diagnostics = np.empty((marks.size, 3))
        for item in range(low, high):
            replica, group = item // groups, item % groups
            clear(item_sums)
            clear(item_diagnostics)
            coordinate = group * group_lanes
            end = min(dim, coordinate + group_lanes)
            while coordinate < end:
                used = min(lanes, end - coordinate)
                load(w, state[replica], slopes, coordinate, used)
                k, mark = start, 0
                while k < stop:
                    tile = k - k % TILE
                    count = min(stop, tile + span) - k
                    fill(
                        z,
                        words,
                        (k + count - tile + TILE - 1) // TILE,
                        np.uint64(coordinate),
                        np.uint64(tile),
                        np.uint64(replica),
                        key[0],
                        key[1],
                        law_constants,
                    )
                    if stride:
                        copy_rows(rows, table, k - start, count)
                    mark = steps(
                        w,
                        used,
                        z,
                        k - tile,
                        k - start,
                        count,
                        rows,
                        stride,
                        parameters,
                        item_sums,
                        marks,
                        mark,
                        item_diagnostics,
                    )
                    k += count
                save(w, state[replica], coordinate)
                coordinate += lanes
            copy_rows(sums[item], item_sums, 0, 2)
            copy_rows(diagnostics[item], item_diagnostics, 0, marks.size)

    return compile_stored(advance, advance_signature(numba.from_dtype(dtype)), lanes)


@cache
def compile_fold():
    """``fold(low, high, sums, start, stop, marks, totals, curves)``."""

    def fold(low, high, sums, start, stop, marks, totals, curves):
        """Add a chunk to the totals of replicas *low* … *high*−1, and enter its marks into the curves.

        sums: (replicas, groups, 2, steps), spoiled; totals: (replicas, 3), Σ‖∇‖₁, Σ‖∇‖₂, Σ‖∇‖₂² so far;
        curves: (replicas, marks, 4), overwritten with ‖∇‖₁, ‖∇‖₂ and the totals of both at each mark.
        One step after the other, so that the sums don't depend on how the run was cut into chunks.
        """
        steps = stop - start
        roots = np.empty(steps)  # of a whole chunk at once, because one root after the other waits
        for replica in range(low, high):
            norms = sums[replica, 0]
            for group in range(1, sums.shape[1]):
                for kind in range(2):
                    for k in range(steps):
                        norms[kind, k] += sums[replica, group, kind, k]
            for k in range(steps):
                roots[k] = np.sqrt(norms[1, k])
            mark = 0
            total_1, total_2, total_square = totals[replica, 0], totals[replica, 1], totals[replica, 2]
            for k in range(steps):
                total_1 += norms[0, k]
                total_2 += roots[k]
                total_square += norms[1, k]
                if mark < marks.size and marks[mark] == start + k:
                    curve = curves[replica, mark]
                    curve[0], curve[1], curve[2], curve[3] = norms[0, k], roots[k], total_1, total_2
                    mark += 1
            totals[replica, 0], totals[replica, 1], totals[replica, 2] = total_1, total_2, total_square

    integer, double = types.int64, types.float64
    signature = types.void(
        integer,
        integer,
        double[:, :, :, ::1],
        integer,
        integer,
        integer[::1],
        double[:, ::1],
        double[:, :, ::1],
    )
    return compile_stored(fold, signature)
