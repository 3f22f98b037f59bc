"""Cells on disk: one file a cell, named by its content, written whole or not at all.

A results folder holds

- ``cells/<key>.npz``: one cell, key = ``Spec.key()``. Entries ``spec``, ``hyper`` and ``provenance``
  (JSON text) and the arrays of ``Stats``; no pickle, so ``np.load(path)`` reads it without this package.
- ``cells/.<key>.<host>.<pid>.<random>.tmp``: a cell being written, renamed when it is complete.
- ``sweep.json``: the plan, all cells that are due (``simulator.lab.folder``). ``norms.json``: norm checks.
- what ``report`` writes.

Any number of processes and hosts may write into one folder: a name says the content, so the last
writer of a cell wins with the same numbers. Two folders are merged with ``cp``.
"""

from __future__ import annotations

import io
import json
import math
import os
import time
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ratecheck.problems.errors import InputError

from ..cells.evidence import Result
from ..cells.quantities import ALWAYS
from ..cells.spec import Cell, Spec, canonical_json
from ..cells.stats import FIELDS, PREFIX, Stats
from ..files import host, require_writable, write_whole
from ..strict_json import dumps

TEXTS = ("spec", "hyper", "provenance")
AVERAGES = tuple(PREFIX + quantity.name for quantity in ALWAYS)  # of norms
OLD = 24 * 3600.0  # seconds after which an unfinished file of another host is taken for abandoned


class CellError(Exception):
    """A cell file that can't be trusted, and why; it is never read as data."""


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
        for path in [*self.directory.glob(".*.tmp"), *self.cells.glob(".*.tmp")]:
            if _abandoned(path):
                path.unlink(missing_ok=True)

    def save(self, result: Result) -> Path:
        """Write a cell under a temporary name and rename it; raises InputError when the disk refuses."""
        texts = {
            "spec": canonical_json(result.spec.to_dict()),
            "hyper": dumps(dict(result.hyper), indent=0),
            "provenance": dumps(dict(result.provenance), indent=0),
        }
        content = io.BytesIO()
        np.savez(content, **{name: np.array(text) for name, text in texts.items()}, **result.stats.arrays())
        path = self.path(result.spec.key())
        write_whole(path, content.getvalue())
        return path

    def load(self, key: str) -> Result | None:
        """The cell *key*, None when there is no such file; raises CellError when it is not that cell."""
        path = self.path(key)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CellError(f"{path}: can't be read: {error.strerror}") from error
        try:
            return _decode(content, key)
        except CellError as error:
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
        for key in keys:
            self.path(key).unlink(missing_ok=True)


def _abandoned(path: Path) -> bool:
    """Whether an unfinished file's writer is gone: dead on this host, or silent for a day elsewhere."""
    parts = path.name.split(".")
    try:
        if len(parts) == 6 and parts[2] == host():
            os.kill(int(parts[3]), 0)
        return time.time() - path.stat().st_mtime > OLD
    except (ProcessLookupError, OverflowError, ValueError):
        return True
    except OSError:  # another user's process, or a file that is gone by now
        return False


def _decode(content: bytes, key: str) -> Result:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            broken = archive.testzip()  # before a header with a wrong shape asks for memory
        if broken:
            raise CellError(f"damaged: the checksum of {broken} is wrong")
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            names = [name for name in archive.files if not name.startswith(PREFIX)]
            if sorted(names) != sorted([*TEXTS, *FIELDS]) or not {*AVERAGES} <= {*archive.files}:
                raise CellError(f"no cell file: it has the entries {', '.join(archive.files) or 'none'!s:.200}")
            entries = {name: archive[name] for name in archive.files}
        texts = {name: json.loads(str(entries.pop(name))) for name in TEXTS}
    except (zipfile.BadZipFile, EOFError) as error:
        raise CellError(f"truncated or no cell file ({len(content)} bytes: {error})") from error
    except (ValueError, KeyError, OSError, NotImplementedError, RuntimeError, MemoryError) as error:
        raise CellError(f"damaged or no cell file ({type(error).__name__}: {error!s:.200})") from error
    cell = _cell(texts["spec"], key)
    _check_hyper(texts["hyper"], cell)
    _check_arrays(entries, cell.spec)
    if not isinstance(texts["provenance"], dict):
        raise CellError("damaged: the provenance is no JSON object")
    return Result(cell.spec, cell.constants, texts["hyper"], Stats.from_arrays(entries), texts["provenance"])


def _cell(data: object, key: str) -> Cell:
    try:
        Spec.from_dict(data)  # the names, before they become keyword arguments
        spec = Spec.of(**data)
        cell = spec.resolve()
    except (InputError, TypeError, ValueError) as error:
        raise CellError(f"its spec is not valid here: {error}") from error
    if cell.key != key:
        raise CellError(f"it holds another cell ({cell.key}), or one computed by other formulas or another version")
    return cell


def _check_hyper(hyper: object, cell: Cell) -> None:
    """Equal to what the spec gives, up to the last digits of another host's pow()."""
    same = (
        isinstance(hyper, dict)
        and set(hyper) == set(cell.hyper)
        and all(
            isinstance(hyper[name], (int, float)) and math.isclose(hyper[name], value, rel_tol=1e-12, abs_tol=0.0)
            for name, value in cell.hyper.items()
        )
    )
    if not same:
        raise CellError(f"its hyper-parameters {hyper!s:.200} are not those of its spec, {dict(cell.hyper)}")


def _check_arrays(arrays: dict[str, np.ndarray], spec: Spec) -> None:
    points = arrays["checkpoints"]
    if points.dtype != np.int64 or points.ndim != 1 or points.size == 0:
        raise CellError(f"checkpoints are {points.dtype} {points.shape}, expected int64 (P,)")
    if points[0] != 1 or points[-1] != spec.steps or np.any(np.diff(points) <= 0):
        raise CellError(f"checkpoints do not rise from 1 to {spec.steps}")
    for name, array in arrays.items():
        shape = (spec.replicas,) if name.startswith(PREFIX) else (spec.replicas, points.size)
        if name != "checkpoints" and (array.dtype != np.float64 or array.shape != shape):
            raise CellError(f"{name} is {array.dtype} {array.shape}, expected float64 {shape}")
        if name in AVERAGES and not np.all(array >= 0):
            raise CellError(f"{name} has values that are no averages of norms: {array}")
        if np.isnan(array).any():
            raise CellError(f"{name} has entries that are no numbers")
