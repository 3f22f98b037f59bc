"""The loop over cells: what is done, what is to do, and doing it so that an interruption costs little."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ratecheck.problems.errors import InputError, Told

from .. import held
from ..cells.evidence import Result
from ..cells.quantities import Quantity
from ..cells.spec import Spec
from ..cores import cores
from ..engines import require_memory, run
from ..engines.resolve import resolve
from .asks import quantities
from .cellfile import CellError, require_room
from .cost import cell_seconds, combination
from .executors import open_executor, report
from .measured import lacks, merged, wanted
from .plan import Due, Plan
from .progress import Monitor
from .store import Store

BATCH = 3.0  # seconds, about, of small cells that a worker takes together


class SweepError(Told):
    """The sweep can't go on for a reason outside its input; the message stands alone in one line."""


@dataclass(frozen=True)
class Survey:
    """Which cells of a plan are done; *faults* are lines about files that can't be trusted (their cells are to do)."""

    done: tuple[Due, ...]
    todo: tuple[Due, ...]
    faults: tuple[str, ...]

    @property
    def specs(self) -> list[Spec]:
        """The Specs to do."""
        return [due.spec for due in self.todo]


def survey(plan: Plan, store: Store, fresh: bool = False) -> Survey:
    """Look for every cell of *plan* in *store*, reading each file whole; with *fresh*, all are to do.

    A cell that lacks a quantity that is asked of it is to do again.
    """
    done: list[Due] = []
    todo: list[Due] = []
    faults: list[str] = []
    asked = {due.asks: quantities(due.asks) for due in plan.cells}
    for due in plan.cells:
        try:
            stored = None if fresh else store.load(due.key)
            found = stored is not None and not lacks(stored, asked[due.asks])
        except CellError as error:
            found = False
            faults.append(str(error))
        (done if found else todo).append(due)
    return Survey(tuple(done), tuple(todo), tuple(faults))


def batches(todo: Iterable[Due], backend: str = "cpu", threads: int = 1, jobs: int = 1) -> list[list[Due]]:
    """What workers take at a time, in the order to compute it.

    One worker: single cells, by what is compiled and small ones first, so that there is soon something
    to look at. More workers: the biggest first, so that none is left running alone at the end, and
    small cells that share their compiled code together, so that not every worker compiles everything.
    """

    def cost(due: Due) -> float:
        return cell_seconds(due.spec, backend, threads)

    def compiled(due: Due) -> tuple:
        return combination(due.spec)

    if jobs == 1:
        return [[due] for due in sorted(todo, key=lambda d: (compiled(d), cost(d)))]
    made: list[list[Due]] = []
    for _, group in groupby(sorted(todo, key=compiled), compiled):
        room = 0.0
        for due in sorted(group, key=cost, reverse=True):
            if cost(due) > room:
                made.append([])
                room = BATCH
            made[-1].append(due)
            room -= cost(due)
    return sorted(made, key=lambda batch: -sum(map(cost, batch)))


def compute(
    todo: Iterable[Due],
    store: Store,
    *,
    backend: str = "cpu",
    jobs: int = 1,
    warn: Callable[[str], None] = lambda line: None,
    quiet: bool = False,
) -> float:
    """Compute and store cells; returns the seconds it took. *warn* gets lines, *quiet* shows no progress.

    An exception, Ctrl-C too, ends the workers at once; what is stored stays. Raises InputError when a
    cell can't be run or written, SweepError when a worker died.
    """
    todo = list(todo)
    _require_possible(todo, backend, jobs)
    threads = max(1, cores() // jobs)
    tasks = batches(todo, backend, threads, jobs)
    begin = time.perf_counter()
    specs = [due.spec for batch in tasks for due in batch]
    with (
        open_executor(jobs) as executor,
        Monitor(specs, backend, threads, jobs, executor.count, quiet) as monitor,
    ):
        futures = {executor.submit(compute_cells, batch, store.directory, backend, threads): batch for batch in tasks}
        try:
            for future in executor.as_completed(futures):
                for line in future.result() or ():
                    warn(line)
                monitor.finished(due.spec for due in futures[future])
        except BrokenProcessPool as error:
            raise SweepError(
                "a worker process died, perhaps for want of memory; the finished cells are stored: "
                "run again, with a smaller -j"
            ) from error
    return time.perf_counter() - begin


def compute_cells(batch: Iterable[Due], directory: Path, backend: str, threads: int) -> list[str]:
    """Run cells and store each when it is done; what a worker does. Returns lines of warning."""
    store, lines = Store(directory), []
    for due in batch:
        asked = quantities(due.asks)
        extra = wanted(_stored(store, due.key), asked)
        result = run(due.spec, backend=backend, threads=threads, progress=report, quantities=extra)
        if result.key != due.key:
            raise InputError(
                f"a plug-in of {due.spec.problem} with {due.spec.optimizer} changed while the sweep ran; run it again"
            )
        result, differing = merged(result, _stored(store, due.key))
        if differing:
            lines.append(
                f"{store.path(due.key)}: computed again for more quantities, and {', '.join(differing)} differ from "
                "what was stored, which they must not; the new numbers are kept"
            )
        store.save(result)
    return lines


def _stored(store: Store, key: str) -> Result | None:
    try:
        return store.load(key)
    except CellError:
        return None


def _require_possible(todo: list[Due], backend: str, jobs: int) -> None:
    """Raise InputError for what can't run here. Memory is asked about the largest cell of each kind: it grows with
    dim · replicas and nothing else."""
    largest: dict[tuple[str, str], Spec] = {}
    for due in todo:
        require_room(due.spec)
        if jobs > 1:
            _require_known(due)
        kind = due.spec.optimizer, due.spec.dtype
        largest[kind] = max(largest.get(kind, due.spec), due.spec, key=lambda spec: spec.dim * spec.replicas)
        if jobs > 1 and any(isinstance(ask, Quantity) for ask in due.asks):
            raise InputError(
                f"a theorem about {due.spec.optimizer} measures a quantity of its own and lies in no file, so that "
                "other processes can't know it; put it into a file and name it FILE.py:NAME, or use one job"
            )
    for spec in largest.values():
        require_memory(resolve(spec), backend)


def _require_known(due: Due) -> None:
    """Raise InputError for an object that only this process has."""
    spec, theorems = due.spec, [("theorem", ask) for ask in due.asks if isinstance(ask, str)]
    names = [
        ("problem", spec.problem),
        ("optimizer", spec.optimizer),
        ("noise", spec.noise),
        ("schedule", spec.schedule),
    ]
    for what, name in (*names, *theorems):
        if held.get(name) is not None and not held.importable(name):
            raise InputError(
                f"the {what} {name} lies in no file, so that other processes can't know it; put it into a file or a "
                "module, or use one job"
            )
