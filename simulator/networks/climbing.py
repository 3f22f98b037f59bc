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
from ..lab.executors.stopping import require_going
from ..lab.ladder_plan import write_ladder
from ..lab.recordings import load, save
from .ladder import Due, Ladder
from .vectors import record

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

    *limit*: seconds after which no run but the first is begun. Raises InputError where a run can't be done, or where
    its worker died.
    """
    directory, place = directory.absolute(), place or Place()
    require_writable(directory)
    write_ladder(directory, ladder.plan)
    waiting, finished = todo(ladder, directory), 0
    end = None if limit is None else time.time() + limit  # of the clock that workers elsewhere have too
    with place.open() as (executor, _):
        handed = {
            executor.submit(perform, due, directory, end if number else None): due for number, due in enumerate(waiting)
        }
        for task in executor.as_completed(handed):
            due = handed[task]
            try:
                begun = task.result()
            except InputError:
                raise
            except Exception as error:  # each executor has its own for a worker that died
                raise InputError(
                    f"the run of {due.run.family}, seed {due.run.seed}, was lost ({type(error).__name__}: "
                    f"{error!s:.300}), for lack of memory perhaps; what is done is in {directory}: run it again with "
                    "fewer -j"
                ) from error
            recording = _there(directory, due.key) if begun else None
            if recording is not None:
                finished += 1
                done(due, recording, len(waiting) - finished)
    return finished


def perform(due: Due, directory: Path, end: float | None = None) -> bool:
    """Do one run and store its recording, unless the time is past *end*; returns whether it was begun."""
    require_going()
    if end is not None and time.time() > end:
        return False
    if due.run.task == "vectors":
        save(directory, record(due.run, due.identity))
        return True
    from .train import train  # late: it needs torch

    save(directory, train(due.run, due.identity, require_going))
    return True


def _there(directory: Path, key: str) -> Recording | None:
    try:
        return load(directory, key)
    except CellError:
        return None
