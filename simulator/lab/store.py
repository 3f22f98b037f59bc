"""Cells on disk: one file a cell, named by its content, written whole or not at all.

A results folder holds

- ``cells/<key>.npz``: one cell, key = ``Result.key`` (``simulator.lab.cellfile`` has what is in it).
- ``cells/.<key>.<host>.<process>.<random>.tmp``: a cell being written, renamed when it is complete.
- ``sweep.json``: the plan, all cells that are due (``simulator.lab.planfile``). ``norms.json``: norm checks.
- ``plugins/``: copies of the user's files that the plan names (``simulator.lab.copies``).
- ``verdicts.json``: the verdicts, and what the theorems say of each cell (``simulator.lab.verdicts``).
- ``saved/``, ``failed/``, ``running/``: cells on their way, cells that fail, cells that somebody is at
  (``checkpoints``, ``failures``, ``running``); not there when nothing is.
- what ``report`` writes.

Any number of processes and hosts may write into one folder: a name says the content, so the last
writer of a cell wins with the same numbers. Two folders are merged with ``cp``.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..cells.evidence import Result
from ..files import open_regular, require_writable, write_whole
from ..processes import host
from ..processes import running as runs
from . import failures, running
from .archive import MOST
from .cellfile import CellError, decode, encode

SAVED = "saved"  # of cells on their way, see checkpoints
WRITTEN = ("plugins", "recordings")  # folders beside the cells that files are written into
OLD = 24 * 3600.0  # seconds after which an unfinished file of another host is taken for abandoned


@dataclass(frozen=True)
class Store:
    """The cells of one results folder."""

    directory: Path

    @property
    def cells(self) -> Path:
        return self.directory / "cells"

    def path(self, key: str) -> Path:
        return self.cells / f"{key}.npz"

    def prepare(self) -> None:
        """Create the folder, try that it takes files, and remove abandoned unfinished ones.

        Raises InputError when nothing can be written there.
        """
        require_writable(self.cells)
        self.tidy()

    def tidy(self) -> None:
        """Remove unfinished files and markers whose writers are gone, what is left of cells that are there, and the
        folders beside the cells if they are empty."""
        aside = [self.directory / name for name in (SAVED, failures.FOLDER, running.FOLDER)]
        for place in (self.directory, self.cells, *(self.directory / name for name in WRITTEN), *aside):
            for path in place.glob(".*.tmp"):
                if _abandoned(path):
                    with contextlib.suppress(OSError):  # a folder of that name, or somebody was faster
                        path.unlink()
        at_work = set()
        for marker in running.markers(self.directory):
            if marker.alive:
                at_work.add(marker.key)
            else:
                with contextlib.suppress(OSError):
                    marker.path.unlink()
        for path in (path for place in aside[:2] for path in place.glob("[!.]*")):
            key = path.name.partition(".")[0]
            if key not in at_work and self.path(key).is_file():  # whoever stored it was killed before it cleared up
                with contextlib.suppress(OSError):
                    path.unlink()
        for place in aside:
            with contextlib.suppress(OSError):  # something is in it
                place.rmdir()

    def save(self, result: Result) -> Path:
        """Write a cell under a temporary name and rename it; raises InputError when the disk refuses."""
        path = self.path(result.key)
        write_whole(path, encode(result))
        return path

    def load(self, key: str) -> Result | None:
        """The cell *key*, None when there is no such file; raises CellError when it is not that cell."""
        path = self.path(key)
        try:
            with open_regular(path, MOST) as file:
                return decode(file, key)
        except FileNotFoundError:
            return None
        except InputError as error:
            raise CellError(str(error)) from error
        except (CellError, OSError) as error:
            raise CellError(f"{path}: {error}") from error.__cause__

    def load_many(self, keys: Iterable[str]) -> tuple[dict[str, Result], list[str]]:
        """The cells that are there, by key, and a line about each file that can't be trusted."""
        found, faults = {}, []
        for key in keys:
            try:
                result = self.load(key)
            except CellError as error:
                faults.append(str(error))
            else:
                if result is not None:
                    found[key] = result
        return found, faults

    def keys(self) -> list[str]:
        """The keys of all cell files, trusted or not, sorted."""
        return sorted(path.stem for path in self.cells.glob("*.npz") if not path.name.startswith("."))

    def remove(self, keys: Iterable[str]) -> None:
        """Remove cells; raises InputError for what can't be removed."""
        for key in keys:
            try:
                self.path(key).unlink(missing_ok=True)
            except OSError as error:
                raise InputError(f"{self.path(key)} can't be removed: {error.strerror}; remove it by hand") from error


def _abandoned(path: Path) -> bool:
    """Whether an unfinished file's writer is gone: dead on this host, or silent for a day elsewhere."""
    parts = path.name.split(".")
    try:
        if len(parts) >= 6 and parts[-4] == host() and not runs(parts[-3]):
            return True
        return abs(time.time() - path.stat().st_mtime) > OLD
    except (ProcessLookupError, OverflowError, ValueError):
        return True
    except OSError:  # another user's process, or a file that is gone by now
        return False
