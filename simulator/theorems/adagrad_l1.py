"""AdaGrad that divides by the gradients before this one: no horizon in its rule, and bounded noise."""

from __future__ import annotations

import math

from ..cells.constants import require
from ..decorators import theorem


def rule(c):
    """η = √(Δ/‖h‖₁), √ε = R = √(2LΔ/d) + max|ξ_i|: no K in it."""
    steepest = math.sqrt(2 * c.smoothness * c.gap / c.dim)
    largest = c.noise_linf if c.get("sigma") != 0 else 0.0
    return {"lr": math.sqrt(c.gap / c.curvature_l1), "eps": (steepest + largest) ** 2}


def bound(c, h):
    """√(A(Σ√(R² + Kσ_i²) + A/2)/K), A = Δ/η + ‖h‖₁η ln(1 + K), R = √ε."""
    require(h.lr > 0 and h.eps > 0, "the proof divides by η and ε, and one of them is 0")
    weighted = c.gap / h.lr + c.curvature_l1 * h.lr * math.log1p(c.steps)
    whole = math.sqrt(c.dim * (c.dim * h.eps + c.steps * c.sigma**2))
    split = c.dim * math.sqrt(h.eps) + math.sqrt(c.steps) * c.sigma_l1
    return math.sqrt(weighted * (min(whole, split) + weighted / 2) / c.steps)


@theorem(
    optimizer="adagrad",
    rule=rule,
    measures="mean_grad_l1",
    assumes=("separable", "variance", "bounded_gradients"),
    hard=("cosine", {}, None),
    grid={
        "problem": ["rational", "quadratic"],
        "noise": "rademacher",
        "dim": [4, 16, 64],
        "steps": [1000, 4000, 16000, 64000],
        "quick": {"steps": [1000, 4000, 16000]},
    },
    source="docs/proofs.md, section 2; the delayed denominator: Li, Orabona, AISTATS 2019",
    rate_tex=r"(\|h\|_1\Delta\|\sigma\|_1^2/K)^{1/4}\sqrt{1+\ln(1+K)}",
)
def adagrad_l1(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ √(A(Σ√(R² + Kσ_i²) + A/2)/K), A = Δ/η + ‖h‖₁η ln(1 + K), for AdaGrad without this step's
    gradient in the denominator, which starts at R = √ε, with any η, where |g_i| ≤ R always.

    The rule knows no K: one run has the bound at every horizon. For K → ∞ it is
    (‖h‖₁Δ‖σ‖₁²/K)^(1/4) √(1 + ln K) at the rule's η, for equal σ_i.
    """
    return math.sqrt(c.sigma_l1) * (c.curvature_l1 * c.gap / c.steps) ** 0.25 * math.sqrt(1 + math.log1p(c.steps))


@adagrad_l1.proved
def _(c, h):
    """Descent with a denominator that is known before g; Σ g²/b² telescopes to a logarithm."""
    return bound(c, h)


@adagrad_l1.control
def eighth(c, h):
    """FALSE: an eighth of the bound of adagrad-l1."""
    return bound(c, h) / 8


@adagrad_l1.control(axes=("dim",))
def without_root_d(c, h):
    """FALSE: the bound of adagrad-l1 over √d."""
    return bound(c, h) / math.sqrt(c.dim)
