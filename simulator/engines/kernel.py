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
        integer,
        integer,
        types.FunctionType(fill_signature),
        types.FunctionType(steps_signature(real)),
        types.FunctionType(measure_signature(real)),
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


@cache
def compile_advance(dtype: np.dtype, lanes: int):
    """The task function for a precision and a block width; formulas come to it as pointers."""
    zero = dtype.type(0)

    @numba.njit(**FLAGS)
    def run_block(
        fill,
        steps,
        measure,
        w,
        used,
        slope_row,
        z,
        first,
        second,
        coordinate,
        start,
        stop,
        replica,
        key,
        parameters,
        law_constants,
        table,
        stride,
        marks,
        sums,
        diagnostics,
    ):
        """Steps *start* … *stop*−1 (from 0) of one block; *marks* are the steps that are diagnosed."""
        mark = 0
        k = start
        while k < stop:
            tile = k - k % TILE
            fill(
                z,
                first,
                second,
                np.uint64(coordinate),
                np.uint64(tile),
                np.uint64(replica),
                key[0],
                key[1],
                law_constants,
            )
            end = min(stop, tile + TILE)
            while k < end:
                until = end
                if mark < marks.size and marks[mark] < end:
                    if marks[mark] == k:
                        measure(w, used, slope_row, parameters, diagnostics[mark])
                        mark += 1
                    if mark < marks.size:
                        until = min(end, marks[mark])
                steps(
                    w,
                    z[(k - tile) * lanes :],
                    until - k,
                    table,
                    (k - start) * stride,
                    stride,
                    parameters,
                    sums,
                    k - start,
                )
                k = until

    @numba.njit(advance_signature(numba.from_dtype(dtype)), **FLAGS)
    def advance(
        low,
        high,
        fill,
        steps,
        measure,
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
                run_block(
                    fill,
                    steps,
                    measure,
                    w,
                    used,
                    slope_row,
                    z,
                    first,
                    second,
                    coordinate,
                    start,
                    stop,
                    replica,
                    key,
                    parameters,
                    law_constants,
                    table,
                    stride,
                    marks,
                    sums[item],
                    diagnostics[item],
                )
                for row in range(rows):
                    for lane in range(lanes):
                        state[replica, row, coordinate + lane] = w[row * lanes + lane]
                coordinate += lanes

    return advance


@numba.njit(
    types.void(
        types.int64,
        types.int64,
        types.float64[:, :, :, ::1],
        types.int64,
        types.int64,
        types.int64[::1],
        types.float64[:, ::1],
        types.float64[:, :, ::1],
    ),
    **FLAGS,
)
def fold(low, high, sums, start, stop, marks, totals, curves):
    """Add a chunk to the totals of replicas *low* … *high*−1, and enter its marks into the curves.

    sums: (replicas, groups, 2, steps), spoiled; totals: (replicas, 3), Σ‖∇‖₁, Σ‖∇‖₂, Σ‖∇‖₂² so far;
    curves: (replicas, marks, 4), overwritten with ‖∇‖₁, ‖∇‖₂ and the totals of both at each mark.
    One step after the other, so that the sums don't depend on how the run was cut into chunks.
    """
    for replica in range(low, high):
        norms = sums[replica, 0]
        for group in range(1, sums.shape[1]):
            for kind in range(2):
                for k in range(stop - start):
                    norms[kind, k] += sums[replica, group, kind, k]
        mark = 0
        total_1, total_2, total_square = totals[replica, 0], totals[replica, 1], totals[replica, 2]
        for k in range(stop - start):
            l1, square = norms[0, k], norms[1, k]
            l2 = np.sqrt(square)
            total_1 += l1
            total_2 += l2
            total_square += square
            if mark < marks.size and marks[mark] == start + k:
                curve = curves[replica, mark]
                curve[0], curve[1], curve[2], curve[3] = l1, l2, total_1, total_2
                mark += 1
        totals[replica, 0], totals[replica, 1], totals[replica, 2] = total_1, total_2, total_square
