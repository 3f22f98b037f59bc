"""SGD with EMA momentum: SGD's rate in the squared norm, and its leading constant."""

from __future__ import annotations

import math

from ..cells.constants import require
from ..decorators import theorem
from .sgd_l2 import BOWL, mean_square
from .sgd_l2 import rule as sgd_rule


def rule(c):
    """SGD's η, at most (1 − θ)/(L (4 − θ + θ²)), with θ = 0.9 (Liu, Gao, Yin, NeurIPS 2020, Theorem 1)."""
    beta1 = 0.9
    largest = (1 - beta1) / (c.smoothness * (4 - beta1 + beta1 * beta1))
    return {"lr": min(largest, sgd_rule(c)["lr"]), "beta1": beta1}


def bound(c, h):
    """The statement's bound with the best s, a root of its derivative; θ = 0 is SGD."""
    step, a = c.smoothness * h.lr, c.smoothness * h.lr * h.beta1 / (1 - h.beta1)
    if a == 0:
        return mean_square(c, h)
    fixed = c.gap / (h.lr * c.steps) + step * c.sigma**2 / 2
    split = step * c.sigma**2 * a * h.beta1 / (1 + h.beta1)
    product = fixed * a**2 + split * max(0.0, 1 - step / 2)
    s = 2 * product / (math.sqrt(split**2 + 2 * fixed * product) + split)
    share = 1 - s / 2 - step / 2 - a**2 / s
    require(share > 0, f"the step is too long for the proof: a = Lηθ/(1 − θ) = {a:.4g}")
    return (fixed + split / s) / share


@theorem(
    optimizer="momentum",
    rule=rule,
    measures="mean_grad_l2_squared",
    hard=[("quadratic", {}, math.sqrt(2)), ("slope-and-bowl", {}, BOWL**2)],
    source="Liu, Gao, Yin, NeurIPS 2020, Theorem 1, for rate and rule; docs/theory.md, section 9",
    rate_tex=r"C^2/\sqrt{K}",
)
def momentum_l2_squared(c):
    """(1/K) Σ E‖∇f(x^k)‖₂² ≤ (Δ/(ηK) + Lησ_s²(1/2 + aθ/(s(1 + θ))))/(1 − s/2 − Lη/2 − a²/s) for SGD with EMA momentum,
    where a = Lηθ/(1 − θ) and s is any number > 0, here the best.

    With θ held it tends to √2 C² / √K at the rule's η, as without momentum.
    """
    return c.c**2 * c.steps**-0.5


@momentum_l2_squared.proved
def _(c, h):
    """Descent of z^k = x^k − (ηθ/(1 − θ))m^(k−1), which takes SGD's steps. θ = 0 is SGD."""
    return bound(c, h)


@momentum_l2_squared.control(axes=("steps",), explicit=False, rate_tex="C^2/K")
def too_fast(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₂² ≤ O(C² / K) for SGD with EMA momentum."""
    return c.c**2 / c.steps


@momentum_l2_squared.control(grid={"problem": "quadratic", "dim": 64, "steps": [64000, 256000]})
def smaller(c, h):
    """FALSE: the bound of momentum-l2-squared over 1.3; `quadratic` shows it at long horizons."""
    return bound(c, h) / 1.3
