"""What a problem must pass before its L, Δ and f* may be called exact; says in words what is wrong.

``check_problem`` takes one problem, ``check_profile`` a generator over random sizes, ``check_module``
everything that a user's file defines.
"""

from __future__ import annotations

import math
import types
from typing import Any

import numpy as np

from ..columns import numbers, pieces
from ..errors import InputError
from ..formulas.formula import Formula
from ..mixtures import Mixture
from ..noise import Noise
from ..problem import SeparableProblem
from ..separable import Profile
from ..variety import PATTERNS
from .coordinates import kinds, of, scalar_of, start_values
from .laws import check_law, check_noise, makes_noise
from .scalar import EPS, ROUND, TIGHT, Finding, alone, check_scalar, grown_secants, places, steepest_secant

__all__ = ["Finding", "check_law", "check_module", "check_noise", "check_problem", "check_profile"]

MOST_DIM = 4096  # beyond it a vector check would say nothing that a smaller one does not


def check_problem(problem: SeparableProblem, seed: int = 0) -> list[Finding]:
    """Findings about one problem: its profile, then start, gap, minimum, gradient and L of the whole function.

    A problem of more than MOST_DIM coordinates is checked by its profile, its start and its gap.
    """
    rng = np.random.default_rng(seed)
    findings: list[Finding] = []
    for coordinate in kinds(problem):
        found = check_scalar(scalar_of(problem, coordinate), rng)
        findings += found
        if not found[0].ok:
            return findings
    findings.append(_start(problem))
    if findings[-1].ok:
        findings.append(_gap(problem))
        if problem.noise is not None:
            findings.append(_noise(problem))
        if problem.dim <= MOST_DIM:
            findings += [
                _gradient(problem, rng),
                _above(problem, rng),
                *(_grown if problem.growth else _smoothness)(problem, rng),
            ]
    return findings


def check_profile(generator: Profile | Any, rng: np.random.Generator | None = None, tries: int = 3) -> list[Finding]:
    """Findings about a generator: at its defaults, then over random d, L, Δ, spectrum and start.

    Of the random problems only what went wrong is reported, with their arguments. A generator has
    ``parameters`` and ``requires``, as Profile and Ramp have.
    """
    rng = rng or np.random.default_rng(0)
    if isinstance(generator, Profile) and generator.dphi is None:
        return [Finding("derivative", False, f"φ′ is missing; write it as a formula with @{generator.name}.derivative")]
    findings: list[Finding] = []
    for attempt in range(tries + 1):
        arguments: dict[str, Any] = _arguments(generator, rng) if attempt else {**_REQUIRED, "dim": 16}
        arguments = {k: v for k, v in arguments.items() if k in generator.requires or k in generator.parameters}
        try:
            found = check_problem(generator(**arguments), seed=int(rng.integers(2**32)))
        except InputError as error:
            found = [Finding("build", False, str(error))]
        except (ArithmeticError, TypeError, ValueError) as error:  # of the user's rules for sup|φ''| and min φ
            found = [Finding("build", False, f"{type(error).__name__}: {error}")]
        if attempt:
            words = ", ".join(f"{k}={v if isinstance(v, str) else format(v, '.6g')}" for k, v in arguments.items())
            found = [Finding(f.name, False, f"{f.words} (with {words})") for f in found if not f.ok]
        findings += found
        if not all(f.ok for f in found):
            return findings
    return [*findings, Finding("random problems", True, f"{tries} with random dim, smoothness, gap and start pass too")]


def check_module(module: types.ModuleType, rng: np.random.Generator | None = None) -> dict[str, list[Finding]]:
    """Name → findings for every problem and noise law that *module* itself defines.

    Problems are profiles, mixtures and objects like them, with ``requires`` and ``parameters``; noise laws
    are ``Noise`` objects and functions annotated to return one. Imported ones are left out.
    """
    out: dict[str, list[Finding]] = {}
    seen: set[int] = set()
    for name, thing in vars(module).items():
        if name.startswith("_") or isinstance(thing, (type, Formula)) or id(thing) in seen:
            continue
        seen.add(id(thing))  # a decorated derivative is the profile again
        if isinstance(thing, Noise):
            out[name] = check_noise(thing)
        elif getattr(thing, "__module__", None) == module.__name__:
            if hasattr(thing, "requires") and hasattr(thing, "parameters"):
                out[name] = check_profile(thing, rng)
            elif makes_noise(thing):
                out[name] = check_law(thing)
    return out


_REQUIRED = {"dim": 16, "smoothness": 1.0, "gap": 1.0, "sigma": 1.0, "steps": 1000}


