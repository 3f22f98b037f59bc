"""From a scalar profile φ to a problem with the wanted L and Δ at every dimension.

Fixing s and moving x¹ instead would make every problem a quadratic bowl at large d; so the start
u₀ is given in units of the profile and the scale s follows from the gap (docs/theory.md, section 3).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .errors import InputError, require_integer, require_known, require_number, require_supplies
from .formulas.formula import Formula
from .problem import SeparableProblem

Rule = float | Callable[..., float]
NO_SMOOTHNESS = "f'' grows with |f′|: the problem is (L₀, L₁)-smooth and has no smoothness L in the 2-norm"
NO_CURVATURES = "f'' grows with |f′|: the coordinates have no largest curvatures h_i"


class Profile:
    """A scalar profile φ with its derivative and its two constants; calling it builds a problem.

    Made by the decorator ``@profile(curvature=sup|φ''|, minimum=min φ, start=u₀, **parameters)``.
    ``curvature`` and ``minimum`` are numbers, or functions of the profile's parameters. Where φ'' is unbounded,
    ``growth`` is the least m and ``curvature`` the least M with |φ''| ≤ M + m|φ′|; the problem then has L₀, which is
    given as ``smoothness``, and L₁ = m/s, and no L.
    """

    requires = ("dim", "smoothness", "gap")

    def __init__(
        self,
        function: Callable[..., Any],
        curvature: Rule,
        minimum: Rule,
        start: float,
        pl: Rule | None,
        growth: Rule,
        parameters: Mapping[str, float],
        supplies: Mapping[str, Rule],
    ):
        self.phi = Formula(function)
        self.dphi: Formula | None = None
        self.name = function.__name__
        self.curvature, self.minimum, self.pl, self.growth = curvature, minimum, pl, growth
        self.supplies = dict(supplies)
        self.shape = dict(parameters)
        self.parameters = {"start": float(start), "spectrum": 0.0, **self.shape}
        self.__doc__ = function.__doc__
        self.__name__, self.__module__ = function.__name__, function.__module__
        if taken := {"dim", "smoothness", "gap", "spectrum"} & set(self.shape):
            raise InputError(f"profile {self.name!r}: every problem has a {min(taken)!r} already; rename the parameter")
        require_supplies(self.supplies, f"profile {self.name!r}")
        if not self.phi.parameters:
            raise InputError(f"profile {self.name!r}: φ takes u first, got no parameter")
        expected = list(self.shape)
        if list(self.phi.parameters[1:]) != expected:
            raise InputError(
                f"profile {self.name!r}: φ takes u and then {expected} (the decorator's parameters, "
                f"in that order), got {list(self.phi.parameters)}"
            )

    def derivative(self, function: Callable[..., Any]) -> Profile:
        """Decorator for φ′, a formula of the same arguments as φ."""
        dphi = Formula(function)
        if len(dphi.parameters) != len(self.phi.parameters):
            raise InputError(
                f"profile {self.name!r}: φ′ must take {list(self.phi.parameters)}, got {list(dphi.parameters)}"
            )
        self.dphi = dphi
        return self

    def __call__(self, dim: int, smoothness: float = 1.0, gap: float = 1.0, **arguments: float) -> SeparableProblem:
        """The problem with exactly this dimension, smoothness L > 0 and gap Δ > 0.

        Optional arguments: ``start`` (u₀, in units of the profile), ``spectrum`` (α ≥ 0 of
        h_i = L i^(−α)), and the profile's own parameters. Raises InputError for what is out of range.
        """
        if self.dphi is None:
            raise InputError(f"profile {self.name!r} has no derivative; add one with @{self.name}.derivative")
        dim = require_integer(dim, "dim", least=1, most=2**32)
        smoothness = require_number(smoothness, "smoothness", above=0)
        gap = require_number(gap, "gap", above=0)
        require_known(arguments, self.parameters, f"problem {self.name!r}")
        values = {
            name: require_number(value, f"problem {self.name!r}: {name}")
            for name, value in {**self.parameters, **arguments}.items()
        }
        spectrum = require_number(values["spectrum"], f"problem {self.name!r}: spectrum", least=0)
        shape = {name: values[name] for name in self.shape}
        formula_arguments = tuple(shape.values())
        curvature = require_number(_value(self.curvature, shape), f"problem {self.name!r}: sup|φ''|", above=0)
        minimum = require_number(_value(self.minimum, shape), f"problem {self.name!r}: min φ")
        growth = require_number(_value(self.growth, shape), f"problem {self.name!r}: growth", least=0)
        height = float(self.phi(np.float64(values["start"]), *formula_arguments)) - minimum
        if not (height > 0 and math.isfinite(height)):
            raise InputError(
                f"problem {self.name!r}: φ(start) − min φ must be > 0 and finite, "
                f"got {height:g} at start={values['start']:g}; choose another start"
            )
        total = smoothness * power_sum(dim, spectrum)
        scale = math.sqrt(curvature * gap / (total * height))
        if not (scale > 0 and math.isfinite(scale)):
            raise InputError(
                f"problem {self.name!r}: smoothness={smoothness:g} and gap={gap:g} give the scale "
                f"{scale:g}; choose them nearer to 1"
            )
        return SeparableProblem(
            self.name,
            self.phi,
            self.dphi,
            dim,
            smoothness,
            gap,
            minimum=minimum * total * scale * scale / curvature,
            start=scale * values["start"],
            scale=scale,
            curvature=curvature,
            profile_minimum=minimum,
            spectrum=spectrum,
            formula_arguments=formula_arguments,
            arguments=values,
            supplies=self._supplies(dim, smoothness, spectrum, curvature, shape)
            | (
                {"smoothness_l0": smoothness, "smoothness_l0_sum": total, "smoothness_l1": growth / scale}
                if growth
                else {"curvature_l1": total}
            )
            | {"start_linf": abs(scale * values["start"])},
            growth=growth,
            missing={"smoothness": NO_SMOOTHNESS, "curvature_l1": NO_CURVATURES} if growth else {},
        )

    def _supplies(
        self, dim: int, smoothness: float, spectrum: float, curvature: float, shape: Mapping[str, float]
    ) -> dict[str, float]:
        supplied = {
            name: require_number(_value(rule, shape, name), f"problem {self.name!r}: supplies {name}")
            for name, rule in self.supplies.items()
        }
        if self.pl is None:
            return supplied
        pl = require_number(_value(self.pl, shape, "pl"), f"problem {self.name!r}: pl", above=0)
        return {**supplied, "pl": smoothness * dim**-spectrum * pl / curvature}


def profile(
    *,
    curvature: Rule,
    minimum: Rule = 0.0,
    start: float = 2.0,
    pl: Rule | None = None,
    growth: Rule = 0.0,
    supplies: Mapping[str, Rule] | None = None,
    **parameters: float,
) -> Callable[[Callable[..., Any]], Profile]:
    """Decorator that turns a formula φ(u, *parameters) into a Profile; its derivative follows with
    ``@name.derivative``. *pl*: the largest m with φ′² ≥ 2m(φ − min φ) everywhere, where there is one. *growth*: the
    least m with |φ''| ≤ curvature + m|φ′| where φ'' is unbounded. *supplies*: further constants for theorems by name,
    as they are, each a number or a function of the parameters."""
    return lambda function: Profile(function, curvature, minimum, start, pl, growth, parameters, supplies or {})


def power_sum(dim: int, exponent: float) -> float:
    """Σ_{i=1..dim} i^(−exponent), summed in pieces so that memory stays small."""
    if exponent == 0:
        return float(dim)
    piece = 1 << 20
    return math.fsum(
        float(np.sum(np.arange(low + 1, min(low + piece, dim) + 1, dtype=np.float64) ** -exponent))
        for low in range(0, dim, piece)
    )


def _value(rule: Rule, shape: Mapping[str, float], what: str = "sup|φ''| or min φ") -> float:
    try:
        return rule(**shape) if callable(rule) else rule
    except InputError:
        raise
    except Exception as error:  # the user's own function
        raise InputError(f"a rule for {what} fails with {shape}: {type(error).__name__}: {error}") from error
