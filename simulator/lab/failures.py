"""Cells that can't be computed, and why: DIR/failed/<key>.json, until the cell is there."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..cells.spec import Spec
from ..processes import host
from ..sealed import read_sealed, write_sealed

FOLDER = "failed"
FORMAT = "ratecheck failed cell 2"
ATTEMPTS = 3  # of a sweep at one cell
MOST_SWEEPS = 16  # whose attempts are remembered, the last ones
MOST_TEXT = 10_000  # characters of a traceback, its end


@dataclass(frozen=True)
class Failure:
    """Why the cell *key* failed, last time; ``tries`` of it by the sweeps that tried it, the last one at the end."""

    key: str
    cell: str
    error: str
    tries: Mapping[str, int]
    final: bool  # not worth trying again in the same sweep

    @property
    def attempts(self) -> int:
        """Of the sweep that tried it last."""
        return list(self.tries.values())[-1]

    def __str__(self) -> str:
        return f"{self.cell}: {self.error}" + (f" (tried {self.attempts} times)" if self.attempts > 1 else "")


def short(spec: Spec) -> str:
    """'adamw on rational, d = 64, K = 1000'."""
    return f"{spec.optimizer} on {spec.problem}, d = {spec.dim}, K = {spec.steps}"


def record(directory: Path, key: str, spec: Spec, error: BaseException, sweep: str) -> Failure:
    """Write down that *sweep* failed at a cell; raises InputError when the disk refuses. Wrong input stays wrong, so
    that it isn't tried again."""
    before = failure(directory, key)
    others = {name: number for name, number in before.tries.items() if name != sweep} if before else {}
    attempts = 1 + (before.tries.get(sweep, 0) if before else 0)  # two sweeps that fail at one cell both come to an end
    tries = dict([*others.items(), (sweep, attempts)][-MOST_SWEEPS:])
    wrong = isinstance(error, InputError)
    said = " ".join((str(error) if wrong else f"{type(error).__name__}: {error}").split())[:MOST_TEXT]
    made = Failure(key, short(spec), said, tries, wrong or attempts >= ATTEMPTS)
    content = {
        "key": key,
        "cell": made.cell,
        "error": made.error,
        "tries": tries,
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
        texts = [data[name] for name in ("cell", "error")]
        tries = {str(sweep): int(number) for sweep, number in data["tries"].items()}
        if data["key"] != key or not tries or not all(isinstance(text, str) for text in texts):
            return None
        return Failure(key, texts[0], texts[1], tries, bool(data["final"]))
    except (FileNotFoundError, InputError, AttributeError, KeyError, TypeError, ValueError):
        return None


def failures(directory: Path) -> tuple[dict[str, Failure], list[str]]:
    """All failures by key, and a line about each file that isn't one."""
    found, faults = {}, []
    for path in sorted((directory / FOLDER).glob("[!.]*.json")):
        each = failure(directory, path.stem)
        if each:
            found[each.key] = each
        elif path.exists():  # the cell may just have been computed
            faults.append(f"{path} is damaged: why its cell failed can't be told")
    return found, faults


def clear(directory: Path, key: str) -> None:
    """The cell is there."""
    with contextlib.suppress(OSError):
        (directory / FOLDER / f"{key}.json").unlink()
