"""Cells that take long, as far as they are: DIR/saved/<key>.<backend>.<part>.run, until the cell is there.

A file is a head of one line (format, seconds so far, share of the cell, digest) and a run as ``engines.saving`` writes
it. Any machine goes on from it with the same bits. One that is damaged, or of another version, is as good as none, and
that is said.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..cells.cell import Cell
from ..cells.quantities import Quantity
from ..engines import saving
from ..engines.parts import Part
from ..engines.protocol import Engine
from ..engines.runs import Run
from ..files import open_regular, write_whole
from .store import SAVED as FOLDER

FORMAT = "ratecheck saved run 2"
INTERVAL = 60.0  # seconds of computing between two savings
SHARE = 20.0  # the same, at least, in times that the last saving took
MOST = 2**40  # bytes
HEAD = 1000  # bytes of the first line, at most


class Checkpoints:
    """What ``engines.run`` keeps runs with (``loop.Keep``). ``seconds``: of computing before this process, of all parts
    that were resumed; ``faults``: a line about each file that can't be gone on from."""

    def __init__(self, directory: Path, key: str, backend: str, interval: float = INTERVAL):
        self.folder, self.key, self.backend, self.interval = directory / FOLDER, key, backend, interval
        self.seconds = 0.0
        self.faults: list[str] = []
        self._cost, self._begun = 0.0, time.monotonic()
        self._last = self._begun

    def resumed(self, engine: Engine, cell: Cell, part: Part, quantities: Iterable[Quantity | str]) -> Run | None:
        """The part as it was saved, None where it wasn't, or can't be read."""
        path = self._path(part)
        try:
            with open_regular(path, MOST) as file:
                told, rest = json.loads(file.readline(HEAD)), file.read()
            if told["format"] == FORMAT and told["digest"] == _digest(told, rest):
                run = saving.load(engine, cell, rest, quantities)
                if run.part == part:
                    self.seconds += float(told["seconds"])
                    return run
        except FileNotFoundError:
            return None
        except (OSError, InputError, ValueError, KeyError, TypeError, RecursionError):
            pass
        self.faults.append(f"{path} is damaged, or of another version: what it had is computed again")
        return None

    @property
    def spent(self) -> float:
        """Seconds of computing so far."""
        return self.seconds + time.monotonic() - self._begun

    def pause(self, run: Run) -> None:
        """Save *run* if it is time to. A disk that refuses costs what could have been saved, and nothing else."""
        if time.monotonic() - self._last >= max(self.interval, SHARE * self._cost):
            with contextlib.suppress(InputError):
                self.save(run)

    def save(self, run: Run) -> None:
        """Save *run* now; at its end without x and the optimizer's state, which nobody needs any more. Raises
        InputError when the disk refuses."""
        begin = self._last = time.monotonic()
        content = saving.save(run, values=run.step < run.state.cell.spec.steps)
        head = {"format": FORMAT, "seconds": self.spent, "share": _share(run)}
        head["digest"] = _digest(head, content)
        with contextlib.suppress(OSError):  # write_whole says what is wrong
            self.folder.mkdir(exist_ok=True)
        write_whole(self._path(run.part), json.dumps(head).encode() + b"\n" + content)
        self._last = time.monotonic()
        self._cost = self._last - begin

    def _path(self, part: Part) -> Path:
        ends = part.replicas.start, part.replicas.stop, part.groups.start, part.groups.stop
        return self.folder / f"{self.key}.{self.backend}.{'-'.join(map(str, ends))}.run"


def ends_saved(directory: Path, backend: str) -> dict[str, list[tuple[int, int, int, int]]]:
    """Of the runs that are saved, by their cells' keys, the first and last replicas and groups, as ranges have them."""
    found: dict[str, list[tuple[int, int, int, int]]] = {}
    for path in (directory / FOLDER).glob(f"[!.]*.{backend}.*.run"):
        parts = path.name.split(".")
        ends = parts[2].split("-")
        if len(ends) == 4 and all(end.isascii() and end.isdecimal() for end in ends):
            found.setdefault(parts[0], []).append((int(ends[0]), int(ends[1]), int(ends[2]), int(ends[3])))
    return found


def saved(directory: Path) -> dict[str, tuple[float, float]]:
    """The keys of cells that are saved on their way, with the times of the newest files and the share that is done."""
    found: dict[str, tuple[float, float]] = {}
    for path in (directory / FOLDER).glob("[!.]*.run"):
        with contextlib.suppress(OSError, InputError):
            key = path.name.partition(".")[0]
            newest, share = found.get(key, (0.0, 0.0))
            found[key] = max(newest, path.stat().st_mtime), min(1.0, share + _told_share(path))
    return found


def _told_share(path: Path) -> float:
    """What a file's head says of how much of its cell it has, and is believed for the eye only."""
    try:
        with open_regular(path, MOST) as file:
            return min(1.0, max(0.0, float(json.loads(file.readline(HEAD))["share"])))
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0.0


def _share(run: Run) -> float:
    """How much of its cell a run is: its part, as far as it has come."""
    spec = run.state.cell.spec
    part, whole = run.part, Part.whole(spec)
    volume = len(part.replicas) * len(part.groups) / (len(whole.replicas) * len(whole.groups))
    return volume * run.step / spec.steps


def _digest(head: Mapping[str, object], content: bytes) -> str:
    """Of all that a file says."""
    told = json.dumps([head["format"], head["seconds"], head["share"]]).encode()
    return hashlib.sha256(told + b"\n" + content).hexdigest()


def clear(directory: Path, key: str) -> None:
    """The cell is there."""
    for path in (directory / FOLDER).glob(f"{key}.*.run"):
        with contextlib.suppress(OSError):
            path.unlink()
