"""Spawned processes. Never forked: a fork copies the threads' locks and OpenMP's and CUDA's state."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import multiprocessing.resource_tracker
import os
import signal
import threading
from collections.abc import Callable, Iterator


def start_worker() -> None:
    """Make this process a worker: it ends when its parent does, however that ended, and leaves Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


@contextlib.contextmanager
def no_interrupt() -> Iterator[None]:
    """A process that is spawned within inherits that Ctrl-C is not for it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    multiprocessing.resource_tracker.ensure_running()  # which, as it starts, lets interrupts in again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def killing_new_ones(first: Callable[[], None]) -> Iterator[None]:
    """Processes that are spawned within are killed, after a call of *first*, if an exception leaves the context."""
    others = set(multiprocessing.active_children())
    try:
        yield
    except BaseException:
        first()
        for process in set(multiprocessing.active_children()) - others:
            process.kill()
        raise
