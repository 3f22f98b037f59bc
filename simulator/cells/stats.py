"""What a run records: averages of the true gradient's norms, and diagnostics at log-spaced steps."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

CHECKPOINTS = 64


@dataclass(frozen=True)
class Stats:
    """Float64 arrays; R replicas, P checkpoints.

    ``mean_grad_l1`` and ``mean_grad_l2``, shape (R,): (1/K) Σ_{k=1..K} ‖∇f(x^k)‖ of the true gradient
    before the update of step k; ``mean_grad_l2_squared``: the average of ‖∇f‖₂². A diverged replica
    (anything not finite on its way) has +∞ there.
    ``checkpoints``, shape (P,): the steps k of the diagnostics, the first and the last included.
    Shape (R, P), at x^k: ``f_gap`` f − f*, ``grad_l1``, ``grad_l2``, ``grad_linf``, ``max_abs_x``, and the
    running averages ``running_l1``, ``running_l2`` over the steps 1..k.
    """

    mean_grad_l1: NDArray[np.float64]
    mean_grad_l2: NDArray[np.float64]
    mean_grad_l2_squared: NDArray[np.float64]
    checkpoints: NDArray[np.int64]
    f_gap: NDArray[np.float64]
    grad_l1: NDArray[np.float64]
    grad_l2: NDArray[np.float64]
    grad_linf: NDArray[np.float64]
    max_abs_x: NDArray[np.float64]
    running_l1: NDArray[np.float64]
    running_l2: NDArray[np.float64]

    @classmethod
    def of(cls, l1, l2, square, checkpoints, **curves) -> Stats:
        """Stats from raw sums, where what is not finite has become +∞ once and for all in a replica."""
        lost = ~np.isfinite(curves["grad_l1"] + curves["grad_l2"] + curves["f_gap"])
        lost = np.logical_or.accumulate(lost, axis=1)
        curves = {name: np.where(lost | ~np.isfinite(curve), np.inf, curve) for name, curve in curves.items()}
        means = np.stack([l1, l2, square])
        means[:, ~np.isfinite(means).all(axis=0) | lost[:, -1]] = np.inf
        return cls(*means, checkpoints, **curves)

    @property
    def measured(self) -> dict[str, NDArray[np.float64]]:
        """What was measured, by the names of ``quantities.QUANTITIES``; shape (R,) each."""
        return {name: getattr(self, name) for name in ("mean_grad_l1", "mean_grad_l2", "mean_grad_l2_squared")}

    @property
    def diverged(self) -> NDArray[np.bool_]:
        """Which replicas diverged, shape (R,)."""
        return ~np.isfinite(self.mean_grad_l1)

    def arrays(self) -> dict[str, NDArray]:
        return {f.name: getattr(self, f.name) for f in fields(self)}


def checkpoint_steps(steps: int) -> NDArray[np.int64]:
    """About CHECKPOINTS log-spaced steps from 1 to *steps*, both included."""
    return np.unique(np.rint(np.geomspace(1, steps, CHECKPOINTS)).astype(np.int64))
