"""The theorems' rules: hyper-parameters from the constants of a problem, for a horizon K known in advance.

All are constant in k once K is known (docs/theory.md, section 2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ratecheck.problems.errors import InputError

Hyper = dict[str, float]


@dataclass(frozen=True)
class Constants:
    """The constants of one cell. ``sigma`` is the nominal σ_s, which schedules use; ``variance`` is
    E z² of the noise law, 1 or infinite, so that the true σ_s² is sigma² · variance."""

    dim: int
    steps: int
    smoothness: float
    gap: float
    sigma: float
    variance: float = 1.0

    @property
    def true_sigma(self) -> float:
        """σ_s with infinite variance counted as such (0 · ∞ = 0: no noise)."""
        return self.sigma if self.variance == 1.0 or self.sigma == 0 else math.inf

    @property
    def c(self) -> float:
        """C = (σ_s² L Δ)^(1/4) of the theorems."""
        return math.sqrt(self.true_sigma * math.sqrt(self.smoothness) * math.sqrt(self.gap))


def sgd_rule(c: Constants) -> Hyper:
    """η = min(1/L, √(2Δ/(L K σ_s²)))."""
    noisy = math.sqrt(2 * c.gap / (c.smoothness * c.steps)) / c.sigma if c.sigma else math.inf
    return {"lr": min(1 / c.smoothness, noisy)}


def momentum_rule(c: Constants) -> Hyper:
    """SGD's η, at most (1 − θ)/(L (4 − θ + θ²)), with θ = 0.9 (Liu, Gao, Yin, NeurIPS 2020, Theorem 1)."""
    beta1 = 0.9
    largest = (1 - beta1) / (c.smoothness * (4 - beta1 + beta1 * beta1))
    return {"lr": min(largest, sgd_rule(c)["lr"]), "beta1": beta1}


def adamw_rule(c: Constants) -> Hyper:
    """1 − θ = min(1, √(LΔ/(K σ_s²))), β = √θ, η = √(Δ/(4 K d L)), ε = σ_s²/d,
    λ = (√d/K^(3/4)) (L³/(σ_s² Δ))^(1/4)."""
    if c.sigma == 0:
        raise InputError(
            "the horizon schedule of this optimizer divides by sigma; give sigma > 0, or use the constant schedule"
        )
    away = min(1.0, math.sqrt(c.smoothness * c.gap / c.steps) / c.sigma)
    theta = 1.0 - away
    decay = math.sqrt(c.dim) / c.steps**0.75 * (c.smoothness**3 / (c.sigma**2 * c.gap)) ** 0.25
    return {
        "lr": math.sqrt(c.gap / (4 * c.steps * c.dim * c.smoothness)),
        "beta1": theta,
        "beta2": math.sqrt(theta),
        "eps": c.sigma**2 / c.dim,
        "weight_decay": decay,
    }


def rmsprop_rule(c: Constants) -> Hyper:
    """AdamW's η, β and ε, without momentum and decay (Li and Lin, arXiv 2402.00389: the same rate)."""
    rule = adamw_rule(c)
    return {name: rule[name] for name in ("lr", "beta2", "eps")}
