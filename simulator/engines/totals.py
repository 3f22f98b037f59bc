"""What is kept of the steps done so far: one number for each replica and quantity, and the curves at the checkpoints.

Steps are added strictly one after the other, so nothing depends on how a run was cut into pieces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.errors import InputError

from ..cells.quantities import Quantity
from ..cells.stats import checkpoint_steps
from .measures import Measures

START = {"mean": 0.0, "weighted": 0.0, "min": np.inf, "max": -np.inf, "last": np.nan}
RUNNING = 2  # the first quantities, whose totals are in the curves: of ‖∇f‖₁ and ‖∇f‖₂
CURVES = ("grad_l1", "grad_l2", "running_l1", "running_l2", "f_gap", "grad_linf", "max_abs_x")

Rows = list[NDArray[np.float64]]
Accumulate = Callable[[Rows, NDArray, NDArray, NDArray], None]


@dataclass
class Totals:
    """Of the steps 0 … ``step`` − 1. ``values``: (replicas, quantities), sums for means; ``weights``: (quantities,),
    Σ w_k for weighted means; ``curves``: (replicas, checkpoints, CURVES), with sums in the place of running means and
    Σ slope·φ in the place of f − f*."""

    step: int
    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    curves: NDArray[np.float64]

    @classmethod
    def of(cls, measures: Measures, replicas: int, steps: int) -> Totals:
        """Before the first step."""
        start = [START[quantity.over] for quantity in measures.quantities]
        marks = checkpoint_steps(steps).size
        return cls(0, np.tile(start, (replicas, 1)), np.zeros(len(start)), np.full((replicas, marks, len(CURVES)), np.nan))

    def of_replicas(self, low: int, high: int) -> Totals:
        """A view of the replicas low … high−1; the weights are a copy."""
        return Totals(self.step, self.values[low:high], self.weights.copy(), self.curves[low:high])
