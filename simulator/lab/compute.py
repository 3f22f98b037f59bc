"""Cells computed and stored: what workers take at a time, and what is said when all was tried."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterable
from pathlib import Path

from . import checkpoints, failures
from .cell_task import How
from .cutting import Item, cut
from .executors.place import Place
from .plan import Due
from .progress import Monitor
from .rounds import Rounds, SweepError, Warn
from .running import others
from .store import Store
from .survey import batches, require_possible
from .watch import Watch


class CellsFailed(SweepError):
    """All was tried, and some cells failed."""


def compute(
    todo: Iterable[Due],
    store: Store,
    *,
    backend: str = "cpu",
    place: Place | None = None,
    warn: Warn = lambda line: None,
    quiet: bool = False,
    interval: float = checkpoints.INTERVAL,
) -> float:
    """Compute and store cells; returns the seconds it took. *warn* gets lines, *quiet* shows no progress, cells that
    take longer than *interval* seconds are saved on their way.

    A cell that fails is tried again and the others go on. An exception, Ctrl-C too, ends the workers at once; what is
    stored stays. Raises InputError when a cell can't be written, CellsFailed at the end when some failed, SweepError
    when no worker lives.
    """
    todo, place = list(todo), place or Place()
    require_possible(todo, backend, place)
    begin = time.perf_counter()
    how = How(store.directory.absolute(), backend, place.threads, os.urandom(4).hex(), interval, _here())
    with place.open() as (executor, workers):
        cuts = cut(todo, store.directory, backend, place.threads or 1, workers, interval)
        tasks = _tasks(todo, cuts, how, workers, place.batch)
        order = list({item.key: item.spec for batch in tasks for item in batch}.values())
        watch = Watch(store, todo)
        with Monitor(order, backend, place.threads or 1, workers, watch, quiet):
            failed = Rounds(executor, how, store, warn, cuts).work(tasks)
            watch.look_again()
    if failed:
        raise _failed(failed, len(todo), store)
    return time.perf_counter() - begin


def _tasks(todo: list[Due], cuts: list[list[Item]], how: How, workers: int, most: float) -> list[list[Item]]:
    """What workers take at a time: parts of cells one by one, then the other cells."""
    apart = {parts[0].key for parts in cuts}
    rest = (due for due in todo if due.key not in apart)
    whole = batches(rest, how.backend, how.threads or 1, workers, most)
    tasks = [[item] for parts in cuts for item in parts] + [[Item(due) for due in batch] for batch in whole]
    if tasks and others(how.directory, how.sweep):  # who begins elsewhere meets the other sweep less often
        start = random.randrange(len(tasks))
        tasks = tasks[start:] + tasks[:start]
    return tasks


def _here() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:  # gone
        return ""


def _failed(failed: list[Item], of: int, store: Store) -> Exception:
    """What is said of the cells that failed."""
    known = [found for item in failed if (found := failures.failure(store.directory, item.key))]
    first = str(known[0]) if known else "no record of them can be read"
    return CellsFailed(
        f"{len(failed)} of {of} cells failed, the others are stored. {first}. `ratecheck status {store.directory}` "
        "lists all; run the same command again to try them again"
    )
