"""Which cells are running now, by files in DIR/running: ``<key>.<host>.<process>.<sweep>.<number>``, as long as one
is computed.

A marker is advice and no lock: who finds one takes another cell first, so that two sweeps of one folder share its
work. One whose process is gone, or silent for SILENT seconds on another host, counts for nothing. It holds the
coordinate-steps that are done, and is touched with every report of them.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..processes import host, number, running, this

FOLDER = "running"
SILENT = 300.0  # seconds; a few steps of a huge cell may take minutes
_numbers = itertools.count()  # a process may have several at once, in threads
BEAT = 0.5  # seconds between two reports, at least


@dataclass(frozen=True)
class Marker:
    """A cell that is being computed."""

    path: Path
    key: str
    host: str
    process: str
    sweep: str

    @classmethod
    def of(cls, path: Path) -> Marker | None:
        """The marker of a file's name, None for a file of another kind."""
        parts = path.name.split(".")
        try:
            number(parts[2])
        except (IndexError, ValueError):
            return None
        return cls(path, *parts[:4]) if len(parts) == 5 else None

    @property
    def pid(self) -> int:
        return number(self.process)

    @property
    def alive(self) -> bool:
        """Whether the process that made it may still be at work."""
        try:
            if self.host == host():
                return running(self.process)
            return abs(time.time() - self.path.stat().st_mtime) < SILENT
        except (ProcessLookupError, FileNotFoundError, OverflowError):
            return False
        except OSError:  # another user's process
            return True

    @property
    def age(self) -> float:
        """Seconds since its last report; 0 where it is gone by now."""
        try:
            return max(0.0, time.time() - self.path.stat().st_mtime)
        except OSError:
            return 0.0

    @property
    def done(self) -> int:
        """Coordinate-steps that are done."""
        try:
            return int(self.path.read_text() or 0)
        except (OSError, ValueError):  # gone, or just being written
            return 0

    def report(self, done: int) -> None:
        with contextlib.suppress(OSError):  # a disk that is full; the cell itself will say so
            self.path.write_text(f"{done:020d}")


def markers(directory: Path) -> list[Marker]:
    """All markers of a results folder, of dead processes too."""
    try:
        names = os.listdir(directory / FOLDER)
    except OSError:
        return []
    found = (Marker.of(directory / FOLDER / name) for name in names)
    return [marker for marker in found if marker]


def others(directory: Path, sweep: str) -> set[str]:
    """The keys of the cells that other sweeps than *sweep* are computing."""
    return {marker.key for marker in markers(directory) if marker.sweep != sweep and marker.alive}


@contextlib.contextmanager
def marked(directory: Path, key: str, sweep: str) -> Iterator[Marker | None]:
    """Within the context the cell *key* is marked as running; None where another sweep has it already.

    The marks of this sweep's dead workers go with it.
    """
    process = this()
    name = f"{key}.{host()}.{process}.{sweep}.{next(_numbers)}"
    marker = Marker(directory / FOLDER / name, key, host(), process, sweep)
    if key in others(directory, sweep):
        yield None
        return
    with contextlib.suppress(OSError):  # the store will say what is wrong with the disk
        marker.path.parent.mkdir(exist_ok=True)
        marker.path.touch()
    try:  # looked at again: of two that began together each sees the other, and both go elsewhere
        yield None if key in others(directory, sweep) else marker
    finally:
        _remove(marker)
        forget(directory, key, sweep)


def forget(directory: Path, key: str, sweep: str) -> None:
    """Remove the marks of a cell by dead workers of *sweep*."""
    for marker in markers(directory):
        if marker.key == key and marker.sweep == sweep and not marker.alive:
            _remove(marker)


def _remove(marker: Marker) -> None:
    with contextlib.suppress(OSError):
        marker.path.unlink()
