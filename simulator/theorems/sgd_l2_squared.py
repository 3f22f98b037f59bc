"""SGD in the squared norm, for every constant step: an equality on quadratics, up to the gap that is left."""

from __future__ import annotations

import math

from ..decorators import theorem
from .sgd_l2 import BOWL, SOURCE, mean_square, rule


@theorem(
    optimizer="sgd",
    rule=rule,
    measures="mean_grad_l2_squared",
    hard=[("quadratic", {}, math.sqrt(2)), ("slope-and-bowl", {}, BOWL**2)],
    source=SOURCE,
    rate_tex=r"C^2/\sqrt{K}",
    bound_tex=r"B(\eta)",
)
def sgd_l2_squared(c):
    """(1/K) Σ E‖∇f(x^k)‖₂² ≤ (Δ/(ηK) + Lησ_s²/2)/(1 − Lη/2) for SGD with any constant η < 2/L.

    On a quadratic with h_i = L measured/bound is 1 − (E f(x^(K+1)) − f*)/(Δ + KLη²σ_s²/2), for every d and law.
    """
    return c.c**2 / math.sqrt(c.steps)


@sgd_l2_squared.proved
def _(c, h):
    """The descent lemma, summed over k."""
    return mean_square(c, h)


@sgd_l2_squared.control
def smaller(c, h):
    """FALSE: a bound 5 % below that of sgd-l2-squared; `quadratic` shows it."""
    return mean_square(c, h) / 1.05


@sgd_l2_squared.control(
    rule=lambda c: {"lr": 2.1 / c.smoothness},
    hard=(),
    grid={"problem": "quadratic", "dim": 16, "steps": [1000, 4000]},
)
def too_long(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₂² ≤ 2Δ/(ηK) + Lησ_s² for SGD with the step η = 2.1/L, which diverges."""
    return 2 * c.gap * c.smoothness / (2.1 * c.steps) + 2.1 * c.sigma**2


@sgd_l2_squared.control(axes=("steps",), explicit=False, rate_tex="C^2/K")
def too_fast(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₂² ≤ O(C² / K) for SGD."""
    return c.c**2 / c.steps
