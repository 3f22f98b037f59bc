"""What a profile must pass, in its own units u: φ′ is the derivative of φ, sup|φ''| and min φ are as declared.

Each check allows for rounding by a stated bound, ROUND units of 2⁻⁵² of the numbers that a formula for φ
or φ′ passes through, of which sup|φ''| is taken as one: 1 − cos u has errors of size 2⁻⁵² where it is 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..formulas.formula import Formula

Array = NDArray[np.float64]
EPS, ROUND = 2.0**-52, 16
NEAR, FAR = 100.0, 1e6
TIGHT = 0.99  # part of the declared sup|φ''| that some secant of φ′ must reach


@dataclass(frozen=True)
class Finding:
    """One check: its name, whether it passed, and what was found, in words with numbers."""

    name: str
    ok: bool
    words: str


@dataclass(frozen=True)
class Scalar:
    """A profile with its constants as declared: *curvature* sup|φ''|, *minimum* min φ, *start* u₀; with *growth* m,
    |φ''| ≤ curvature + m|φ′|."""

    phi: Formula
    dphi: Formula
    curvature: float
    minimum: float
    start: float
    formula_arguments: tuple[float, ...] = ()
    growth: float = 0.0

    def value(self, u: Array) -> Array:
        return np.asarray(self.phi(u, *self.formula_arguments), dtype=np.float64) + np.zeros_like(u)

    def slope(self, u: Array) -> Array:
        return np.asarray(self.dphi(u, *self.formula_arguments), dtype=np.float64) + np.zeros_like(u)


def check_scalar(scalar: Scalar, rng: np.random.Generator) -> list[Finding]:
    """Findings of all scalar checks. A point where φ or φ′ is not finite ends them."""
    near = places(scalar.start, rng, max(NEAR, 10 * abs(scalar.start)))
    finite = check_finite(scalar, near)
    if not finite.ok:
        return [finite]
    everywhere = np.union1d(near, places(scalar.start, rng, max(FAR, 10 * abs(scalar.start))))
    everywhere = everywhere[np.isfinite(scalar.value(everywhere)) & np.isfinite(scalar.slope(everywhere))]
    return [
        finite,
        check_derivative(scalar, near),
        *(check_growth if scalar.growth else check_curvature)(scalar, everywhere),
        *check_minimum(scalar, everywhere),
    ]


def places(start: float, rng: np.random.Generator, reach: float) -> Array:
    """Where to look: even steps about 0, all orders of magnitude up to *reach*, about the start, at random."""
    wide = max(10.0, 3 * abs(start))
    orders = np.geomspace(1e-6, reach, 300)
    return np.unique(
        np.concatenate(
            [
                np.linspace(-wide, wide, 4001),
                orders,
                -orders,
                [0.0, start],
                start + np.geomspace(1e-4, 1, 20),
                start - np.geomspace(1e-4, 1, 20),
                rng.normal(scale=max(1.0, abs(start)), size=500),
            ]
        )
    )


def check_finite(scalar: Scalar, u: Array) -> Finding:
    """φ and φ′ are finite where a run may go."""
    for name, values in (("φ", scalar.value(u)), ("φ′", scalar.slope(u))):
        bad = u[~np.isfinite(values)]
        if bad.size:
            at = bad[np.argmin(np.abs(bad))]
            return Finding(
                "finite",
                False,
                f"{name} is not a finite number at u = {at:.6g}; "
                "write it so that it does not overflow or divide by 0 there",
            )
    return Finding("finite", True, f"φ and φ′ are finite for |u| ≤ {np.max(np.abs(u)):.3g}")


def check_derivative(scalar: Scalar, u: Array) -> Finding:
    """φ′ against central differences.

    If φ′ changes by at most M per unit, (φ(u+h) − φ(u−h))/(2h) is within M h/2 of φ′(u). Rounding adds
    ROUND ε S/h with S = |φ| + |uφ′| + M; h balances the two. So the bound needs no third derivative,
    and the check sees an error of about 10⁻⁷ √(M S).
    """
    slope = scalar.slope(u)
    m = scalar.curvature + 1.01 * scalar.growth * np.abs(slope)  # φ′ itself changes by less than 1 % within h
    size = np.abs(scalar.value(u)) + np.abs(u * slope) + m
    h = np.sqrt(2 * ROUND * EPS * size / m)
    high, low = u + h, u - h
    h = (high - low) / 2
    with np.errstate(invalid="ignore"):
        difference = (scalar.value(high) - scalar.value(low)) / (high - low)
        excess = np.abs(difference - slope) - (m * h / 2 + ROUND * EPS * size / h)
        excess = np.where(np.isfinite(difference), excess, math.inf)
    worst = int(np.argmax(excess))
    if excess[worst] > 0:
        return Finding(
            "derivative",
            False,
            f"φ′ is not the derivative of φ: at u = {u[worst]:.6g} the formula for φ′ "
            f"gives {slope[worst]:.8g}, φ changes by {difference[worst]:.8g} per unit",
        )
    return Finding("derivative", True, f"φ′ agrees with central differences of φ at {u.size} points")


def check_curvature(scalar: Scalar, u: Array) -> list[Finding]:
    """No secant of φ′ is steeper than the declared sup|φ''|, and some secant comes near it."""
    m = scalar.curvature
    low, high, steepest, slack = steepest_secant(scalar, u)
    at = (low + high) / 2
    if steepest - slack > m * (1 + 1e-9):
        return [
            Finding(
                "smoothness",
                False,
                f"sup|φ''| is declared as {m:.8g}, but φ′ changes by {steepest:.8g} "
                f"per unit at u = {at:.6g}; L would be too small by that factor; declare the true supremum",
            )
        ]
    holds = Finding("smoothness", True, f"no secant of φ′ exceeds sup|φ''| = {m:.8g}")
    if steepest < TIGHT * m:
        return [
            holds,
            Finding(
                "tightness",
                False,
                f"sup|φ''| is declared as {m:.8g}, but nothing above {steepest:.8g} "
                f"was found (at u = {at:.6g}); L would not be exact; declare "
                f"{steepest:.4g} if that is it",
            ),
        ]
    return [holds, Finding("tightness", True, f"a secant of φ′ reaches {steepest / m:.6f} sup|φ''| at u = {at:.6g}")]


def steepest_secant(scalar: Scalar, u: Array) -> tuple[float, float, float, float]:
    """(low, high, |slope|, its rounding bound) of the steepest secant of φ′ between neighbours of *u*, refined."""
    found = (math.nan, math.nan, -math.inf, 0.0)
    intervals = [u]
    for _ in range(10):
        low, high = np.concatenate([p[:-1] for p in intervals]), np.concatenate([p[1:] for p in intervals])
        a, b = scalar.slope(low), scalar.slope(high)
        width = high - low
        slack = ROUND * EPS * (np.abs(a) + np.abs(b) + scalar.curvature * (np.abs(low) + np.abs(high) + 1)) / width
        steep = np.abs(b - a) / width
        best = int(np.argmax(steep - slack))
        if steep[best] - slack[best] > found[2] - found[3]:
            found = (float(low[best]), float(high[best]), float(steep[best]), float(slack[best]))
        # Once rounding could hide one part in 10⁵, narrower secants say nothing.
        useful = np.flatnonzero(slack < 1e-5 * scalar.curvature)
        top = useful[np.argsort((steep - slack)[useful])[-16:]]
        if top.size == 0:
            break
        intervals = [np.linspace(low[i] - width[i], high[i] + width[i], 65) for i in top]
    return found


def check_growth(scalar: Scalar, u: Array) -> list[Finding]:
    """No secant of φ′ exceeds what |φ''| ≤ M + m|φ′| allows, and where M or m alone counts, some secant comes near."""
    low, _, part, slope = grown_secants(scalar, u)
    declared = f"|φ''| ≤ {scalar.curvature:.8g} + {scalar.growth:.8g}|φ′| is declared"
    worst = int(np.argmax(part))
    if part[worst] > 1 + 1e-9:
        return [
            Finding(
                "smoothness",
                False,
                f"{declared}, but φ′ changes by {part[worst]:.8g} times what that allows at u = {low[worst]:.6g}; "
                "declare the least curvature and growth for which it is true",
            )
        ]
    holds = Finding("smoothness", True, f"no secant of φ′ exceeds what |φ''| ≤ M + m|φ′| allows; {declared}")
    flat, steep = reached = [part[where] for where in alone(scalar, slope)]
    if any(not (some.size and np.max(some) >= TIGHT) for some in reached):
        at_most = ", ".join(f"{np.max(some):.4g}" if some.size else "nothing" for some in reached)
        return [
            holds,
            Finding(
                "tightness",
                False,
                f"{declared}, but secants of φ′ reach only {at_most} of it where φ′ is small and where it is large; L₀ "
                "and L₁ would not be exact; declare the least curvature and growth for which it is true",
            ),
        ]
    words = f"secants of φ′ reach {np.max(flat):.6f} of what M allows and {np.max(steep):.6f} of what m allows"
    return [holds, Finding("tightness", True, words)]


def grown_secants(scalar: Scalar, u: Array) -> tuple[Array, Array, Array, Array]:
    """(low, high, part, slope) of short secants of φ′ at *u*: their parts of the largest change of φ′ that
    |φ''| ≤ M + m|φ′| allows, less rounding, and the smaller of |φ′| at the ends.

    Grönwall: |φ′(b) − φ′(a)| ≤ (M/m + |φ′(a)|)(exp(m|b − a|) − 1), and the same with a and b exchanged.
    """
    low = np.concatenate([u, u])
    high = low + np.repeat([1e-3, 0.5], u.size) / scalar.growth
    with np.errstate(over="ignore", invalid="ignore"):
        a, b = scalar.slope(low), scalar.slope(high)
    fine = np.isfinite(a) & np.isfinite(b) & (high > low)
    low, high, a, b = low[fine], high[fine], a[fine], b[fine]
    slope = np.minimum(np.abs(a), np.abs(b))
    allowed = (scalar.curvature / scalar.growth + slope) * np.expm1(scalar.growth * (high - low))
    local = scalar.curvature + scalar.growth * np.maximum(np.abs(a), np.abs(b))
    slack = ROUND * EPS * (np.abs(a) + np.abs(b) + local * (np.abs(low) + np.abs(high) + 1))
    return low, high, (np.abs(b - a) - slack) / allowed, slope


def alone(scalar: Scalar, slope: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where |φ′| is so small that M alone counts in M + m|φ′|, and where so large that m does."""
    ratio = scalar.growth * slope / scalar.curvature
    return ratio < 1e-3, ratio > 1e3


