"""SGD with EMA momentum (Liu, Gao, Yin, NeurIPS 2020): SGD's rate in the squared norm."""

from __future__ import annotations

from ..decorators import theorem
from .sgd_l2 import rule as sgd_rule


def rule(c):
    """SGD's η, at most (1 − θ)/(L (4 − θ + θ²)), with θ = 0.9 (Liu, Gao, Yin, NeurIPS 2020, Theorem 1)."""
    beta1 = 0.9
    largest = (1 - beta1) / (c.smoothness * (4 - beta1 + beta1 * beta1))
    return {"lr": min(largest, sgd_rule(c)["lr"]), "beta1": beta1}


@theorem(
    optimizer="momentum",
    rule=rule,
    measures="mean_grad_l2_squared",
    source="Liu, Gao, Yin, NeurIPS 2020, Theorem 1",
    rate_tex=r"C^2/\sqrt{K}",
)
def momentum_l2_squared(c):
    """(1/K) Σ E‖∇f(x^k)‖₂² ≤ O(C² / √K) for SGD with EMA momentum."""
    return c.c**2 * c.steps**-0.5


@momentum_l2_squared.control(axes=("steps",), rate_tex="C^2/K")
def too_fast(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₂² ≤ O(C² / K) for SGD with EMA momentum."""
    return c.c**2 / c.steps
