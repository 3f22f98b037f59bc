"""Hyper-parameters as an engine needs them: one row of numbers, in the formula's order, for each step."""

from __future__ import annotations

import numpy as np

from ..optimizers import BIASES
from ..spec import Cell


def varies(cell: Cell) -> bool:
    """Whether some hyper-parameter of the formula depends on the step."""
    return any(name in BIASES for name in cell.optimizer.hyper)


def hyper_rows(cell: Cell, first: int, count: int) -> np.ndarray:
    """Rows for the steps *first* + 1 … *first* + *count* (k counts from 1): float64, (count, arguments).

    ``bias1`` is 1 − beta1^k, computed as −expm1(k log beta1) so that it is exact for small k too.
    """
    k = np.arange(first + 1, first + count + 1, dtype=np.float64)
    rows = np.empty((count, len(cell.optimizer.hyper)))
    for j, name in enumerate(cell.optimizer.hyper):
        if name in BIASES:
            with np.errstate(divide="ignore"):
                rows[:, j] = -np.expm1(k * np.log(cell.hyper[BIASES[name]]))
        else:
            rows[:, j] = cell.hyper[name]
    return rows
