"""What an optimizer is: one update formula, and the decorator that makes it.

A formula takes the coordinate x, its stochastic gradient g, the state and then hyper-parameters by
name; it returns the new x and the new state, which starts at 0. So ``(x, g, m, lr, beta1)`` returning
``(x, m)`` has the state m and the hyper-parameters lr and beta1. Two names are filled in by the
engine at step k = 1, 2, …: ``bias1`` = 1 − beta1^k and ``bias2`` = 1 − beta2^k.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ratecheck.problems.errors import InputError
from ratecheck.problems.formulas.formula import Formula

BIASES = {"bias1": "beta1", "bias2": "beta2"}
MAX_STATE = 4
UNITLESS = {"beta1": (0.0, 0.0), "beta2": (0.0, 0.0)}
OF_GRADIENT = {"lr": (-1, 2)}  # the step is a gradient times lr
NORMALISED = {"lr": (0, 1), "weight_decay": (0, -1)}  # the step is lr times a number without a unit


@dataclass(frozen=True, eq=False)
class Optimizer:
    """An update formula with the names of its state and hyper-parameters.

    ``hyper`` are the formula's trailing arguments in order, ``biases`` included; ``settings`` are those
    a schedule or a user gives; ``defaults`` the values that the constant schedule uses when none is given.
    ``degrees``: (a, b) for a setting that must become c^a s^b times itself under f(x) → c f(x/s) for the run to be the
    same in other units; beta1 and beta2 are numbers without a unit.
    """

    name: str
    update: Formula
    state: tuple[str, ...]
    hyper: tuple[str, ...]
    defaults: Mapping[str, float] = field(default_factory=dict)
    degrees: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def settings(self) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(
                [*(h for h in self.hyper if h not in BIASES), *(BIASES[h] for h in self.hyper if h in BIASES)]
            )
        )


def optimizer(
    *rule: object, degrees: Mapping[str, tuple[float, float]] | None = None, **defaults: float
) -> Callable[[Callable[..., Any]], Optimizer]:
    """Decorator that turns an update formula into an Optimizer; raises InputError for a wrong signature.

    *defaults* are what the constant schedule uses; *degrees* say how a constant hyper-parameter goes with the units
    of f and x (``Optimizer``), so that a cell that has it stands for its rescaled copies. Hyper-parameters from the
    constants of a problem are a theorem's:
    ``@theorem(optimizer=…, rule=…)``.
    """
    if rule:
        raise InputError(
            "optimizer(…) takes defaults by name, such as beta1=0.9; a rule belongs to the theorem: "
            "@theorem(optimizer=…, rule=…), see docs/extending.md"
        )

    def wrap(function: Callable[..., Any]) -> Optimizer:
        update = Formula(function)
        states = update.returns - 1
        names = update.parameters
        if names[:2] != ("x", "g") or len(names) < 2 + states:
            raise InputError(
                f"optimizer {update.name!r}: the formula takes x, g, its state and its hyper-parameters "
                f"and returns x and the state; got {list(names)} returning {update.returns} values"
            )
        if states > MAX_STATE:
            raise InputError(f"optimizer {update.name!r}: at most {MAX_STATE} state numbers a coordinate, got {states}")
        scaled = {name: (float(a), float(b)) for name, (a, b) in {**UNITLESS, **(degrees or {})}.items()}
        made = Optimizer(update.name, update, names[2 : 2 + states], names[2 + states :], dict(defaults), scaled)
        unknown = (set(defaults) | set(degrees or {})) - set(made.settings)
        if unknown:
            raise InputError(
                f"optimizer {update.name!r}: {sorted(unknown)} are defaults or degrees of no argument "
                f"(it has: {', '.join(made.settings)})"
            )
        return made

    return wrap
