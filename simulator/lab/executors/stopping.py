"""How a task of this process is told that nobody waits for it any more: a thread can't be killed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future

PATIENCE = 5.0  # seconds for a running task to notice that it is to stop
stop = threading.Event()


def require_going() -> None:
    """Called by tasks now and then; raises CancelledError when the task is to stop."""
    if stop.is_set():
        raise CancelledError


def run_into(future: Future, function: Callable, *arguments: object) -> None:
    """Call *function* and let *future* have what it returns or raises."""
    try:
        future.set_result(function(*arguments))
    except BaseException as error:  # noqa: BLE001 (whatever it is, it is the caller's, as in concurrent.futures)
        future.set_exception(error)
