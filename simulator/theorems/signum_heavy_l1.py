"""Signum under noise without a variance: the rate of its p-th moments, with constants."""

from __future__ import annotations

import math

from ..decorators import theorem
from .sign_bound import best_step, l1_bound, mean_weight


def rule(c):
    """1 − θ = α = min(1, (pA/(2(p − 1)B))^(2p/(3p − 2))), A = 2√(2‖h‖₁Δ/K), B = 2^(2/p) p^(−1/p) ‖s‖₁, and
    η = √(Δ/(K‖h‖₁(1/2 + 2θ/α)))."""
    p = c.tail_order
    drift = 2 * math.sqrt(2 * c.curvature_l1 * c.gap / c.steps)
    noise = 2 ** (2 / p) * p ** (-1 / p) * c.tail_l1
    alpha = min(1.0, (p * drift / (2 * (p - 1) * noise)) ** (2 * p / (3 * p - 2))) if noise > 0 else 1.0
    return {"lr": best_step(c, (1 - alpha) / alpha), "beta1": 1 - alpha}


def bound(c, h):
    """Δ/(ηK) + ‖h‖₁η(1/2 + 2θ/(1 − θ)) + 2^(2/p)‖s‖₁ω_p."""
    p = c.tail_order
    noise = 2 ** ((2 - p) / p) * c.tail_l1 * mean_weight(h.beta1, h.beta1, c.steps, p)
    return l1_bound(c, h.lr, h.beta1 / (1 - h.beta1), noise)


@theorem(
    optimizer="signum",
    rule=rule,
    measures="mean_grad_l1",
    assumes=("separable", "moment"),
    hard=("quadratic", {}, None),
    grid=[
        {
            "problem": ["cosine", "quadratic"],
            "noise": "pareto",
            "noise_args": {"nu": [1.5, 1.8]},
            "dim": [4, 16],
            "steps": [4000, 16000, 64000],
            "replicas": 32,
            "quick": {"steps": [1000, 4000, 16000]},
        },
        {
            "problem": "quadratic",
            "noise": "student",
            "noise_args": {"nu": 1.5},
            "dim": 16,
            "steps": [4000, 64000],
            "replicas": 32,
        },
    ],
    source="docs/proofs.md, section 1; the exponent: Liu, Zhou, ICLR 2025, for normalised SGD",
    rate_tex=r"(\|h\|_1\Delta/K)^{(p-1)/(3p-2)}\|s\|_1^{p/(3p-2)}",
)
def signum_heavy_l1(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ Δ/(ηK) + ‖h‖₁η(1/2 + 2θ/(1 − θ)) + 2^(2/p)‖s‖₁ω_p for Signum with any η and θ under noise
    with E|ξ_i|^p ≤ s_i^p, 1 < p ≤ 2, where ω_p is the mean over k of the p-norm of the momentum's weights.

    By the rule it is O((‖h‖₁Δ/K)^((p−1)/(3p−2)) ‖s‖₁^(p/(3p−2))); at p = 2 that is signum-l1.
    """
    p = c.tail_order
    power = 3 * p - 2
    return (c.curvature_l1 * c.gap / c.steps) ** ((p - 1) / power) * c.tail_l1 ** (p / power)


@signum_heavy_l1.proved
def _(c, h):
    """As for signum-l1; a sum of martingale differences has at most 2^(2−p) times the sum of their p-th moments."""
    return bound(c, h)


@signum_heavy_l1.control
def tenth(c, h):
    """FALSE: a tenth of the bound of signum-heavy-l1."""
    return bound(c, h) / 10


def one_sample(c):
    """The rule with θ = 0, and its η."""
    return {"lr": best_step(c, 0.0), "beta1": 0.0}


@signum_heavy_l1.control(
    rule=one_sample,
    hard=(),
    grid={"problem": "quadratic", "noise": "pareto", "dim": 4, "steps": [512000, 2048000]},
)
def without_momentum(c):
    """FALSE: the bound of signum-heavy-l1 at the rule holds for sign descent with one sample a step.

    With `pareto` on a quadratic each coordinate rests where the median of g_i is 0: at ∇_i f = (ν/(ν−1) − 2^(1/ν)) σ_i.
    """
    from ..cells.hyper import Hyper

    return bound(c, Hyper(rule(c)))
