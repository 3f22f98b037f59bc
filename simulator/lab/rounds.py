"""Items handed out to workers until each is done or has failed for good: what was lost, failed or is another sweep's
at the moment is handed out again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence

from ratecheck.problems.errors import InputError, Told

from ..words import count
from . import failures
from .cell_task import Answer, How, State, compute_cells
from .cutting import Item
from .executors.protocol import Executor, Refused
from .running import SILENT, forget, markers, others
from .store import Store

PAUSE = 0.2  # seconds between two looks at what another sweep is computing
PATIENCE = 30.0  # seconds of waiting, after which it is said
BARREN = 3  # rounds in which all workers died before any began a cell

Warn = Callable[[str], None]


class SweepError(Told):
    """The sweep can't go on for a reason outside its input; the message stands alone in one line."""


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
                answers: Iterable[Answer] | Refused = task.result()
            except Exception as error:  # each executor has its own for a worker that died
                lost.append(error)
                begun, rest = self._after_death(batch, error, died)
                going = going or begun
                again += [rest] if rest else []
                continue
            if isinstance(answers, Refused):
                raise InputError(answers.why)
            going = True
            for item, told in zip(batch, answers, strict=True):
                for line in told.warnings:
                    self.warn(line)
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
        keys, begun, told = {item.key for item in elsewhere}, time.monotonic(), False
        while keys and keys <= others(self.store.directory, self.how.sweep):
            time.sleep(PAUSE * random.uniform(0.5, 1.5))
            if time.monotonic() - begun > PATIENCE and not told:
                told = True
                self.warn(
                    f"waiting for {count(len(keys), 'cell')} that another sweep of {self.store.directory} computes; "
                    "`ratecheck status` says who. One that has fallen silent is given up in "
                    f"{SILENT / 60:.0f} minutes"
                )
