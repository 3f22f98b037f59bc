"""A cell's numbers as an engine needs them: one for all coordinates, or a row with one for each.

In order: σ_i, centre, 1/scale, the profile's arguments, scale, min φ, and ρ where the noise's variance is
σ_i² + ρ(∇_i f)². Slopes w_i/s_i are apart: every cell has a row of them, of one number if they are all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.columns import Column, Number, mapped, numbers

from ..cells.cell import Cell

SIGMA, CENTER, INVERSE_SCALE, PROFILE = range(4)  # the profile's arguments begin at PROFILE


@dataclass(frozen=True)
class Layout:
    """Where a cell's numbers are: ``arguments``, how many the profile has; ``own``, the places of those which each
    coordinate has its own of, in the order of their rows; ``affine``, whether there is ρ."""

    arguments: int
    own: tuple[int, ...] = ()
    affine: bool = False

    @classmethod
    def of(cls, cell: Cell) -> Layout:
        own = (place for place, number in enumerate(_given(cell)) if isinstance(number, Column))
        return cls(len(cell.problem.formula_arguments), tuple(own), cell.noise.affine > 0)

    @property
    def scale(self) -> int:
        return PROFILE + self.arguments

    @property
    def least(self) -> int:
        return self.scale + 1

    @property
    def affinity(self) -> int:
        return self.scale + 2

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return self.scale + 2 + self.affine


def shared_numbers(cell: Cell) -> NDArray:
    """The numbers in the precision of *cell*, shape (``Layout.size``,), 0 for what each coordinate has its own of."""
    return np.array([0.0 if isinstance(n, Column) else n for n in _given(cell)], dtype=cell.spec.dtype)


def rows(cell: Cell, low: int, high: int) -> NDArray:
    """The slopes of the coordinates *low* … *high* − 1, and what each has its own of: shape (1 + own, high − low), or
    (1, 1) where there is one slope for all and nothing else."""
    own = [number.values(low, high) for number in _given(cell) if isinstance(number, Column)]
    slopes = cell.problem.slopes(0, 1) if shares_all(cell) else cell.problem.slopes(low, high)
    return np.array([slopes, *own]).astype(cell.spec.dtype)


def shares_all(cell: Cell) -> bool:
    """Whether all coordinates have the same slope and all other numbers in common; their starts may differ."""
    return cell.problem.uniform_slopes and not any(isinstance(number, Column) for number in _given(cell))


def starts(cell: Cell, low: int, high: int) -> float | NDArray[np.float64]:
    """x¹ of the coordinates *low* … *high* − 1."""
    return numbers(cell.problem.start, low, high)


def _given(cell: Cell) -> list[Number]:
    spec, problem, noise = cell.spec, cell.problem, cell.noise
    sigma = (
        spec.sigma / np.sqrt(spec.dim)
        if problem.noise is None
        else mapped(lambda share: spec.sigma * share, problem.noise)
    )
    scaled = problem.scale, problem.profile_minimum
    inverse = mapped(lambda scale: 1.0 / scale, problem.scale)
    affinity = [noise.affine] if noise.affine else []
    return [sigma, problem.center, inverse, *problem.formula_arguments, *scaled, *affinity]
