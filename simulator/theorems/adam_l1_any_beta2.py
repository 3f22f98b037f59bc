"""Adam without bias correction, whatever β₂: one closed bound for AdamW's rule without decay."""

from __future__ import annotations

import math

from ..decorators import theorem
from .adamw_l1 import RATE_TEX, rate
from .adamw_l1 import rule as adamw_rule


def rule(c):
    """AdamW's η, θ, β and ε (adamw-l1), λ = 0."""
    return {**adamw_rule(c), "weight_decay": 0.0}


def any_beta(rule):
    """0 ≤ β < 1."""
    return {"beta2": (0.0, 1.0)}


def noise(c):
    """σ̂ = max(σ, √(LΔ/K))."""
    return max(c.sigma, math.sqrt(c.smoothness * c.gap / c.steps))


BETAS = {
    "problem": ["rational", "quadratic"],
    "dim": [16, 64],
    "steps": [1000, 4000, 16000],
    "quick": {"steps": [1000, 4000]},
}


@theorem(
    optimizer="adamw",
    rule=rule,
    measures="mean_grad_l1",
    allows=any_beta,
    hard=[("ramp", {"steepness": 1.5}, 1.5), ("uneven-ramp", {}, 1.2)],
    grid=[
        {
            "problem": ["rational", "cosine"],
            "dim": [4, 16, 64],
            "steps": [1000, 4000, 16000, 64000],
            "quick": {"steps": [1000, 4000, 16000]},
        },
        {**BETAS, "optimizer_args": {"beta2": 0.0}, "noise": ["gaussian", "skew"]},
        {**BETAS, "optimizer_args": {"beta2": 0.9999}},
    ],
    source="docs/theory.md, section 9",
    rate_tex=RATE_TEX,
    bound_tex=r"\sqrt{d(7\sqrt{2}\hat{C}^2/\sqrt{K}+98L\Delta/K)}",
)
def adam_l1_any_beta2(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ √(d (7√2 Ĉ²/√K + 98 LΔ/K)) for Adam without bias correction, at the η, θ and ε of
    adamw-l1's rule and with any β₂ < 1, where Ĉ has σ̂ = max(σ_s, √(LΔ/K)) in the place of σ_s.

    It tends to 3.15 √d C / K^(1/4), rounded up. β₂ = 0 is among them: θ → 1 averages before it divides.
    """
    return rate(c)


@adam_l1_any_beta2.proved
def _(c):
    """(9.5) with c = 0, θ ≤ 1 and β ≤ 1."""
    mixed = noise(c) * math.sqrt(c.smoothness * c.gap / c.steps)
    return math.sqrt(c.dim * (7 * math.sqrt(2) * mixed + 98 * c.smoothness * c.gap / c.steps))


@adam_l1_any_beta2.control(grid={"problem": "ramp", "dim": [16, 64], "steps": [16000, 64000]})
def smaller(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ 1.4 √d C / K^(1/4) for Adam at the rule; `ramp` of steepness 1.5 shows it."""
    return 1.4 * rate(c)


@adam_l1_any_beta2.control(explicit=False, axes=("dim",), rate_tex=r"C/K^{1/4}")
def without_root_d(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(C / K^(1/4)) for Adam, without √d."""
    return c.c * c.steps**-0.25


def no_memory(c):
    """The rule with θ = β = 0: each gradient is divided by its own size."""
    return {**rule(c), "beta1": 0.0, "beta2": 0.0}


@adam_l1_any_beta2.control(
    rule=no_memory,
    allows=None,
    hard=(),
    grid={
        "problem": "quadratic",
        "noise": "skew",
        "noise_args": {"q": 0.2},
        "dim": [4, 16],
        "steps": [64000, 256000],
    },
)
def without_momentum(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ 3.15 √d C / K^(1/4) for Adam at the rule's η and ε with θ = β = 0.

    With `skew`, q = 0.2 and ε = σ_i², it stays where ∇_i f = 0.265 σ_i (docs/theory.md, section 6).
    """
    return 3.15 * rate(c)
