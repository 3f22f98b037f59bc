"""How far a results folder is, by the names and sizes of its files: nothing large is read, and nothing is run."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..cells.spec import Spec
from ..processes import host_name
from . import checkpoints, recordings
from .cost import work
from .failures import Failure, failures, short
from .ladder_plan import LADDER, read_ladder
from .planfile import PLAN, read_plan
from .running import Marker, markers
from .store import Store

LEAST = 1000  # bytes; no cell file is smaller


@dataclass(frozen=True)
class AtWork:
    """A cell on its way: the share of it that is done, seconds since the last word of it and since it was saved; None
    for what there is none of. ``process``: who is at it, '' when nobody is: then it goes on from where it was saved."""

    cell: str
    process: str
    share: float
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
    faults: tuple[str, ...] = ()  # lines about files that can't be read

    @property
    def code(self) -> int:
        """The exit code that says it: 0 all is there, 1 something failed, 3 something is missing."""
        return 1 if self.failed else 3 if self.done < self.total else 0


def status(directory: str | Path) -> Status:
    """The state of a results folder, by the plan of its sweep, else by that of its ladder of networks, whose runs then
    count as cells; raises InputError for a folder without a plan."""
    store = Store(Path(directory))
    plan = read_plan(store.directory)
    if plan is None and (store.directory / LADDER).exists():
        due, there = set(read_ladder(store.directory).keys), set(recordings.keys(store.directory))
        return Status(len(due), len(due & there), (), (), len(due - there), len(there - due))
    if plan is None:
        raise InputError(f"{directory} has no plan of a sweep ({PLAN}); give the folder that a sweep writes to")
    specs = {due.key: due.spec for due in plan.cells}
    there = _whole(store)
    left = {key: spec for key, spec in specs.items() if key not in there}
    at_work = _at_work(store.directory, left)
    told, faults = failures(store.directory)
    failed = {key: each for key, each in told.items() if key in left and not (key in at_work and at_work[key].process)}
    at_work = {key: each for key, each in at_work.items() if key not in failed}  # saved, but nobody goes on with it
    return Status(
        len(specs),
        len(specs) - len(left),
        tuple(at_work.values()),
        tuple(failed.values()),
        len(left) - len(at_work) - len(failed),
        len(there - specs.keys()),
        tuple(faults),
    )


def _whole(store: Store) -> set[str]:
    """The keys of the cell files that are no torso."""
    try:
        with os.scandir(store.cells) as found:
            names = [entry.name for entry in found if entry.name.endswith(".npz") and _is_whole(entry)]
    except OSError:  # no cell yet
        return set()
    return {name.removesuffix(".npz") for name in names if not name.startswith(".")}


def _is_whole(entry: os.DirEntry) -> bool:
    try:
        return entry.is_file() and entry.stat().st_size >= LEAST
    except OSError:  # gone by now
        return False


def _at_work(directory: Path, left: dict[str, Spec]) -> dict[str, AtWork]:
    now, saved = time.time(), checkpoints.saved(directory)
    running: dict[str, list[Marker]] = {}
    for marker in markers(directory):
        if marker.key in left and marker.alive:
            running.setdefault(marker.key, []).append(marker)
    found = {}
    for key in sorted((saved.keys() & left.keys()) | running.keys()):
        at_it, spec = running.get(key, []), left[key]
        newest, kept = saved.get(key, (None, 0.0))
        # of a cell that was resumed or cut, each process knows its own steps since it began
        share = max(kept, sum(marker.done for marker in at_it) / work(spec))
        found[key] = AtWork(
            short(spec),
            ", ".join(f"{host_name(marker.host)} {marker.pid}" for marker in at_it),
            min(1.0, share),
            min((marker.age for marker in at_it), default=None),
            None if newest is None else max(0.0, now - newest),
        )
    return found
