"""Theorems on random vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SampleTheorem:
    """An inequality 'gap ≥ 0' about random vectors, judged on the rows of a Monte Carlo norm check.

    ``gap`` takes a row (``simulator.samples.NormRow``) and returns the measured gap, an upper bound of its standard
    error, and its exact value (None if there is none). ``law``: whose rows, by a shipped name or as FILE.py:NAME;
    None for all.
    """

    name: str
    gap: Callable[[Any], tuple[float, float, float | None]]
    statement: str
    law: str | None = None
    source: str = ""
    expected: str = "holds"
    controls: tuple[SampleTheorem, ...] = field(default=())
    __doc__: str | None = None

    def about(self, row: Any) -> bool:
        """Whether the theorem is about the law of *row*: 'sparse' and 'sparse(q=0.1)' are one."""
        return self.law in (None, row.law, row.law.partition("(")[0])
