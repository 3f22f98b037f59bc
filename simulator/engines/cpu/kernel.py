"""The compiled loops around the steps: blocks of lanes inside, time in chunks, the blocks of a task outside.

A separable problem's coordinates meet only in the norms, so a block keeps its state in the first-level
cache for a whole chunk of steps. Noise is made some tiles at a time, then the steps run over it. The sums
of one step are made over a block in registers, and over the blocks of a group in order, so they
depend on nothing but the dimension.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray
from ratecheck.problems.formulas.elementary import FLAGS

from ..rng import TILE
from .machine_code import compile_stored
from .noise_tile import FILL_TYPE, Place
from .steps import SCRATCH, Block, Found, Span, steps_type

SPAN = 2048  # coordinate-steps of a block between two calls of its formulas


class Work(NamedTuple):
    """What a part is, for all its steps. *values*: (replicas, 1 + state, padded coordinates), changed in place;
    *rows*: slopes, and what each coordinate has its own of, (rows, coordinates) or (1, 1); *shared*: the other numbers;
    *law_arguments*: the noise law's; *empty*: what each sum is before its first coordinate."""

    values: NDArray
    rows: NDArray
    shared: NDArray
    law_arguments: NDArray
    empty: NDArray


class Sizes(NamedTuple):
    """The part's first *replica* and first *coordinate*, its *groups* of *group_size* and its number of coordinates,
    *count*; the steps *start* … *stop*−1; *stride*: rows of hyper-parameters from a step to the next, 0 or 1."""

    replica: int
    coordinate: int
    groups: int
    group_size: int
    count: int  # type: ignore[assignment]  # hides tuple's method, which nobody calls
    start: int
    stop: int
    stride: int


class Results(NamedTuple):
    """*hyper*: rows of hyper-parameters, (steps or 1, arguments); *marks*: steps from the start on that are measured.
    Overwritten, for item = replica · groups + group: *sums*, (items, sums, steps or more), and *diagnostics*,
    (items, marks, 3)."""

    hyper: NDArray
    marks: NDArray
    sums: NDArray
    diagnostics: NDArray


def advance_type(real):
    """``advance(low, high, fill, steps, key, work, sizes, results)``."""
    integer, double = types.int64, types.float64
    return types.void(
        integer,
        integer,
        types.FunctionType(FILL_TYPE),
        types.FunctionType(steps_type(real)),
        types.UniTuple(types.uint64, 2),
        types.NamedTuple((real[:, :, ::1], real[:, ::1], real[::1], types.float32[::1], double[::1]), Work),
        types.NamedUniTuple(integer, len(Sizes._fields), Sizes),
        types.NamedTuple((real[:, ::1], integer[::1], double[:, :, ::1], double[:, :, ::1]), Results),
    )


# Loops written out, because whole-array assignments take seconds to compile.
@numba.njit(**FLAGS)
def copy(values):
    copied = np.empty(values.size, values.dtype)
    for i in range(values.size):
        copied[i] = values[i]
    return copied


@numba.njit(**FLAGS)
def fill_rows(array, values):
    """Each row of *array* with its one of *values*."""
    for row in range(values.size):
        for i in range(array.shape[1]):
            array[row, i] = values[row]


@numba.njit(**FLAGS)
def copy_rows(target, source, first, count, width):
    """*width* numbers of the rows *first* … of *source* to the first *count* rows of *target*."""
    for row in range(count):
        for i in range(width):
            target[row, i] = source[first + row, i]


@cache
def compile_advance(dtype: np.dtype, lanes: int):
    """The task function for a precision and a block width; formulas come to it as pointers."""
    zero = dtype.type(0)
    span = TILE * max(1, SPAN // (TILE * lanes))

    @numba.njit(**FLAGS)
    def load(w, values, given, first, used):
        """A block from the values' rows and those *given*; padding lanes get a slope of 0."""
        rows = values.shape[0]
        for row in range(rows):
            for lane in range(lanes):
                w[row * lanes + lane] = values[row, first + lane]
        for row in range(given.shape[0]):
            for lane in range(lanes):
                w[(rows + row) * lanes + lane] = given[row, (first + lane) % given.shape[1]] if lane < used else zero

    @numba.njit(**FLAGS)
    def save(w, values, first):
        for row in range(values.shape[0]):
            for lane in range(lanes):
                values[row, first + lane] = w[row * lanes + lane]

    def advance(low, high, fill, steps, key, work, sizes, results):
        """Advance items *low* … *high*−1 of a part by some steps."""
        # Arrays of its own, because a call through a pointer counts references: a count that two threads
        # change costs more than a tile.
        start, stop, stride = sizes.start, sizes.stop, sizes.stride
        values, hyper = work.values, results.hyper
        w = np.empty((values.shape[1] + work.rows.shape[0] + SCRATCH) * lanes, dtype=dtype)
        z = np.empty(span * lanes, dtype=np.float32)
        words = np.empty(2 * TILE * lanes, dtype=np.uint32)
        rows = np.empty((span if stride else 1, hyper.shape[1]), dtype=dtype)
        copy_rows(rows, hyper, 0, 1, hyper.shape[1])
        law_arguments = copy(work.law_arguments)
        block = Block(w, copy(work.shared), rows)
        kinds = work.empty.size
        found = Found(np.empty((kinds, stop - start)), copy(results.marks), np.empty((results.marks.size, 3)))
        for item in range(low, high):
            replica, group = item // sizes.groups, item % sizes.groups
            fill_rows(found.sums, work.empty)
            for mark in range(found.marks.size):
                for j in range(3):
                    found.diagnostics[mark, j] = 0.0
            first = group * sizes.group_size
            end = min(sizes.count, first + sizes.group_size)
            while first < end:
                used = min(lanes, end - first)
                load(w, values[replica], work.rows, first, used)
                k, mark = start, 0
                while k < stop:
                    tile = k - k % TILE
                    count = min(stop, tile + span) - k
                    place = Place(
                        np.uint64((k + count - tile + TILE - 1) // TILE),
                        np.uint64(sizes.coordinate + first),
                        np.uint64(tile),
                        np.uint64(sizes.replica + replica),
                        key[0],
                        key[1],
                    )
                    fill(z, words, place, law_arguments)
                    if stride:
                        copy_rows(rows, hyper, k - start, count, hyper.shape[1])
                    mark = steps(block, z, Span(count, k - start, k - tile, used, stride, mark), found)
                    k += count
                save(w, values[replica], first)
                first += lanes
            copy_rows(results.sums[item], found.sums, 0, kinds, stop - start)
            copy_rows(results.diagnostics[item], found.diagnostics, 0, found.marks.size, 3)

    return compile_stored(advance, advance_type(numba.from_dtype(dtype)), lanes)
