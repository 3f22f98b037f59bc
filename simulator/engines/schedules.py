"""Schedules: where a cell's hyper-parameters come from, a theorem's rule or the user's numbers.

``horizon`` is the rule of the optimizer's theorem, ``constant`` the numbers as given; a theorem's name, or
FILE.py:NAME of a theorem or of a rule, is that rule. What the user gives wins.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from ratecheck.problems.errors import HANDFUL, InputError, choose, require_known, require_number

from ..cells.constants import Constants, MissingConstant
from ..cells.of_step import OfStep, as_used
from ..cells.spec import Spec
from ..optimizers import BIASES, Optimizer
from ..plugins import is_own
from ..theorem import Theorem
from ..theorems import OFFERED, THEOREMS, find_theorem
from ..theorems.naming import horizon_theorem

SCHEDULES = {
    "horizon": "The rule of the optimizer's theorem, for a horizon K known in advance.",
    "constant": "The given hyper-parameters for every K and d, and the optimizer's defaults for the others.",
}
# No negative hyper-parameter has a meaning in the shipped recursions.
LIMITS = dict.fromkeys(("lr", "beta1", "beta2", "eps", "weight_decay", "threshold", "memory"), 0.0)


def hyper_parameters(spec: Spec, optimizer: Optimizer, constants: Constants) -> dict[str, float | OfStep]:
    """The hyper-parameters of a cell; raises InputError where its schedule gives none."""
    given = {name: float(value) for name, value in spec.optimizer_args.items()}
    if spec.schedule == "constant":
        return {**constant(optimizer, given)}
    return {**follow(_rule(spec, optimizer), optimizer, constants), **given}


def constant(optimizer: Optimizer, given: Mapping[str, float]) -> dict[str, float]:
    """The given numbers, and the optimizer's defaults for the others; raises InputError for one that has none."""
    hyper = {**optimizer.defaults, **given}
    missing = [name for name in optimizer.settings if name not in hyper]
    if missing:
        raise InputError(
            f"the constant schedule needs {', '.join(missing)} for {optimizer.name!r}; "
            f"give optimizer arguments such as {missing[0]}=0.01"
        )
    return {name: hyper[name] for name in optimizer.settings}


def follow(rule: Callable, optimizer: Optimizer, constants: Constants) -> dict[str, float | OfStep]:
    """What *rule* gives, checked: all hyper-parameters, each a finite number or a formula of the step.

    Raises InputError for anything else.
    """
    try:
        found = as_used(rule(constants))
    except MissingConstant as missing:
        raise MissingConstant(
            f"the rule for {optimizer.name!r} needs a constant that is not there: {missing}; use the constant schedule",
            missing.name,
        ) from missing
    except InputError:
        raise
    except Exception as error:  # the user's own function
        raise InputError(
            f"the rule for {optimizer.name!r} gives no numbers at {constants}: {type(error).__name__}: {error}"
            + "; choose constants of ordinary size, or the constant schedule" * isinstance(error, ArithmeticError)
        ) from error
    if set(found) != set(optimizer.settings):
        lacking = [name for name in optimizer.settings if name not in found]
        raise InputError(
            f"the rule for optimizer {optimizer.name!r} must give {', '.join(optimizer.settings)}, "
            f"got {', '.join(found) or 'nothing'}" + f": no {', '.join(lacking)}" * bool(lacking)
        )
    for name, value in found.items():
        if not isinstance(value, OfStep) and (
            not math.isfinite(value) or (name in BIASES.values() and not 0 <= value < 1)
        ):
            raise InputError(
                f"the rule for {optimizer.name!r} gives {name}={value:g} at {constants}; choose constants of "
                "ordinary size, or the constant schedule"
            )
        if not isinstance(value, OfStep) and value < (least := LIMITS.get(name, -math.inf)):
            raise InputError(
                f"the rule for {optimizer.name!r} gives {name}={value:g} at {constants}; {name} must be ≥ {least:g}, "
                "so change the rule"
            )
    return found


def check_given(optimizer: Optimizer, given: Mapping[str, object]) -> None:
    """Raise InputError for a hyper-parameter that the optimizer does not have or that is out of range."""
    require_known(given, optimizer.settings, f"optimizer {optimizer.name!r}")
    for name, value in given.items():
        number = require_number(value, f"optimizer {optimizer.name!r}: {name}", least=LIMITS.get(name))
        if name in ("beta1", "beta2") and number >= 1:
            raise InputError(f"optimizer {optimizer.name!r}: {name} must be below 1, got {number:g}")


def _rule(spec: Spec, optimizer: Optimizer) -> Callable:
    if spec.schedule == "horizon":
        theorem = horizon_theorem(spec.optimizer, optimizer)
        if theorem is not None and theorem.rule is not None:
            return theorem.rule
        known = dict.fromkeys(t.optimizer.name for t in THEOREMS.values() if isinstance(t, Theorem) and t.rule)
        raise InputError(
            f"optimizer {spec.optimizer!r} has no theorem and so no horizon schedule (there is one for "
            f"{', '.join(list(known)[:HANDFUL])} and others, see: ratecheck list theorems); use the constant schedule "
            "with lr=…, or a theorem's name as the schedule"
        )
    if not is_own(spec.schedule) and not isinstance(THEOREMS.get(spec.schedule), Theorem):
        runs = {name: theorem for name, theorem in THEOREMS.items() if isinstance(theorem, Theorem)}
        choose({**SCHEDULES, **runs}, spec.schedule, "schedule", [*SCHEDULES, *(n for n in runs if n in OFFERED)])
    found = find_theorem(spec.schedule, also=Callable)  # type: ignore[arg-type]  # mypy takes it for no class
    if not isinstance(found, Theorem):
        return found
    if found.optimizer.update.digest != optimizer.update.digest:
        raise InputError(
            f"schedule {spec.schedule!r} is the rule of a theorem about {found.optimizer.name!r}, "
            f"and the optimizer is {spec.optimizer!r}"
        )
    if found.rule is None:
        raise InputError(f"theorem {spec.schedule!r} has no rule; use the constant schedule")
    return found.rule
