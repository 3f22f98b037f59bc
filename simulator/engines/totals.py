"""What is kept of the steps done so far: one number for each replica and quantity, and the curves at the checkpoints.

Steps are added strictly one after the other, so nothing depends on how a run was cut into pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.columns import Column
from ratecheck.problems.errors import InputError
from ratecheck.problems.formulas import Formula

from ..cells.cell import Cell
from ..cells.quantities import Quantity
from ..cells.stats import Stats, checkpoint_steps
from .measures import Measures

START = {"mean": 0.0, "weighted": 0.0, "min": np.inf, "max": -np.inf, "last": np.nan}
RUNNING = 2  # the first quantities, whose totals are in the curves: of ‖∇f‖₁ and ‖∇f‖₂
CURVES = ("grad_l1", "grad_l2", "running_l1", "running_l2", "f_gap", "grad_linf", "max_abs_x")

Rows = list[NDArray[np.float64]]
Accumulate = Callable[[Rows, NDArray, NDArray, NDArray], None]
Evaluate = Callable[[Formula, NDArray], NDArray]


@dataclass
class Totals:
    """Of the steps 0 … ``step`` − 1. ``values``: (replicas, quantities), sums for means; ``weights``: (quantities,),
    Σ w_k for weighted means; ``marks``: the steps of all checkpoints, counted from 0; ``curves``: (replicas, marks,
    CURVES), with sums in the place of running means and, in the place of f − f*, Σ slope·φ, or Σ w_i φ where scales
    differ."""

    step: int
    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    marks: NDArray[np.int64]
    curves: NDArray[np.float64]

    @classmethod
    def of(cls, measures: Measures, replicas: int, steps: int) -> Totals:
        """Before the first step."""
        start = [START[quantity.over] for quantity in measures.quantities]
        marks = checkpoint_steps(steps) - 1
        curves = np.full((replicas, marks.size, len(CURVES)), np.nan)
        return cls(0, np.tile(start, (replicas, 1)), np.zeros(len(start)), marks, curves)

    def of_replicas(self, rows: slice) -> Totals:
        """A view of some replicas."""
        return replace(self, values=self.values[rows], curves=self.curves[rows])

    def copy(self) -> Totals:
        return replace(self, values=self.values.copy(), weights=self.weights.copy(), curves=self.curves.copy())


def accumulate(rows: Rows, totals: NDArray, marks: NDArray[np.int64], running: NDArray) -> None:
    """Add each of *rows*, shape (replicas, steps), to its column of *totals*, (replicas, rows), one step after the
    other; *running*, (replicas, marks, rows), gets the totals after each step in *marks*."""
    for column, row in enumerate(rows):
        so_far = np.add.accumulate(np.concatenate([totals[:, column, None], row], axis=1), axis=1)
        running[:, :, column] = so_far[:, marks + 1]
        totals[:, column] = so_far[:, -1]


def at_once(task: Callable[[int, int], None], count: int) -> None:
    """``task(0, count)``: the way of an engine without threads to do the items 0 … count−1."""
    task(0, count)


def fold(
    measures: Measures,
    totals: Totals,
    sums,
    evaluate: Evaluate = Formula.__call__,
    accumulate: Accumulate = accumulate,
    share: Callable = at_once,
) -> None:
    """Add the steps of *sums* (``protocol.Sums``, one node) to *totals*.

    *evaluate* and *accumulate* may be faster ones, the latter with the same bits; *share* calls a function of
    (low, high) for replicas that are done apart.
    """
    count = sums.steps.shape[-1]
    weights = weights_of_steps(measures, sums.start, count)

    def fold_some(low: int, high: int) -> None:
        with np.errstate(all="ignore"):
            rows = slice(low, high)
            _fold(measures, totals.of_replicas(rows), sums, weights, evaluate, accumulate, rows)

    share(fold_some, len(totals.values))
    add_weights(totals, weights)
    totals.step = sums.start + count


def weights_of_steps(measures: Measures, start: int, count: int) -> dict[int, NDArray[np.float64]]:
    """w_k of *count* steps for each weighted mean, by its column."""
    return {
        column: weights_of(quantity, start, count)
        for column, quantity in enumerate(measures.quantities)
        if quantity.over == "weighted"
    }


def add_weights(totals: Totals, weights: Mapping[int, NDArray[np.float64]]) -> None:
    for column, w in weights.items():
        totals.weights[column] = np.add.accumulate(np.concatenate([totals.weights[column : column + 1], w]))[-1]


def weights_of(quantity: Quantity, start: int, count: int) -> NDArray[np.float64]:
    """w_k of *count* steps; raises InputError where one is no weight."""
    if quantity.weight is None:
        raise InputError(f"quantity {quantity.name!r}: a weighted mean needs a weight; make it with weighted(…)")
    k = np.arange(start + 1, start + count + 1, dtype=np.float64)
    weights = np.broadcast_to(np.asarray(quantity.weight(k), dtype=np.float64), k.shape)
    wrong = ~((weights > 0) & np.isfinite(weights))
    if wrong.any():
        raise InputError(
            f"quantity {quantity.name!r}: its weight at k = {int(k[wrong][0])} is {weights[wrong][0]:g}; "
            "weights are positive and finite at every step"
        )
    return weights


def _fold(
    measures: Measures,
    totals: Totals,
    sums,
    weights: dict[int, NDArray],
    evaluate: Evaluate,
    accumulate: Accumulate,
    replicas: slice,
) -> None:
    step_sums, values = sums.steps[replicas, 0], totals.values
    readings: dict[int, NDArray] = {}
    for quantity, slot, row in zip(measures.quantities, measures.slots, measures.rows, strict=True):
        if row not in readings:
            outer = quantity.reading.outer
            readings[row] = evaluate(outer, step_sums[:, slot]) if outer else step_sums[:, slot]
    rows, columns = [], []
    for column, (quantity, row) in enumerate(zip(measures.quantities, measures.rows, strict=True)):
        values_of_steps = readings[row]
        if quantity.over in ("mean", "weighted"):
            rows.append(values_of_steps * weights[column] if column in weights else values_of_steps)
            columns.append(column)
        elif quantity.over == "min":
            values[:, column] = np.minimum(values[:, column], np.minimum.reduce(values_of_steps, axis=1))
        elif quantity.over == "max":
            values[:, column] = np.maximum(values[:, column], np.maximum.reduce(values_of_steps, axis=1))
        else:
            values[:, column] = values_of_steps[:, -1]
    here = sums.marks - sums.start
    so_far, running = values[:, columns], np.empty((len(values), here.size, len(columns)))
    accumulate(rows, so_far, here, running)
    values[:, columns] = so_far
    places = np.searchsorted(totals.marks, sums.marks)
    for column in range(RUNNING):
        totals.curves[:, places, column] = readings[measures.rows[column]][:, here]
        totals.curves[:, places, RUNNING + column] = running[:, :, column]
    totals.curves[:, places, 2 * RUNNING :] = sums.diagnostics[replicas, 0]


def stats(cell: Cell, measures: Measures, totals: Totals) -> Stats:
    """The Stats of a run that is complete."""
    count, steps = totals.marks + 1, cell.spec.steps
    divisors = {"mean": np.full(len(totals.weights), float(steps)), "weighted": totals.weights}
    measured = {
        q.name: totals.values[:, column] / divisors[q.over][column] if q.over in divisors else totals.values[:, column]
        for column, q in enumerate(measures.quantities)
    }
    curves = {name: totals.curves[..., column] for column, name in enumerate(CURVES)}
    curves["running_l1"], curves["running_l2"] = curves["running_l1"] / count, curves["running_l2"] / count
    scale = cell.problem.scale
    curves["f_gap"] = curves["f_gap"] * (1.0 if isinstance(scale, Column) else scale) - cell.problem.minimum
    return Stats.of(measured, totals.marks + 1, **curves)
