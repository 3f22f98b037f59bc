"""Statements that are known to be true, or known to be false, about SGD and AdamW under the shipped rules."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from simulator.decorators import theorem
from simulator.theorem import Theorem
from simulator.theorems.adamw_l1 import rule as adamw_rule
from simulator.theorems.sgd_l2 import rule as sgd_rule
from simulator.theorems.sgd_l2 import sgd_l2


@dataclass(frozen=True)
class Statement:
    """A theorem with what is known of it: ``true``, and the ``family`` of mistakes that it belongs to."""

    theorem: Theorem
    true: bool
    family: str

    @property
    def name(self) -> str:
        return self.theorem.name


def constant(c, sigma: float = 0.5, smoothness: float = 0.25, gap: float = 0.25) -> float:
    """C, or what somebody took for it."""
    return c.sigma**sigma * c.smoothness**smoothness * c.gap**gap


def _l1(c) -> float:
    return math.sqrt(c.dim) * constant(c) * c.steps**-0.25


def _l2(c) -> float:
    return constant(c) * c.steps**-0.25


def _made(name: str, optimizer: str, function: Callable, bound: bool = False, measures: str = "") -> Theorem:
    function.__doc__ = f"{name}."
    rule, quantity = {"adamw": (adamw_rule, "mean_grad_l1"), "sgd": (sgd_rule, "mean_grad_l2")}[optimizer]
    assumes = ("smooth", "variance", "start_near") if optimizer == "adamw" else ("smooth", "variance")
    made = theorem(optimizer=optimizer, rule=rule, measures=measures or quantity, assumes=assumes, name=name)(function)
    return made.declared(function) if bound else made


def statements() -> list[Statement]:
    """All of them; the first are true."""
    found = [
        Statement(_made("adamw", "adamw", _l1), True, "rate"),
        Statement(_made("sgd", "sgd", _l2), True, "rate"),
        Statement(_made("sgd in the 1-norm", "sgd", _l1, measures="mean_grad_l1"), True, "rate"),
        Statement(_made("sgd, proved bound", "sgd", lambda c: sgd_l2.bound(c), True), True, "bound"),
        Statement(_made("adamw, 4 as declared bound", "adamw", lambda c: 4.0 * _l1(c), True), True, "bound"),
    ]
    for optimizer, right in (("adamw", _l1), ("sgd", _l2)):
        for power in (0.05, 0.10, 0.25):
            found += [
                Statement(
                    _made(f"{optimizer}, K^−{0.25 + power:.2f}", optimizer, _times(right, "steps", power)),
                    False,
                    "in K",
                ),
                Statement(
                    _made(f"{optimizer}, d^−{power * 2:.1f} too good", optimizer, _times(right, "dim", 2 * power)),
                    False,
                    "in d",
                ),
            ]
        for name, powers in {
            "C without σ": {"sigma": 0.0},
            "C without L": {"smoothness": 0.0},
            "C without Δ": {"gap": 0.0},
            "σ for σ^½": {"sigma": 1.0},
        }.items():
            found.append(Statement(_made(f"{optimizer}, {name}", optimizer, _units(right, powers)), False, "units"))
            found.append(
                Statement(
                    _made(f"{optimizer}, {name}, bound", optimizer, _units(right, powers, 4.0), True), False, "units"
                )
            )
    found += [
        Statement(_made("sgd in the 1-norm without √d", "sgd", _l2, measures="mean_grad_l1"), False, "norm"),
        Statement(_made("adamw, bound 10 % under 1.5", "adamw", lambda c: 1.35 * _l1(c), True), False, "bound"),
        Statement(_made("sgd, proved bound × 0.5", "sgd", lambda c: 0.5 * sgd_l2.bound(c), True), False, "bound"),
    ]
    return found


def _times(right: Callable, axis: str, power: float) -> Callable:
    return lambda c: right(c) * getattr(c, axis) ** -power


def _units(right: Callable, powers: dict[str, float], factor: float = 1.0) -> Callable:
    return lambda c: factor * right(c) / constant(c) * constant(c, **powers)
