"""What a worker does: compute cells one after the other, and store each when it is done. It answers in plain data."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..cells.evidence import Result
from ..cells.quantities import Quantity
from ..engines import AUTO, run
from ..engines.auto import pick
from ..engines.shares import join_parts, run_part
from ..plugins import home_of, is_path
from . import checkpoints, failures
from .asks import quantities
from .cellfile import CellError
from .cutting import Item
from .executors.protocol import Refused
from .executors.stopping import require_going
from .measured import lacks, merged, wanted
from .plan import Due
from .running import BEAT, Marker, marked
from .store import Store


class State(Enum):
    """What became of a cell."""

    DONE = "done"
    ELSEWHERE = "elsewhere"  # another sweep has it at this moment
    FAILED = "failed"


@dataclass(frozen=True)
class Answer:
    """What a worker says of a cell: what became of it, whether it may be tried again, lines of warning."""

    key: str
    state: State
    final: bool = True
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class How:
    """How cells are computed: the results folder, the backend, threads (None: all cores of the worker), the sweep
    that asks for them, the seconds between two checkpoints of a cell, and the folder that paths of files begin in."""

    directory: Path
    backend: str = "cpu"
    threads: int | None = None
    sweep: str = "sweep"
    interval: float = checkpoints.INTERVAL
    home: str = ""


def compute_cells(batch: Iterable[Item], how: How) -> list[Answer] | Refused:
    """Run cells and store each when it is done, or their parts; a cell that fails is written down, and the others go
    on. Refused where the disk refuses, or where a plug-in is not what it was when the sweep was planned."""
    try:
        return [_compute(item, Store(how.directory), how) for item in batch]
    except InputError as error:
        return Refused(str(error))


def _compute(item: Item, store: Store, how: How) -> Answer:
    require_going()
    due = item.due
    with marked(store.directory, due.key, how.sweep) as marker:
        if marker is None:
            return Answer(due.key, State.ELSEWHERE)
        _go_home(due, how.home)
        stored = _stored(store, due.key)
        try:
            asked = quantities(due.asks)
            if stored is not None and not lacks(stored, asked):  # another sweep was here
                return Answer(due.key, State.DONE)
            result, faults = _run(item, wanted(stored, asked), marker, how)
        except CancelledError:
            raise
        except Exception as error:  # whatever an engine or a user's formula raises
            failed = failures.record(store.directory, due.key, due.spec, error, how.sweep)
            return Answer(due.key, State.FAILED, failed.final)
        lines = [*faults, keep(store, due, result) if result else ""]
        return Answer(due.key, State.DONE, warnings=tuple(line for line in lines if line))


def keep(store: Store, due: Due, result: Result) -> str:
    """Store the result of a cell, with what else is stored of it; returns a line of warning, or ''."""
    if result.key != due.key:
        raise InputError(
            f"a plug-in of {due.spec.problem} with {due.spec.optimizer} changed while the sweep ran; run it again"
        )
    result, differing = merged(result, _stored(store, due.key))
    store.save(result)
    checkpoints.clear(store.directory, due.key)
    failures.clear(store.directory, due.key)
    return (
        f"{store.path(due.key)}: computed again for more quantities, and {', '.join(differing)} differ from what was "
        "stored, which they must not; the new numbers are kept"
        if differing
        else ""
    )


def reporting(marker: Marker) -> Callable[[int], None]:
    """What an engine calls with the coordinate-steps that it did: it reports them, and lets the task be stopped."""
    done, last = 0, time.monotonic()

    def progress(amount: int) -> None:
        nonlocal done, last
        require_going()
        done += amount
        if time.monotonic() - last > BEAT:
            last = time.monotonic()
            marker.report(done)

    return progress


def _run(item: Item, asked: tuple[Quantity, ...], marker: Marker, how: How) -> tuple[Result | None, Sequence[str]]:
    """The result, None of a part, which is saved for whoever puts the parts together; and lines about what was saved
    and can't be gone on from."""
    due = item.due
    backend = pick(due.spec, asked)[0] if how.backend == AUTO else how.backend
    kept = checkpoints.Checkpoints(how.directory, due.key, backend, how.interval)
    progress = reporting(marker)
    if item.part:
        for part in run_part(due.spec, item.part, backend, how.threads, progress, asked, kept):
            kept.save(part)
        return None, kept.faults
    if item.parts:
        return join_parts(due.spec, item.parts, backend, how.threads, progress, asked, kept), kept.faults
    result = run(due.spec, backend, how.threads, progress, quantities=asked, keep=kept)
    seconds = float(result.provenance["seconds"])  # type: ignore[arg-type]  # run puts a number there
    return replace(result, provenance={**result.provenance, "seconds": seconds + kept.seconds}), kept.faults


def _go_home(due: Due, home: str) -> None:
    """Paths of the user's files begin where the sweep was started, and a worker may be elsewhere."""
    names = due.spec.problem, due.spec.optimizer, due.spec.noise, due.spec.schedule, *due.asks
    own = (home_of(name) for name in names if isinstance(name, str))
    if home and any(is_path(file) and not os.path.isabs(file) for file in own) and os.getcwd() != home:
        os.chdir(home)


def _stored(store: Store, key: str) -> Result | None:
    try:
        return store.load(key)
    except CellError:
        return None
