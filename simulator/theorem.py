"""A theorem as one object: what runs, under which hyper-parameters and assumptions, what is measured, and its bound.

A theorem file is the same whether it is shipped (``simulator/theorems/``) or yours::

    from ratecheck import theorem

    @theorem(optimizer="sgd", rule=rule, measures="mean_grad_l2", assumes=("smooth", "variance"))
    def sgd_l2(c):
        \"\"\"(1/K) Σ E‖∇f(x^k)‖₂ ≤ √(2LΔ/K + 2√2 C²/√K) for SGD.\"\"\"
        return c.c * c.steps**-0.25

    @sgd_l2.proved
    def _(c):
        return math.sqrt(2 * c.smoothness * c.gap / c.steps + 2 * math.sqrt(2) * c.c**2 / math.sqrt(c.steps))

    @sgd_l2.control
    def half(c):
        \"\"\"FALSE: half of that.\"\"\"
        return sgd_l2.bound(c) / 2

The function is the rate, the leading term that growth is measured against; a bound has its constants. docs/theory.md
has the proofs of the shipped ones.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ratecheck.problems.errors import InputError, choose

from .assumptions import Assumption, find_assumption
from .cells.constants import Constants, MissingConstant
from .cells.evidence import Result
from .cells.hyper import Hyper
from .cells.quantities import Quantity, find_quantity
from .optimizers import OPTIMIZERS, Optimizer

AXES = ("steps", "dim")
KINDS = ("proved", "declared", "none")
GRID = {  # the sweep that `verify` runs for a theorem that names none
    "problem": ["rational", "cosine"],
    "dim": [16, 64, 256],
    "steps": [1000, 4000, 16000, 64000],
    "replicas": 8,
    "quick": {"dim": [8, 16, 32], "steps": [1000, 4000, 16000]},
}

Rule = Callable[[Constants], Mapping[str, object]]


@dataclass(frozen=True)
class Hard:
    """A problem on which the measured ratio to the rate attains *level*, None where the level isn't known."""

    problem: str
    arguments: Mapping[str, float]
    level: float | None


@dataclass(frozen=True)
class Bearing:
    """What a theorem says of one cell.

    ``bound`` and ``rate`` are numbers ≥ 0, ``bound`` None where there is none; ``void`` says which assumption the cell
    breaks, ``aside`` why the cell is none of the theorem's after all; both '' if all is well.
    """

    bound: float | None = None
    rate: float | None = None
    void: str = ""
    aside: str = ""


