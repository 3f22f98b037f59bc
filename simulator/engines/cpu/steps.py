"""The compiled steps of one block: optimizer update and gradient norms, and the block's diagnostics.

A block is a flat array of rows of ``lanes`` numbers: x, the optimizer's state in its order, the slopes w_i/s_i, what
each coordinate has its own of, and two rows of scratch for readings. ``shared`` has the other numbers (``own.py``).
``steps`` has a fixed signature and is called through a pointer, so that a new problem or optimizer compiles its own
few lines and not the loops around them.
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
from ..numbers import Layout
from ..rng import TILE
from .machine_code import compile_stored
from .noise_tile import row
from .own import OF_AFFINITY, OF_ARGUMENTS, OF_CENTER, OF_INVERSE, OF_SCALE, OF_SIGMA, compile_own
from .readings import REDUCE, UNIT, compile_readings, size_bits_of
from .registers import tuple_reader

SCRATCH = 2  # rows of a block besides x, the state and what is given of each coordinate


class Block(NamedTuple):
    """*lanes*: the block; *shared*: see above; *hyper*: rows of hyper-parameters, one a step or one for all."""

    lanes: NDArray
    shared: NDArray
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
    phi: Formula,
    dphi: Formula,
    optimizer: Optimizer,
    dtype: np.dtype,
    lanes: int,
    layout: Layout,
    extra: tuple[Sum, ...] = (),
):
    """Some steps of a block: adds Σ|∇_i| and Σ∇_i² of each, and the sums *extra*, to those found, and measures at
    marks; returns the next mark."""
    real = dtype.type
    unit, one = min(lanes, UNIT), lanes <= UNIT
    slope, zero = (1 + len(optimizer.state)) * lanes, real(0)
    profile = dphi.numba(dtype)
    own = compile_own(layout, 1 + len(optimizer.state), lanes)
    measure = compile_measure(phi, dphi, own, layout, dtype)
    update = update_function(optimizer, lanes, dtype)
    read_hyper = tuple_reader(0, len(optimizer.hyper))
    read_shared = tuple_reader(0, layout.size)
    read_more = compile_readings(phi, dphi, optimizer, dtype, lanes, layout, extra)

    @COMPILE
    def true_gradient(x, slope, mine):
        return slope * profile((x - mine[OF_CENTER]) * mine[OF_INVERSE], *mine[OF_ARGUMENTS])

    if layout.affine:

        @COMPILE
        def stochastic_gradient(gradient, mine, z):
            sigma = mine[OF_SIGMA]
            return gradient + real(np.sqrt(sigma * sigma + mine[OF_AFFINITY] * gradient * gradient)) * real(z)
    else:

        @COMPILE
        def stochastic_gradient(gradient, mine, z):
            return gradient + mine[OF_SIGMA] * real(z)

    # reassoc lets the two sums run in vector lanes; all other arithmetic is in functions without it
    @numba.njit(forceinline=True, **REDUCE)
    def step(w, z, place, shared, hyper):
        l1, square = zero, zero
        for lane in range(unit):
            mine = own(w, lane, shared)
            gradient = true_gradient(w[lane], w[slope + lane], mine)
            update(w, lane, stochastic_gradient(gradient, mine, z[place + np.uint64(lane)]), hyper)
            gradient = gradient if w[slope + lane] != zero else zero  # a padding lane may hold anything
            l1 += abs(gradient)
            square += gradient * gradient
        return l1, square

    def steps(block, z, span, found):
        w, sums = block.lanes, found.sums
        mark, used = span.mark, span.used
        shared = read_shared(block.shared)
        for k in range(span.count):
            if mark < found.marks.size and found.marks[mark] == span.first + k:
                for begin in range(0, used, unit):
                    end = min(begin + unit, used)
                    x, slopes = w[begin:end], w[slope + begin : slope + end]
                    measure(x, slopes, w[begin:], block.shared, found.diagnostics[mark])
                mark += 1
            place = np.uint64((((span.skip + k) & ~(TILE - 1)) + row(span.skip + k)) * lanes)
            hyper = read_hyper(block.hyper[k * span.stride])
            for begin in range(0, lanes, unit):
                part = w if one else w[begin:]
                read_more(part, used - begin, shared, hyper, sums, span.first + k)
                l1, square = step(part, z, place + np.uint64(begin), shared, hyper)
                sums[0, span.first + k] += np.float64(l1)
                sums[1, span.first + k] += np.float64(square)
        return mark

    formulas = phi.digest, dphi.digest, optimizer.update.digest, *(s.meaning for s in extra)
    return compile_stored(steps, steps_type(numba.from_dtype(dtype)), *formulas, lanes, layout)


def compile_measure(phi: Formula, dphi: Formula, own, layout: Layout, dtype: np.dtype):
    """``measure(x, slopes, w, numbers, out)``: the lanes' part of Σ slope·φ, max|∇_i| and max|x_i|, added to *out*; the
    block *w* begins at these lanes. Where each coordinate has its own scale, it is in the sum: Σ w_i φ then."""
    value, derivative = phi.numba(dtype), dphi.numba(dtype)
    real = dtype.type
    bits, size_bits = size_bits_of(dtype)
    scaled = layout.scale in layout.own
    read_shared = tuple_reader(0, layout.size)

    @COMPILE
    def terms(x, slope, mine):
        u = (x - mine[OF_CENTER]) * mine[OF_INVERSE]
        weight = slope * mine[OF_SCALE] if scaled else slope
        arguments = mine[OF_ARGUMENTS]
        return np.float64(weight * value(u, *arguments)), size_bits(slope * derivative(u, *arguments)), size_bits(x)

    @numba.njit(**REDUCE)
    def measure(x, slopes, w, numbers, out):
        shared = read_shared(numbers)
        total, steepest, furthest = 0.0, bits(0), bits(0)
        for lane in range(x.size):
            f, gradient, distance = terms(x[lane], slopes[lane], own(w, lane, shared))
            total += f
            steepest = bits(max(steepest, gradient))
            furthest = bits(max(furthest, distance))
        out[0] += total
        out[1] = max(out[1], np.float64(bits(steepest).view(real)))
        out[2] = max(out[2], np.float64(bits(furthest).view(real)))

    return measure
