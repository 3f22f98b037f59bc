"""This process: a thread a task, one at a time, because Ctrl-C raised inside a compiler's callback would be lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager

from .stopping import PATIENCE, run_into, stop


class Inline:
    def __init__(self) -> None:
        self.running: Future | None = None
        self._tasks: dict[Future, tuple] = {}

    def submit(self, function: Callable, *arguments: object) -> Future:
        future: Future = Future()
        self._tasks[future] = function, *arguments
        return future

    def as_completed(self, tasks: Iterable[Future]) -> Iterator[Future]:
        for future in tasks:
            threading.Thread(target=run_into, args=(future, *self._tasks.pop(future)), daemon=True).start()
            self.running = future
            wait([future])  # not join: Ctrl-C would make it believe that the thread has ended
            yield future


@contextmanager
def opened(argument: str = "", jobs: int = 1) -> Iterator[tuple[Inline, int]]:
    stop.clear()
    executor = Inline()
    try:
        yield executor, 1
    except BaseException:
        stop.set()
        wait([executor.running] if executor.running else [], PATIENCE)
        raise
