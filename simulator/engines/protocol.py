"""What an engine is: begin a part of a cell, advance it by some steps, and add the steps' sums to the totals.

``loop`` does everything else, the same for all engines: the order of calls, saving, splitting, merging, the Stats.
Steps are counted from 0 here; step number k − 1 is the step k of the theorems.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..cells.cell import Cell
from .measures import Measures
from .parts import Part
from .totals import Totals

DIAGNOSTICS = ("sum", "max", "max")  # folds of Σ slope·φ, max|∇_i| and max|x_i|


@dataclass
class State:
    """A part of a cell after ``step`` steps; an engine may add fields. ``values`` are x and the optimizer's state in
    the engine's own form and place, see ``Engine.values``."""

    cell: Cell
    part: Part
    measures: Measures
    step: int
    values: Any


S = TypeVar("S", bound=State)


@dataclass
class Sums:
    """The sums of the steps ``start`` … of a part, in the nodes of its groups (``parts.nodes``).

    ``steps``: float64, (replicas, nodes, sums of ``Measures``, steps). ``marks``: the steps among them that are
    measured, int64; ``diagnostics``: float64, (replicas, nodes, marks, 3), at each the Σ slope·φ, max|∇_i| and
    max|x_i| before the step. An engine may keep the arrays of a part that has all groups where it likes, if its
    ``fold`` finds them. The arrays are valid until the state is advanced again.
    """

    start: int
    steps: NDArray[np.float64]
    marks: NDArray[np.int64]
    diagnostics: NDArray[np.float64]


class Engine(Protocol[S]):
    """Options (threads, device, …) are arguments of the engine's constructor; it makes its own kind of State."""

    def most_replicas(self, cell: Cell, measures: Measures) -> int:
        """How many replicas, at least 1, this engine takes at a time."""

    def begin(self, cell: Cell, part: Part, measures: Measures, step: int, values: NDArray | None) -> S:
        """The part at its start (``step`` 0, no *values*) or where ``values`` of another run left it. Raises
        InputError where the engine can't take the part."""

    def values(self, state: S) -> NDArray:
        """x and the optimizer's state as they are now: a copy of the cell's dtype, shape
        (replicas, 1 + state, coordinates of the part)."""

    def longest(self, state: S) -> int:
        """How many steps, at least 1, the next ``advance`` should take at most: of memory and of progress."""

    def advance(self, state: S, stop: int, marks: NDArray[np.int64]) -> Sums:
        """Do the steps state.step … stop − 1, of which *marks* are measured, and set state.step to *stop*."""

    def fold(self, measures: Measures, totals: Totals, sums: Sums) -> None:
        """Add the steps of *sums*, over all groups, to *totals*, strictly one after the other.

        *sums* are what ``advance`` gave, or plain ``Sums`` that were merged; ``totals.fold`` does it for these.
        """
