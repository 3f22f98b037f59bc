"""The shipped profiles: φ, φ′, sup|φ''| and min φ (derivations: docs/theory.md, section 3)."""

from __future__ import annotations

import math

from .errors import require_number
from .separable import profile


@profile(curvature=1.0, start=1.0, pl=1.0)
def quadratic(u):
    """u²/2: the convex control, with closed-form oracles."""
    return 0.5 * u * u


@quadratic.derivative
def _quadratic(u):
    return u


@profile(curvature=2.0, start=2.0)
def rational(u):
    """u²/(1+u²): bounded, nonconvex for |u| > 1/√3, min φ'' = −1/2 at u = ±1."""
    square = u * u
    return square / (1.0 + square)


@rational.derivative
def _rational(u):
    a = 1.0 + u * u
    return 2.0 * u / (a * a)


@profile(curvature=1.0, start=1.5)
def welsch(u):
    """1 − exp(−u²/2): bounded, min φ'' = −2 e^(−3/2) at u = ±√3."""
    return -math.expm1(-0.5 * u * u)


@welsch.derivative
def _welsch(u):
    return u * math.exp(-0.5 * u * u)


@profile(curvature=2.0, start=3.0)
def cauchy(u):
    """log(1+u²): unbounded, but its gradient vanishes at infinity."""
    return math.log1p(u * u)


@cauchy.derivative
def _cauchy(u):
    return 2.0 * u / (1.0 + u * u)


@profile(curvature=1.0, start=2.0)
def cosine(u):
    """1 − cos u: periodic; all minima are global."""
    half = math.sin(0.5 * u)  # 1 − cos u itself would lose the gap of a start near a minimum
    return 2.0 * half * half


@cosine.derivative
def _cosine(u):
    return math.sin(u)


def _ripple_curvature(amplitude, frequency):
    amplitude = require_number(amplitude, "problem 'ripple': amplitude", least=0)  # below 0, min φ is not 0
    return 1.0 + amplitude * frequency * frequency


@profile(curvature=_ripple_curvature, start=3.0, amplitude=0.5, frequency=4.0)
def ripple(u, amplitude, frequency):
    """u²/2 + A(1 − cos ωu), A ≥ 0: nonconvex with local minima if Aω² > 1; the global one is at 0."""
    half = math.sin(0.5 * frequency * u)
    return 0.5 * u * u + 2.0 * amplitude * half * half


@ripple.derivative
def _ripple(u, amplitude, frequency):
    return u + amplitude * frequency * math.sin(frequency * u)


@profile(curvature=1.0, start=3.0)
def soft_ramp(u):
    """√(1+u²) − 1: slope 1 far out, curvature at most 1. ``ramp`` makes the hard instance of it."""
    square = u * u
    return square / (math.sqrt(1.0 + square) + 1.0)


@soft_ramp.derivative
def _soft_ramp(u):
    return u / math.sqrt(1.0 + u * u)


@profile(curvature=1.0, growth=1.0, pl=1.0, start=3.0)
def cosh(u):
    """cosh u − 1: (L₀, L₁)-smooth, not L-smooth: its curvature grows with its slope."""
    e = math.expm1(abs(u))  # cosh u − 1 itself would lose the gap of a start near 0
    return 0.5 * e * (e / (1.0 + e))


@cosh.derivative
def _cosh(u):
    e = math.expm1(abs(u))
    return math.copysign(0.5 * (e + e / (1.0 + e)), u)
