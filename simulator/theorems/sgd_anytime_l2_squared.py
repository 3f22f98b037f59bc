"""SGD with a step that shrinks: no horizon, gap or noise in its rule."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ..cells.of_step import of_step
from ..cells.quantities import READINGS, weighted
from ..decorators import theorem

EULER = 0.5772156649015329
EXACT = 1_000_000  # terms that are added up one by one; of the others their integral


def over_root(k, scale):
    return scale / math.sqrt(k)


def weight(k):
    """η_k(1 − Lη_k/2) at η_k = 1/(L√k), times L."""
    root = 1.0 / math.sqrt(k)
    return root * (1.0 - 0.5 * root)


def rule(c):
    """η_k = 1/(L√k)."""
    return {"lr": of_step(over_root, scale=1 / c.smoothness)}


@lru_cache(maxsize=1024)
def sums(steps):
    """Σ 1/√k, at least, and Σ 1/k, at most, over k = 1 … *steps*."""
    first = min(steps, EXACT)
    k = np.arange(1, first + 1, dtype=np.float64)
    roots = float((k**-0.5).sum()) + 2 * (math.sqrt(steps + 1) - math.sqrt(first + 1))
    return roots, float((1 / k).sum()) + math.log(steps / first)


def bound(c):
    """(LΔ + (σ_s²/2)Σ1/k)/Σ(1/√k − 1/(2k))."""
    roots, inverses = sums(c.steps)
    return (c.smoothness * c.gap + c.sigma**2 / 2 * inverses) / (roots - inverses / 2)


@theorem(
    optimizer="sgd",
    rule=rule,
    measures=weighted("anytime_grad_l2_squared", READINGS["grad_l2_squared"], weight),
    hard=("quadratic", {"spectrum": 0.02}, 0.93),
    grid={
        "problem": ["rational", "cosine"],
        "dim": [64, 256],
        "steps": [1000, 4000, 16000, 64000],
        "quick": {"steps": [1000, 4000]},
    },
    source="docs/proofs.md, section 3",
    rate_tex=r"(L\Delta+\frac{1}{2}\sigma^2(\gamma+\ln K))/(2\sqrt{K})",
)
def sgd_anytime_l2_squared(c):
    """Σ η_k(1 − Lη_k/2) E‖∇f(x^k)‖₂² / Σ η_k(1 − Lη_k/2) ≤ (Δ + (Lσ_s²/2)Ση_k²)/Ση_k(1 − Lη_k/2) for SGD with
    η_k = 1/(L√k).

    The rule knows neither K nor Δ nor σ. On a quadratic with h_i = L only f(x^(K+1)) − f* is lost.
    """
    return (c.smoothness * c.gap + c.sigma**2 / 2 * (EULER + math.log(c.steps))) / (2 * math.sqrt(c.steps))


@sgd_anytime_l2_squared.proved
def _(c):
    """The descent lemma, summed over k."""
    return bound(c)


@sgd_anytime_l2_squared.control
def smaller(c):
    """FALSE: a bound 1/1.15 of that of sgd-anytime-l2-squared; `quadratic` shows it."""
    return bound(c) / 1.15


@sgd_anytime_l2_squared.control
def without_the_logarithm(c):
    """FALSE: (LΔ + σ_s²/2)/Σ(1/√k − 1/(2k)): the sum of all η_k² is not that of the first."""
    roots, inverses = sums(c.steps)
    return (c.smoothness * c.gap + c.sigma**2 / 2) / (roots - inverses / 2)
