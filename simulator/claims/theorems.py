"""The shipped claims.

Everywhere: f is L-smooth in the 2-norm and f ≥ f*, Δ = f(x¹) − f*; the stochastic gradient is unbiased
given the past, its coordinate i has variance at most σ_i², σ_s² = Σ σ_i² < ∞; C = (σ_s² L Δ)^(1/4).
The gradient is the true one at x^k, before the update of step k = 1 … K.
"""

from __future__ import annotations

import math

from .define import claim, norm_claim

PAPER = "Li, Dong, Lin, arXiv 2505.11840"


@claim("adamw-l1", optimizer="adamw", source=PAPER)
def adamw_l1(cell):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/4)) for AdamW.

    The paper's form of AdamW and a horizon schedule of its scaling: 1 − θ = √(LΔ/(K σ_s²)),
    θ ≤ β ≤ √θ, η = √(Δ/(4KdL)), ε = σ_s²/d, λ ≤ (√d/K^(3/4)) (L³/(σ_s²Δ))^(1/4). The constant in
    O(·) is not claimed: the ratio measured/(√d C K^(−1/4)) must not grow with K or d.
    """
    return cell.stats.mean_grad_l1, cell.bound_l1


@claim("nadamw-l1", optimizer="nadamw", source=f"{PAPER} v3")
def nadamw_l1(cell):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/4)) for NAdamW.

    As adamw-l1, with the momentum used twice.
    """
    return cell.stats.mean_grad_l1, cell.bound_l1


@claim(
    "sgd-l2",
    optimizer="sgd",
    explicit=True,
    source="Ghadimi and Lan, SIAM J. Optim. 23 (2013); docs/theory.md, section 2",
)
def sgd_l2(cell):
    """(1/K) Σ E‖∇f(x^k)‖₂ ≤ √(2LΔ/K + 2√2 C²/√K) for SGD.

    η = min(1/L, √(2Δ/(LKσ_s²))). The bound has its constants: every cell must lie under it.
    """
    c = cell.constants
    return cell.stats.mean_grad_l2, math.sqrt(
        2 * c.smoothness * c.gap / c.steps + 2 * math.sqrt(2) * c.c**2 / math.sqrt(c.steps)
    )


@norm_claim("norms", source="Cauchy–Schwarz")
def norms(row):
    """‖g‖₂ ≤ ‖g‖₁ ≤ √d ‖g‖₂ for every g in R^d.

    Of every sample, up to the rounding of its sums: a single exception refutes it.
    """
    return -float(row.violations), 0.0, None


@norm_claim("gaussian", law="gaussian", source=f"{PAPER}; docs/theory.md, section 7")
def gaussian(row):
    """E‖g‖₁ ≥ √(2d/π) E‖g‖₂ for g ~ N(0, I_d).

    Exactly, E‖g‖₁ = d√(2/π) and E‖g‖₂ = √2 Γ((d+1)/2)/Γ(d/2) ≤ √d, with equality in the limit: no
    sample can show a gap of 1/(4d) at large d, so the exact values carry the claim and the sample must
    agree with them. The two means come from the same samples; the sum of their errors bounds the error
    of the difference whatever their correlation.
    """
    factor = math.sqrt(2 * row.dim / math.pi)
    rounding = 4 * math.ulp(row.exact_l1)
    return (
        row.mean_l1 - factor * row.mean_l2,
        row.sem_l1 + factor * row.sem_l2,
        row.exact_l1 - factor * row.exact_l2 + rounding,
    )
