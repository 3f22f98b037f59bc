"""Error feedback: send only what exceeds a threshold, keep the rest; SGD's leading constant."""

from __future__ import annotations

import math

from ..cells.constants import require
from ..decorators import theorem
from .sgd_l2 import rule as sgd_rule
from .split import best_split


def rule(c):
    """SGD's η, τ² = (ησ_s²/(Ld))√(Lη), ρ = 1."""
    lr = sgd_rule(c)["lr"]
    squared = lr * c.sigma**2 / (c.smoothness * c.dim) * math.sqrt(c.smoothness * lr)
    return {"lr": lr, "threshold": math.sqrt(squared), "memory": 1.0}


def bound(c, h):
    """[Δ/(ηK) + Lησ_s²/2 + L²dτ²/(2s)]/(1 − s/2 − Lη/2) with the best s."""
    require(h.memory == 1, "the proof is about error feedback, which keeps all that was not sent")
    require(h.lr > 0, "the step is 0")
    length = c.smoothness * h.lr
    fixed = c.gap / (h.lr * c.steps) + length * c.sigma**2 / 2
    return best_split(fixed, (c.smoothness * h.threshold) ** 2 * c.dim, 1 - length / 2)


@theorem(
    optimizer="ef_threshold",
    rule=rule,
    measures="mean_grad_l2_squared",
    hard=("quadratic", {}, math.sqrt(2)),
    grid={
        "problem": ["rational", "cosine"],
        "dim": [4, 16, 64],
        "steps": [1000, 4000, 16000, 64000],
        "quick": {"steps": [1000, 4000]},
    },
    source="Seide et al., Interspeech 2014, for the method; rule, constants and proof: docs/proofs.md, section 3",
    rate_tex=r"C^2/\sqrt{K}",
)
def ef_threshold_l2_squared(c):
    """(1/K) Σ E‖∇f(x^k)‖₂² ≤ [Δ/(ηK) + Lησ_s²/2 + L²dτ²/(2s)]/(1 − s/2 − Lη/2) for SGD that sends a coordinate's steps
    when they add up to τ and keeps them in memory till then, with any η and τ and any s > 0, here the best.

    With the rule's τ it tends to √2 C²/√K, as without a threshold, and a vanishing share of coordinates is sent.
    """
    return c.c**2 / math.sqrt(c.steps)


@ef_threshold_l2_squared.proved
def _(c, h):
    """x − e takes SGD's steps, and is never farther from x than √d τ."""
    return bound(c, h)


@ef_threshold_l2_squared.control(grid={"problem": "quadratic", "dim": [64, 256], "steps": [16000, 64000]})
def smaller(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₂² ≤ 1.3 C²/√K for SGD with error feedback at the rule; `quadratic` shows it."""
    return 1.3 * c.c**2 / math.sqrt(c.steps)


def forgetful(c):
    """The rule without memory: what does not exceed τ is lost."""
    return {**rule(c), "memory": 0.0}


@ef_threshold_l2_squared.control(
    rule=forgetful, hard=(), grid={"problem": "quadratic", "dim": [16, 64], "steps": [16000, 64000]}
)
def without_memory(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₂² ≤ 2√2 C²/√K without memory: where all |ηg_i| < τ nothing moves."""
    return 2 * math.sqrt(2) * c.c**2 / math.sqrt(c.steps)
