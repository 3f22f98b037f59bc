"""How far a sweep is, by looking at its folder: whoever computes the cells, they end up there."""

from __future__ import annotations

import time
from collections.abc import Iterable

from ..cells.spec import Spec
from .plan import Due
from .running import markers
from .store import Store

SHARE = 20.0  # between two looks, in times that one takes
Stamp = tuple[int, int] | None


class Watch:
    """Looks for the cells *todo* in *store*; a file that is there at the start counts when it becomes another one."""

    def __init__(self, store: Store, todo: Iterable[Due]):
        self._store = store
        self._before = {due.key: (due.spec, self._stamp(due.key)) for due in todo}
        self._running, self._next = 0, 0.0

    def __call__(self) -> tuple[list[Spec], int]:
        """The Specs of the cells that were stored since the last look, and the coordinate-steps of running ones."""
        begin = time.monotonic()
        if begin < self._next:
            return [], self._running
        found = []
        for key in self._before.keys() & set(self._store.keys()):
            spec, before = self._before[key]
            if before is None or self._stamp(key) not in (before, None):
                found.append(spec)
                del self._before[key]
        self._running = sum(marker.done for marker in markers(self._store.directory) if marker.key in self._before)
        self._next = time.monotonic() + SHARE * (time.monotonic() - begin)
        return found, self._running

    def look_again(self) -> None:
        """The next call looks, however short ago the last one did."""
        self._next = 0.0

    def _stamp(self, key: str) -> Stamp:
        try:
            status = self._store.path(key).stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns
