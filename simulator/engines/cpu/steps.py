"""The compiled steps of one block: optimizer update and gradient norms, and the block's diagnostics.

A block is a flat array of rows of ``lanes`` numbers: x, the optimizer's state in its order, the slopes w_i/s, and two
rows of scratch for readings. ``numbers`` is a flat array: σ_i, centre, 1/scale, the profile's arguments, and last the
scale and min φ. ``steps`` has a fixed signature and is called through a pointer, so that a new problem or optimizer
compiles its own few lines and not the loops around them.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray
from ratecheck.problems import Formula
from ratecheck.problems.formulas.elementary import COMPILE

from ...optimizers import Optimizer
from ..measures import Sum
from ..rng import TILE
from .machine_code import compile_stored
from .noise_tile import row
from .readings import PROFILE, REDUCE, UNIT, compile_readings, size_bits_of
from .registers import tuple_reader

SCRATCH = 2  # rows of a block besides x, the state and the slopes


class Block(NamedTuple):
    """*lanes*: the block; *numbers*: see above; *hyper*: rows of hyper-parameters, one a step or one for all."""

    lanes: NDArray
    numbers: NDArray
    hyper: NDArray


class Span(NamedTuple):
    """*count* steps from *first* of the chunk on, over whole tiles of noise but the first *skip* steps, of which *used*
    lanes are coordinates; *stride*: rows of hyper-parameters from a step to the next, 0 or 1; *mark*: the next one."""

    count: int  # type: ignore[assignment]  # hides tuple's method, which nobody calls
    first: int
    skip: int
    used: int
    stride: int
    mark: int


class Found(NamedTuple):
    """*sums*: (sums, steps of the chunk), added to; *marks*: steps of the chunk that are measured, into
    *diagnostics*: (marks, 3), see ``compile_measure``."""

    sums: NDArray
    marks: NDArray
    diagnostics: NDArray


SPAN_TYPE = types.NamedUniTuple(types.int64, len(Span._fields), Span)
FOUND_TYPE = types.NamedTuple((types.float64[:, ::1], types.int64[::1], types.float64[:, ::1]), Found)


def steps_type(real):
    """``steps(block, z, span, found)`` → the next mark."""
    block = types.NamedTuple((real[::1], real[::1], real[:, ::1]), Block)
    return types.int64(block, types.float32[::1], SPAN_TYPE, FOUND_TYPE)


def update_function(optimizer: Optimizer, lanes: int, dtype: np.dtype):
    """``update(w, lane, gradient, hyper)``: one coordinate's step on the block, as the formula has it.

    Written out as text because the number of rows and hyper-parameters is the optimizer's.
    """
    rows = [f"w[{row} * lanes + lane]" for row in range(1 + len(optimizer.state))]
    hyper = [f"hyper[{j}]" for j in range(len(optimizer.hyper))]
    arguments = [rows[0], "gradient", *rows[1:], *hyper]
    namespace = {"formula": optimizer.update.numba(dtype), "lanes": lanes}
    exec(f"def update(w, lane, gradient, hyper):\n    {', '.join(rows)} = formula({', '.join(arguments)})", namespace)
    return COMPILE(namespace["update"])


@cache
def compile_steps(
    phi: Formula, dphi: Formula, optimizer: Optimizer, dtype: np.dtype, lanes: int, extra: tuple[Sum, ...] = ()
):
    """Some steps of a block: adds Σ|∇_i| and Σ∇_i² of each, and the sums *extra*, to those found, and measures at
    marks; returns the next mark."""
    real = dtype.type
    unit, one = min(lanes, UNIT), lanes <= UNIT
    slope, zero = (1 + len(optimizer.state)) * lanes, real(0)
    profile = dphi.numba(dtype)
    measure = compile_measure(phi, dphi, dtype)
    update = update_function(optimizer, lanes, dtype)
    read_hyper = tuple_reader(0, len(optimizer.hyper))
    read_arguments = tuple_reader(PROFILE, len(dphi.parameters) - 1)
    read_more = compile_readings(phi, dphi, optimizer, dtype, lanes, extra)

    @COMPILE
    def true_gradient(x, slope, center, inverse_scale, arguments):
        return slope * profile((x - center) * inverse_scale, *arguments)

    @COMPILE
    def stochastic_gradient(gradient, sigma, z):
        return gradient + sigma * real(z)

    # reassoc lets the two sums run in vector lanes; all other arithmetic is in functions without it
    @numba.njit(forceinline=True, **REDUCE)
    def step(w, z, place, sigma, center, inverse_scale, arguments, hyper):
        l1, square = zero, zero
        for lane in range(unit):
            gradient = true_gradient(w[lane], w[slope + lane], center, inverse_scale, arguments)
            update(w, lane, stochastic_gradient(gradient, sigma, z[place + np.uint64(lane)]), hyper)
            gradient = gradient if w[slope + lane] != zero else zero  # a padding lane may hold anything
            l1 += abs(gradient)
            square += gradient * gradient
        return l1, square

    def steps(block, z, span, found):
        w, numbers, sums = block.lanes, block.numbers, found.sums
        mark, used = span.mark, span.used
        arguments = read_arguments(numbers)
        sigma, center, inverse_scale = numbers[0], numbers[1], numbers[2]
        for k in range(span.count):
            if mark < found.marks.size and found.marks[mark] == span.first + k:
                for begin in range(0, used, unit):
                    end = min(begin + unit, used)
                    measure(w[begin:end], w[slope + begin : slope + end], numbers, found.diagnostics[mark])
                mark += 1
            place = np.uint64((((span.skip + k) & ~(TILE - 1)) + row(span.skip + k)) * lanes)
            hyper = read_hyper(block.hyper[k * span.stride])
            for begin in range(0, lanes, unit):
                part = w if one else w[begin:]
                read_more(part, used - begin, numbers, hyper, sums, span.first + k)
                l1, square = step(part, z, place + np.uint64(begin), sigma, center, inverse_scale, arguments, hyper)
                sums[0, span.first + k] += np.float64(l1)
                sums[1, span.first + k] += np.float64(square)
        return mark

    formulas = phi.digest, dphi.digest, optimizer.update.digest, *(s.meaning for s in extra)
    return compile_stored(steps, steps_type(numba.from_dtype(dtype)), *formulas, lanes)


@cache
def compile_measure(phi: Formula, dphi: Formula, dtype: np.dtype):
    """``measure(x, slopes, numbers, out)``: the lanes' part of Σ slope·φ, max|∇_i| and max|x_i|, added to *out*."""
    value, derivative = phi.numba(dtype), dphi.numba(dtype)
    read_arguments = tuple_reader(PROFILE, len(dphi.parameters) - 1)
    real = dtype.type
    bits, size_bits = size_bits_of(dtype)

    @COMPILE
    def terms(x, slope, numbers, arguments):
        u = (x - numbers[1]) * numbers[2]
        return np.float64(slope * value(u, *arguments)), size_bits(slope * derivative(u, *arguments)), size_bits(x)

    @numba.njit(**REDUCE)
    def measure(x, slopes, numbers, out):
        arguments = read_arguments(numbers)
        total, steepest, furthest = 0.0, bits(0), bits(0)
        for lane in range(x.size):
            f, gradient, distance = terms(x[lane], slopes[lane], numbers, arguments)
            total += f
            steepest = bits(max(steepest, gradient))
            furthest = bits(max(furthest, distance))
        out[0] += total
        out[1] = max(out[1], np.float64(bits(steepest).view(real)))
        out[2] = max(out[2], np.float64(bits(furthest).view(real)))

    return measure