def _arguments(generator: Any, rng: np.random.Generator) -> dict[str, float | str]:
    default = float(generator.parameters.get("start", 1.0))
    return {
        "dim": int(rng.integers(16 if isinstance(generator, Mixture) else 1, 300)),  # so that each share has some
        "smoothness": 10 ** rng.uniform(-3, 3),
        "gap": 10 ** rng.uniform(-3, 3),
        "sigma": 10 ** rng.uniform(-2, 2),
        "steps": int(10 ** rng.uniform(0, 6)),
        "spectrum": rng.uniform(0, 2),
        "start": default * rng.uniform(0.5, 1.5),
        "center": rng.normal() * 10 ** rng.uniform(-1, 2),
        "centers": str(rng.choice(list(PATTERNS))),
        "starts": str(rng.choice(list(PATTERNS))),
        "noise_spectrum": rng.uniform(-1, 1),
        "noisy": float(rng.integers(1, 300)),
    }


def _start(problem: SeparableProblem) -> Finding:
    first, most, least = of(problem.start, 0), 0.0, math.inf
    for low, high in pieces(problem.dim):
        at = np.array([np.max(np.abs(numbers(n, low, high))) for n in (problem.start, problem.center, problem.scale)])
        most, least = max(most, float(np.max(at))), min(least, float(np.min(numbers(problem.scale, low, high))))
    good = math.isfinite(most) and least > 0
    words = f"the first coordinate starts at {first:.6g}, no start, centre or scale exceeds {most:.6g}"
    return Finding("start", good, f"{words}, the least scale is {least:.6g}")


def _gap(problem: SeparableProblem) -> Finding:
    """f(x¹) − f* against Δ; the start's u₀ = (x¹ − c)/s and the sum over coordinates are rounded."""
    gap, size = 0.0, 0.0
    for weights, heights, rounding in start_values(problem):
        gap += math.fsum(weights * heights)
        size += math.fsum(rounding)
    slack = ROUND * EPS * (size + abs(problem.minimum) + problem.gap)
    return Finding("gap", abs(gap - problem.gap) <= slack, f"f(x¹) − f* is {gap:.15g}, Δ is {problem.gap:.15g}")


def _noise(problem: SeparableProblem) -> Finding:
    total = problem.noise_sum(2)
    return Finding("noise", abs(total - 1) <= 1e-12, f"Σσ_i² is {total:.15g} σ², 1 is needed")


def _points(problem: SeparableProblem, rng: np.random.Generator, count: int) -> np.ndarray:
    """Random points about the center, from one tenth to ten times as far as the start."""
    center = numbers(problem.center, 0, problem.dim)
    away = np.abs(problem.start_point() - center)
    away = np.where(away > 0, away, numbers(problem.scale, 0, problem.dim))  # which may be at rest
    reach = away * 10 ** rng.uniform(-1, 1, size=(count, 1))
    return center + reach * rng.normal(size=(count, problem.dim))


def _gradient(problem: SeparableProblem, rng: np.random.Generator) -> Finding:
    """∇f·v against central differences of f along unit v, with the bound of ``check_derivative``: |error| ≤ L h/2."""
    x = _points(problem, rng, 8)
    v = rng.normal(size=x.shape)
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    gradient, curvature = problem.gradient(x), numbers(problem.curvature, 0, problem.dim)
    size = np.sum(
        problem.weights() * (np.abs(problem.phi(problem.inner(x), *problem.own_arguments())) + curvature)
        + np.abs(x * gradient),
        axis=1,
    )
    smoothness = problem.smoothness + 1.01 * _l1(problem) * np.max(np.abs(gradient), axis=1)
    h = np.sqrt(2 * ROUND * EPS * size / smoothness)[:, None]
    with np.errstate(invalid="ignore"):  # ∞ − ∞ where sup|φ''| is declared far too small
        difference = (problem.value(x + h * v) - problem.value(x - h * v)) / (2 * h[:, 0])
    along = np.sum(gradient * v, axis=1)
    excess = np.abs(difference - along) - (smoothness * h[:, 0] / 2 + ROUND * EPS * size / h[:, 0])
    worst = int(np.argmax(excess))
    return Finding(
        "gradient",
        not excess[worst] > 0,
        f"along a direction f changes by {difference[worst]:.8g} per unit, the gradient gives {along[worst]:.8g}",
    )


def _above(problem: SeparableProblem, rng: np.random.Generator) -> Finding:
    values = problem.value(_points(problem, rng, 64))
    slack = ROUND * EPS * (abs(problem.minimum) + problem.gap)
    return Finding(
        "lower bound",
        bool(np.all(values >= problem.minimum - slack)),
        f"the lowest of 64 values is {np.min(values):.10g}, f* is {problem.minimum:.10g}",
    )


