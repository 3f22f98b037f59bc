"""A run on its way, and the pieces of it that wait for others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Generic

from numpy.typing import NDArray

from .parts import Part, inside
from .protocol import Engine, S, Sums
from .totals import Totals


@dataclass
class Piece:
    """The sums of a part's steps, in the nodes of its groups."""

    part: Part
    sums: Sums

    @property
    def stop(self) -> int:
        return self.sums.start + self.sums.steps.shape[-1]

    def of_replicas(self, replicas: range) -> Piece:
        rows = inside(replicas, self.part.replicas)
        sums = replace(self.sums, steps=self.sums.steps[rows], diagnostics=self.sums.diagnostics[rows])
        return Piece(Part(replicas, self.part.groups), sums)

    def of_steps(self, start: int, stop: int) -> Piece:
        sums = self.sums
        here = (start <= sums.marks) & (sums.marks < stop)
        steps = sums.steps[..., start - sums.start : stop - sums.start]
        return Piece(self.part, Sums(start, steps, sums.marks[here], sums.diagnostics[:, :, here]))


@dataclass
class Run(Generic[S]):
    """A part of a cell on its way: the engine's state, the totals of all steps that are added up, and the pieces of
    those that are not."""

    engine: Engine[S]
    state: S
    totals: Totals
    pieces: list[Piece] = field(default_factory=list)

    @property
    def part(self) -> Part:
        return self.state.part

    @property
    def step(self) -> int:
        return self.state.step

    def values(self) -> NDArray:
        """x and the optimizer's state, shape (replicas, 1 + state, coordinates)."""
        return self.engine.values(self.state)
