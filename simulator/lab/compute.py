"""The loop over cells: handing them to workers, again where one was lost, so that an interruption costs little."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ratecheck.problems.errors import InputError, Told

from . import checkpoints, failures
from .cell_task import How, State, Told, compute_cells
from .cutting import Item, cut
from .executors.place import Place
from .executors.protocol import Executor
from .plan import Due
from .progress import Monitor
from .running import forget, markers, others
from .store import Store
from .survey import batches, require_possible
from .watch import Watch

PAUSE = 0.2  # seconds between two looks at what another sweep is computing
BARREN = 3  # rounds in which all workers died before any began a cell

Warn = Callable[[str], None]


class SweepError(Told):
    """The sweep can't go on for a reason outside its input; the message stands alone in one line."""


class CellsFailed(SweepError):
    """All was tried, and some cells failed. ``seconds``: what it took."""

    def __init__(self, message: str, seconds: float):
        super().__init__(message)
        self.seconds = seconds


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
    stored stays. Raises InputError when a cell can't be written or all are wrong, CellsFailed at the end when some
    failed, SweepError when no worker lives.
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
        with Monitor(order, backend, place.threads or 1, workers, watch, quiet) as monitor:
            failed = Rounds(executor, how, store, warn, cuts).work(tasks)
            monitor.finished(watch.last())
    seconds = time.perf_counter() - begin
    if failed:
        raise _failed(failed, len(todo), store, seconds)
    return seconds


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


class Rounds:
    """Cells handed out until each is stored or has failed for good."""

    def __init__(self, executor: Executor, how: How, store: Store, warn: Warn, cuts: Iterable[list[Item]] = ()):
        self.executor, self.how, self.store, self.warn = executor, how, store, warn
        self.suspects: list[Item] = []  # whose worker died; each is tried alone, so that it is known which one kills
        self.failed: dict[str, Item] = {}
        self.parts = {parts[0].key: parts for parts in cuts}
        self.open = {key: {item.part for item in parts} for key, parts in self.parts.items()}

    def work(self, tasks: Sequence[list[Item]]) -> list[Item]:
        """Compute all cells of *tasks*; returns those that failed."""
        barren = 0
        while tasks or self.suspects:
            if not tasks:
                tasks = [[self.suspects.pop(0)]]
            again, elsewhere, lost, going = self._round(tasks)
            barren = barren + 1 if lost and not going else 0
            if barren >= BARREN:
                raise SweepError(
                    f"the workers end before they begin a cell ({type(lost[-1]).__name__}: {lost[-1]!s:.300}); "
                    "the finished cells are stored: run again"
                ) from lost[-1]
            self._wait(elsewhere)
            tasks = again + [[item] for item in elsewhere]
        return list(self.failed.values())

    def _round(self, tasks: Sequence[list[Item]]) -> tuple[list[list[Item]], list[Item], list[Exception], bool]:
        """What is to do again, the cells that another sweep has, what lost tasks raised, and whether any cell was begun
        at all."""
        try:
            handed = {self.executor.submit(compute_cells, batch, self.how): batch for batch in tasks}
        except Exception as error:  # each executor has its own
            raise SweepError(f"no more cells can be handed out ({type(error).__name__}: {error}); run again") from error
        again: list[list[Item]] = []
        elsewhere: list[Item] = []
        lost: list[Exception] = []
        died: set[str] = set()  # cells whose worker did, which counts once a round however many parts they have
        going = False
        for task in self.executor.as_completed(handed):
            batch = handed[task]
            try:
                answers: Iterable[Told] = task.result()
            except InputError:
                raise
            except Exception as error:  # each executor has its own for a worker that died
                lost.append(error)
                begun, rest = self._after_death(batch, error, died)
                going = going or begun
                again += [rest] if rest else []
                continue
            going = True
            for item, told in zip(batch, answers, strict=True):
                if told.warning:
                    self.warn(told.warning)
                if told.state is State.ELSEWHERE:
                    elsewhere.append(item)
                elif told.state is State.FAILED and told.final:
                    self.failed[item.key] = item
                elif told.state is State.FAILED:
                    again.append([item])
                elif item.part and self._complete(item):
                    again.append([Item(item.due, parts=tuple(each.part for each in self.parts[item.key] if each.part))])
        return again, elsewhere, lost, going

    def _complete(self, item: Item) -> bool:
        """Whether *item*, which is done, was the last part of its cell."""
        self.open[item.key].discard(item.part)
        return not self.open[item.key] and item.key not in self.failed

    def _after_death(self, batch: list[Item], error: Exception, died: set[str]) -> tuple[bool, list[Item]]:
        """Whether a worker had begun with a task that was lost, and what of it is to do again. A cell that was running
        is tried once more in company, then it is a suspect."""
        begun = {marker.key for marker in markers(self.store.directory) if marker.sweep == self.how.sweep}
        rest = []
        for item in batch:
            if item.key not in begun or item.key in died:
                rest.append(item)
                continue
            died.add(item.key)
            forget(self.store.directory, item.key, self.how.sweep)
            why = SweepError(f"its worker process died, perhaps for want of memory ({type(error).__name__})")
            failed = failures.record(self.store.directory, item.key, item.spec, why, self.how.sweep)
            if failed.final:
                self.failed[item.key] = item
            else:  # the first time it may well have died of another one's neighbourhood
                (rest if failed.attempts == 1 else self.suspects).append(item)
        return bool(begun & {item.key for item in batch}), rest

    def _wait(self, elsewhere: list[Item]) -> None:
        """Until another sweep has let go of one of these cells."""
        keys = {item.key for item in elsewhere}
        while keys and keys <= others(self.store.directory, self.how.sweep):
            time.sleep(PAUSE * random.uniform(0.5, 1.5))


def _here() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:  # gone
        return ""


def _failed(failed: list[Item], of: int, store: Store, seconds: float) -> Exception:
    """What is said of the cells that failed."""
    known = [found for item in failed if (found := failures.failure(store.directory, item.key))]
    first = str(known[0]) if known else "no record of them can be read"
    return CellsFailed(
        f"{len(failed)} of {of} cells failed, the others are stored. {first}. `ratecheck status {store.directory}` "
        "lists all; run the same command again to try them again",
        seconds,
    )