class Theorem:
    """A theorem about runs; made by the decorator ``theorem``, where the arguments are explained.

    ``kind`` is proved or declared for a bound with its constants, none for a rate alone. ``expected`` is 'fails' for
    a false control, whose ``parent`` is the theorem it belongs to. ``statement``: the first paragraph of the
    docstring.
    """

    def __init__(
        self, function: Callable[..., float], *, name: str, optimizer: Optimizer, rule: Rule | None, **settings: Any
    ):
        self.name = name
        self.optimizer = optimizer
        self.rule = rule
        self.statement = statement_of(name, function)
        self.__doc__ = function.__doc__
        self.__module__ = function.__module__
        self.function = function
        self.measures: Quantity = settings["measures"]
        self.assumes: tuple[Assumption, ...] = settings["assumes"]
        self.axes: tuple[str, ...] = settings["axes"]
        self.hard: tuple[Hard, ...] = settings.get("hard", ())
        self.source: str = settings.get("source", "")
        self.schedule: str = settings.get("schedule", "horizon")
        self.allows: Callable[[Hyper], Mapping[str, tuple[float, float]]] | None = settings.get("allows")
        self.grid: tuple[Mapping[str, object], ...] = settings.get("grid", (GRID,))
        self.rate_tex: str = settings.get("rate_tex", "")
        self.bound_tex: str = settings.get("bound_tex", "")
        self.parent: Theorem | None = settings.get("parent")
        self.kind = "none"
        self.controls: list[Theorem] = []
        self._bound: Callable[..., float] | None = None

    def __repr__(self) -> str:
        return f"Theorem({self.name!r})"

    @property
    def expected(self) -> str:
        return "holds" if self.parent is None else "fails"

    # --- how it is made -----------------------------------------------------------------------------------------

    def proved(self, function: Callable[..., float]) -> Theorem:
        """Decorator for the bound with its constants, ``f(c)`` or ``f(c, h)``: of the constants and, for a bound that
        is true for all hyper-parameters, of those as used. Such a bound judges every cell of the optimizer."""
        return self._with_bound(function, "proved")

    def declared(self, function: Callable[..., float]) -> Theorem:
        """As ``proved``, for a bound whose constants are stated without a proof."""
        return self._with_bound(function, "declared")

    def control(self, function: Callable[..., float] | None = None, **changes: Any) -> Any:
        """Decorator for a false control: a function like the theorem's own, known to be wrong.

        It is judged as the theorem is, by level if that has a bound. *changes* replace the theorem's ``name``,
        ``rule``, ``schedule``, ``measures``, ``axes``, ``assumes`` or ``grid``, or say ``explicit=False`` for a rate.
        """
        if function is None:
            return lambda wrapped: self.control(wrapped, **changes)
        explicit = bool(changes.pop("explicit", self.kind != "none"))
        settings = {
            "measures": self.measures,
            "assumes": self.assumes,
            "axes": self.axes,
            "schedule": self.schedule,
            "allows": self.allows,
            "grid": self.grid,
            "hard": self.hard,
            "rule": self.rule,
            "name": f"{self.name}-{function.__name__.strip('_').replace('_', '-')}",
            **_normal(self.name, changes),
        }
        made = Theorem(function, optimizer=self.optimizer, parent=self, **settings)
        if explicit:
            made._with_bound(function, "declared")
        self.controls.append(made)
        return made

    def _with_bound(self, function: Callable[..., float], kind: str) -> Theorem:
        count = len(inspect.signature(function).parameters)
        if count not in (1, 2):
            raise InputError(
                f"theorem {self.name!r}: a bound takes the constants, or the constants and the hyper-parameters as "
                f"used: f(c) or f(c, h); got {count} arguments"
            )
        self._bound, self.kind = function, kind
        return self

    # --- what it says -------------------------------------------------------------------------------------------

    @property
    def any_hyper(self) -> bool:
        """Whether the bound is true for all hyper-parameters, and so judges every cell of the optimizer."""
        return self._bound is not None and len(inspect.signature(self._bound).parameters) == 2

    def rate(self, c: Constants, h: Hyper | None = None) -> float:
        """The leading term, without a constant that anybody vouches for."""
        return self._number(self.function, c, h, "rate")

    def bound(self, c: Constants, h: Hyper | None = None) -> float | None:
        """The bound with its constants; None for a rate alone."""
        return None if self._bound is None else self._number(self._bound, c, h, "bound")

    def hyper(self, c: Constants) -> Mapping[str, object]:
        """What the rule gives for the constants *c*. Raises InputError for a theorem without a rule."""
        if self.rule is None:
            raise InputError(f"theorem {self.name!r} has no rule; its cells have the constant schedule")
        return self.rule(c)

    def concerns(self, cell: Result) -> bool:
        """Whether the cell ran the theorem's optimizer, by the theorem's rule but for what the user gave.

        Hyper-parameters are compared, not the names of schedules: two rules of one optimizer have one name each, and
        one rule may have several.
        """
        if cell.formulas.get("update") != self.optimizer.update.digest:
            return False
        if self.any_hyper:
            return True
        if self.rule is None or cell.spec.schedule == "constant":
            return self.rule is None and cell.spec.schedule == self.schedule
        return not set(self._outside(cell)) - set(cell.spec.optimizer_args)

    def on(self, cell: Result) -> Bearing | None:
        """What the theorem says of *cell*; None where it is not concerned."""
        if not self.concerns(cell):
            return None
        try:
            if reason := "" if self.any_hyper else self._departure(cell):
                return Bearing(aside=reason)
            for assumption in self.assumes:
                if reason := assumption.check(cell):
                    return Bearing(void=reason)
            bound, rate = self.bound(cell.constants, cell.hyper), self.rate(cell.constants, cell.hyper)
        except MissingConstant as missing:
            return Bearing(void=str(missing))
        if self.measures.name not in cell.stats.measured:
            return Bearing(bound, rate, aside=f"the cell has no {self.measures.name}; sweep again with this theorem")
        return Bearing(bound, rate)

    def _departure(self, cell: Result) -> str:
        """Where the user's hyper-parameters leave the rule, in words, or ''."""
        outside = self._outside(cell)
        return f"{', '.join(outside)} overridden: not the theorem's rule" if outside else ""

    def _outside(self, cell: Result) -> list[str]:
        """The hyper-parameters of *cell* that are not what the rule gives or the theorem allows."""
        if self.rule is None:
            return []
        try:
            rule = self.rule(cell.constants.but(sigma=cell.spec.sigma))  # as the run had it, of infinite variance too
        except Exception:  # noqa: BLE001 (the user's own function: what it doesn't give, the cell didn't follow)
            return list(cell.hyper)
        told = json.loads(cell.identity)["hyper"]
        allowed = {name: (value, value) for name, value in rule.items() if isinstance(value, (int, float))}
        if self.allows:
            allowed |= self.allows(Hyper(rule))
        return [
            name
            for name, value in rule.items()
            if not (
                _within(cell.hyper.get(name), *allowed[name])
                if name in allowed
                else told.get(name) == getattr(value, "meaning", None)  # a formula of the step
            )
        ]

    def _number(self, function: Callable[..., float], c: Constants, h: Hyper | None, what: str) -> float:
        takes = len(inspect.signature(function).parameters)
        try:
            value = float(function(c, h) if takes == 2 else function(c))
        except MissingConstant:
            raise
        except Exception as error:  # the user's own function
            raise InputError(
                f"theorem {self.name!r}: its {what} fails for {c!r}: {type(error).__name__}: {error}"
            ) from error
        if math.isnan(value) or value < 0:
            raise InputError(f"theorem {self.name!r}: its {what} must be a number ≥ 0, got {value:g} for {c!r}")
        return value


