"""One cell by several workers: each runs a part of it and keeps that, one puts the parts together."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..cells.evidence import Result
from ..cells.quantities import Quantity
from ..cells.spec import Spec
from . import engine_of, loop, result_of
from .loop import Keep
from .parts import Part
from .resolve import resolve
from .runs import Run

Progress = Callable[[int], None]


def run_part(
    spec: Spec,
    part: Part,
    backend: str,
    threads: int | None,
    progress: Progress | None,
    quantities: Iterable[Quantity],
    keep: Keep,
) -> list[Run]:
    """All steps of *part*: runs at their end, for whom ``join_parts`` finds in *keep* what is kept of them."""
    return loop.complete(engine_of(backend, threads), resolve(spec), part, quantities, progress, keep=keep)


def join_parts(
    spec: Spec,
    parts: Iterable[Part],
    backend: str,
    threads: int | None,
    progress: Progress | None,
    quantities: Iterable[Quantity],
    keep: Keep,
) -> Result:
    """The Result of a cell from its *parts*, as ``run`` gives it. A part that *keep* has lost is run again.

    The seconds are those of all parts, as if one worker had run them.
    """
    cell, engine, asked = resolve(spec), engine_of(backend, threads), tuple(quantities)
    runs = []
    for part in parts:
        runs += loop.complete(engine, cell, part, asked, progress, keep=keep)
    return result_of(cell, loop.finish(cell, runs), backend, keep.spent, asked)
