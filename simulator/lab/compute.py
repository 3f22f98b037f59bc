"""The loop over cells: what is done, what is to do, and doing it so that an interruption costs little."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ..cells.spec import Spec
from ..cores import cores
from ..engines import require_memory, run
from ..engines.resolve import resolve
from .cellfile import CellError
from .cost import cell_seconds, combination
from .executors import open_executor, report
from .plan import Due, Plan
from .progress import Monitor
from .store import Store

BATCH = 3.0  # seconds, about, of small cells that a worker takes together


class SweepError(Exception):
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
    """Look for every cell of *plan* in *store*, reading each file whole; with *fresh*, all are to do."""
    done, todo, faults = [], [], []
    for due in plan.cells:
        try:
            found = not fresh and store.load(due.key) is not None
        except CellError as error:
            found = False
            faults.append(str(error))
        (done if found else todo).append(due)
    return Survey(tuple(done), tuple(todo), tuple(faults))


def batches(specs: Iterable[Spec], backend: str = "cpu", threads: int = 1, jobs: int = 1) -> list[list[Spec]]:
    """What workers take at a time, in the order to compute it.

    One worker: single cells, by what is compiled and small ones first, so that there is soon something
    to look at. More workers: the biggest first, so that none is left running alone at the end, and
    small cells that share their compiled code together, so that not every worker compiles everything.
    """

    def cost(spec: Spec) -> float:
        return cell_seconds(spec, backend, threads)

    if jobs == 1:
        return [[spec] for spec in sorted(specs, key=lambda s: (combination(s), cost(s)))]
    made: list[list[Spec]] = []
    for _, group in groupby(sorted(specs, key=combination), combination):
        room = 0.0
        for spec in sorted(group, key=cost, reverse=True):
            if cost(spec) > room:
                made.append([])
                room = BATCH
            made[-1].append(spec)
            room -= cost(spec)
    return sorted(made, key=lambda batch: -sum(map(cost, batch)))


def compute(todo: Iterable[Spec], store: Store, *, backend: str = "cpu", jobs: int = 1) -> float:
    """Compute and store cells; returns the seconds it took.

    An exception, Ctrl-C too, ends the workers at once; what is stored stays. Raises InputError when a
    cell can't be run or written, SweepError when a worker died.
    """
    for spec in todo:
        require_memory(resolve(spec), backend)
    threads = max(1, cores() // jobs)
    todo = batches(todo, backend, threads, jobs)
    begin = time.perf_counter()
    with (
        open_executor(jobs) as executor,
        Monitor([spec for batch in todo for spec in batch], backend, threads, jobs, executor.count) as monitor,
    ):
        futures = {executor.submit(compute_cells, batch, store.directory, backend, threads): batch for batch in todo}
        try:
            for future in executor.as_completed(futures):
                future.result()
                monitor.finished(futures[future])
        except BrokenProcessPool as error:
            raise SweepError(
                "a worker process died, perhaps for want of memory; the finished cells are stored: "
                "run again, with a smaller -j"
            ) from error
    return time.perf_counter() - begin


def compute_cells(specs: Iterable[Spec], directory: Path, backend: str, threads: int) -> None:
    """Run cells and store each when it is done; what a worker does."""
    for spec in specs:
        Store(directory).save(run(spec, backend=backend, threads=threads, progress=report))
