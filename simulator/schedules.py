"""Schedules: where a cell's hyper-parameters come from, the theorem's rule or the user's numbers.

A schedule is a function ``(optimizer, constants, given) → {hyper-parameter: value}``; what the user
gives wins.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from ratecheck.problems.errors import InputError, require_known, require_number

from .cells.constants import Constants, Hyper
from .optimizers import BIASES, OPTIMIZERS, Optimizer


def horizon(optimizer: Optimizer, constants: Constants, given: Mapping[str, float]) -> Hyper:
    """The rule of the optimizer's theorem, for a horizon K known in advance."""
    if optimizer.horizon is None:
        raise InputError(
            f"optimizer {optimizer.name!r} has no theorem and so no horizon schedule (there is one for: "
            f"{', '.join(o.name for o in OPTIMIZERS.values() if o.horizon)}); "
            "use the constant schedule with lr=…"
        )
    try:
        rule = {name: float(value) for name, value in optimizer.horizon(constants).items()}
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"the horizon rule of {optimizer.name!r} gives no numbers for {constants}: {type(error).__name__}: {error}"
        ) from error
    if set(rule) != set(optimizer.settings):
        raise InputError(
            f"optimizer {optimizer.name!r}: its horizon rule must give {', '.join(optimizer.settings)}, "
            f"got {', '.join(rule)}"
        )
    for name, value in rule.items():
        if not math.isfinite(value) or (name in BIASES.values() and not 0 <= value < 1):
            raise InputError(
                f"the horizon rule of {optimizer.name!r} gives {name}={value:g} for {constants}; choose constants of "
                "ordinary size, or the constant schedule"
            )
    return {**rule, **given}


def constant(optimizer: Optimizer, constants: Constants, given: Mapping[str, float]) -> Hyper:
    """The given hyper-parameters for every K and d, and the optimizer's defaults for the others."""
    hyper = {**optimizer.defaults, **given}
    missing = [name for name in optimizer.settings if name not in hyper]
    if missing:
        raise InputError(
            f"the constant schedule needs {', '.join(missing)} for {optimizer.name!r}; "
            f"give optimizer arguments such as {missing[0]}=0.01"
        )
    return {name: hyper[name] for name in optimizer.settings}


SCHEDULES: dict[str, Callable[[Optimizer, Constants, Mapping[str, float]], Hyper]] = {
    "horizon": horizon,
    "constant": constant,
}


# No negative hyper-parameter has a meaning in the shipped recursions.
LIMITS = dict.fromkeys(("lr", "beta1", "beta2", "eps", "weight_decay"), 0.0)


def check_given(optimizer: Optimizer, given: Mapping[str, float]) -> None:
    """Raise InputError for a hyper-parameter that the optimizer does not have or that is out of range."""
    require_known(given, optimizer.settings, f"optimizer {optimizer.name!r}")
    for name, value in given.items():
        value = require_number(value, f"optimizer {optimizer.name!r}: {name}", least=LIMITS.get(name))
        if name in ("beta1", "beta2") and value >= 1:
            raise InputError(f"optimizer {optimizer.name!r}: {name} must be below 1, got {value:g}")
