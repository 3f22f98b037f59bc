"""The sums that a run was asked for besides both norms: one flat loop each, over the lanes of a unit.

Each has a loop of its own, before the update, and the norms' loop is the same with and without them: so what one sum's
bits are doesn't depend on what else is asked for. Gradients and gaps that they need are made once, into the block's
rows of scratch.
"""

from __future__ import annotations

import numba
import numpy as np
from ratecheck.problems import Formula
from ratecheck.problems.formulas.elementary import COMPILE, FLAGS

from ...optimizers import Optimizer
from ..measures import Sum
from ..numbers import Layout
from .own import OF_ARGUMENTS, OF_CENTER, OF_INVERSE, OF_LEAST, OF_SCALE, compile_own

UNIT = 64  # lanes that are summed before the sum joins the others: so the width of a block shows in no bit
REDUCE = {**FLAGS, "fastmath": {"reassoc"}}  # lets a sum run in vector lanes
FIRST = 2  # of the sums here, after both norms


def size_bits_of(dtype: np.dtype):
    """(integer type, ``size_bits(x)``): the order of sizes is the order of their bits, where NaN comes last; and a
    maximum of integers needs no flag to run in vector lanes."""
    real, bits = dtype.type, np.int32 if dtype == np.float32 else np.int64

    @COMPILE
    def size_bits(x):
        return real(abs(x)).view(bits)

    return bits, size_bits


def ordered_bits_of(dtype: np.dtype):
    """(integer type, ``to_bits(x)``, ``from_bits(word)``): integers in the order of the numbers, negative ones too,
    where NaN is last."""
    real, bits = dtype.type, np.int32 if dtype == np.float32 else np.int64
    shift, sizes = bits(31 if dtype == np.float32 else 63), bits(np.iinfo(bits).max)
    nan = real(np.nan).view(bits) & sizes

    @COMPILE
    def turned(word):
        return bits(word ^ (bits(word >> shift) & sizes))

    @COMPILE
    def to_bits(x):
        return turned(real(x).view(bits)) if x == x else nan

    @COMPILE
    def from_bits(word):
        return bits(turned(word)).view(real)

    return bits, to_bits, from_bits


def compile_readings(
    phi: Formula,
    dphi: Formula,
    optimizer: Optimizer,
    dtype: np.dtype,
    lanes: int,
    layout: Layout,
    extra: tuple[Sum, ...],
):
    """``read_more(w, used, shared, hyper, sums, k)``: join the sums *extra* of a unit, of which *used* lanes are
    coordinates, to sums[FIRST …, k]."""
    if not extra:
        return _nothing
    own = compile_own(layout, 1 + len(optimizer.state), lanes)
    names = {name for kept in extra for name in kept.term.parameters}
    slope = (1 + len(optimizer.state)) * lanes
    scratch = slope + (1 + len(layout.own)) * lanes
    rows = {"x": 0, "gradient": scratch, "gap": scratch + lanes}
    namespace = {
        "fill_gradients": _fill_gradients(dphi, dtype, lanes, own, slope, rows["gradient"]),
        "fill_gaps": _fill_gaps(phi, dtype, lanes, own, slope, rows["gap"]),
        "larger": _larger,
    }
    lines = ["def read_more(w, used, shared, hyper, sums, k):"]
    lines += ["    fill_gradients(w, shared)"] * ("gradient" in names) + ["    fill_gaps(w, shared)"] * ("gap" in names)
    for place, kept in enumerate(extra):
        namespace[f"fold_{place}"] = _fold(kept, optimizer, dtype, lanes, rows)
        found, here = f"fold_{place}(w, used, hyper)", f"sums[{FIRST + place}, k]"
        lines.append(f"    {here} = " + (f"{here} + {found}" if kept.fold == "sum" else f"larger({here}, {found})"))
    exec("\n".join(lines), namespace)
    return COMPILE(namespace["read_more"])


@COMPILE
def _nothing(w, used, shared, hyper, sums, k):
    """``read_more`` of a run that measures what every run does."""


@COMPILE
def _larger(a, b):
    """The maximum, which NaN is."""
    return b if b > a or b != b else a


def _fill_gradients(dphi: Formula, dtype: np.dtype, lanes: int, own, slope: int, row: int):
    profile, unit = dphi.numba(dtype), min(lanes, UNIT)

    @COMPILE
    def fill_gradients(w, shared):
        for lane in range(unit):
            mine = own(w, lane, shared)
            u = (w[lane] - mine[OF_CENTER]) * mine[OF_INVERSE]
            w[row + lane] = w[slope + lane] * profile(u, *mine[OF_ARGUMENTS])

    return fill_gradients


def _fill_gaps(phi: Formula, dtype: np.dtype, lanes: int, own, slope: int, row: int):
    profile, unit = phi.numba(dtype), min(lanes, UNIT)

    @COMPILE
    def fill_gaps(w, shared):
        for lane in range(unit):
            mine = own(w, lane, shared)
            height = profile((w[lane] - mine[OF_CENTER]) * mine[OF_INVERSE], *mine[OF_ARGUMENTS]) - mine[OF_LEAST]
            w[row + lane] = w[slope + lane] * mine[OF_SCALE] * height

    return fill_gaps


def _fold(kept: Sum, optimizer: Optimizer, dtype: np.dtype, lanes: int, rows: dict[str, int]):
    """``fold(w, used, hyper)``: one sum of a unit, as a float64."""
    real, unit = dtype.type, min(lanes, UNIT)
    place = {name: f"w[{row} + lane]" for name, row in rows.items()}
    place |= {name: f"hyper[{j}]" for j, name in enumerate(optimizer.hyper)}
    arguments = ", ".join(place[name] for name in kept.term.parameters)
    namespace = {"formula": kept.term.numba(dtype)}
    exec(f"def term(w, lane, hyper):\n    return formula({arguments})", namespace)
    term, zero = COMPILE(namespace["term"]), real(0)

    if kept.fold == "sum":

        @numba.njit(forceinline=True, **REDUCE)
        def fold(w, used, hyper):
            total = zero
            for lane in range(unit):
                value = term(w, lane, hyper)
                total += value if lane < used else zero  # a padding lane may hold anything
            return np.float64(total)
    else:
        bits, to_bits, from_bits = ordered_bits_of(dtype)
        least = bits(real(-np.inf).view(bits) ^ np.iinfo(bits).max)

        @numba.njit(forceinline=True, **REDUCE)
        def fold(w, used, hyper):
            largest = least
            for lane in range(unit):
                value = to_bits(term(w, lane, hyper))
                value = value if lane < used else least
                largest = bits(max(largest, value))
            return np.float64(from_bits(largest))

    return fold
