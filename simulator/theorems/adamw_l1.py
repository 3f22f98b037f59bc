"""AdamW (Li, Dong, Lin, arXiv 2505.11840): the paper's exponents, under a rule of its scaling."""

from __future__ import annotations

import math

from ratecheck.problems.errors import InputError

from ..decorators import theorem

PAPER = "Li, Dong, Lin, arXiv 2505.11840"
RATE_TEX = r"\sqrt{d}\,C/K^{1/4}"


def rule(c):
    """1 − θ = min(1, √(LΔ/(K σ_s²))), β = √θ, η = √(Δ/(4 K d L)), ε = σ_s²/d,
    λ = (√d/K^(3/4)) (L³/(σ_s² Δ))^(1/4)."""
    if c.sigma == 0:
        raise InputError(
            "the horizon schedule of this optimizer divides by sigma; give sigma > 0, or use the constant schedule"
        )
    away = min(1.0, math.sqrt(c.smoothness * c.gap / c.steps) / c.sigma)
    theta = 1.0 - away
    decay = math.sqrt(c.dim) / c.steps**0.75 * (c.smoothness**3 / (c.sigma**2 * c.gap)) ** 0.25
    return {
        "lr": math.sqrt(c.gap / (4 * c.steps * c.dim * c.smoothness)),
        "beta1": theta,
        "beta2": math.sqrt(theta),
        "eps": c.sigma**2 / c.dim,
        "weight_decay": decay,
    }


def allowed(rule):
    """λ ≤ the rule's, θ ≤ β ≤ √θ."""
    return {"weight_decay": (0.0, rule.weight_decay), "beta2": (rule.beta1, math.sqrt(rule.beta1))}


def rate(c):
    """√d C K^(−1/4)."""
    return math.sqrt(c.dim) * c.c * c.steps**-0.25


@theorem(
    optimizer="adamw",
    rule=rule,
    measures="mean_grad_l1",
    assumes=("smooth", "variance", "start_near"),
    hard=("ramp", {"steepness": 1.5}, 1.5),
    allows=allowed,
    source=PAPER,
    rate_tex=RATE_TEX,
)
def adamw_l1(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/4)) for AdamW.

    The paper's form of AdamW and a horizon schedule of its scaling: 1 − θ = √(LΔ/(K σ_s²)),
    θ ≤ β ≤ √θ, η = √(Δ/(4KdL)), ε = σ_s²/d, λ ≤ (√d/K^(3/4)) (L³/(σ_s²Δ))^(1/4). The constant in
    O(·) is not claimed: the ratio measured/(√d C K^(−1/4)) must not grow with K or d.
    """
    return rate(c)


@adamw_l1.control(
    name="control-constant-lr",
    rate_tex=RATE_TEX,
    rule=None,
    axes=("steps",),
    hard=("ramp", {"steepness": 1.5}, 1.5),
    grid={
        "problem": "rational",
        "schedule": "constant",
        "optimizer_args": {"lr": 0.05},
        "dim": [16, 64],
        "steps": [1000, 4000, 16000, 64000],
        "replicas": 8,
    },
)
def constant_lr(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/4)) for AdamW whose learning rate does not shrink with K.

    The stationary noise stays, so the mean norm has exponent 0 and the ratio grows like K^(1/4).
    """
    return rate(c)


@adamw_l1.control(name="control-rate", axes=("steps",), rate_tex=r"\sqrt{d}\,C/\sqrt{K}")
def too_fast(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/2)) for AdamW.

    With the true rate K^(−1/4) the ratio grows like K^(1/4).
    """
    return rate(c) * c.steps**-0.25


@adamw_l1.control(name="control-dimension", axes=("dim",), rate_tex=r"C/K^{1/4}")
def without_root_d(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(C / K^(1/4)) for AdamW, without √d.

    With the true √d the ratio grows like d^(1/2).
    """
    return c.c * c.steps**-0.25
