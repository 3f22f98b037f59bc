"""A scalar profile φ with its derivative and its constants, from which problems are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .calibration import COMMON, Fixed, at_rest, calibrated, common_values
from .errors import InputError, require_integer, require_known, require_number, require_supplies
from .formulas.formula import Formula
from .problem import SeparableProblem

Rule = float | Callable[..., float]


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
        self.parameters: dict[str, float | str] = {"start": float(start), **COMMON, **self.shape}
        self.__doc__ = function.__doc__
        self.__name__, self.__module__ = function.__name__, function.__module__
        if taken := {"dim", "smoothness", "gap", *COMMON} & set(self.shape):
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

    def __call__(
        self, dim: int, smoothness: float = 1.0, gap: float = 1.0, **arguments: float | str
    ) -> SeparableProblem:
        """The problem with exactly this dimension, smoothness L > 0 and gap Δ > 0.

        Optional arguments: the profile's own parameters; ``start`` u₀ and ``center`` (c_i in units of the scale s),
        with the patterns ``starts`` and ``centers`` over the coordinates ("same", "alternating", "spread");
        ``spectrum`` (α ≥ 0 of h_i = L i^(−α)); ``noise_spectrum`` (β of σ_i ∝ i^(−β)) and ``noisy`` (how many
        coordinates have noise, the first ones). Raises InputError for what is out of range.
        """
        values, fixed = self._fixed(arguments)
        smoothness, gap = require_number(smoothness, "smoothness", above=0), require_number(gap, "gap", above=0)
        return calibrated(fixed, require_integer(dim, "dim", least=1, most=2**32), smoothness, gap, values)

    def at_rest(self, dim: int, smoothness: float, scale: float, **arguments: float | str) -> SeparableProblem:
        """The problem with Δ = 0: every coordinate starts where φ is least, and the scale s, which no gap fixes, is
        given. Raises InputError for a start that is no minimum."""
        values, fixed = self._fixed(arguments)
        return at_rest(fixed, dim, smoothness, scale, values)

    @property
    def derived(self) -> Formula:
        """φ′; raises InputError where it is missing."""
        if self.dphi is None:
            raise InputError(f"profile {self.name!r} has no derivative; add one with @{self.name}.derivative")
        return self.dphi

    def _fixed(self, arguments: Mapping[str, float | str]) -> tuple[dict[str, float | str], Fixed]:
        """All arguments, and the profile with its own ones fixed."""
        dphi = self.derived
        owner = f"problem {self.name!r}"
        require_known(arguments, self.parameters, owner)
        given = {**self.parameters, **arguments}
        shape = {name: require_number(given[name], f"{owner}: {name}") for name in self.shape}
        values = common_values(given, owner) | shape
        supplies = {
            name: require_number(_value(rule, shape, name), f"{owner}: supplies {name}")
            for name, rule in self.supplies.items()
        }
        fixed = Fixed(
            self.name,
            self.phi,
            dphi,
            tuple(shape.values()),
            curvature=require_number(_value(self.curvature, shape), f"{owner}: sup|φ''|", above=0),
            minimum=require_number(_value(self.minimum, shape), f"{owner}: min φ"),
            growth=require_number(_value(self.growth, shape), f"{owner}: growth", least=0),
            pl=None if self.pl is None else require_number(_value(self.pl, shape, "pl"), f"{owner}: pl", above=0),
            supplies=supplies,
        )
        return values, fixed


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


def _value(rule: Rule, shape: Mapping[str, float], what: str = "sup|φ''| or min φ") -> float:
    try:
        return rule(**shape) if callable(rule) else rule
    except InputError:
        raise
    except Exception as error:  # the user's own function
        raise InputError(f"a rule for {what} fails with {shape}: {type(error).__name__}: {error}") from error