def theorem(
    *,
    optimizer: Optimizer | str,
    rule: Rule | None = None,
    measures: str | Quantity = "mean_grad_l1",
    assumes: Sequence[str | Assumption] = ("smooth", "variance"),
    axes: Sequence[str] = AXES,
    hard: Sequence[object] | None = None,
    allows: Callable[[Hyper], Mapping[str, tuple[float, float]]] | None = None,
    grid: Mapping[str, object] | Sequence[Mapping[str, object]] = GRID,
    source: str = "",
    name: str = "",
    rate_tex: str = "",
    bound_tex: str = "",
) -> Callable[[Callable[..., float]], Theorem]:
    """Decorator that turns a rate, ``f(c)`` of the constants of a cell, into a Theorem.

    *optimizer*: an Optimizer or a shipped one's name. *rule*: hyper-parameters from the constants, each a number or
    ``of_step(formula of k, …)``; None: the theorem is about constant hyper-parameters as given. *measures*: a name of
    ``quantities.QUANTITIES`` or a Quantity. *assumes*: names or Assumption objects, checked on every cell. *axes*: in
    which of "steps" (K) and "dim" (d) the ratio must not grow. *hard*: (problem, arguments, level), or several, where
    level is what the ratio to the rate must attain there. *allows*: of the rule's hyper-parameters, ranges in which a
    cell's own may lie. *grid*: the tables that ``verify`` sweeps, with the keys of a sweep file. *rate_tex* and
    *bound_tex*: how figures write rate and bound, as mathtext without dollar signs. The id is *name*, by default the
    function's with hyphens. Raises InputError for a wrong argument or a function without a docstring.
    """

    def wrap(function: Callable[..., float]) -> Theorem:
        own = name or function.__name__.replace("_", "-")
        given = _normal(own, {"measures": measures, "assumes": assumes, "axes": axes, "hard": hard or (), "grid": grid})
        chosen = choose(OPTIMIZERS, optimizer, "optimizer") if isinstance(optimizer, str) else optimizer
        if not isinstance(chosen, Optimizer):
            raise InputError(
                f"theorem {own!r}: optimizer must be an Optimizer or a shipped name, got {type(chosen).__name__}"
            )
        made = Theorem(
            function,
            name=own,
            optimizer=chosen,
            rule=rule,
            schedule="horizon" if rule else "constant",
            allows=allows,
            source=source,
            rate_tex=rate_tex,
            bound_tex=bound_tex,
            **given,
        )
        count = len(inspect.signature(function).parameters)
        if count not in (1, 2):
            raise InputError(f"theorem {own!r}: its rate takes the constants: f(c), or f(c, h); got {count} arguments")
        return made

    return wrap


