"""What ``totals.fold`` needs, compiled: the outer functions of readings, and sums over time in the order of steps."""

from __future__ import annotations

from functools import cache

import numpy as np
from numba import types
from numpy.typing import NDArray
from ratecheck.problems.formulas import Formula

from ..totals import Rows
from .machine_code import compile_stored

DOUBLE, INTEGER = types.float64, types.int64
FLAT = types.UniTuple(DOUBLE[::1], 4)


def flat(rows: NDArray) -> tuple[NDArray, int]:
    """*rows*, (replicas, steps) with the steps of a replica side by side, as one contiguous array, and the distance
    from a replica to the next: so that the compiler knows that steps are side by side."""
    distance = rows.strides[0] // rows.itemsize
    length = (rows.shape[0] - 1) * distance + rows.shape[1]
    return np.lib.stride_tricks.as_strided(rows, (length,), (rows.itemsize,)), distance


@cache
def compile_outer(formula: Formula):
    """``outer(rows, distance, out)``: *formula* of rows, flat, into *out*, (replicas, steps)."""
    function = formula.numba(np.float64)

    def outer(rows, distance, out):
        for replica in range(out.shape[0]):
            given, found = rows[replica * distance :], out[replica]
            for k in range(out.shape[1]):
                found[k] = function(given[k])

    return compile_stored(outer, types.void(DOUBLE[::1], INTEGER, DOUBLE[:, ::1]), formula.digest)


def evaluate(formula: Formula, rows: NDArray) -> NDArray[np.float64]:
    out = np.empty(rows.shape)
    compile_outer(formula)(*flat(rows), out)
    return out


@cache
def compile_accumulate():
    """``accumulate_four(rows, distances, totals, marks, running)``: ``totals.accumulate`` for four rows, which are
    added at the same time because one addition waits for the other."""

    def accumulate_four(rows, distances, steps, totals, marks, running):
        for replica in range(totals.shape[0]):
            a, b = rows[0][replica * distances[0] :], rows[1][replica * distances[1] :]
            c, d = rows[2][replica * distances[2] :], rows[3][replica * distances[3] :]
            t = totals[replica]
            total_a, total_b, total_c, total_d = t[0], t[1], t[2], t[3]
            mark = 0
            for k in range(steps):
                total_a += a[k]
                total_b += b[k]
                total_c += c[k]
                total_d += d[k]
                if mark < marks.size and marks[mark] == k:
                    here = running[replica, mark]
                    here[0], here[1], here[2], here[3] = total_a, total_b, total_c, total_d
                    mark += 1
            t[0], t[1], t[2], t[3] = total_a, total_b, total_c, total_d

    four = types.UniTuple(INTEGER, 4)
    arguments = FLAT, four, INTEGER, DOUBLE[:, ::1], INTEGER[::1], DOUBLE[:, :, ::1]
    return compile_stored(accumulate_four, types.void(*arguments))


def accumulate(rows: Rows, so_far: NDArray, marks: NDArray[np.int64], running: NDArray) -> None:
    """As ``totals.accumulate``, with the same bits."""
    add = compile_accumulate()
    for first in range(0, len(rows), 4):
        given = [flat(row) for row in rows[first : first + 4]]
        count = len(given)
        arrays, distances = zip(*given, *[given[0]] * (4 - count), strict=True)
        some, found = np.zeros((len(so_far), 4)), np.empty((len(so_far), marks.size, 4))
        some[:, :count] = so_far[:, first : first + 4]
        add(arrays, distances, rows[0].shape[1], some, marks, found)
        so_far[:, first : first + 4] = some[:, :count]
        running[..., first : first + 4] = found[..., :count]
