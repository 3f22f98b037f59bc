"""SGD that clips each coordinate, under noise without a variance: bias against variance, with constants."""

from __future__ import annotations

import math

from ..cells.constants import require
from ..decorators import theorem
from .split import best_split


def parts(c, threshold):
    """ΣB_i², a bound on the squared bias of a clipped gradient, and V, one on its variance."""
    p = c.tail_order
    kappa = (p - 1) ** (p - 1) / p**p
    return kappa**2 * (2 / threshold) ** (2 * p - 2) * c.tail_2p, (1.5 * threshold) ** (2 - p) * c.tail_p


def step(c, variance):
    """min(1/(4L), √(2Δ/(LKV)))."""
    noisy = math.sqrt(2 * c.gap / (c.smoothness * c.steps * variance)) if variance > 0 else math.inf
    return min(1 / (4 * c.smoothness), noisy)


def rule(c):
    """τ where √(2LΔV/K) + ΣB_i² is least, but at least 3√(2LΔ/d); η = min(1/(4L), √(2Δ/(LKV))).

    At p = 2 V doesn't depend on τ; (2 − p)/2 is then 1/4 in the place of 0.
    """
    p = c.tail_order
    bias, variance = parts(c, 1.0)
    rise = math.sqrt(2 * c.smoothness * c.gap * variance / c.steps) * max((2 - p) / 2, 0.25)
    best = ((2 * p - 2) * bias / rise) ** (2 / (3 * p - 2)) if rise > 0 else 0.0
    threshold = max(best, 3 * math.sqrt(2 * c.smoothness * c.gap / c.dim))
    return {"lr": step(c, parts(c, threshold)[1]), "threshold": threshold}


def bound(c, h):
    """[Δ/(ηK) + ΣB_i²/(2s) + (Lη/2)(ΣB_i² + V)]/(1 − s/2 − Lη) with the best s."""
    require(h.lr > 0 and h.threshold > 0, "the proof divides by η and τ, and one of them is 0")
    bias, variance = parts(c, h.threshold)
    length = c.smoothness * h.lr
    return best_split(c.gap / (h.lr * c.steps) + length / 2 * (bias + variance), bias, 1 - length)


@theorem(
    optimizer="clipped",
    rule=rule,
    measures="mean_grad_l2_squared",
    assumes=("smooth", "moment", "half_the_threshold"),
    hard=("quadratic", {}, None),
    grid={
        "problem": ["cosine", "rational"],
        "noise": "pareto",
        "noise_args": {"nu": [1.5, 1.8]},
        "sigma": [0.02, 0.2],
        "dim": [4, 16],
        "steps": [4000, 16000, 64000],
        "replicas": 32,
        "quick": {"steps": [1000, 4000]},
    },
    source="docs/proofs.md, section 3; for clipping by the norm: Zhang et al., NeurIPS 2020",
    rate_tex=r"\sqrt{2L\Delta V/K}+\sum B_i^2",
)
def clip_l2_heavy(c):
    """(1/K) Σ E‖∇f(x^k)‖₂² ≤ [Δ/(ηK) + ΣB_i²/(2s) + (Lη/2)(ΣB_i² + V)]/(1 − s/2 − Lη) for SGD that clips each
    coordinate at τ ≥ 2|∇_i f| under noise with E|ξ_i|^p ≤ s_i^p, 1 < p ≤ 2, with B_i = κ s_i^p (2/τ)^(p−1), κ =
    (p−1)^(p−1)/p^p, V = (3τ/2)^(2−p) Σs_i^p and any s > 0, here the best.

    By the rule, τ ~ K^(1/(3p−2)), it is O(K^(−2(p−1)/(3p−2))).
    """
    bias, variance = parts(c, rule(c)["threshold"])
    return math.sqrt(2 * c.smoothness * c.gap * variance / c.steps) + bias


@clip_l2_heavy.proved
def _(c, h):
    """|E clip(g) − ∇f| ≤ E(|ξ| − τ/2)₊ ≤ B, |clip(g) − ∇f| ≤ min(|ξ|, 3τ/2); descent."""
    return bound(c, h)


def fixed_threshold(c):
    """τ = 2σ_i for every K, and its η."""
    threshold = 2 * c.sigma / math.sqrt(c.dim)
    return {"lr": step(c, parts(c, threshold)[1]), "threshold": threshold}


@clip_l2_heavy.control(
    rule=fixed_threshold,
    assumes=("smooth", "moment"),
    hard=(),
    grid={"problem": "quadratic", "noise": "pareto", "dim": [4, 16], "steps": [16000, 64000], "replicas": 32},
)
def without_bias(c, h):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₂² ≤ [Δ/(ηK) + LηV/2]/(1 − Lη), as if clipping left no bias.

    With `pareto`, ν = 3/2, and τ = 2σ_i a coordinate of a quadratic rests where ∇_i f = σ_i (docs/theory.md, section
    6).
    """
    length = c.smoothness * h.lr
    require(0 < length < 1 and h.threshold > 0, "the step is too long, or η or τ is 0")
    return (c.gap / (h.lr * c.steps) + length / 2 * parts(c, h.threshold)[1]) / (1 - length)
