"""Cells that would keep all other workers waiting are cut into parts, by replicas, and by coordinates where these are
few. The parts meet in the engine's fixed tree of sums (``engines.parts``), so a cut changes no bit."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..cells.spec import Spec
from ..engines.parts import Part, group_count
from .asks import Ask
from .checkpoints import ends_saved
from .cost import cell_seconds
from .plan import Due

SLACK = 1.1  # how much longer than with equal shares all may take, uncut
SUMS = 2**30  # bytes for the sums of a part that hasn't all coordinates, which keeps those of every step
ALWAYS = 2  # sums over coordinates that every run has


@dataclass(frozen=True)
class Item:
    """What a worker is handed: a cell; or a *part* of it, which is set aside; or *parts*, to put these together."""

    due: Due
    part: Part | None = None
    parts: tuple[Part, ...] = ()

    @property
    def key(self) -> str:
        return self.due.key

    @property
    def spec(self) -> Spec:
        return self.due.spec


def cut(
    todo: Sequence[Due], directory: Path, backend: str, threads: int, workers: int, long: float
) -> list[list[Item]]:
    """The parts of those cells of *todo* that are to be cut, cell by cell, the dearest first.

    A cell is worth it from *long* seconds on. One that was cut and interrupted stays cut as it was, and one that was
    saved as a whole stays whole.
    """
    if backend not in ("cpu", "reference"):  # one process has all of a GPU
        return []
    costs = {due.key: cell_seconds(due.spec, backend, threads) for due in todo}
    share = sum(costs.values()) / workers
    uneven = workers > 1 and makespan(costs.values(), workers) > SLACK * share
    saved, made = ends_saved(directory, backend), []
    for due in sorted(todo, key=lambda due: -costs[due.key]):
        if before := saved.get(due.key):
            parts = grid_of(due.spec, before)
        elif uneven and costs[due.key] > max(long, share / 2):
            parts = split(due.spec, min(workers, math.ceil(2 * costs[due.key] / share)), due.asks)
        else:
            continue
        if len(parts) > 1:
            made.append([Item(due, part) for part in parts])
    return made


def makespan(costs: Iterable[float], workers: int) -> float:
    """The seconds until the last of *workers* is done, if each takes the dearest cell that is left."""
    ends = [0.0] * workers
    for cost in sorted(costs, reverse=True):
        heapq.heappush(ends, heapq.heappop(ends) + cost)
    return max(ends)


def split(spec: Spec, count: int, asks: Sequence[Ask] = ()) -> list[Part]:
    """A cell as about *count* parts, fewer where they could not hold their sums."""
    rows = min(count, spec.replicas)
    columns = min(math.ceil(count / rows), group_count(spec.dim))
    if columns > 1:
        nodes = 2 * math.ceil(math.log2(group_count(spec.dim)))
        held = 8 * spec.steps * nodes * (ALWAYS + len(asks)) * math.ceil(spec.replicas / rows)
        columns = columns if held <= SUMS else 1
    return _grid(_even(spec.replicas, rows), _even(group_count(spec.dim), columns))


def grid_of(spec: Spec, ends: Iterable[tuple[int, int, int, int]]) -> list[Part]:
    """The coarsest grid of parts with all these ends: first and last replica, first and last group."""
    found = list(ends)
    rows = sorted({0, spec.replicas, *(end for each in found for end in each[:2])})
    columns = sorted({0, group_count(spec.dim), *(end for each in found for end in each[2:])})
    if rows[-1] > spec.replicas or columns[-1] > group_count(spec.dim):  # files by these names are none of ours
        return [Part.whole(spec)]
    return _grid(rows, columns)


def _grid(rows: Sequence[int], columns: Sequence[int]) -> list[Part]:
    return [Part(range(*r), range(*c)) for r in itertools.pairwise(rows) for c in itertools.pairwise(columns)]


def _even(length: int, count: int) -> list[int]:
    return [length * i // count for i in range(count + 1)]
