"""What a judgement is: an outcome for each claim, with its reasons and its numbers."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


class Outcome(enum.StrEnum):
    """HOLDS; TIGHT: holds, and some group's ratio to the bound stays level in K and d, so that the rate
    (not the constant) is the best possible; VIOLATED; INCONCLUSIVE: the data can't settle it; VOID: every
    cell breaks an assumption."""

    HOLDS = "HOLDS"
    TIGHT = "TIGHT"
    VIOLATED = "VIOLATED"
    INCONCLUSIVE = "INCONCLUSIVE"
    VOID = "VOID"


@dataclass(frozen=True)
class Cells:
    """How many cells (or rows) were judged, and how many were left aside for which reason."""

    judged: int = 0
    aside: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """The outcome of one claim. ``expected`` is 'holds', or 'fails' for a false control."""

    claim: str
    outcome: Outcome
    expected: str
    statement: str
    reasons: tuple[str, ...] = ()
    numbers: Mapping[str, object] = field(default_factory=dict)
    cells: Cells = field(default_factory=Cells)

    @property
    def as_expected(self) -> bool:
        """Whether the claim holds, or the false control is violated."""
        return self.outcome in ((Outcome.HOLDS, Outcome.TIGHT) if self.expected == "holds" else (Outcome.VIOLATED,))

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
            "cells": {"judged": self.cells.judged, "aside": self.cells.aside},
        }
        return {name: _jsonable(value) for name, value in content.items()}


def exit_code(verdicts: Iterable[Verdict], partial: bool = False) -> int:
    """0: every claim holds and every control fails; 1: something is wrong, VOID included; 3: nothing is
    wrong, but something is inconclusive, or the results are *partial*, or nothing was judged at all."""
    verdicts = list(verdicts)
    surprises = [v for v in verdicts if not v.as_expected]
    if any(v.outcome is not Outcome.INCONCLUSIVE for v in surprises):
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
