"""Hyper-parameters that depend on the step: a formula of k with its constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.errors import InputError, require_known, require_number
from ratecheck.problems.formulas import Formula


@dataclass(frozen=True, eq=False)
class OfStep:
    """A hyper-parameter's value at each step k = 1, 2, …; made by ``of_step``."""

    formula: Formula
    constants: tuple[float, ...]

    def __call__(self, k: NDArray[np.float64]) -> NDArray[np.float64]:
        """The values at steps *k*, same shape."""
        values = self.formula(np.asarray(k, dtype=np.float64), *self.constants)
        return np.broadcast_to(values, np.shape(k)).astype(np.float64)

    @property
    def meaning(self) -> list[str]:
        """Equal for equal values at every step: the formula's digest and its constants to 12 digits."""
        return [self.formula.digest, *(f"{c:.12g}" for c in self.constants)]

    def __str__(self) -> str:
        inside = ", ".join(
            f"{name}={value:.6g}" for name, value in zip(self.formula.parameters[1:], self.constants, strict=True)
        )
        return f"{self.formula.name}({', '.join(filter(None, ('k', inside)))})"


def as_used(given: Mapping[str, Any]) -> dict[str, float | OfStep]:
    """What a rule gives, as cells have it: formulas of the step as they are, all else as float64 (NumPy's numbers too).

    Raises whatever float() raises for what is no number.
    """
    return {name: value if isinstance(value, OfStep) else float(value) for name, value in given.items()}


def meanings(hyper: Mapping[str, float | OfStep]) -> dict[str, list[str] | str]:
    """What hyper-parameters are told by: formulas of the step by their meaning, numbers to 12 digits."""
    return {name: value.meaning if isinstance(value, OfStep) else f"{value:.12g}" for name, value in hyper.items()}


def of_step(function, **constants: float) -> OfStep:
    """What a rule returns for a hyper-parameter that changes with the step::

        def over_root(k, scale):
            return scale / math.sqrt(k)

        def rule(c):
            return {"lr": of_step(over_root, scale=math.sqrt(c.gap / c.smoothness))}

    *function* is a formula whose first argument is the step k = 1, 2, …; *constants* are its others. Raises
    InputError for a function that is none, or for missing or unknown constants.
    """
    formula = Formula(function)
    names = formula.parameters[1:]
    if formula.parameters[:1] != ("k",) or formula.returns != 1:
        raise InputError(
            f"{formula.name!r}: a hyper-parameter of the step is a formula of k first, returning one number"
        )
    require_known(constants, names, f"the formula {formula.name!r}")
    missing = [name for name in names if name not in constants]
    if missing:
        raise InputError(
            f"the formula {formula.name!r} needs {', '.join(missing)}: of_step({formula.name}, {missing[0]}=…)"
        )
    return OfStep(formula, tuple(require_number(constants[name], f"{formula.name}: {name}") for name in names))
