"""What was measured, and what follows from it: ns per coordinate-step, ratios of a round, agreement."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .workloads import Task, Workload

LIMIT = 5.0  # standard errors; beyond it two peers don't simulate the same thing
NORMS = ("‖∇f‖₁", "‖∇f‖₂")


@dataclass(frozen=True)
class Spread:
    """Median, least and most."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values) -> Spread:
        return cls(float(np.median(values)), float(np.min(values)), float(np.max(values)))


@dataclass(frozen=True)
class Series:
    """A peer's rounds on a workload; *norms* has one row a replica, rounds together."""

    name: str
    title: str
    task: Task
    seconds: tuple[float, ...]
    norms: NDArray[np.float64]

    @property
    def nanoseconds(self) -> NDArray[np.float64]:
        """Per coordinate-step, one number a round."""
        return np.array(self.seconds) / self.task.work * 1e9


@dataclass(frozen=True)
class Comparison:
    """A peer beside ratecheck in the same form: ratios of its times, and differences in standard errors."""

    series: Series
    ratio: Spread
    errors: tuple[float, float]

    @property
    def agrees(self) -> bool:
        return all(abs(error) <= LIMIT for error in self.errors)  # false for NaN


@dataclass(frozen=True)
class Outcome:
    """A workload: ratecheck itself in each form that was needed, the peers, and those that failed."""

    workload: Workload
    ours: dict[str, Series]
    comparisons: tuple[Comparison, ...]
    failures: tuple[str, ...] = ()


def compare(series: Series, ours: Series, sample: NDArray[np.float64]) -> Comparison:
    """*ours* are ratecheck's times in the same rounds; *sample* its norms with the same form and steps."""
    return Comparison(
        series,
        Spread.of(series.nanoseconds / ours.nanoseconds),
        tuple(standard_errors(series.norms[:, j], sample[:, j]) for j in range(2)),
    )


def standard_errors(a, b) -> float:
    """The difference of the means of two samples in its standard errors, of the spread within both together."""
    difference = float(np.mean(a) - np.mean(b))
    if difference == 0:
        return 0.0
    freedom = len(a) + len(b) - 2
    if freedom < 1:
        return math.nan
    variance = (np.sum((a - np.mean(a)) ** 2) + np.sum((b - np.mean(b)) ** 2)) / freedom
    return difference / math.sqrt(variance * (1 / len(a) + 1 / len(b))) if variance else math.inf
