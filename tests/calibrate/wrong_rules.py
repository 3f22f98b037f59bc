"""Theorems with the right rate, or bound, and a rule under which it is false. A file of its own: cells name it."""

from __future__ import annotations

import math

from ratecheck.simulator.decorators import theorem
from ratecheck.simulator.theorems import adamw_l1, sgd_l2

RAMP = ("ramp", {"steepness": 1.5}, 1.5)  # the level that the right rules attain
FIXED_DECAY = 0.1


def long_steps(c):
    """The rule of sgd-l2 with a step √d times as long."""
    return {"lr": sgd_l2.rule(c)["lr"] * math.sqrt(c.dim)}


def fixed_decay(c):
    """The rule of adamw-l1 with one λ for all K."""
    return {**adamw_l1.rule(c), "weight_decay": FIXED_DECAY}


def without_average(c):
    """Sign descent at AdamW's step, times two: the sign of each gradient alone, β = 0."""
    return {"lr": 2 * adamw_l1.rule(c)["lr"]}


@theorem(optimizer="sgd", rule=long_steps, measures="mean_grad_l2", name="sgd-l2, step √d too long")
def step_too_long(c):
    """(1/K) Σ E‖∇f(x^k)‖₂ ≤ √B, B that of sgd-l2 at its own step."""
    return sgd_l2.rate(c)


@step_too_long.declared
def _(c):
    step = sgd_l2.rule(c)["lr"]
    rest = c.gap / (step * c.steps) + c.smoothness * step * c.sigma**2 / 2
    return math.sqrt(rest / (1 - c.smoothness * step / 2))


@theorem(optimizer="adamw", rule=fixed_decay, axes=("steps",), hard=RAMP, name="adamw-l1, λ fixed with a centre")
def decay_is_fixed(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/4))."""
    return adamw_l1.rate(c)


@theorem(optimizer="signsgd", rule=without_average, axes=("steps",), hard=RAMP, name="sign descent, β = 0 under skew")
def signs_of_one(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/4))."""
    return adamw_l1.rate(c)
