"""DIR/ladder.json: which recordings a ladder asked for, so that a folder can say what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..cells.recording import Recording
from ..sealed import read_sealed, write_sealed
from ..words import count
from .joined_plan import joined_source

LADDER, FORMAT = "ladder.json", "ratecheck ladder 1"


@dataclass(frozen=True)
class LadderPlan:
    """``source``: the name of its file; ``keys`` of the recordings that are due."""

    source: str
    keys: tuple[str, ...]

    def missing(self, recordings: Iterable[Recording]) -> str:
        """How many of them are missing, in words; '' if none is."""
        lost = len(set(self.keys) - {recording.key for recording in recordings})
        return f"{lost} of {count(len(self.keys), 'run')} {'is' if lost == 1 else 'are'} missing" if lost else ""


def joined_ladder(plans: Sequence[LadderPlan]) -> LadderPlan:
    """One plan of several: what any of them asked for."""
    return LadderPlan(
        joined_source([plan.source for plan in plans]), tuple(dict.fromkeys(key for plan in plans for key in plan.keys))
    )


def write_ladder(directory: Path, plan: LadderPlan) -> None:
    write_sealed(directory / LADDER, FORMAT, {"source": plan.source, "keys": list(plan.keys)})


def read_ladder(directory: Path) -> LadderPlan:
    """The plan of a folder; raises InputError for a file that ``write_ladder`` can't have written."""
    path = directory / LADDER
    try:
        content = read_sealed(path, FORMAT, "a plan of a ladder")
    except FileNotFoundError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from error
    keys = content.get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise InputError(f"{path} has no list of keys; run the ladder again")
    return LadderPlan(str(content.get("source", "")), tuple(keys))
