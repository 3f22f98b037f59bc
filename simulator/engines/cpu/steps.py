"""The compiled steps of one block: optimizer update and gradient norms, and the block's diagnostics.

A block is a flat array of rows of ``lanes`` numbers: x, the optimizer's state in its order, and the
slopes w_i/s. ``parameters`` is a flat array: σ_i, centre, 1/scale, and the profile's constants.
``steps`` has a fixed signature and is called through a pointer, so that a new problem or optimizer
compiles its own few lines and not the loops around them.
"""

from __future__ import annotations

from functools import cache

import numba
import numpy as np
from numba import types
from ratecheck.problems import Formula
from ratecheck.problems.formulas.elementary import COMPILE, FLAGS

from ...optimizers import Optimizer
from ..rng import TILE
from .machine_code import compile_stored
from .noise_tile import row
from .registers import tuple_reader

UNIT = 64  # lanes that are summed before the sum joins the others: so the width of a block shows in no bit
REDUCE = {**FLAGS, "fastmath": {"reassoc"}}
PLACE = 3  # where the profile's constants start in ``parameters``


def steps_signature(real):
    """``steps(w, used, z, skip, first, count, table, stride, parameters, sums, marks, mark, diagnostics)`` → *mark*."""
    integer, double = types.int64, types.float64
    return integer(
        real[::1],
        integer,
        types.float32[::1],
        integer,
        integer,
        integer,
        real[:, ::1],
        integer,
        real[::1],
        double[:, ::1],
        integer[::1],
        integer,
        double[:, ::1],
    )


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
def compile_steps(phi: Formula, dphi: Formula, optimizer: Optimizer, dtype: np.dtype, lanes: int):
    """*count* steps of a block from step *first* of the chunk on, over whole tiles of noise *z* but the first *skip*.

    Hyper-parameters are the rows of *table*, one a step or, with *stride* 0, one for all. Adds Σ|∇_i| and
    Σ∇_i² to sums[:, first …]. The steps in *marks*, of which *mark* is the next, are measured into
    *diagnostics*; returns the next mark.
    """
    real = dtype.type
    unit, one = min(lanes, UNIT), lanes <= UNIT
    slope, zero = (1 + len(optimizer.state)) * lanes, real(0)
    profile = dphi.numba(dtype)
    measure = compile_measure(phi, dphi, dtype)
    update = update_function(optimizer, lanes, dtype)
    read_hyper = tuple_reader(0, len(optimizer.hyper))
    read_constants = tuple_reader(PLACE, len(dphi.parameters) - 1)

    @COMPILE
    def true_gradient(x, slope, center, inverse_scale, constants):
        return slope * profile((x - center) * inverse_scale, *constants)

    @COMPILE
    def stochastic_gradient(gradient, sigma, z):
        return gradient + sigma * real(z)

    # reassoc lets the two sums run in vector lanes; all other arithmetic is in functions without it
    @numba.njit(forceinline=True, **REDUCE)
    def step(w, z, place, sigma, center, inverse_scale, constants, hyper):
        l1, square = zero, zero
        for lane in range(unit):
            gradient = true_gradient(w[lane], w[slope + lane], center, inverse_scale, constants)
            update(w, lane, stochastic_gradient(gradient, sigma, z[place + np.uint64(lane)]), hyper)
            gradient = gradient if w[slope + lane] != zero else zero  # a padding lane may hold anything
            l1 += abs(gradient)
            square += gradient * gradient
        return l1, square

    def steps(w, used, z, skip, first, count, table, stride, parameters, sums, marks, mark, diagnostics):
        constants = read_constants(parameters)
        sigma, center, inverse_scale = parameters[0], parameters[1], parameters[2]
        for k in range(count):
            if mark < marks.size and marks[mark] == first + k:
                for begin in range(0, used, unit):
                    end = min(begin + unit, used)
                    measure(w[begin:end], w[slope + begin : slope + end], parameters, diagnostics[mark])
                mark += 1
            place = np.uint64((((skip + k) & ~(TILE - 1)) + row(skip + k)) * lanes)
            hyper = read_hyper(table[k * stride])
            for begin in range(0, lanes, unit):
                part = w if one else w[begin:]
                l1, square = step(part, z, place + np.uint64(begin), sigma, center, inverse_scale, constants, hyper)
                sums[0, first + k] += np.float64(l1)
                sums[1, first + k] += np.float64(square)
        return mark

    formulas = phi.digest, dphi.digest, optimizer.update.digest
    return compile_stored(steps, steps_signature(numba.from_dtype(dtype)), *formulas, lanes)


@cache
def compile_measure(phi: Formula, dphi: Formula, dtype: np.dtype):
    """``measure(x, slopes, parameters, out)``: the lanes' part of Σ slope·φ, max|∇_i| and max|x_i|, added to *out*."""
    value, derivative = phi.numba(dtype), dphi.numba(dtype)
    read_constants = tuple_reader(PLACE, len(dphi.parameters) - 1)
    real, bits = dtype.type, np.int32 if dtype == np.float32 else np.int64

    # The order of sizes is the order of their bits, where NaN comes last; and integers need no flag for a maximum.
    @COMPILE
    def size_bits(x):
        return real(abs(x)).view(bits)

    @COMPILE
    def terms(x, slope, parameters, constants):
        u = (x - parameters[1]) * parameters[2]
        return np.float64(slope * value(u, *constants)), size_bits(slope * derivative(u, *constants)), size_bits(x)

    @numba.njit(**REDUCE)
    def measure(x, slopes, parameters, out):
        constants = read_constants(parameters)
        total, steepest, furthest = 0.0, bits(0), bits(0)
        for lane in range(x.size):
            f, gradient, distance = terms(x[lane], slopes[lane], parameters, constants)
            total += f
            steepest = bits(max(steepest, gradient))
            furthest = bits(max(furthest, distance))
        out[0] += total
        out[1] = max(out[1], np.float64(bits(steepest).view(real)))
        out[2] = max(out[2], np.float64(bits(furthest).view(real)))

    return measure
