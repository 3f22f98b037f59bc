"""Theorems on random vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


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
