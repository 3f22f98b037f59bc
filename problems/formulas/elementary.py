"""exp, log, sin, cos and tanh for compiled loops: branch-free, so that they vectorise, and the same bits everywhere.

A call into the C library costs 20 to 30 ns and keeps a loop scalar. These are plain arithmetic on
one type, within 2 ulp of the exact value (float64) over the ranges the tests walk; sin and cos keep
an absolute error of that order while |x| < 10⁵, lose it slowly beyond, and never leave [−1, 1]. What is
not here is taken from the C library. The coefficients come from docs/fit_elementary.py.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numba
import numpy as np

from .coefficients import EXP_32, EXP_64, LOG_32, LOG_64, SIN_32, SIN_64

# error_model: a division must give inf, not a Python exception, or the loop stays scalar.
# fastmath: said outright, because Numba lets a function inherit what its first caller has.
FLAGS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": False}
# What is inlined is called by compiled code alone, and ways in from Python and C would take as long to compile.
INLINED: dict[str, Any] = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
COMPILE = numba.njit(**INLINED, **FLAGS)


class _Float32:
    real, bits = np.float32, np.int32
    mantissa, bias = np.int32(23), np.int32(127)
    sqrt_half = np.int32(0x3F3504F3)
    ln2_high, ln2_low = np.float32(0.693145751953125), np.float32(1.4286068203094173e-06)
    pi = (np.float32(3.140625), np.float32(0.0009675025939941406), np.float32(1.5099579909783765e-07))
    exp_least, exp_most = np.float32(-105.0), np.float32(89.0)
    smallest = np.float32(1.1754943508222875e-38)
    lift, lifted = np.float32(2.0**24), np.float32(24.0)
    log, exp, sin = LOG_32, EXP_32, SIN_32


class _Float64:
    real, bits = np.float64, np.int64
    mantissa, bias = np.int64(52), np.int64(1023)
    sqrt_half = np.int64(0x3FE6A09E667F3BCD)
    ln2_high, ln2_low = np.float64(0.6931471806019545), np.float64(-4.2009150726810846e-11)
    pi = (np.float64(3.1415926534682512), np.float64(1.2154201012607932e-10), np.float64(4.044532497591901e-21))
    exp_least, exp_most = np.float64(-746.0), np.float64(710.0)
    smallest = np.float64(2.2250738585072014e-308)
    lift, lifted = np.float64(2.0**54), np.float64(54.0)
    log, exp, sin = LOG_64, EXP_64, SIN_64


PRECISIONS = (_Float32, _Float64)


def polynomial(coefficients, real):
    """Horner's rule, written out, as an inlined function."""
    terms = [f"real({c!r})" for c in coefficients]
    text = terms[-1]
    for term in reversed(terms[:-1]):
        text = f"({text}) * x + {term}"
    namespace = {"real": real}
    exec(f"def horner(x): return {text}", namespace)
    return COMPILE(namespace["horner"])


@cache
def functions(dtype) -> dict[str, object]:
    """Name in ``math`` → inlined Numba function whose argument and result have type *dtype*."""
    dtype = np.dtype(dtype)
    table = {
        name: _library(name, dtype.type)
        for name in "sqrt log1p log2 tan asin acos atan sinh cosh erf erfc floor ceil fabs".split()
    }
    table |= {name: _library(name, dtype.type, 2) for name in ["atan2", "copysign", "hypot", "pow"]}
    table |= _exponential(_Float32 if dtype == np.float32 else _Float64)
    table |= _logarithm(_Float32 if dtype == np.float32 else _Float64)
    table |= _circular(_Float32 if dtype == np.float32 else _Float64)
    table |= _builtins(dtype.type)
    return table


def _library(name, real, arguments=1):
    # Numba's math.floor goes through an int64, which is wrong beyond 2⁶³ and for NaN.
    call = getattr(np if name in ("floor", "ceil") else math, name)
    if arguments == 2:
        return COMPILE(lambda x, y: real(call(x, y)))
    return COMPILE(lambda x: real(call(x)))


def _builtins(real):
    def power(n):
        namespace: dict[str, Any] = {}
        exec(f"def power(x): return {' * '.join('x' * n)}", namespace)
        return COMPILE(namespace["power"])

    # Python's own order of comparison, so that NaN goes the same way everywhere.
    return {
        "abs": COMPILE(lambda x: abs(x)),
        "min": COMPILE(lambda x, y: y if y < x else x),
        "max": COMPILE(lambda x, y: y if y > x else x),
        **{f"power_{n}": power(n) for n in range(2, 9)},
    }


