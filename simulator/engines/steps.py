"""The compiled steps of one block: optimizer update and gradient norms, and the block's diagnostics.

A block is a flat array of rows of ``lanes`` numbers: x, the optimizer's state in its order, and the
slopes w_i/s. ``parameters`` is a flat array: σ_i, centre, 1/scale, and the profile's constants.
Both functions have fixed signatures and are called through pointers, so that a new problem, optimizer
or noise compiles its own few lines and not the loops around them.
"""

from __future__ import annotations

from functools import cache

import numba
import numpy as np
from numba import types

from problems import Formula
from problems.elementary import COMPILE, FLAGS

from ..optimizers import Optimizer

PLACE = 3  # where the profile's constants start in ``parameters``


def steps_signature(real):
    """``steps(w, z, count, table, row, stride, parameters, sums, offset)``."""
    return types.void(
        real[::1],
        types.float32[::1],
        types.int64,
        real[:, ::1],
        types.int64,
        types.int64,
        real[::1],
        types.float64[:, ::1],
        types.int64,
    )


def measure_signature(real):
    """``measure(w, used, slope_row, parameters, out)``."""
    return types.void(real[::1], types.int64, types.int64, real[::1], types.float64[::1])


def tuple_reader(first: int, count: int):
    """An inlined function that reads *count* numbers of a 1-D array, from *first*, into a tuple.

    Numbers in a tuple are registers to the compiler, while an array might change under the loop.
    """
    namespace = {}
    exec(f"def read(a): return ({''.join(f'a[{first + j}], ' for j in range(count))})", namespace)
    return COMPILE(namespace["read"])


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
def compile_steps(dphi: Formula, optimizer: Optimizer, dtype: np.dtype, lanes: int):
    """*count* steps of a block over the rows of noise *z*, with the hyper-parameters of *table* from *row* on
    (*stride* 0: one row for all), adding Σ|∇_i| and Σ∇_i² to sums[:, offset …].
    """
    real = dtype.type
    slope, zero = (1 + len(optimizer.state)) * lanes, real(0)
    profile = dphi.numba(dtype)
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
    @numba.njit(**{**FLAGS, "fastmath": {"reassoc"}})
    def step(w, z, sigma, center, inverse_scale, constants, hyper):
        l1, square = zero, zero
        for lane in range(lanes):
            gradient = true_gradient(w[lane], w[slope + lane], center, inverse_scale, constants)
            update(w, lane, stochastic_gradient(gradient, sigma, z[lane]), hyper)
            gradient = gradient if w[slope + lane] != zero else zero  # a padding lane may hold anything
            l1 += abs(gradient)
            square += gradient * gradient
        return l1, square

    @numba.njit(steps_signature(numba.from_dtype(dtype)), **FLAGS)
    def steps(w, z, count, table, row, stride, parameters, sums, offset):
        constants = read_constants(parameters)
        sigma, center, inverse_scale = parameters[0], parameters[1], parameters[2]
        for k in range(count):
            l1, square = step(
                w,
                z[k * lanes : (k + 1) * lanes],
                sigma,
                center,
                inverse_scale,
                constants,
                read_hyper(table[row + k * stride]),
            )
            sums[0, offset + k] += np.float64(l1)
            sums[1, offset + k] += np.float64(square)

    return steps


@cache
def compile_measure(phi: Formula, dphi: Formula, dtype: np.dtype):
    """Add a block's part of the diagnostics to *out*: Σ slope·φ, max|∇_i| and max|x_i| over *used* lanes."""
    value, derivative = phi.numba(dtype), dphi.numba(dtype)
    read_constants = tuple_reader(PLACE, len(dphi.parameters) - 1)

    @numba.njit(measure_signature(numba.from_dtype(dtype)), **FLAGS)
    def measure(w, used, slope_row, parameters, out):
        constants = read_constants(parameters)
        for lane in range(used):
            x, slope = w[lane], w[slope_row + lane]
            u = (x - parameters[1]) * parameters[2]
            out[0] += np.float64(slope * value(u, *constants))
            out[1] = max(out[1], np.float64(abs(slope * derivative(u, *constants))))
            out[2] = max(out[2], np.float64(abs(x)))

    return measure
