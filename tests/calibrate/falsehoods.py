"""Statements that are false, each by one mistake."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from simulator.theorem import Theorem
from simulator.theorems import THEOREMS
from simulator.theorems.sgd_l2 import BOWL, mean_square

from .runs import FIXED_DECAY
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
    yield from (("rule", theorem) for theorem in _wrong_rules())


def _wrong_rules() -> Iterator[Theorem]:
    """The right rate, or bound, for a rule under which it is false."""
    sgd, adamw = THEOREMS["sgd-l2"], THEOREMS["adamw-l1"]

    def long_steps(c):
        return {"lr": sgd.hyper(c)["lr"] * c.dim**0.5}

    def fixed_decay(c):
        return {**adamw.hyper(c), "weight_decay": FIXED_DECAY}

    right = mean_square_at_the_rule
    yield like("sgd-l2, step √d too long", "sgd-l2", sgd.function, rule=long_steps, hard=()).declared(right)
    ramp = ("ramp", {"steepness": 1.5}, 1.5)
    keeps = {"allows": None, "hard": ramp, "axes": ("steps",)}
    yield like("adamw-l1, λ fixed with a centre", "adamw-l1", adamw.function, rule=fixed_decay, **keeps)
    yield like("sign descent, β = 0 under skew", "signgd-l1", adamw.function, **keeps)


def mean_square_at_the_rule(c):
    """√B at the step of sgd-l2."""

    class _Step:
        lr = THEOREMS["sgd-l2"].hyper(c)["lr"]

    return mean_square(c, _Step) ** 0.5


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
