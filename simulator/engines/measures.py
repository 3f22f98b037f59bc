"""What a run measures, from the quantities that it is asked for: each distinct sum and each distinct reading once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ratecheck.problems.errors import InputError
from ratecheck.problems.formulas import Formula

from ..cells.quantities import ALWAYS, ARGUMENTS, Quantity, find_quantity, union
from ..optimizers import Optimizer


@dataclass(frozen=True, eq=False)
class Sum:
    """A term of each coordinate and how coordinates are folded: 'sum' or 'max'.

    Equal by meaning, so that code which was compiled for one cell serves the next.
    """

    term: Formula
    fold: str

    @property
    def meaning(self) -> tuple[str, str]:
        return self.term.digest, self.fold

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sum) and self.meaning == other.meaning

    def __hash__(self) -> int:
        return hash(self.meaning)


L1, SQUARE = (Sum(quantity.reading.term, quantity.reading.fold) for quantity in (ALWAYS[0], ALWAYS[2]))


@dataclass(frozen=True, eq=False)
class Measures:
    """``quantities``: ALWAYS first, then those asked for. ``sums``: the distinct sums of a step, Σ|∇_i| and Σ∇_i²
    first. ``slots``: for each quantity, the sum that its reading is made of. ``rows``: for each quantity, the number
    of its reading among the distinct ones."""

    quantities: tuple[Quantity, ...]
    sums: tuple[Sum, ...]
    slots: tuple[int, ...]
    rows: tuple[int, ...]

    @classmethod
    def of(cls, quantities: Iterable[Quantity | str], optimizer: Optimizer) -> Measures:
        """Raises InputError for unknown quantities, and for terms of what *optimizer* has not."""
        asked = union(ALWAYS, (find_quantity(quantity) for quantity in quantities))
        known = {L1.meaning: L1, SQUARE.meaning: SQUARE}
        extra = {s.meaning: s for s in (Sum(q.reading.term, q.reading.fold) for q in asked) if s.meaning not in known}
        known |= dict(sorted(extra.items()))  # so that compiled code doesn't depend on the order of asking
        for quantity in asked:
            _check(quantity, optimizer)
        places = {meaning: slot for slot, meaning in enumerate(known)}
        readings = {meaning: row for row, meaning in enumerate(dict.fromkeys(q.reading.meaning for q in asked))}
        return cls(
            asked,
            tuple(known.values()),
            tuple(places[q.reading.term.digest, q.reading.fold] for q in asked),
            tuple(readings[q.reading.meaning] for q in asked),
        )

    @property
    def extra(self) -> tuple[Sum, ...]:
        """The sums besides Σ|∇_i| and Σ∇_i²."""
        return self.sums[2:]

    @property
    def meaning(self) -> tuple:
        """Equal for runs that measure the same."""
        return tuple((q.name, q.meaning) for q in self.quantities)


def _check(quantity: Quantity, optimizer: Optimizer) -> None:
    term, given = quantity.reading.term, (*ARGUMENTS, *optimizer.hyper)
    unknown = [name for name in term.parameters if name not in given]
    if unknown:
        raise InputError(
            f"quantity {quantity.name!r}: its term takes {', '.join(unknown)}, and with the optimizer "
            f"{optimizer.name!r} a term may take {', '.join(given)}"
        )
    if term.returns != 1:
        raise InputError(f"quantity {quantity.name!r}: its term returns {term.returns} numbers, expected one")
