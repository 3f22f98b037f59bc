"""What a cell is asked to measure beyond what every run does: the quantities of the theorems about its optimizer.

Asks are plain data, for workers in other processes: a shipped quantity's name, or FILE.py:THEOREM for the quantities of
a user's theorem. Only a theorem that lies in no file has its Quantity here, and then there are no other processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ratecheck.problems.errors import InputError

from ..cells.cell import Cell
from ..cells.quantities import ALWAYS, QUANTITIES, Quantity, union
from ..plugins import is_own
from ..theorem import Theorem
from ..theorems import AnyTheorem, find_theorem

Ask = str | Quantity


def asked_of(cell: Cell, theorems: Mapping[str, AnyTheorem], where: str) -> tuple[Ask, ...]:
    """What *theorems*, by their names, ask of *cell*. Raises InputError, saying *where*, for two quantities of one name
    that measure different things."""
    asks: dict[str, Ask] = {}
    wanted = []
    for name, theorem in theorems.items():
        if not isinstance(theorem, Theorem) or theorem.optimizer.update.digest != cell.optimizer.update.digest:
            continue
        for quantity in theorem.quantities:
            wanted.append(quantity)
            shipped = QUANTITIES.get(quantity.name)
            asks.setdefault(quantity.name, quantity.name if shipped else name if is_own(name) else quantity)
    try:
        found = union(ALWAYS, (QUANTITIES[q.name] for q in wanted if q.name in QUANTITIES), wanted)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    return tuple(dict.fromkeys(asks[quantity.name] for quantity in found[len(ALWAYS) :]))


def quantities(asks: Iterable[Ask]) -> tuple[Quantity, ...]:
    """The Quantity objects of *asks*, without those of every run; runs the plug-ins that they name."""
    found = union(ALWAYS, *map(_meant, asks))
    return found[len(ALWAYS) :]


def _meant(ask: Ask) -> tuple[Quantity, ...]:
    if isinstance(ask, Quantity):
        return (ask,)
    return find_theorem(ask).quantities if is_own(ask) else (QUANTITIES[ask],)
