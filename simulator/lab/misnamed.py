"""A constant that a theorem misspells is told before a cell is run: no run would have it.

One that some problems or laws supply, here or elsewhere in the theorem's own code, is no mistake: of cells without it
the theorem says nothing.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from ratecheck.problems.errors import HELD, InputError, nearest

from .. import held
from ..cells.cell import Cell
from ..cells.constants import SYMBOLS, MissingConstant
from ..cells.hyper import Hyper, MissingHyper
from ..plugins import is_own
from ..theorem import Theorem
from .unrun import made_up

SHIPPED = {*SYMBOLS, *HELD, "kurtosis"}  # of the shipped problems and laws, whether a cell has it or not
ELSE = "docs/extending.md says which constants there are, and how a problem or a law supplies others"


def require_names(
    theorems: Mapping[str, object], cells: Iterable[Cell], lacking: Iterable[MissingConstant] = ()
) -> None:
    """Raise InputError for a constant or a hyper-parameter that a user's theorem asks for and that nothing has.

    *cells*: one of each kind that the theorems are tried on; *lacking*: what their rules lacked on others.
    """
    cells = list(cells)
    known = {*SHIPPED, *(name for cell in cells for name in (*cell.constants, *cell.constants.missing))}
    own = [theorem for name, theorem in theorems.items() if isinstance(theorem, Theorem) and is_own(name)]
    for theorem in own:
        _require(theorem, [c for c in cells if c.optimizer.update.digest == theorem.optimizer.update.digest], known)
    for missing in lacking if own else ():
        if missing.name not in known and not any(_supplied(theorem, missing.name) for theorem in own):
            raise InputError(str(missing))


def _require(theorem: Theorem, cells: list[Cell], known: set[str]) -> None:
    for cell in cells:
        for what, ask in _parts(theorem, cell):
            missing = _missing(ask)
            if isinstance(missing, MissingHyper):
                raise InputError(f"theorem {theorem.name!r}: {what} asks for h.{missing.name}, and {missing}")
            if missing is None or not missing.name or missing.name in known or _supplied(theorem, missing.name):
                continue
            raise InputError(
                f"theorem {theorem.name!r}: {what} asks for c.{missing.name}, which nothing supplies"
                + (nearest(missing.name, cell.constants, "c.{}") or f"; {ELSE}")
            )


def _parts(theorem: Theorem, cell: Cell) -> Iterator[tuple[str, Callable[[], object]]]:
    """What of a theorem takes constants or hyper-parameters, beside the rule, without which there is no cell."""
    yield "its rate", partial(theorem.rate, cell.constants, Hyper(cell.hyper))
    yield "its bound", partial(theorem.bound, cell.constants, Hyper(cell.hyper))
    yield "its allows", partial(theorem.allowed, cell.hyper)
    for assumption in theorem.assumes:
        yield f"its assumption {assumption.name!r}", partial(assumption.check, made_up(theorem, cell))


def _missing(ask: Callable[[], object]) -> MissingConstant | None:
    try:
        ask()
    except MissingConstant as missing:
        return missing
    except Exception:  # the user's own function, on a cell that it may say nothing of: the judge tells what is wrong
        pass
    return None


def _supplied(theorem: Theorem, name: str) -> bool:
    """Whether what lies beside the theorem may supply *name*: an object does so, or a function has it as a text."""
    for thing in theorem.function.__globals__.values():
        supplies = getattr(thing, "supplies", None)
        if isinstance(supplies, Mapping) and name in supplies:
            return True
        function = held.function_of(thing)
        if function is not None and name in _texts(function.__code__):
            return True
    return False


def _texts(code: types.CodeType) -> Iterator[str]:
    """The texts in a function, and the names of the arguments that it gives, those of functions within included."""
    for constant in code.co_consts:
        for each in constant if isinstance(constant, tuple) else (constant,):
            if isinstance(each, str):
                yield each
            elif isinstance(each, types.CodeType):
                yield from _texts(each)
