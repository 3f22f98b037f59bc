"""Under which theorem each cell is shown, and the numbers that follow: measured, bound, rate, ratio."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..cells.evidence import Result
from ..cells.quantities import ALWAYS
from ..cells.spec import Spec
from ..judge.intervals import Estimate, mean
from ..judge.statement import Judgeable, Measured
from ..sample_theorem import SampleTheorem
from ..theorem import Bearing
from ..theorems import THEOREMS

DEFAULT = ALWAYS[0]  # what is drawn of a cell that no theorem is about


@dataclass(frozen=True)
class Shown:
    """A cell and the theorem it is shown under, None if no theorem is about it."""

    result: Result
    theorem: Judgeable | None = None
    bearing: Bearing = Bearing()

    @property
    def spec(self) -> Spec:
        return self.result.spec

    @property
    def quantity(self) -> Measured:
        return DEFAULT if self.theorem is None else self.theorem.measures

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The measured quantity of each replica, shape (R,); +∞ for what is not finite."""
        return self.result.stats.values(self.quantity.name)

    @cached_property
    def measured(self) -> Estimate:
        return mean(self.values)

    @property
    def void(self) -> str:
        return self.bearing.void

    @property
    def bound(self) -> float | None:
        """The bound where it is a positive number, else None."""
        return _usable(self.bearing.bound)

    @property
    def rate(self) -> float | None:
        """The rate where it is a positive number, else None."""
        return _usable(self.bearing.rate)

    @property
    def explicit(self) -> bool:
        """Whether the theorem has a bound with constants."""
        return self.theorem is not None and self.theorem.kind != "none"

    @property
    def limit(self) -> float | None:
        """What the measured values are divided by: the bound, of a theorem without one the rate."""
        return self.bound if self.explicit else self.rate

    @property
    def ratio(self) -> NDArray[np.float64] | None:
        """measured/limit of each replica."""
        return None if self.limit is None else self.values / self.limit

    @property
    def why(self) -> str:
        """Why there is no limit, in words; '' if there is one."""
        if self.limit is not None:
            return ""
        if self.theorem is None:
            return "no theorem: no bound"
        if self.void:
            return f"void: {self.void}"
        return f"the {'bound' if self.explicit else 'rate'} is 0 or infinite"


def show(results: Iterable[Result], theorems: Sequence[Judgeable | SampleTheorem] | None = None) -> list[Shown]:
    """Each cell under the first true theorem that says something of it, else under the first false control, else
    under the first for which it is void, else under none.

    *theorems* are the shipped ones by default; those about random vectors are passed over.
    """
    known = [t for t in (THEOREMS.values() if theorems is None else theorems) if not isinstance(t, SampleTheorem)]
    known.sort(key=lambda t: t.expected != "holds")
    return [_under_first(result, known) for result in results]


def _under_first(result: Result, theorems: Sequence[Judgeable]) -> Shown:
    void = Shown(result)
    for theorem in theorems:
        bearing = theorem.on(result)
        if bearing is None or bearing.aside or result.lacks(theorem.measures):
            continue
        if not bearing.void:
            return Shown(result, theorem, bearing)
        if void.theorem is None:
            void = Shown(result, theorem, bearing)
    return void


def _usable(value: float | None) -> float | None:
    return value if value is not None and 0 < value < math.inf else None
