"""Which cells of a plan are done, in what order the others are computed, and what can't be computed here at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from ratecheck.problems.errors import InputError

from .. import held
from ..cells.quantities import Quantity
from ..cells.spec import Spec
from ..engines import require_memory
from ..engines.resolve import resolve
from .asks import quantities
from .cellfile import CellError, require_room
from .cost import cell_seconds, combination
from .executors.place import BATCH, Place
from .measured import lacks
from .plan import Due, Plan
from .store import Store


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


def batches(
    todo: Iterable[Due], backend: str = "cpu", threads: int = 1, jobs: int = 1, most: float = BATCH
) -> list[list[Due]]:
    """What workers take at a time, in the order to compute it.

    One worker: single cells, by what is compiled and small ones first, so that there is soon something
    to look at. More workers: the biggest first, so that none is left running alone at the end, and
    small cells that share their compiled code together, up to *most* seconds, so that not every worker compiles
    everything.
    """

    def cost(due: Due) -> float:
        return cell_seconds(due.spec, backend, threads)

    def compiled(due: Due) -> tuple:
        return combination(due.spec)

    if jobs == 1 and most <= BATCH:
        return [[due] for due in sorted(todo, key=lambda d: (compiled(d), cost(d)))]
    made: list[list[Due]] = []
    for _, group in groupby(sorted(todo, key=compiled), compiled):
        room = 0.0
        for due in sorted(group, key=cost, reverse=True):
            if cost(due) > room:
                made.append([])
                room = most
            made[-1].append(due)
            room -= cost(due)
    return sorted(made, key=lambda batch: -sum(map(cost, batch)))


def require_possible(todo: Iterable[Due], backend: str, place: Place) -> None:
    """Raise InputError for what can't run there. Memory is asked about the largest cell of each kind: it grows with
    dim · replicas and nothing else."""
    largest: dict[tuple[str, str], Spec] = {}
    for due in todo:
        require_room(due.spec)
        if not place.inline:
            _require_known(due)
        kind = due.spec.optimizer, due.spec.dtype
        largest[kind] = max(largest.get(kind, due.spec), due.spec, key=lambda spec: spec.dim * spec.replicas)
        if not place.inline and any(isinstance(ask, Quantity) for ask in due.asks):
            raise InputError(
                f"a theorem about {due.spec.optimizer} measures a quantity of its own and lies in no file, so that "
                "other processes can't know it; put it into a file and name it FILE.py:NAME, or use one job"
            )
    if not place.elsewhere:
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
