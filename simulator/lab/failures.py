"""Cells that can't be computed, and why: DIR/failed/<key>.json, until the cell is there."""

from __future__ import annotations

import contextlib
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..cells.spec import Spec
from ..files import host
from ..sealed import read_sealed, write_sealed

FOLDER = "failed"
FORMAT = "ratecheck failed cell 1"
ATTEMPTS = 3  # of a sweep at one cell
MOST_TEXT = 10_000  # characters of a traceback, its end


@dataclass(frozen=True)
class Failure:
    """Why the cell *key* failed, last time; ``attempts`` of the ``sweep`` that tried it last."""

    key: str
    cell: str
    error: str
    attempts: int
    sweep: str
    final: bool  # not worth trying again in the same sweep

    def __str__(self) -> str:
        return f"{self.cell}: {self.error}" + (f" (tried {self.attempts} times)" if self.attempts > 1 else "")


def short(spec: Spec) -> str:
    """'adamw on rational, d = 64, K = 1000'."""
    return f"{spec.optimizer} on {spec.problem}, d = {spec.dim}, K = {spec.steps}"


def record(directory: Path, key: str, spec: Spec, error: BaseException, sweep: str) -> Failure:
    """Write down that *sweep* failed at a cell; raises InputError when the disk refuses. Wrong input stays wrong, so
    that it isn't tried again."""
    before = failure(directory, key)
    attempts = before.attempts + 1 if before and before.sweep == sweep else 1
    wrong = isinstance(error, InputError)
    said = " ".join((str(error) if wrong else f"{type(error).__name__}: {error}").split())[:MOST_TEXT]
    made = Failure(key, short(spec), said, attempts, sweep, wrong or attempts >= ATTEMPTS)
    content = {
        "key": key,
        "cell": made.cell,
        "error": made.error,
        "attempts": attempts,
        "sweep": sweep,
        "final": made.final,
        "host": host(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "spec": spec.to_dict(),
        "traceback": "".join(traceback.format_exception(error))[-MOST_TEXT:],
    }
    try:
        _write(directory, key, content)
    except InputError:  # another sweep may just have removed the folder, which was empty
        _write(directory, key, content)
    return made


def _write(directory: Path, key: str, content: dict) -> None:
    with contextlib.suppress(OSError):  # write_sealed says what is wrong
        (directory / FOLDER).mkdir(exist_ok=True)
    write_sealed(directory / FOLDER / f"{key}.json", FORMAT, content)


def failure(directory: Path, key: str) -> Failure | None:
    """The failure of a cell, None where none is written down or the file is damaged."""
    try:
        data = read_sealed(directory / FOLDER / f"{key}.json", FORMAT, "a record of a failed cell")
        texts = [data[name] for name in ("cell", "error", "sweep")]
        if data["key"] != key or not all(isinstance(text, str) for text in texts):
            return None
        return Failure(key, texts[0], texts[1], int(data["attempts"]), texts[2], bool(data["final"]))
    except (FileNotFoundError, InputError, KeyError, TypeError, ValueError):
        return None


def failures(directory: Path) -> dict[str, Failure]:
    """All failures by key."""
    found = (failure(directory, path.stem) for path in sorted((directory / FOLDER).glob("[!.]*.json")))
    return {each.key: each for each in found if each}


def clear(directory: Path, key: str) -> None:
    """The cell is there."""
    with contextlib.suppress(OSError):
        (directory / FOLDER / f"{key}.json").unlink()
