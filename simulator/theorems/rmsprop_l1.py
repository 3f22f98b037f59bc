"""RMSProp (Li and Lin, arXiv 2402.00389): AdamW's rate without momentum and decay. The rule is ours."""

from __future__ import annotations

from ..decorators import theorem
from .adamw_l1 import RATE_TEX, rate
from .adamw_l1 import rule as adamw_rule


def rule(c):
    """AdamW's η, β and ε, without momentum and decay."""
    whole = adamw_rule(c)
    return {name: whole[name] for name in ("lr", "beta2", "eps")}


@theorem(
    optimizer="rmsprop",
    rule=rule,
    measures="mean_grad_l1",
    hard=("ramp", {"steepness": 1.5}, 1.5),
    source="Li and Lin, arXiv 2402.00389, for the rate; the rule is ours",
    rate_tex=RATE_TEX,
)
def rmsprop_l1(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/4)) for RMSProp."""
    return rate(c)


@rmsprop_l1.control(axes=("steps",), rate_tex=r"\sqrt{d}\,C/\sqrt{K}")
def too_fast(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/2)) for RMSProp."""
    return rate(c) * c.steps**-0.25