def check_minimum(scalar: Scalar, u: Array) -> list[Finding]:
    """φ ≥ min φ everywhere, and φ comes within 10⁻⁶ of it, in units of the height of the start."""
    at, lowest = lowest_value(scalar, u)
    slack = ROUND * EPS * (abs(lowest) + abs(scalar.minimum) + scalar.curvature)
    if lowest < scalar.minimum - slack:
        return [
            Finding(
                "minimum",
                False,
                f"min φ is declared as {scalar.minimum:.10g}, but φ({at:.6g}) = "
                f"{lowest:.10g} is below; declare the true infimum",
            )
        ]
    bound = Finding("minimum", True, f"φ ≥ {scalar.minimum:.10g} at all points tried")
    height = float(scalar.value(np.array([scalar.start]))[0]) - scalar.minimum
    if lowest > scalar.minimum + slack + 1e-6 * min(abs(height), scalar.curvature):
        return [
            bound,
            Finding(
                "infimum",
                False,
                f"min φ is declared as {scalar.minimum:.10g}, but the lowest value "
                f"found is {lowest:.10g} at u = {at:.6g}; the gap would not be exact; declare "
                f"{lowest:.6g} if that is it",
            ),
        ]
    return [bound, Finding("infimum", True, f"φ comes to {lowest:.10g} at u = {at:.6g}")]


def lowest_value(scalar: Scalar, u: Array) -> tuple[float, float]:
    """(place, φ) of the lowest value found: the 16 lowest places refined between their neighbours."""
    values = scalar.value(u)
    best = int(np.argmin(values))
    found = (float(u[best]), float(values[best]))
    order = np.argsort(values)[:16]
    intervals = [(u[max(i - 1, 0)], u[min(i + 1, u.size - 1)]) for i in order]
    for low, high in intervals:
        for _ in range(14):
            points = np.linspace(low, high, 33)
            values = scalar.value(points)
            if not np.all(np.isfinite(values)):
                break
            best = int(np.argmin(values))
            if values[best] < found[1]:
                found = (float(points[best]), float(values[best]))
            low, high = points[max(best - 1, 0)], points[min(best + 1, 32)]
    return found
