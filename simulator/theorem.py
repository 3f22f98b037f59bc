"""A theorem as one object: what runs, under which hyper-parameters and assumptions, what is measured, and its bound."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ratecheck.problems.errors import InputError

from .assumptions import Assumption
from .cells.constants import Constants, MissingConstant, SaysNothing
from .cells.evidence import Result
from .cells.hyper import Hyper
from .cells.quantities import Quantity, union
from .departures import Departure, departure
from .optimizers import Optimizer
from .theorem_settings import Hard, checked, default_grid

KINDS = ("proved", "declared", "none")
Rule = Callable[[Constants], Mapping[str, object]]


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


@dataclass(eq=False)
class Theorem:
    """A theorem about runs; made by the decorator ``theorem``, where the arguments are explained.

    ``function`` is the rate. ``kind`` is proved or declared for a bound with its constants, none for a rate alone;
    ``parent`` is the theorem that a false control belongs to; ``statement`` the first paragraph of the docstring.
    """

    name: str
    function: Callable[..., float]
    optimizer: Optimizer
    rule: Rule | None
    measures: Quantity
    assumes: tuple[Assumption, ...]
    axes: tuple[str, ...]
    hard: tuple[Hard, ...] = ()
    allows: Callable[[Hyper], Mapping[str, tuple[float, float]]] | None = None
    grid: tuple[Mapping[str, object], ...] = ()
    source: str = ""
    rate_tex: str = ""
    bound_tex: str = ""
    parent: Theorem | None = None
    statement: str = field(init=False)
    kind: str = field(init=False, default="none")
    controls: list[Theorem] = field(init=False, default_factory=list)
    _bound: Callable[..., float] | None = field(init=False, default=None)
    _takes: dict[str, int] = field(init=False, default_factory=dict)  # arguments of "rate" and "bound"

    def __post_init__(self) -> None:
        self.statement = statement_of(self.name, self.function)
        self.__doc__, self.__module__ = self.function.__doc__, self.function.__module__
        self._takes["rate"] = count_arguments(self.name, self.function, "rate")
        self.grid = self.grid or default_grid(self.assumes)

    def __repr__(self) -> str:
        return f"Theorem({self.name!r})"

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
        ``rule``, ``measures``, ``axes``, ``assumes``, ``hard``, ``allows`` or ``grid``, give its own ``rate_tex`` and
        ``bound_tex`` ('' else: the theorem's would be another formula), or say ``explicit=False`` for a rate. Raises
        InputError for another change or a wrong one.
        """
        if function is None:
            return lambda wrapped: self.control(wrapped, **changes)
        explicit = bool(changes.pop("explicit", self.kind != "none"))
        named = {"name": f"{self.name}-{function.__name__.strip('_').replace('_', '-')}", **changes}
        own = checked(self.name, {"rate_tex": "", "bound_tex": "", **named})
        made = replace(self, function=function, parent=self, **own)
        if explicit:
            made._with_bound(function, "declared")
        self.controls.append(made)
        return made

    def _with_bound(self, function: Callable[..., float], kind: str) -> Theorem:
        self._takes["bound"] = count_arguments(self.name, function, "bound")
        self._bound, self.kind = function, kind
        return self

    @property
    def expected(self) -> str:
        """'holds', or 'fails' for a false control."""
        return "holds" if self.parent is None else "fails"

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """What a cell must have measured to be judged: the measured quantity, and those that assumptions look at.

        Raises InputError for two of one name that measure different things.
        """
        return union((self.measures,), *(assumption.needs for assumption in self.assumes))

    @property
    def levels(self) -> tuple[Hard, ...]:
        """The hard instances whose levels are of the theorem's own rate: a false control has those that it names
        itself, for those of its theorem are of another rate."""
        return self.hard if self.parent is None or self.hard is not self.parent.hard else ()

    @property
    def any_hyper(self) -> bool:
        """Whether the bound is true for all hyper-parameters, and so judges every cell of the optimizer."""
        return self._takes.get("bound") == 2

    def rate(self, c: Constants, h: Hyper | None = None) -> float:
        """The leading term, without a constant that anybody vouches for."""
        return self._number(self.function, c, h, "rate")

    def bound(self, c: Constants, h: Hyper | None = None) -> float | None:
        """The bound with its constants; None for a rate alone. Raises SaysNothing where it is infinite."""
        return None if self._bound is None else self._number(self._bound, c, h, "bound")

    def hyper(self, c: Constants) -> Mapping[str, object]:
        """What the rule gives for the constants *c*. Raises InputError for a theorem without a rule."""
        if self.rule is None:
            raise InputError(f"theorem {self.name!r} has no rule; its cells have the constant schedule")
        return self.rule(c)

    def concerns(self, result: Result) -> bool:
        """Whether the cell ran the theorem's optimizer, by the theorem's rule but for what the user gave.

        Hyper-parameters are compared, not the names of schedules: two rules of one optimizer have one name each, one
        rule may have several, and the constant schedule may be given what a rule gives.
        """
        return self._departure(result) is not None

    @cached_property
    def scope(self) -> tuple[object, ...]:
        """Equal for theorems that speak of the same cells, whatever they say of them: see ``within``."""
        own = self.optimizer.update.digest, self.any_hyper, self.rule, self.allows
        return *own, *((a.name, a.check) for a in self.assumes), *((q.name, q.digest) for q in self.quantities)

    def within(self, result: Result) -> Bearing | None:
        """Whether *result* is in the theorem's scope: a Bearing without numbers, which says why not; None where the
        theorem is not concerned."""
        departure = self._departure(result)
        if departure is None:
            return None
        try:
            if reason := departure.reason:
                return Bearing(aside=reason)
            for assumption in self.assumes:
                if not any(map(result.lacks, assumption.needs)) and (reason := self._broken(assumption, result)):
                    return Bearing(void=reason)
        except SaysNothing as nothing:
            return Bearing(void=str(nothing))
        lacking = next(filter(None, map(result.lacks, self.quantities)), "")
        return Bearing(aside=f"{lacking}; sweep again with this theorem" if lacking else "")

    def on(self, result: Result, within: Bearing | None = None) -> Bearing | None:
        """What the theorem says of *result*; None where it is not concerned. *within* is that of the method where the
        caller has it, of a theorem of the same scope."""
        here = within or self.within(result)
        if here is None or here.void or here.aside:
            return here
        try:
            return Bearing(self.bound(result.constants, result.hyper), self.rate(result.constants, result.hyper))
        except SaysNothing as nothing:
            return Bearing(void=str(nothing))

    def allowed(self, rule: Mapping[str, object]) -> dict[str, tuple[float, float]]:
        """The ranges that the theorem allows beside *rule*; raises InputError where the user's function fails."""
        if self.allows is None:
            return {}
        try:
            ranges = self.allows(Hyper(rule))
            return {name: (float(low), float(high)) for name, (low, high) in ranges.items()}
        except MissingConstant:
            raise
        except Exception as error:  # the user's own function
            raise InputError(
                f"theorem {self.name!r}: allows must give (lowest, highest) by the hyper-parameter's name, but fails "
                f"for {dict(rule)}: {type(error).__name__}: {error}"
            ) from error

    def _broken(self, assumption: Assumption, result: Result) -> str:
        """How *result* breaks *assumption*, or ''."""
        where = f"theorem {self.name!r}: its assumption {assumption.name!r}"
        try:
            reason = assumption.check(result)
        except SaysNothing:
            raise
        except Exception as error:  # the user's own function
            told = f"{result.constants}; {result.hyper}"
            raise InputError(f"{where} fails at {told}: {type(error).__name__}: {error}") from error
        if reason is not None and not isinstance(reason, str):
            raise InputError(f"{where} must return in words how a cell breaks it, '' if it doesn't; got {reason!r}")
        return reason or ""

    def _departure(self, result: Result) -> Departure | None:
        """Where the cell leaves the rule; None where it is another optimizer's, or another rule's."""
        if result.formulas.get("update") != self.optimizer.update.digest:
            return None
        if self.any_hyper:
            return Departure()
        constant = result.spec.schedule == "constant"
        if self.rule is None:
            return Departure() if constant else None
        found = departure(self.rule, self.allowed, result)
        # numbers of the constant schedule override no rule: others than the rule's make it another run
        given = set() if constant else set(result.spec.optimizer_args)
        return None if set(found.outside) - given else found

    def _number(self, function: Callable[..., float], c: Constants, h: Hyper | None, what: str) -> float:
        try:
            value = float(function(c, h) if self._takes[what] == 2 else function(c))
        except SaysNothing:
            raise
        except Exception as error:  # the user's own function
            raise InputError(
                f"theorem {self.name!r}: its {what} fails at {self._told(c, h, what)}: {type(error).__name__}: {error}"
            ) from error
        if math.isnan(value) or value < 0:
            told = self._told(c, h, what)
            raise InputError(f"theorem {self.name!r}: its {what} must be a number ≥ 0, got {value:g} at {told}")
        if what == "bound" and math.isinf(value):
            raise SaysNothing("the bound is infinite here")
        return value

    def _told(self, c: Constants, h: Hyper | None, what: str) -> str:
        """The constants that tell cells apart, and the hyper-parameters where *what* takes them."""
        return f"{c}; {h}" if self._takes[what] == 2 else f"{c}"


def statement_of(name: str, function: Callable[..., Any]) -> str:
    """The first paragraph of the docstring, in one line; raises InputError if there is none."""
    text = " ".join((function.__doc__ or "").strip().split("\n\n")[0].split())
    if not text:
        raise InputError(f"theorem {name!r}: its function needs a docstring whose first paragraph is the statement")
    return text


def count_arguments(name: str, function: Callable[..., float], what: str) -> int:
    """1 for a function of the constants, 2 for one of these and the hyper-parameters; raises InputError for others."""
    count = len(inspect.signature(function).parameters)
    if count not in (1, 2):
        raise InputError(
            f"theorem {name!r}: its {what} takes the constants, or the constants and the hyper-parameters as used: "
            f"f(c) or f(c, h); got {count} arguments"
        )
    return count