def _l1(problem: SeparableProblem) -> float:
    """L₁, 0 for an L-smooth problem."""
    return problem.growth / of(problem.scale, 0)


def _smoothness(problem: SeparableProblem, rng: np.random.Generator) -> list[Finding]:
    """‖∇f(x) − ∇f(y)‖₂ ≤ L ‖x − y‖₂ for random pairs at many distances; near equality along some coordinate."""
    scale = np.abs(numbers(problem.scale, 0, problem.dim))
    x = np.repeat(_points(problem, rng, 8), 12, axis=0)
    y = x + 10 ** rng.uniform(-6, 1, size=(len(x), 1)) * scale * rng.normal(size=x.shape)
    distance = np.linalg.norm(x - y, axis=1)
    a, b = problem.gradient(x), problem.gradient(y)
    rounding = (
        ROUND
        * EPS
        * (
            np.linalg.norm(np.abs(a) + np.abs(b), axis=1)
            + problem.smoothness * np.linalg.norm(np.abs(x) + np.abs(y) + scale, axis=1)
        )
    )
    ratio = (np.linalg.norm(a - b, axis=1) - rounding) / (problem.smoothness * distance)
    worst = float(np.max(ratio))
    bound = Finding("L", worst <= 1 + 1e-9, f"secants of ∇f reach {worst:.6f} L over random pairs")
    i = int(np.argmax(problem.curvatures()))
    scalar = scalar_of(problem, i)
    ends = np.array(steepest_secant(scalar, places(scalar.start, rng, 100.0))[:2])
    x, g = _along(problem, i, ends)
    reached = abs(g[1] - g[0]) / (problem.smoothness * (x[1] - x[0]))
    return [
        bound,
        Finding("L reached", reached >= TIGHT, f"along coordinate {i + 1} a secant of ∇f reaches {reached:.6f} L"),
    ]


def _along(problem: SeparableProblem, coordinate: int, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The coordinate's x and ∇_i f at these u, the others at their start."""
    x = np.tile(problem.start_point(), (u.size, 1))
    x[:, coordinate] = of(problem.center, coordinate) + of(problem.scale, coordinate) * u
    return x[:, coordinate], problem.gradient(x)[:, coordinate]


def _grown(problem: SeparableProblem, rng: np.random.Generator) -> list[Finding]:
    """‖∇f(y) − ∇f(x)‖₂ ≤ (L₀/L₁ + ‖∇f(x)‖₂)(exp(L₁‖y − x‖₂) − 1) for random pairs; near equality along the first
    coordinate, both where L₀ alone counts and where L₁ does."""
    scalar, scale = scalar_of(problem, 0), of(problem.scale, 0)
    l0, l1 = problem.smoothness, _l1(problem)
    x = np.repeat(_points(problem, rng, 8), 12, axis=0)
    away = rng.normal(size=x.shape)
    distance = 10 ** rng.uniform(-6, 0, size=(len(x), 1)) / l1
    y = x + distance * away / np.linalg.norm(away, axis=1, keepdims=True)
    a, b = problem.gradient(x), problem.gradient(y)
    allowed = (l0 / l1 + np.linalg.norm(a, axis=1)) * np.expm1(l1 * np.linalg.norm(y - x, axis=1))
    local = l0 + l1 * np.maximum(np.abs(a), np.abs(b))
    size = np.abs(a) + np.abs(b) + local * (np.abs(x) + np.abs(y) + scale)
    worst = float(np.max((np.linalg.norm(b - a, axis=1) - ROUND * EPS * np.linalg.norm(size, axis=1)) / allowed))
    bound = Finding("L", worst <= 1 + 1e-9, f"∇f changes by {worst:.6f} of what L₀ and L₁ allow over random pairs")
    low, high, part, slope = grown_secants(scalar, places(scalar.start, rng, 100.0))
    reached = []
    for where in alone(scalar, slope):
        best = int(np.argmax(np.where(where, part, -math.inf)))
        ends, g = _along(problem, 0, np.array([low[best], high[best]]))
        limit = (l0 / l1 + np.min(np.abs(g))) * np.expm1(l1 * (ends[1] - ends[0]))
        reached.append(float(abs(g[1] - g[0]) / limit))
    words = f"along the first coordinate a secant of ∇f reaches {reached[0]:.6f} L₀ and another {reached[1]:.6f} L₁"
    return [bound, Finding("L reached", min(reached) >= TIGHT, words)]
