"""Statements that are false, each by one mistake."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from simulator.theorem import Theorem
from simulator.theorems import THEOREMS
from simulator.theorems.naming import find_runs
from simulator.theorems.sgd_l2 import BOWL

from .runs import WRONG_RULES
from .statements import Statement, like, scaled, times

LEVELS = {"adamw-l1": 1.5, "sgd-l2": BOWL}  # that are attained
UNITS = {  # what somebody took for C = σ^½ (LΔ)^¼
    "C without σ": {"sigma": 0.0},
    "C without L": {"smoothness": 0.0},
    "C without Δ": {"gap": 0.0},
    "σ for σ^½": {"sigma": 1.0},
    "L^½ for L^¼": {"smoothness": 0.5},
    "Δ^½ for Δ^¼": {"gap": 0.5},
}


def false_statements() -> list[Statement]:
    """All of them, by kind."""
    return [Statement(theorem, kind) for kind, theorem in _all()]


def _all() -> Iterator[tuple[str, Theorem]]:
    for name, level in LEVELS.items():
        right = THEOREMS[name].function
        for power in (0.05, 0.10, 0.25):
            yield "in K", _rate(name, f"K^−{0.25 + power:.2f}", times(right, "steps", -power))
        for power in (0.10, 0.25, 0.50):
            yield "in d", _rate(name, f"d^−{power:g} too good", times(right, "dim", -power))
        for words, powers in UNITS.items():
            wrong = _units(right, powers)
            yield "units", _rate(name, words, wrong)
            if name == "adamw-l1":
                yield "units", _bound(name, f"{words}, bound", wrong, scaled(wrong, 4.0))
        for power in (-0.25, 0.25):
            yield "in κ", _rate(name, f"κ^{power:+g}", _times_kappa(right, power))
        yield "constant", _bound(name, "bound 10 % too small", right, scaled(right, 0.9 * level))
    one = THEOREMS["sgd-l2"].function
    yield "norm", _rate("sgd-l2", "1-norm without √d", one, measures="mean_grad_l1")
    yield from (("rule", find_runs(name)) for name in WRONG_RULES)


def _rate(base: str, words: str, rate: Callable, **changes: object) -> Theorem:
    return like(f"{base}, {words}", base, rate, **{"hard": (), **changes})


def _bound(base: str, words: str, rate: Callable, bound: Callable) -> Theorem:
    return like(f"{base}, {words}", base, scaled(rate), bound, hard=())


def _units(right: Callable, powers: dict[str, float]) -> Callable:
    powers = {"sigma": 0.5, "smoothness": 0.25, "gap": 0.25} | powers
    ones = dict.fromkeys(powers, 1.0)
    return lambda c: right(c.but(**ones)) * math.prod(getattr(c, name) ** power for name, power in powers.items())


def _times_kappa(right: Callable, power: float) -> Callable:
    return lambda c: right(c) * (c.smoothness * c.gap / c.sigma**2) ** power if c.sigma else 0.0
