"""A ladder's runs done, those that are there not again: handed to an executor, whose workers store what they do."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..cells.recording import Recording
from ..files import require_writable
from ..lab.archive import CellError
from ..lab.executors.place import Place
from ..lab.executors.protocol import Refused
from ..lab.executors.stopping import require_going
from ..lab.ladder_plan import write_ladder
from ..lab.recordings import load, save
from ..lab.store import Store
from ..words import count
from .ladder import Due, Ladder
from .vectors import record

ATTEMPTS = 3  # at a run whose worker dies
Done = Callable[[Due, Recording, int], None]


def todo(ladder: Ladder, directory: Path) -> Sequence[Due]:
    """The runs that *directory* lacks; a file that can't be trusted is none."""
    return [due for due in ladder.due if _there(directory, due.key) is None]


def climb(
    ladder: Ladder,
    directory: Path,
    place: Place | None = None,
    done: Done = lambda due, recording, left: None,
    limit: float | None = None,
) -> int:
    """Do the runs that *directory* lacks, and return how many; ``done(due, recording, runs left)`` after each.

    *limit*: seconds after which no run but the first is begun. A run whose worker died is tried again, ATTEMPTS times
    in all, and the others go on. Raises InputError where a run can't be done, or where it was lost each time.
    """
    directory, place = directory.absolute(), place or Place()
    require_writable(directory)
    Store(directory).tidy()
    write_ladder(directory, ladder.plan)
    waiting, finished = list(todo(ladder, directory)), 0
    total = len(waiting)
    lost: dict[str, Exception] = {}
    end = None if limit is None else time.time() + limit  # of the clock that workers elsewhere have too
    with place.open() as (executor, _):
        for attempt in range(ATTEMPTS):
            handed = {
                executor.submit(perform, due, directory, end if number or attempt else None): due
                for number, due in enumerate(waiting)
            }
            lost = {}
            for task in executor.as_completed(handed):
                due = handed[task]
                try:
                    told = task.result()
                except Exception as error:  # each executor has its own for a worker that died
                    lost[due.key] = error
                    continue
                if isinstance(told, Refused):
                    raise InputError(told.why)
                recording = _there(directory, due.key) if told else None
                if recording is not None:
                    finished += 1
                    done(due, recording, total - finished)
            waiting = [due for due in waiting if due.key in lost]
            if not waiting:
                return finished
    run, why = waiting[0].run, lost[waiting[0].key]
    raise InputError(
        f"{count(len(waiting), 'run')} of {total} lost, {ATTEMPTS} times each, for lack of memory perhaps; first that "
        f"of {run.family}, seed {run.seed} ({type(why).__name__}: {why!s:.300}). What is done is in {directory}: run "
        "it again with fewer -j"
    ) from why


def perform(due: Due, directory: Path, end: float | None = None) -> bool | Refused:
    """Do one run and store its recording, unless the time is past *end*; returns whether it was begun. Refused where it
    can't be done, or the disk refuses."""
    require_going()
    if end is not None and time.time() > end:
        return False
    try:
        save(directory, _recorded(due))
    except InputError as error:
        return Refused(str(error))
    return True


def _recorded(due: Due) -> Recording:
    if due.run.task == "vectors":
        return record(due.run, due.identity)
    from .train import train  # late: it needs torch

    return train(due.run, due.identity, require_going)


def _there(directory: Path, key: str) -> Recording | None:
    try:
        return load(directory, key)
    except CellError:
        return None