def _exponential(f):
    real, bits, bias, mantissa = f.real, f.bits, f.bias, f.mantissa
    tail = polynomial(f.exp, real)
    ln2_high, ln2_low, least, most = f.ln2_high, f.ln2_low, f.exp_least, f.exp_most
    inverse_ln2, half, one, two, zero = real(1 / math.log(2)), real(0.5), real(1), real(2), real(0)

    @COMPILE
    def two_to(n):
        return bits((bits(n) + bias) << mantissa).view(real)

    @COMPILE
    def reduced(x):
        """n and e^r - 1 with x = n ln 2 + r; x is clipped to where exp is neither 0 nor inf."""
        x = least if x < least else x
        x = most if x > most else x
        n = real(np.floor(x * inverse_ln2 + half))
        r = (x - n * ln2_high) - n * ln2_low
        return n, r + r * r * tail(r)

    @COMPILE
    def exp(x):
        n, e = reduced(x)
        first = real(np.floor(n * half))  # two factors: 2ⁿ itself may overflow or be subnormal
        return ((one + e) * two_to(first)) * two_to(n - first)

    @COMPILE
    def expm1(x):
        n, e = reduced(x)
        first = real(np.floor(n * half))
        scale = two_to(first) * two_to(n - first)
        return scale * e + (scale - one)

    @COMPILE
    def tanh(x):
        size = abs(x)
        size = real(22) if size > real(22) else size
        e = expm1(two * size)
        t = e / (e + two)
        return t if x >= zero else -t

    return {"exp": exp, "expm1": expm1, "tanh": tanh}


def _logarithm(f):
    real, bits, mantissa, sqrt_half = f.real, f.bits, f.mantissa, f.sqrt_half
    ln2_high, ln2_low, smallest, lift, lifted = f.ln2_high, f.ln2_low, f.smallest, f.lift, f.lifted
    tail = polynomial(f.log, real)
    half, one, two, zero = real(0.5), real(1), real(2), real(0)
    wide = real is np.float64

    @COMPILE
    def split(x):
        """Exponent e and t = m - 1 with x = m 2^e, m in [√½, √2); x positive, finite and not subnormal."""
        word = real(x).view(bits)
        e = bits(bits(word - sqrt_half) >> mantissa)
        return real(e), bits(word - bits(e << mantissa)).view(real) - one

    @COMPILE
    def log_ordinary(x):
        e, t = split(x)
        square = half * t * t
        if wide:
            s = t / (two + t)
            z = s * s
            rest = s * (square + z * tail(z))
            return e * ln2_high - ((square - (rest + e * ln2_low)) - t)
        return e * ln2_high + (((t * t * t) * tail(t) + e * ln2_low - square) + t)

    @COMPILE
    def log(x):
        tiny = x < smallest
        value = log_ordinary(x * lift if tiny else x)
        value = value - lifted * (ln2_high + ln2_low) if tiny else value
        value = x if x == real(np.inf) else value
        value = real(-np.inf) if x == zero else value
        return value if x >= zero else real(np.nan)

    return {"log": log, "log_ordinary": log_ordinary}


def _circular(f):
    real, tail = f.real, polynomial(f.sin, f.real)
    pi_1, pi_2, pi_3 = f.pi
    half, two = real(0.5), real(2)
    inverse_pi, quarter = real(1 / math.pi), real(math.pi / 2)

    @COMPILE
    def arc(x, n, whole):
        """(-1)^whole sin(x - nπ), |x - nπ| ≤ π/2, which the clip holds up where x has no phase left."""
        r = ((x - n * pi_1) - n * pi_2) - n * pi_3
        r = -quarter if r < -quarter else r
        r = quarter if r > quarter else r
        z = r * r
        value = r + r * z * tail(z)
        odd = whole - two * real(np.floor(whole * half))
        return value - two * odd * value

    @COMPILE
    def sin(x):
        n = real(np.floor(x * inverse_pi + half))
        return arc(x, n, n)

    @COMPILE
    def cos(x):
        n = real(np.floor(x * inverse_pi)) + half
        return -arc(x, n, n - half)

    return {"sin": sin, "cos": cos}
