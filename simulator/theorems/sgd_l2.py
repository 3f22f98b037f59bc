"""SGD (Ghadimi and Lan, SIAM J. Optim. 23 (2013)): the optimal rate, with its constants."""

from __future__ import annotations

import math

from ..decorators import theorem


def rule(c):
    """η = min(1/L, √(2Δ/(L K σ_s²)))."""
    noisy = math.sqrt(2 * c.gap / (c.smoothness * c.steps)) / c.sigma if c.sigma else math.inf
    return {"lr": min(1 / c.smoothness, noisy)}


@theorem(
    optimizer="sgd",
    rule=rule,
    measures="mean_grad_l2",
    assumes=("smooth", "variance"),
    hard=("ramp", {"steepness": 0.75}, 0.75),
    source="Ghadimi and Lan, SIAM J. Optim. 23 (2013); docs/theory.md, section 2",
    rate_tex=r"C/K^{1/4}",
    bound_tex=r"\sqrt{2L\Delta/K+2\sqrt{2}\,C^2/\sqrt{K}}",
)
def sgd_l2(c):
    """(1/K) Σ E‖∇f(x^k)‖₂ ≤ √(2LΔ/K + 2√2 C²/√K) for SGD.

    η = min(1/L, √(2Δ/(LKσ_s²))). The bound has its constants: every cell must lie under it.
    """
    return c.c * c.steps**-0.25


@sgd_l2.proved
def _(c):
    """√(2Δ/(ηK) + Lησ_s²) at the rule's η, by the descent lemma and Jensen's inequality."""
    return math.sqrt(2 * c.smoothness * c.gap / c.steps + 2 * math.sqrt(2) * c.c**2 / math.sqrt(c.steps))


@sgd_l2.control(axes=("steps",), explicit=False, rate_tex=r"C/\sqrt{K}")
def too_fast(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₂ ≤ O(C / K^(1/2)) for SGD."""
    return c.c * c.steps**-0.5
