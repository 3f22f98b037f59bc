"""What a judgement is: an outcome for each theorem, with its reasons and its numbers."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

from ..words import count


class Outcome(enum.StrEnum):
    """HOLDS: not shown wrong where it could have been; TIGHT: holds, and the rate (not the constant) is attained, so
    that no better one is true; VIOLATED; INCONCLUSIVE: the data can't settle it; VOID: the theorem says nothing of any
    cell. docs/judge.md says what each shows and doesn't."""

    HOLDS = "HOLDS"
    TIGHT = "TIGHT"
    VIOLATED = "VIOLATED"
    INCONCLUSIVE = "INCONCLUSIVE"
    VOID = "VOID"


class Largest(TypedDict):
    """The largest mean ratio, an upper limit of all true ones, and the cell."""

    value: float
    upper: float
    where: str
    problem: str
    dim: int
    steps: int


class Place(TypedDict):
    """A cell: its family as the verdict calls it, and its sizes."""

    family: str
    dim: int
    steps: int


class Failing(TypedDict):
    """A case in which a theorem fails: one cell, or the two ends of a growth, with measured/bound (or rate) at each.

    ``cells`` are keys, ``where`` is the ``places`` in words. ``constants``: σ, L and Δ of the rescaled copy on which it
    fails, None where it is the cell itself; ``factor`` is how many times larger the ratio is there.
    """

    where: str
    places: list[Place]
    cells: list[str]
    ratios: list[float]
    constants: dict[str, float] | None
    factor: float


class Attained(TypedDict):
    """A family of cells on which a rate, or a bound, is attained, and its largest mean measured/bound (or rate)."""

    where: str
    ratio: float


class Escaped(TypedDict):
    """The cells that escaped: their keys and places."""

    cells: list[str]
    where: list[str]


class Exponent(TypedDict, total=False):
    """An exponent with its limits, or why there is none. ``evidence``: growth is evidence there; ``convicts``: it shows
    the rate false."""

    exponent: float
    error: float
    low: float
    high: float
    evidence: bool
    convicts: bool
    why: str | None


class GroupNumbers(TypedDict):
    """Of cells that differ in K and d only: their largest mean ratio, and the exponents of measured/rate in K and d.

    ``witness``: they are of a family on which growth is evidence; ``alike``: coordinates are copies of one.
    """

    group: str
    settings: Mapping[str, object]
    witness: bool
    alike: bool
    cells: int
    cells_fitted: int
    max_ratio: float
    steps: Exponent
    dim: Exponent


class LadderNumbers(TypedDict):
    """The exponent of ρ over one family of networks at one step, over all sizes and their upper half; None, and why it
    is ``missing``, where there is none. ``layer`` is '' for the whole gradient."""

    family: str
    layer: str
    step: int
    axis: str
    sizes: list[float]
    seeds: int
    predicted: float
    exponent: float | None
    error: float | None
    upper_half: float | None
    missing: str


class Numbers(TypedDict, total=False):
    """What a verdict rests on. On random vectors it has ``samples`` and what follows, on recordings ``ladders``, on
    runs all other entries.

    ``level``: what measured/rate is known to attain; ``attained``: where the rate of a TIGHT theorem is; ``copies``:
    how many rescaled copies were judged; ``mismatches``: known levels that were not measured.
    """

    alpha: float
    margin: float
    bound: str
    correction: str
    tests: int
    blind: bool
    max_ratio: Largest | None
    level: float | None
    attained: list[Attained]
    copies: int
    mismatches: list[str]
    smallest_failing: Failing | None
    escaped: Escaped
    groups: list[GroupNumbers]
    samples: int
    smallest_gap: float | None
    smallest_p: float | None
    ladders: list[LadderNumbers]


@dataclass(frozen=True)
class Cells:
    """How many cells (or rows) were judged, how many were left aside for which reason, and how many escaped."""

    judged: int = 0
    aside: Mapping[str, int] = field(default_factory=dict)
    escaped: int = 0


@dataclass(frozen=True)
class Verdict:
    """The outcome of one theorem, whose name is ``claim``. ``expected`` is 'holds', or 'fails' for a false control.

    ``grounds`` is what it rests on (``lab.grounds``), where who asked has kept that.
    """

    claim: str
    outcome: Outcome
    expected: str
    statement: str
    reasons: tuple[str, ...] = ()
    numbers: Numbers = field(default_factory=Numbers)
    cells: Cells = field(default_factory=Cells)
    grounds: Any = field(default=None, compare=False, repr=False)

    def __repr__(self) -> str:
        """'Verdict(VIOLATED: tenth, 4 cells)'; ``explain()`` says all."""
        surprise = "" if self.as_expected else ", not as expected"
        return f"Verdict({self.outcome}: {self.claim}, {count(self.cells.judged, 'cell')}{surprise})"

    @property
    def as_expected(self) -> bool:
        """Whether the theorem holds, or the false control is violated."""
        return self.outcome in ((Outcome.HOLDS, Outcome.TIGHT) if self.expected == "holds" else (Outcome.VIOLATED,))

    @property
    def suspect(self) -> bool:
        """Whether a level that is known was not measured, so that the instrument or the derivation is wrong."""
        return bool(self.numbers.get("mismatches"))

    # How it is shown is not the judge's: looked up when it is asked for, so that nothing here imports it.
    def explain(self) -> str:
        """What was found, why, what it means and how to see it again, in lines of at most 79 columns; only commands
        and paths, which stay whole, are longer."""
        from ..present.words import explain

        return explain(self)

    def to_latex(self) -> str:
        """A tabular of the theorem and its controls: outcome, largest ratio and where, number of cells."""
        from ..present.latex import to_latex

        return to_latex(self)

    def figure(self) -> Any:
        """What was measured over the rate without its power of K, against K, under the bound: a Matplotlib figure.

        Raises InputError for a verdict without its grounds, or about random vectors.
        """
        from ..present.figure import figure

        return figure(self)

    def _repr_html_(self) -> str:
        from ..present.html import to_html

        return to_html(self)

    def to_dict(self) -> dict:
        """Strict JSON: an infinite number is the text 'inf' or '-inf'."""
        content = {
            "claim": self.claim,
            "outcome": self.outcome.value,
            "expected": self.expected,
            "as_expected": self.as_expected,
            "statement": self.statement,
            "reasons": self.reasons,
            "numbers": self.numbers,
            "cells": {"judged": self.cells.judged, "escaped": self.cells.escaped, "aside": self.cells.aside},
        }
        return {name: _jsonable(value) for name, value in content.items()}


def exit_code(verdicts: Iterable[Verdict], partial: bool = False) -> int:
    """0: every theorem holds and every control fails; 1: something is wrong, VOID and a known level that was not
    measured included; 3: nothing is wrong, but something is inconclusive, or the results are
    *partial*, or nothing was judged at all."""
    verdicts = list(verdicts)
    surprises = [v for v in verdicts if not v.as_expected]
    if any(v.outcome is not Outcome.INCONCLUSIVE or v.suspect for v in surprises):
        return 1
    return 3 if surprises or partial or not verdicts else 0


def _jsonable(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _jsonable(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
