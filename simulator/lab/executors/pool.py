"""Worker processes of this machine; where one is killed, all are started anew."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context

from .spawned import killing_new_ones, no_interrupt, start_worker


class Pool:
    as_completed = staticmethod(concurrent.futures.as_completed)

    def __init__(self, jobs: int):
        self._jobs = jobs
        self._start()

    def submit(self, function: Callable, *arguments: object) -> Future:
        with no_interrupt():  # a worker may be spawned here
            try:
                return self.workers.submit(function, *arguments)
            except BrokenProcessPool:
                self._start()
                return self.workers.submit(function, *arguments)

    def _start(self) -> None:
        self.workers = ProcessPoolExecutor(self._jobs, mp_context=get_context("spawn"), initializer=start_worker)


@contextmanager
def opened(argument: str, jobs: int) -> Iterator[tuple[Pool, int]]:
    pool = Pool(jobs)
    with killing_new_ones(lambda: pool.workers.shutdown(wait=False, cancel_futures=True)):
        yield pool, jobs
    pool.workers.shutdown()
