"""What a run records: the quantities it measures, and diagnostics at log-spaced steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from ..words import count
from .escape import climbed, far
from .quantities import ALWAYS

CHECKPOINTS = 64
PREFIX = "measured."  # of a quantity's name among the arrays


@dataclass(frozen=True)
class Stats:
    """Float64 arrays; R replicas, P checkpoints.

    ``measured``: every quantity that the run was asked for by its name (``cells.quantities``), shape (R,), ALWAYS
    included. A diverged replica (anything not finite on its way) has +∞ in all of them.
    ``checkpoints``, shape (P,): the steps k of the diagnostics, the first and the last included.
    Shape (R, P), at x^k: ``f_gap`` f − f*, ``grad_l1``, ``grad_l2``, ``grad_linf``, ``max_abs_x``, and the
    running averages ``running_l1``, ``running_l2`` over the steps 1..k.
    """

    measured: Mapping[str, NDArray[np.float64]]
    checkpoints: NDArray[np.int64]
    f_gap: NDArray[np.float64]
    grad_l1: NDArray[np.float64]
    grad_l2: NDArray[np.float64]
    grad_linf: NDArray[np.float64]
    max_abs_x: NDArray[np.float64]
    running_l1: NDArray[np.float64]
    running_l2: NDArray[np.float64]

    def __repr__(self) -> str:
        """Shapes and the means over replicas, in a line."""
        replicas, points = self.f_gap.shape
        means = ", ".join(f"{name} = {float(values.mean()):.4g}" for name, values in self.measured.items())
        return f"Stats({count(replicas, 'replica')}, {count(points, 'checkpoint')}; means: {means})"

    @classmethod
    def of(cls, measured: Mapping[str, NDArray], checkpoints, **curves) -> Stats:
        """Stats from raw numbers, where what is not finite has become +∞ once and for all in a replica.

        Whether a replica diverged is read off the quantities that every run measures and the curves, so that asking
        for more changes no number; a further quantity that is not finite in itself is +∞ alone.
        """
        lost = ~np.isfinite(curves["grad_l1"] + curves["grad_l2"] + curves["f_gap"])
        lost = np.logical_or.accumulate(lost, axis=1)
        curves = {name: np.where(lost | ~np.isfinite(curve), np.inf, curve) for name, curve in curves.items()}
        always = np.stack([measured[quantity.name] for quantity in ALWAYS])
        diverged = ~np.isfinite(always).all(axis=0) | lost[:, -1]
        clean = {name: np.where(diverged | ~np.isfinite(values), np.inf, values) for name, values in measured.items()}
        return cls(clean, checkpoints, **curves)

    def values(self, name: str) -> NDArray[np.float64]:
        """A measured quantity of each replica, shape (R,), with +∞ for what is not finite, wherever it comes from."""
        values = np.asarray(self.measured[name], dtype=np.float64)
        return np.where(np.isfinite(values), values, np.inf)

    @property
    def mean_grad_l1(self) -> NDArray[np.float64]:
        """(1/K) Σ_{k=1..K} ‖∇f(x^k)‖₁ of the true gradient before the update of step k, shape (R,)."""
        return self.measured["mean_grad_l1"]

    @property
    def mean_grad_l2(self) -> NDArray[np.float64]:
        """The same of ‖∇f(x^k)‖₂."""
        return self.measured["mean_grad_l2"]

    @property
    def mean_grad_l2_squared(self) -> NDArray[np.float64]:
        """The same of ‖∇f(x^k)‖₂²."""
        return self.measured["mean_grad_l2_squared"]

    @property
    def diverged(self) -> NDArray[np.bool_]:
        """Which replicas diverged, shape (R,)."""
        return ~np.isfinite(self.mean_grad_l1)

    @property
    def escaped(self) -> NDArray[np.bool_]:
        """Which replicas went up or far away instead of down (``cells.escape``), shape (R,); a diverged one did not
        escape, it diverged."""
        return (climbed(self.f_gap) | far(self.max_abs_x)) & ~self.diverged

    def arrays(self) -> dict[str, NDArray]:
        """All arrays by name, those of ``measured`` as measured.<name>; ``from_arrays`` is the inverse."""
        named = {PREFIX + name: values for name, values in self.measured.items()}
        return named | {name: getattr(self, name) for name in FIELDS}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray]) -> Stats:
        measured = {name.removeprefix(PREFIX): a for name, a in arrays.items() if name.startswith(PREFIX)}
        return cls(measured, **{name: arrays[name] for name in FIELDS})


FIELDS = tuple(f.name for f in fields(Stats) if f.name != "measured")


def checkpoint_steps(steps: int) -> NDArray[np.int64]:
    """About CHECKPOINTS log-spaced steps from 1 to *steps*, both included."""
    return np.unique(np.rint(np.geomspace(1, steps, CHECKPOINTS)).astype(np.int64))
