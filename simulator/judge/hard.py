"""Which hard instance of a theorem a cell is of, and the level that is known to be attained."""

from __future__ import annotations

from ratecheck.problems import PROBLEMS

from ..cells.evidence import Result
from ..plugins import is_own, plain_name
from ..theorem_settings import Hard
from .statement import Judgeable


def hard_of(theorem: Judgeable, result: Result) -> Hard | None:
    """The hard instance that *result* is a cell of: the problem with just its arguments."""
    return next((hard for hard in theorem.levels if _is_of(hard, result)), None)


def declared_level(theorem: Judgeable) -> float | None:
    """The largest level that the theorem says is attained."""
    return max((hard.level for hard in theorem.levels if hard.level is not None), default=None)


def _is_of(hard: Hard, result: Result) -> bool:
    """By names, without a path: a theorem names a problem of its own file as that file does."""
    spec = result.spec
    if plain_name(hard.problem) != plain_name(spec.problem) or is_own(spec.problem) == (hard.problem in PROBLEMS):
        return False
    departures = result.told.get("problem_args", {})  # from the problem's defaults
    return set(departures) <= set(hard.arguments) and all(
        spec.problem_args.get(name) == value for name, value in hard.arguments.items()
    )
