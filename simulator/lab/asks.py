"""What a cell is asked to measure beyond what every run does: the quantities of the theorems about its optimizer.

Asks are plain data, for workers in other processes: a shipped quantity's name, or the name of the theorem whose
quantities they are, FILE.py:THEOREM for a user's. Only a theorem that lies in no file has its Quantity here, and then
there are no other processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ratecheck.problems.errors import InputError

from ..cells.cell import Cell
from ..cells.constants import MissingConstant, SaysNothing
from ..cells.evidence import Result
from ..cells.hyper import Hyper
from ..cells.quantities import ALWAYS, QUANTITIES, Quantity, union
from ..plugins import is_own
from ..theorem import Theorem
from ..theorems import THEOREMS, AnyTheorem, find_theorem

Ask = str | Quantity


def asked_of(cell: Cell, theorems: Mapping[str, AnyTheorem], where: str) -> tuple[Ask, ...]:
    """What *theorems*, by their names, ask of *cell*. Raises InputError, saying *where*, for two quantities of one name
    that measure different things."""
    asks: dict[str, Ask] = {}
    wanted = []
    for name, theorem in theorems.items():
        if not isinstance(theorem, Theorem) or theorem.optimizer.update.digest != cell.optimizer.update.digest:
            continue
        if name in THEOREMS and not _concerned(theorem, cell):
            continue
        for quantity in theorem.quantities:
            wanted.append(quantity)
            shipped = QUANTITIES.get(quantity.name)
            asks.setdefault(quantity.name, quantity.name if shipped else name if _is_name(name) else quantity)
    try:
        found = union(ALWAYS, (QUANTITIES[q.name] for q in wanted if q.name in QUANTITIES), wanted)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    return tuple(dict.fromkeys(asks[quantity.name] for quantity in found[len(ALWAYS) :]))


def quantities(asks: Iterable[Ask]) -> tuple[Quantity, ...]:
    """The Quantity objects of *asks*, without those of every run; runs the plug-ins that they name."""
    found = union(ALWAYS, *map(_meant, asks))
    return found[len(ALWAYS) :]


def _is_name(ask: str) -> bool:
    """Whether *ask* is a theorem's name, which leads to it in any process."""
    return is_own(ask) or ask in THEOREMS


def _concerned(theorem: Theorem, cell: Cell) -> bool:
    """Whether a shipped *theorem* may say something of *cell* once that has run: it follows the rule, and has all the
    constants. Those of users ask of every cell of the optimizer, for what their functions need nobody knows."""
    told = Result(cell.spec, cell.constants, Hyper(cell.hyper), None, cell.identity)  # type: ignore[arg-type]
    try:
        if not theorem.concerns(told):
            return False
        theorem.rate(cell.constants, told.hyper)
        theorem.bound(cell.constants, told.hyper)
    except MissingConstant:
        return False
    except SaysNothing:  # of these numbers, which a control's own bound may say something of
        return True
    return True


def _meant(ask: Ask) -> tuple[Quantity, ...]:
    if isinstance(ask, Quantity):
        return (ask,)
    return find_theorem(ask).quantities if _is_name(ask) else (QUANTITIES[ask],)
