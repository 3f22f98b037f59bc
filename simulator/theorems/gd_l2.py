"""Gradient descent, SGD without noise: the mean gradient, with a constant that a function attains at every K."""

from __future__ import annotations

import math

from ..cells.constants import require
from ..decorators import theorem

GRID = {
    "problem": ["rational", "cosine"],
    "sigma": 0.0,
    "dim": [1, 16],
    "steps": [1000, 4000, 16000, 64000],
    "quick": {"steps": [100, 400, 1600]},
}


def rule(c):
    """η = 1/L."""
    return {"lr": 1 / c.smoothness}


def weights(c, h):
    """Pairs (c_k, how many of them), with Δ ≥ Σ c_k‖∇f(x^k)‖₂² for η ≤ 1/L; raises SaysNothing for a longer step."""
    slack = 1 + 1e-12
    require(0 < h.lr <= slack / c.smoothness, f"the step must be at most 1/L = {1 / c.smoothness:.4g}, got {h.lr:.4g}")
    lost, end = c.smoothness * h.lr**2 / 4, 1 / (2 * c.smoothness)
    if c.steps == 1:
        return [(end, 1)]
    return [(3 * h.lr / 4 - lost, 1), (h.lr - lost, c.steps - 2), (h.lr / 4 + end, 1)]


def bound(c, h):
    """√(Δ Σ 1/c_k)/K."""
    return math.sqrt(c.gap * sum(count / weight for weight, count in weights(c, h))) / c.steps


@theorem(
    optimizer="sgd",
    rule=rule,
    measures="mean_grad_l2",
    assumes=("smooth", "noiseless"),
    hard=("sawtooth", {"form": "mean"}, 1.0),
    grid=GRID,
    source="docs/theory.md, section 6",
    rate_tex=r"\sqrt{(4K+2)L\Delta/3}/K",
    bound_tex=r"\sqrt{\Delta\sum_k 1/c_k}/K",
)
def gd_l2(c):
    """(1/K) Σ ‖∇f(x^k)‖₂ ≤ √(Δ Σ 1/c_k)/K for gradient descent with any η ≤ 1/L, which is √((4K + 2)LΔ/3)/K at η = 1/L.

    Here c_1 = (3η − Lη²)/4, c_K = η/4 + 1/(2L), the others (4η − Lη²)/4; c_1 = 1/(2L) for K = 1.
    """
    return math.sqrt((4 * c.steps + 2) * c.smoothness * c.gap / 3) / c.steps


@gd_l2.proved
def _(c, h):
    """Δ ≥ Σ c_k‖∇f(x^k)‖₂², and the inequality of Cauchy and Schwarz."""
    return bound(c, h)


@gd_l2.control
def smaller(c, h):
    """FALSE: a bound 1 % below that of gd-l2; `sawtooth` of form `mean` shows it."""
    return bound(c, h) / 1.01


@gd_l2.control(
    rule=lambda c: {"lr": 2.05 / c.smoothness},
    hard=(),
    grid={"problem": "quadratic", "sigma": 0.0, "dim": 16, "steps": [1000, 4000]},
)
def too_long(c):
    """FALSE: (1/K) Σ ‖∇f(x^k)‖₂ ≤ √((4K + 2)LΔ/3)/K for gradient descent with the step 2.05/L, which diverges."""
    return gd_l2.rate(c)
