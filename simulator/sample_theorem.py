"""Theorems on random vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ratecheck.problems.errors import InputError

from .theorem import statement_of

Gap = Callable[[Any], tuple[float, float, float | None]]


@dataclass(frozen=True)
class SampleTheorem:
    """An inequality 'gap ≥ 0' about random vectors, judged on the rows of a Monte Carlo norm check.

    ``gap`` takes a row (``simulator.samples.NormRow``) and returns the measured gap, an upper bound of its standard
    error, and its exact value (None if there is none). ``law``: whose rows, by a shipped name or as FILE.py:NAME;
    None for all. ``expected``: 'holds', or 'fails' for a false control.
    """

    name: str
    gap: Gap
    statement: str
    law: str | None = None
    source: str = ""
    expected: str = "holds"
    controls: list[SampleTheorem] = field(default_factory=list, compare=False)
    __doc__: str | None = None

    def about(self, row: Any) -> bool:
        """Whether the theorem is about the law of *row*: 'sparse' and 'sparse(q=0.1)' are one."""
        return self.law in (None, row.law, row.law.partition("(")[0])

    def control(self, function: Gap | None = None, *, name: str = "") -> Any:
        """Decorator for a false control: a gap that some row shows to be negative, known to be so.

        Raises InputError for a function without a docstring.
        """
        if function is None:
            return lambda wrapped: self.control(wrapped, name=name)
        own = name or f"{self.name}-{function.__name__.strip('_').replace('_', '-')}"
        said = statement_of(own, function)
        made = replace(
            self, name=own, gap=function, statement=said, expected="fails", controls=[], __doc__=function.__doc__
        )
        self.controls.append(made)
        return made

    def on(self, row: Any) -> tuple[float, float, float | None]:
        """The gap on *row*, as ``gap`` has it; raises InputError, naming the theorem, where that fails."""
        try:
            gap, error, exact = self.gap(row)
            return float(gap), float(error), None if exact is None else float(exact)
        except Exception as fault:  # the user's own function
            raise InputError(
                f"theorem {self.name!r}: its function must return (gap, its standard error ≥ 0, exact gap or None) and "
                f"fails for {row.law} at d = {row.dim}: {type(fault).__name__}: {fault}"
            ) from fault
