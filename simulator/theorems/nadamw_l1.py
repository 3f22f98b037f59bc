"""NAdamW (Li, Dong, Lin, arXiv 2505.11840 v3): AdamW with the momentum used twice."""

from __future__ import annotations

from ..decorators import theorem
from .adamw_l1 import PAPER, RATE_TEX, allowed, rate, rule


@theorem(
    optimizer="nadamw",
    rule=rule,
    measures="mean_grad_l1",
    assumes=("smooth", "variance", "start_near"),
    hard=("ramp", {"steepness": 1.5}, 1.5),
    allows=allowed,
    source=f"{PAPER} v3",
    rate_tex=RATE_TEX,
)
def nadamw_l1(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/4)) for NAdamW.

    As adamw-l1, with the momentum used twice.
    """
    return rate(c)


@nadamw_l1.control(axes=("steps",), rate_tex=r"\sqrt{d}\,C/\sqrt{K}")
def too_fast(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/2)) for NAdamW."""
    return rate(c) * c.steps**-0.25
