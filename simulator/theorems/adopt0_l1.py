"""RMSProp that divides by the gradients before this one (ADOPT without momentum): no condition on gradients or β."""

from __future__ import annotations

import math

from ..cells.constants import require
from ..decorators import theorem
from .adam_bound import denominators
from .adamw_l1 import RATE_TEX, rate
from .rmsprop_l1 import rule


def bound(c, h):
    """√(A(KΣ√(σ_i² + ε) + √β(1 + √β)A/2))/K, A = (Δ/η + KLησ²/(2ε))/(1 − Lη/(2√ε))."""
    require(h.lr > 0 and h.eps > 0, "the proof divides by η and ε, and one of them is 0")
    root = math.sqrt(h.eps)
    share = 1 - c.smoothness * h.lr / (2 * root)
    require(share > 0, f"the step must be below 2√ε/L = {2 * root / c.smoothness:.4g}, got {h.lr:.4g}")
    weighted = (c.gap / h.lr + c.steps * c.smoothness * h.lr * c.sigma**2 / (2 * h.eps)) / share
    grown = math.sqrt(h.beta2) * (1 + math.sqrt(h.beta2)) / 2
    return math.sqrt(weighted * (c.steps * denominators(c, h.eps) + grown * weighted)) / c.steps


@theorem(
    optimizer="adopt0",
    rule=rule,
    measures="mean_grad_l1",
    hard=[("ramp", {"steepness": 1.6}, 1.6), ("uneven-ramp", {}, 1.2)],
    grid=[
        {
            "problem": ["rational", "cosine"],
            "dim": [4, 16, 64],
            "steps": [1000, 4000, 16000, 64000],
            "quick": {"steps": [1000, 4000, 16000]},
        },
        {
            "problem": "rational",
            "optimizer_args": {"beta2": 0.0},
            "noise": ["gaussian", "skew"],
            "dim": [16, 64],
            "steps": [1000, 16000],
        },
    ],
    source="Taniguchi et al., arXiv 2411.02853, for the method; rule, constants and proof: docs/proofs.md, section 2",
    rate_tex=RATE_TEX,
)
def adopt0_l1(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ √(A(KΣ√(σ_i² + ε) + √β(1 + √β)A/2))/K, A = (Δ/η + KLησ_s²/(2ε))/(1 − Lη/(2√ε)), for RMSProp
    without this step's gradient in the denominator (ADOPT at β₁ = 0), with any β and ε > 0 and any η < 2√ε/L.

    At AdamW's η, β and ε it tends to 1.79 √d C / K^(1/4), rounded up and reached from above; `ramp` attains 1.6, and
    for K → ∞ every number below 8^(1/4) = 1.68.
    """
    return rate(c)


@adopt0_l1.proved
def _(c, h):
    """E⟨∇f, g/D⟩ = Σ∇²/D exactly, since D is known before g; the sum of all D as for adamw-l1."""
    return bound(c, h)


@adopt0_l1.control(
    grid={"problem": "ramp", "problem_args": {"steepness": 1.6}, "dim": [16, 64], "steps": [16000, 64000]}
)
def smaller(c, h):
    """FALSE: a bound 1/1.15 of that of adopt0-l1; `ramp` of steepness 1.6 shows it for K ≥ 16000."""
    return bound(c, h) / 1.15


@adopt0_l1.control(explicit=False, axes=("steps",), rate_tex=r"\sqrt{d}\,C/\sqrt{K}")
def too_fast(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/2)) for RMSProp without this step's gradient in the denominator."""
    return rate(c) * c.steps**-0.25


@adopt0_l1.control(explicit=False, axes=("dim",), rate_tex=r"C/K^{1/4}")
def without_root_d(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(C / K^(1/4)) for it, without √d."""
    return c.c * c.steps**-0.25