@dataclass(frozen=True)
class SampleTheorem:
    """An inequality 'gap ≥ 0' about random vectors, judged on the rows of a Monte Carlo norm check.

    ``gap`` takes a row (``simulator.samples.NormRow``) and returns the measured gap, an upper bound of its standard
    error, and its exact value (None if there is none). ``law``: whose rows; None for all.
    """

    name: str
    gap: Callable[[Any], tuple[float, float, float | None]]
    statement: str
    law: str | None = None
    source: str = ""
    expected: str = "holds"
    controls: tuple[SampleTheorem, ...] = field(default=())
    __doc__: str | None = None


def sample_theorem(
    *, law: str | None = None, source: str = "", name: str = ""
) -> Callable[[Callable[[Any], tuple[float, float, float | None]]], SampleTheorem]:
    """Decorator that turns ``row → (gap, its standard error, exact gap)`` into a SampleTheorem."""

    def wrap(function: Callable[[Any], tuple[float, float, float | None]]) -> SampleTheorem:
        own = name or function.__name__.replace("_", "-")
        return SampleTheorem(own, function, statement_of(own, function), law, source, __doc__=function.__doc__)

    return wrap


def statement_of(name: str, function: Callable[..., Any]) -> str:
    """The first paragraph of the docstring, in one line; raises InputError if there is none."""
    text = " ".join((function.__doc__ or "").strip().split("\n\n")[0].split())
    if not text:
        raise InputError(f"theorem {name!r}: its function needs a docstring whose first paragraph is the statement")
    return text


def _within(value: object, low: float, high: float) -> bool:
    slack = 1e-9 * max(abs(low), abs(high))
    return isinstance(value, (int, float)) and low - slack <= value <= high + slack


def _normal(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of the decorators as Theorem keeps them; raises InputError for a wrong one."""
    known = ("measures", "assumes", "axes", "hard", "grid", "name", "rule", "schedule", "allows")
    for setting in settings:
        choose(dict.fromkeys(known), setting, f"setting of theorem {name!r}")
    made = dict(settings)
    if "measures" in made:
        made["measures"] = find_quantity(made["measures"])
    if "assumes" in made:
        made["assumes"] = tuple(map(find_assumption, made["assumes"]))
    if "axes" in made:
        made["axes"] = tuple(made["axes"])
        if not made["axes"] or set(made["axes"]) - set(AXES):
            raise InputError(f"theorem {name!r}: axes must be some of {', '.join(AXES)}, got {made['axes']!r}")
    if "hard" in made:
        made["hard"] = tuple(_hard(name, entry) for entry in _several(made["hard"]))
    if "grid" in made:
        made["grid"] = (made["grid"],) if isinstance(made["grid"], Mapping) else tuple(made["grid"])
    return made


def _several(hard: Any) -> Iterable[Any]:
    return (hard,) if isinstance(hard, tuple) and hard and isinstance(hard[0], str) else tuple(hard)


def _hard(name: str, entry: Any) -> Hard:
    if isinstance(entry, Hard):
        return entry
    try:
        problem, arguments, level = entry
        return Hard(str(problem), dict(arguments), None if level is None else float(level))
    except (TypeError, ValueError) as error:
        raise InputError(
            f'theorem {name!r}: a hard instance is (problem, arguments, level) such as ("ramp", {{"steepness": 1.0}}, '
            f"1.0), got {entry!r}"
        ) from error
