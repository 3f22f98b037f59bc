"""A cell's numbers as an engine needs them: parameters, and one row of hyper-parameters, in the formula's order, for
each step."""

from __future__ import annotations

import numpy as np
from ratecheck.problems.errors import InputError

from ..cells.cell import Cell
from ..cells.of_step import OfStep
from ..optimizers import BIASES


def parameters(cell: Cell) -> np.ndarray:
    """σ_i, centre, 1/scale, and the profile's arguments, in the precision of *cell*."""
    spec, problem = cell.spec, cell.problem
    numbers = [spec.sigma / np.sqrt(spec.dim), problem.center, 1.0 / problem.scale, *problem.formula_arguments]
    return np.array(numbers, dtype=spec.dtype)


def gap_parameters(cell: Cell) -> np.ndarray:
    """The scale s and min φ, from which a coordinate's gap is slope · s · (φ(u) − min φ)."""
    return np.array([cell.problem.scale, cell.problem.profile_minimum], dtype=cell.spec.dtype)


def varies(cell: Cell, first: int = 0) -> bool:
    """Whether some hyper-parameter of the formula depends on the step, after the first *first* steps.

    A bias correction doesn't any more once 1 − beta^k has rounded to 1.
    """
    names = cell.optimizer.hyper
    biases = [_bias(cell, name, first + 1.0) != 1.0 for name in names if name in BIASES]
    return any(biases) or any(isinstance(cell.hyper[name], OfStep) for name in names if name not in BIASES)


def hyper_rows(cell: Cell, first: int, count: int) -> np.ndarray:
    """Rows for the steps *first* + 1 … *first* + *count* (k counts from 1): float64, (count, arguments)."""
    k = np.arange(first + 1, first + count + 1, dtype=np.float64)
    rows = np.empty((count, len(cell.optimizer.hyper)))
    for j, name in enumerate(cell.optimizer.hyper):
        if name in BIASES:
            rows[:, j] = _bias(cell, name, k)
        else:
            value = cell.hyper[name]
            rows[:, j] = value(k) if isinstance(value, OfStep) else value
    return rows


def _bias(cell: Cell, name: str, k):
    """1 − beta^k, computed as −expm1(k log beta) so that it is exact for small k too.

    Raises InputError for a beta of the step, for which 1 − beta^k is not what takes the bias away.
    """
    beta = cell.hyper[BIASES[name]]
    if isinstance(beta, OfStep):
        raise InputError(
            f"optimizer {cell.optimizer.name!r}: {name} = 1 − {BIASES[name]}^k is for a constant {BIASES[name]}, "
            f"got {beta}; give a number, or choose an optimizer without bias correction"
        )
    with np.errstate(divide="ignore"):
        return -np.expm1(k * np.log(beta))
