"""SGD (Ghadimi and Lan, SIAM J. Optim. 23 (2013)): the optimal rate, with its constants."""

from __future__ import annotations

import math

from ..cells.constants import require
from ..decorators import theorem

SOURCE = "Ghadimi and Lan, SIAM J. Optim. 23 (2013), for the rate; docs/theory.md, section 2"

SLOPE = {  # a ramp that SGD stays on, so that growth in K is evidence
    "problem": "ramp",
    "problem_args": {"steepness": 0.75},
    "dim": [16, 64],
    "steps": [1000, 4000, 16000, 64000],
}
BOWL = 2**0.25 * math.sqrt(1 - 0.03 / 2)  # what slope-and-bowl's reserve leaves of the bound, as d, K → ∞


def rule(c):
    """η = min(1/L, √(2Δ/(L K σ_s²)))."""
    noisy = math.sqrt(2 * c.gap / (c.smoothness * c.steps)) / c.sigma if c.sigma else math.inf
    return {"lr": min(1 / c.smoothness, noisy)}


def mean_square(c, h):
    """B(η) = (Δ/(ηK) + Lησ_s²/2)/(1 − Lη/2), at least (1/K) Σ E‖∇f(x^k)‖₂²; raises SaysNothing for η ≥ 2/L."""
    share = 1 - c.smoothness * h.lr / 2
    require(h.lr > 0 and share > 0, f"the step must be below 2/L = {2 / c.smoothness:.4g} and not 0, got {h.lr:.4g}")
    return (c.gap / (h.lr * c.steps) + c.smoothness * h.lr * c.sigma**2 / 2) / share


@theorem(
    optimizer="sgd",
    rule=rule,
    measures="mean_grad_l2",
    assumes=("smooth", "variance"),
    hard=[("slope-and-bowl", {}, BOWL), ("ramp", {"steepness": 0.75}, 0.75)],
    source=SOURCE,
    rate_tex=r"C/K^{1/4}",
    bound_tex=r"\sqrt{B(\eta)}",
)
def sgd_l2(c):
    """(1/K) Σ E‖∇f(x^k)‖₂ ≤ √B, B = (Δ/(ηK) + Lησ_s²/2)/(1 − Lη/2), for SGD with any constant η < 2/L.

    At the rule's η, min(1/L, √(2Δ/(LKσ_s²))), √B → 2^(1/4) C / K^(1/4).
    """
    return c.c * c.steps**-0.25


@sgd_l2.proved
def _(c, h):
    """The descent lemma, summed over k, and Jensen's inequality."""
    return math.sqrt(mean_square(c, h))


@sgd_l2.control(axes=("steps",), explicit=False, rate_tex=r"C/\sqrt{K}")
def too_fast(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₂ ≤ O(C / K^(1/2)) for SGD."""
    return c.c * c.steps**-0.5
