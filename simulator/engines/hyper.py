"""A cell's hyper-parameters as an engine needs them: a row for each step, in the formula's order."""

from __future__ import annotations

import numpy as np
from ratecheck.problems.errors import InputError

from ..cells.cell import Cell
from ..cells.of_step import OfStep
from ..optimizers import BIASES


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
