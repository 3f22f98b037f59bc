"""Who computes cells: this process, or a pool of spawned ones. Both speak ``submit`` and ``as_completed``.

Workers are spawned, never forked: a fork copies the threads' locks and OpenMP's and CUDA's state.
A worker ends when its parent does, however that ended, and leaves Ctrl-C to the parent.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Protocol

PATIENCE = 5.0  # seconds for a running task to notice that it is to stop


class Executor(Protocol):
    """What a sweep needs of an executor. ``count()`` is the progress that all its workers reported."""

    def submit(self, function: Callable, *arguments: object) -> Future: ...

    def as_completed(self, futures: Iterable[Future]) -> Iterator[Future]: ...

    def count(self) -> int: ...

    def close(self) -> None:
        """Let the workers go when all is done."""

    def stop(self) -> None:
        """Give up what is running and waiting, at once."""


def _ignore(amount: int) -> None:
    """The report of a process that runs no task."""


_report: Callable[[int], None] = _ignore


def report(amount: int) -> None:
    """Called by tasks: *amount* more coordinate-steps are done."""
    _report(amount)


class Inline:
    """Runs each task in this process, when its turn comes in ``as_completed``.

    Tasks have a thread of their own, because Ctrl-C raised inside a compiler's callback would be lost.
    """

    def __init__(self) -> None:
        global _report
        self._done, self._stopped = 0, False
        self._tasks: dict[Future, tuple] = {}
        self._thread: threading.Thread | None = None
        self._running: Future | None = None
        _report = self._add

    def _add(self, amount: int) -> None:
        if self._stopped:
            raise concurrent.futures.CancelledError
        self._done += amount

    def submit(self, function: Callable, *arguments: object) -> Future:
        future: Future = Future()
        self._tasks[future] = (function, arguments)
        return future

    def as_completed(self, futures: Iterable[Future]) -> Iterator[Future]:
        for future in futures:
            self._thread = threading.Thread(target=_run_task, args=(future, *self._tasks.pop(future)), daemon=True)
            self._running = future
            self._thread.start()
            concurrent.futures.wait([future])  # not join: Ctrl-C would make it believe that the thread has ended
            yield future

    def count(self) -> int:
        return self._done

    def close(self) -> None:
        pass

    def stop(self) -> None:
        self._stopped = True
        if self._thread is None or self._running is None:
            return
        if self._thread.is_alive():  # Ctrl-C may come before it has started
            concurrent.futures.wait([self._running], PATIENCE)


def _run_task(future: Future, function: Callable, arguments: tuple) -> None:
    try:
        future.set_result(function(*arguments))
    except BaseException as error:  # noqa: BLE001 (whatever it is, it is the caller's, as in concurrent.futures)
        future.set_exception(error)


class Pool:
    """*jobs* spawned worker processes."""

    def __init__(self, jobs: int):
        context = multiprocessing.get_context("spawn")
        self._counter = context.Value("q", 0)
        self._others = set(multiprocessing.active_children())
        self._pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_start_worker, initargs=(self._counter,))

    def submit(self, function: Callable, *arguments: object) -> Future:
        with _no_interrupt():  # a worker may be spawned here, and inherits that Ctrl-C is not for it
            return self._pool.submit(function, *arguments)

    def as_completed(self, futures: Iterable[Future]) -> Iterator[Future]:
        return concurrent.futures.as_completed(futures)

    def count(self) -> int:
        return self._counter.get_obj().value  # without the lock, which a killed worker may hold

    def close(self) -> None:
        self._pool.shutdown()

    def stop(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        for worker in set(multiprocessing.active_children()) - self._others:
            worker.kill()
        self._pool.shutdown(wait=True)


@contextlib.contextmanager
def open_executor(jobs: int) -> Iterator[Executor]:
    """``Inline`` for one job, a ``Pool`` for more; an exception, Ctrl-C too, stops the workers at once."""
    executor = Inline() if jobs == 1 else Pool(jobs)
    try:
        yield executor
    except BaseException:
        executor.stop()
        raise
    executor.close()


@contextlib.contextmanager
def _no_interrupt() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker(counter) -> None:
    global _report
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def add(amount: int) -> None:
        with counter.get_lock():
            counter.value += amount

    _report = add
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
