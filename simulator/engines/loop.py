"""The one time loop of all engines: begin, advance, finish.

A run may be advanced in any pieces and split into parts at any step (``pieces``), saved and resumed (``saving``): the
numbers are the same bit for bit. A run with all groups of its coordinates adds up as it goes, in memory that doesn't
depend on the number of steps; one with some of them keeps the sums of every step until ``finish`` has them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.errors import InputError

from ..cells.cell import Cell
from ..cells.quantities import Quantity
from ..cells.stats import Stats
from . import pieces, totals
from .measures import Measures
from .parts import Part
from .protocol import Engine, S, Sums
from .runs import Piece, Run
from .totals import Totals


class Keep(Protocol):
    """Where runs that take long are kept meanwhile: see ``simulate``. ``spent``: seconds of computing, in all."""

    @property
    def spent(self) -> float: ...

    def resumed(self, engine: Engine, cell: Cell, part: Part, quantities: Iterable[Quantity | str]) -> Run | None:
        """The run of *part* that was kept, None where none was."""

    def pause(self, run: Run) -> None:
        """Called now and then, between two steps: the time to keep *run*."""


def begin(engine: Engine[S], cell: Cell, quantities: Iterable[Quantity | str] = (), part: Part | None = None) -> Run[S]:
    """A run of *cell*, or of *part*, before its first step, that measures *quantities* besides those it always does."""
    whole = Part.whole(cell.spec)
    part = (part or whole).require_in(whole)
    measures = Measures.of(quantities, cell.optimizer)
    state = engine.begin(cell, part, measures, 0, None)
    return Run(engine, state, Totals.of(measures, len(part.replicas), cell.spec.steps))


def advance(
    run: Run[S],
    stop: int | None = None,
    progress: Callable[[int], None] | None = None,
    pause: Callable[[Run], None] | None = None,
) -> Run[S]:
    """Do the steps up to number *stop*, by default all; returns *run*, changed.

    *progress* is called with the coordinate-steps done since its last call, then *pause* with the run.
    """
    state, spec = run.state, run.state.cell.spec
    stop = spec.steps if stop is None else stop
    if not run.step <= stop <= spec.steps:
        raise InputError(f"a run of {spec.steps} steps that did {run.step} can't stop at {stop}")
    width = len(run.part.replicas) * len(run.part.coordinates(spec.dim))
    while (first := run.step) < stop:
        next_stop = min(stop, first + run.engine.longest(state))
        marks = run.totals.marks
        sums = run.engine.advance(state, next_stop, marks[(first <= marks) & (marks < next_stop)])
        if run.part.has_all_groups(spec.dim):
            run.engine.fold(state.measures, run.totals, sums)
        else:
            kept = Sums(first, np.array(sums.steps), sums.marks, np.array(sums.diagnostics))
            run.pieces.append(Piece(run.part, kept))
        if progress:
            progress(width * (next_stop - first))
        if pause:
            pause(run)
    return run


def finish(cell: Cell, runs: Sequence[Run]) -> Stats:
    """The Stats of *cell* from the runs of its parts; raises InputError where steps or parts are missing or differ."""
    if not runs:
        raise InputError("finish needs the runs of all parts of a cell, got none")
    for run in runs:
        if run.step < cell.spec.steps:
            raise InputError(f"a part of this run did {run.step} of {cell.spec.steps} steps; advance it to the end")
        same = run.state.cell is cell or run.state.cell.key == cell.key
        if not same or run.state.measures.meaning != runs[0].state.measures.meaning:
            raise InputError("the parts are not of one run: their cells or their quantities differ")
    measures = runs[0].state.measures
    return totals.stats(cell, measures, pieces.merge(cell, measures, runs))


def simulate(
    engine: Engine[S],
    cell: Cell,
    quantities: Iterable[Quantity | str] = (),
    progress: Callable[[int], None] | None = None,
    observe: Callable[[NDArray], None] | None = None,
    keep: Keep | None = None,
) -> Stats:
    """All of *cell*, as many replicas at a time as the engine can take.

    *observe* gets the final x and state of these, shape (replicas, 1 + state, dim), in order. With *keep*, runs begin
    where it has them, and it is asked to keep them on their way.
    """
    return finish(cell, complete(engine, cell, Part.whole(cell.spec), quantities, progress, observe, keep))


def complete(
    engine: Engine[S],
    cell: Cell,
    part: Part,
    quantities: Iterable[Quantity | str] = (),
    progress: Callable[[int], None] | None = None,
    observe: Callable[[NDArray], None] | None = None,
    keep: Keep | None = None,
) -> list[Run[S]]:
    """All steps of *part*, for ``finish``: its replicas as many at a time as the engine can take. See ``simulate``."""
    quantities, runs = tuple(quantities), []
    at_once = engine.most_replicas(cell, Measures.of(quantities, cell.optimizer))
    for first in part.replicas[::at_once]:
        some = Part(range(first, min(first + at_once, part.replicas.stop)), part.groups)
        run = keep.resumed(engine, cell, some, quantities) if keep else None
        if run is None:
            run = begin(engine, cell, quantities, some)
        elif progress:
            progress(len(some.replicas) * len(some.coordinates(cell.spec.dim)) * run.step)
        advance(run, progress=progress, pause=keep.pause if keep else None)
        if observe:
            observe(run.values())
        run.state.values = None  # the next batch may need the room
        runs.append(run)
    return runs
