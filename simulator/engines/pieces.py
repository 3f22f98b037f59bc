"""Runs cut into parts, and parts put together.

A piece is the sums of some steps over some groups, which wait for the other groups. When a run is split, its totals go
to every part with their replicas, and its pieces to the first one: whoever holds them, ``merge`` finds them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.errors import InputError

from ..cells.cell import Cell
from .measures import Measures
from .parts import Part, group_count, inside, join_nodes, nodes
from .protocol import DIAGNOSTICS, Engine, Sums
from .runs import Piece, Run
from .totals import Totals


def cuts(*ranges: range) -> list[range]:
    """The ranges between all ends of *ranges*."""
    ends = sorted({end for r in ranges for end in (r.start, r.stop)})
    return [range(*pair) for pair in itertools.pairwise(ends)]


def covers(outer: range, inner: range) -> bool:
    return outer.start <= inner.start and inner.stop <= outer.stop


def split(run: Run, parts: Sequence[Part], engine: Engine | None = None) -> list[Run]:
    """*run* as runs of *parts*, each within it, on *engine* (its own by default). *run* itself stays as it is."""
    state, engine, values = run.state, engine or run.engine, run.values()
    columns = run.part.coordinates(state.cell.spec.dim)
    made = []
    for part in parts:
        part.require_in(run.part)
        rows, mine = inside(part.replicas, run.part.replicas), part.coordinates(state.cell.spec.dim)
        x_and_state = np.ascontiguousarray(values[rows, :, inside(mine, columns)])
        begun = engine.begin(state.cell, part, state.measures, state.step, x_and_state)
        made.append(replace(run, engine=engine, state=begun, totals=run.totals.of_replicas(rows).copy(), pieces=[]))
    for replicas in cuts(*(part.replicas for part in parts), *(piece.part.replicas for piece in run.pieces)):
        heirs = [heir for heir in made if covers(heir.part.replicas, replicas)]
        for heir in heirs[:1]:
            heir.pieces += [p.of_replicas(replicas) for p in run.pieces if covers(p.part.replicas, replicas)]
    return made


def merge(cell: Cell, measures: Measures, runs: Sequence[Run]) -> Totals:
    """The totals of all replicas; raises InputError where the runs don't cover each place of *cell* exactly once."""
    done = []
    held = [piece.part.replicas for run in runs for piece in run.pieces]
    for replicas in cuts(range(cell.spec.replicas), *(run.part.replicas for run in runs), *held):
        members = [run for run in runs if covers(run.part.replicas, replicas)]
        groups = sorted((run.part.groups for run in members), key=lambda r: r.start)
        ends = [0, *(r.stop for r in groups)]
        if [r.start for r in groups] != ends[:-1] or ends[-1] != group_count(cell.spec.dim):
            raise InputError(
                f"the parts given cover the groups {groups} of the replicas {replicas}, expected each of the "
                f"{group_count(cell.spec.dim)} groups once; give all parts of one run, none twice"
            )
        done.append(_merge_groups(cell, measures, members, replicas))
    first = done[0]
    values, curves = (np.concatenate([getattr(t, name) for t in done]) for name in ("values", "curves"))
    return replace(first, values=values, curves=curves)


def _merge_groups(cell: Cell, measures: Measures, members: Sequence[Run], replicas: range) -> Totals:
    """The totals of *replicas*, from runs that have all their groups between them."""
    farthest = max(members, key=lambda run: run.totals.step)
    totals = farthest.totals.of_replicas(inside(replicas, farthest.part.replicas)).copy()
    held = [piece for run in members for piece in run.pieces if covers(piece.part.replicas, replicas)]
    rest = range(totals.step, cell.spec.steps)
    for steps in cuts(rest, *(range(piece.sums.start, piece.stop) for piece in held)) if rest else ():
        if steps.start >= rest.start:
            here = [p for p in held if p.sums.start <= steps.start and steps.stop <= p.stop]
            here = [piece.of_replicas(replicas).of_steps(steps.start, steps.stop) for piece in here]
            farthest.engine.fold(measures, totals, _join(cell, measures, here))
    return totals


def _join(cell: Cell, measures: Measures, held: Iterable[Piece]) -> Sums:
    """Pieces of the same steps and replicas as the sums over all groups."""
    count = group_count(cell.spec.dim)
    found: dict[range, Sums] = {}
    for piece in held:
        for place, node in enumerate(nodes(piece.part.groups, count)):
            sums = piece.sums
            found[node] = replace(sums, steps=sums.steps[:, place], diagnostics=sums.diagnostics[:, place])
    if not found:
        raise InputError("the sums of some steps are missing; give all parts that the run was split into")
    some = next(iter(found.values()))
    steps = [
        join_nodes({node: s.steps[:, slot] for node, s in found.items()}, count, kept.fold)
        for slot, kept in enumerate(measures.sums)
    ]
    measured = [
        join_nodes({node: s.diagnostics[..., j] for node, s in found.items()}, count, how)
        for j, how in enumerate(DIAGNOSTICS)
    ]
    return replace(some, steps=_one_node(steps, 1), diagnostics=_one_node(measured, 2))


def _one_node(arrays: list[NDArray], axis: int) -> NDArray:
    return np.stack(arrays, axis=axis)[:, None]
