"""Hyper-parameters from the constants of the problem: the theorem's rule, or the user's numbers.

Horizon schedules are constant in k once K is known (docs/theory.md, section 2). A schedule is a
function ``(optimizer, constants, given) → {hyper-parameter: value}``; what the user gives wins.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from problems.errors import InputError, nearest, require_number

from .optimizers import Optimizer

Hyper = dict[str, float]
LIMITS = {"lr": {"least": 0.0}, "beta1": {"least": 0.0}, "beta2": {"least": 0.0}, "eps": {"least": 0.0},
          "weight_decay": {"least": 0.0}}


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
        return math.sqrt(self.true_sigma * math.sqrt(self.smoothness * self.gap))


def _sgd(c: Constants) -> Hyper:
    """η = min(1/L, √(2Δ/(L K σ_s²)))."""
    noisy = math.sqrt(2 * c.gap / (c.smoothness * c.steps)) / c.sigma if c.sigma else math.inf
    return {"lr": min(1 / c.smoothness, noisy)}


def _momentum(c: Constants) -> Hyper:
    """SGD's η, at most (1 − θ)/(L (4 − θ + θ²)), with θ = 0.9 (Liu, Gao, Yin, NeurIPS 2020, Theorem 1)."""
    beta1 = 0.9
    largest = (1 - beta1) / (c.smoothness * (4 - beta1 + beta1 * beta1))
    return {"lr": min(largest, _sgd(c)["lr"]), "beta1": beta1}


def _adamw(c: Constants) -> Hyper:
    """1 − θ = min(1, √(LΔ/(K σ_s²))), β = √θ, η = √(Δ/(4 K d L)), ε = σ_s²/d,
    λ = (√d/K^(3/4)) (L³/(σ_s² Δ))^(1/4)."""
    if c.sigma == 0:
        raise InputError("the horizon schedule of this optimizer divides by sigma; give sigma > 0, "
                         "or use the constant schedule")
    away = min(1.0, math.sqrt(c.smoothness * c.gap / c.steps) / c.sigma)
    theta = 1.0 - away
    decay = math.sqrt(c.dim) / c.steps**0.75 * (c.smoothness**3 / (c.sigma**2 * c.gap)) ** 0.25
    return {"lr": math.sqrt(c.gap / (4 * c.steps * c.dim * c.smoothness)), "beta1": theta,
            "beta2": math.sqrt(theta), "eps": c.sigma**2 / c.dim, "weight_decay": decay}


def _rmsprop(c: Constants) -> Hyper:
    """AdamW's η, β and ε, without momentum and decay (Li and Lin, arXiv 2402.00389: the same rate)."""
    rule = _adamw(c)
    return {name: rule[name] for name in ("lr", "beta2", "eps")}


HORIZON: dict[str, Callable[[Constants], Hyper]] = {
    "sgd": _sgd, "momentum": _momentum, "rmsprop": _rmsprop, "adamw": _adamw, "nadamw": _adamw}


def horizon(optimizer: Optimizer, constants: Constants, given: Mapping[str, float]) -> Hyper:
    """The rule of the optimizer's theorem, for a horizon K known in advance."""
    if optimizer.name not in HORIZON:
        raise InputError(f"optimizer {optimizer.name!r} has no theorem and so no horizon schedule "
                         f"(there is one for: {', '.join(HORIZON)}); use the constant schedule with lr=…")
    return {**HORIZON[optimizer.name](constants), **given}


def constant(optimizer: Optimizer, constants: Constants, given: Mapping[str, float]) -> Hyper:
    """The given hyper-parameters for every K and d, and the optimizer's defaults for the others."""
    hyper = {**optimizer.defaults, **given}
    missing = [name for name in optimizer.settings if name not in hyper]
    if missing:
        raise InputError(f"the constant schedule needs {', '.join(missing)} for {optimizer.name!r}; "
                         f"give optimizer arguments such as {missing[0]}=0.01")
    return {name: hyper[name] for name in optimizer.settings}


SCHEDULES: dict[str, Callable[[Optimizer, Constants, Mapping[str, float]], Hyper]] = {
    "horizon": horizon, "constant": constant}


def check_given(optimizer: Optimizer, given: Mapping[str, float]) -> None:
    """Raise InputError for a hyper-parameter that the optimizer does not have or that is out of range."""
    for name, value in given.items():
        if name not in optimizer.settings:
            raise InputError(f"optimizer {optimizer.name!r} has no argument {name!r}{nearest(name, optimizer.settings)} "
                             f"(it has: {', '.join(optimizer.settings)})")
        value = require_number(value, f"optimizer {optimizer.name!r}: {name}", **LIMITS.get(name, {}))
        if name in ("beta1", "beta2") and value >= 1:
            raise InputError(f"optimizer {optimizer.name!r}: {name} must be below 1, got {value:g}")
