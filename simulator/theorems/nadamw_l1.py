"""NAdamW (Li, Dong, Lin, arXiv 2505.11840 v3): AdamW with the momentum used twice."""

from __future__ import annotations

from ..decorators import theorem
from .adam_bound import l1_bound
from .adamw_l1 import RATE_TEX, SOURCE, START_NEAR, allowed, rate, rule


@theorem(
    optimizer="nadamw",
    rule=rule,
    measures="mean_grad_l1",
    hard=[("ramp", {"steepness": 1.5}, 1.5), ("uneven-ramp", {}, 1.2)],
    source=f"version 3 of {SOURCE}",
    rate_tex=RATE_TEX,
)
def nadamw_l1(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ B for NAdamW, B of all its hyper-parameters and ‖x¹‖∞; by the rule B → 4.11 √d C / K^(1/4).

    As adamw-l1, with the momentum used twice: the exponents are the paper's, the rule and the constants are ours.
    """
    return rate(c)


@nadamw_l1.proved
def _(c, h):
    """As for adamw-l1; the error of the step is θ of the momentum's, and a share α of the noise."""
    return l1_bound(c, h, twice=True)


@nadamw_l1.control(
    explicit=False, assumes=START_NEAR, allows=allowed, axes=("steps",), rate_tex=r"\sqrt{d}\,C/\sqrt{K}"
)
def too_fast(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/2)) for NAdamW."""
    return rate(c) * c.steps**-0.25
