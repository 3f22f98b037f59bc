"""Gradient descent, SGD without noise: the smallest gradient, with a constant that a function attains at every K."""

from __future__ import annotations

from ..decorators import theorem
from .gd_l2 import GRID, rule, weights


def bound(c, h):
    """Δ/Σ c_k."""
    return c.gap / sum(count * weight for weight, count in weights(c, h))


@theorem(
    optimizer="sgd",
    rule=rule,
    measures="min_grad_l2_squared",
    assumes=("smooth", "noiseless"),
    hard=("sawtooth", {"form": "minimum"}, 1.0),
    grid=GRID,
    source="Taylor, PhD thesis, UCLouvain (2017), and Abbaszadehpeivasti, de Klerk, Zamani, arXiv 2104.05468",
    rate_tex=r"4L\Delta/(3K-1)",
    bound_tex=r"\Delta/\sum_k c_k",
)
def gd_l2_squared(c):
    """min ‖∇f(x^k)‖₂² ≤ Δ/Σ c_k for gradient descent with any η ≤ 1/L, which is 4LΔ/(3K − 1) at η = 1/L.

    The minimum is over k = 1 … K, and c_k are those of gd-l2. The mean of ‖∇f(x^k)‖₂² is at most 2LΔ/K, by
    sgd-l2-squared at σ = 0, and on a quadratic it is.
    """
    return 4 * c.smoothness * c.gap / (3 * c.steps - 1)


@gd_l2_squared.proved
def _(c, h):
    """Δ ≥ Σ c_k‖∇f(x^k)‖₂²."""
    return bound(c, h)


@gd_l2_squared.control
def smaller(c, h):
    """FALSE: min ‖∇f(x^k)‖₂² ≤ 3.9 LΔ/(3K − 1) for gradient descent at η = 1/L; `sawtooth` shows it."""
    return bound(c, h) * 3.9 / 4
