"""RMSProp (Li, Dong, Lin, arXiv 2402.00389): AdamW's rate without momentum and decay. Rule and constants are ours."""

from __future__ import annotations

import math

from ..cells.constants import require
from ..decorators import theorem
from .adam_bound import denominators
from .adamw_l1 import RATE_TEX, rate
from .adamw_l1 import rule as adamw_rule


def rule(c):
    """AdamW's η, β and ε, without momentum and decay."""
    whole = adamw_rule(c)
    return {name: whole[name] for name in ("lr", "beta2", "eps")}


def without_memory(c):
    """The rule with β = 0: each gradient is divided by its own size."""
    return {**rule(c), "beta2": 0.0}


def fourth_powers(c):
    """Σσ_i⁴, at most: σ_s² times the largest σ_i² that σ_s and ‖σ‖₁ allow (Samuelson's inequality)."""
    spread = max(0.0, (c.dim - 1) * (c.dim * c.sigma**2 - c.sigma_l1**2))
    return c.sigma**2 * ((c.sigma_l1 + math.sqrt(spread)) / c.dim) ** 2


@theorem(
    optimizer="rmsprop",
    rule=rule,
    measures="mean_grad_l1",
    assumes=("smooth", "variance", "small_gradients"),
    hard=("ramp", {"steepness": 1.5}, 1.5),
    source="Li, Dong, Lin, arXiv 2402.00389, for the rate; rule, constants and proof: docs/theory.md, section 9",
    rate_tex=RATE_TEX,
)
def rmsprop_l1(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ B for RMSProp where √(1 − β)|∇_i f| ≤ √ε/2 always; by the rule B → 2.60 √d C / K^(1/4).

    B is of all hyper-parameters with Lη < √ε. The limit is for equal σ_i, rounded up and reached from above.
    """
    return rate(c)


@rmsprop_l1.proved
def _(c, h):
    """Descent along the step with the denominator as it was before the gradient came in."""
    require(h.lr > 0 and h.eps > 0, "the proof divides by η and ε, and one of them is 0")
    root = math.sqrt(h.eps)
    share = 1 - c.smoothness * h.lr / root
    require(share > 0, f"the step must be below √ε/L = {root / c.smoothness:.4g}, got {h.lr:.4g}")
    noise = c.smoothness * h.lr * c.sigma**2 / h.eps + (1 - h.beta2) * fourth_powers(c) / (2 * root**3)
    weighted = (2 * c.gap / h.lr + c.steps * noise) / share
    grown = math.sqrt(h.beta2) * (1 + math.sqrt(h.beta2)) / 2
    return math.sqrt(weighted * (c.steps * denominators(c, h.eps) + grown * weighted)) / c.steps


@rmsprop_l1.control(explicit=False, assumes=("smooth", "variance"), axes=("steps",), rate_tex=r"\sqrt{d}\,C/\sqrt{K}")
def too_fast(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/2)) for RMSProp."""
    return rate(c) * c.steps**-0.25


@rmsprop_l1.control(
    assumes=("smooth", "variance"),
    rule=without_memory,
    hard=(),
    grid={
        "problem": "quadratic",
        "noise": "skew",
        "noise_args": {"q": 0.2},
        "dim": [4, 16],
        "steps": [64000, 256000],
    },
    rate_tex=RATE_TEX,
)
def no_memory(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ 2.6 √d C / K^(1/4) for RMSProp with β = 0.

    It follows a mean of signs; with `skew`, q = 0.2 and ε = σ_i² it stays where ∇_i f = 0.265 σ_i (docs/theory.md,
    section 4).
    """
    return 2.6 * rate(c)
