"""Theorems with a rate and no bound, for tests of what is judged by growth: what O(·) says of AdamW and NAdamW."""

from __future__ import annotations

from simulator.decorators import theorem
from simulator.theorems.adamw_l1 import RATE_TEX, allowed, rate, rule

SETTINGS = {
    "rule": rule,
    "allows": allowed,
    "assumes": ("smooth", "variance", "start_near"),
    "source": "tests",
    "rate_tex": RATE_TEX,
}


@theorem(optimizer="adamw", name="adamw-rate", **SETTINGS)
def adamw_rate(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/4)) for AdamW."""
    return rate(c)


@theorem(optimizer="nadamw", name="nadamw-rate", **SETTINGS)
def nadamw_rate(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/4)) for NAdamW."""
    return rate(c)
