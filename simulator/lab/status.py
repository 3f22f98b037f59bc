"""How far a results folder is, by the names and sizes of its files: nothing large is read, and nothing is run."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..cells.spec import Spec
from . import checkpoints
from .cost import work
from .failures import Failure, failures, short
from .planfile import PLAN, read_plan
from .running import markers
from .store import Store

LEAST = 1000  # bytes; no cell file is smaller


@dataclass(frozen=True)
class AtWork:
    """A cell on its way: the share of it that is done, seconds since the last word of it and since it was saved; None
    for what there is none of. ``process``: who is at it, '' when nobody is: then it goes on from where it was saved."""

    cell: str
    process: str
    share: float | None
    silent: float | None
    saved: float | None


@dataclass(frozen=True)
class Status:
    """Of a plan's cells: how many are done, which are on their way, which failed, how many are missing beside these."""

    total: int
    done: int
    at_work: tuple[AtWork, ...]
    failed: tuple[Failure, ...]
    missing: int
    others: int  # cells that are not of the plan

    @property
    def code(self) -> int:
        """The exit code that says it: 0 all is there, 1 something failed, 3 something is missing."""
        return 1 if self.failed else 3 if self.done < self.total else 0


def status(directory: str | Path) -> Status:
    """The state of a results folder; raises InputError for a folder without a plan."""
    store = Store(Path(directory))
    plan = read_plan(store.directory)
    if plan is None:
        raise InputError(f"{directory} has no plan of a sweep ({PLAN}); give the folder that a sweep writes to")
    specs = {due.key: due.spec for due in plan.cells}
    there = _whole(store)
    left = {key: spec for key, spec in specs.items() if key not in there}
    at_work = _at_work(store.directory, left)
    failed = {key: each for key, each in failures(store.directory).items() if key in left and key not in at_work}
    return Status(
        len(specs),
        len(specs) - len(left),
        tuple(at_work.values()),
        tuple(failed.values()),
        len(left) - len(at_work) - len(failed),
        len(there - specs.keys()),
    )


def _whole(store: Store) -> set[str]:
    """The keys of the cell files that are no torso."""
    try:
        with os.scandir(store.cells) as found:
            return {
                entry.name.removesuffix(".npz")
                for entry in found
                if entry.name.endswith(".npz") and not entry.name.startswith(".") and entry.stat().st_size >= LEAST
            }
    except OSError:  # no cell yet
        return set()


def _at_work(directory: Path, left: dict[str, Spec]) -> dict[str, AtWork]:
    now, saved = time.time(), checkpoints.saved(directory)
    ages = {key: now - newest for key, newest in saved.items() if key in left}
    running = {marker.key: marker for marker in markers(directory) if marker.key in left and marker.alive}
    found = {}
    for key in sorted(ages.keys() | running.keys()):
        marker, spec = running.get(key), left[key]
        found[key] = AtWork(
            short(spec),
            f"{marker.host} {marker.pid}" if marker else "",
            min(1.0, marker.done / work(spec)) if marker else None,
            marker.age if marker else None,
            ages.get(key),
        )
    return found
