"""What is timed: AdamW on ``rational``, Gaussian noise, float64, both norms of the true gradient at every step."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simulator.cells.spec import Spec
from simulator.engines.resolve import resolve

FORMS = {
    "adamw": "the paper's: no bias correction, ε inside the root",
    "adamw_torch": "PyTorch's and optax's: bias correction, ε outside the root",
}


@dataclass(frozen=True)
class Workload:
    """A size of run: dimension d, horizon K, replicas R."""

    name: str
    dim: int
    steps: int
    replicas: int

    def task(self, form: str) -> Task:
        """All numbers of the workload, with the hyper-parameters of the paper's horizon rule in every form."""
        cell = resolve(Spec.of("rational", "adamw", self.dim, self.steps, self.replicas))
        problem, spec = cell.problem, cell.spec
        slope = float(problem.slopes(0, 1)[0])  # the spectrum is flat
        sigma = spec.sigma / float(np.sqrt(self.dim))
        return Task(
            form, self.dim, self.steps, self.replicas, sigma, problem.scale, slope, problem.start, **dict(cell.hyper)
        )


@dataclass(frozen=True)
class Task:
    """A run as a peer gets it: ∂f/∂x_i = slope · φ′(x_i/scale) with φ′(u) = 2u/(1 + u²)², noise of standard
    deviation *sigma* in every coordinate, every coordinate of x¹ equal to *start*."""

    form: str
    dim: int
    steps: int
    replicas: int
    sigma: float
    scale: float
    slope: float
    start: float
    lr: float
    beta1: float
    beta2: float
    eps: float
    weight_decay: float

    @property
    def work(self) -> int:
        """Coordinate-steps: dim · steps · replicas."""
        return self.dim * self.steps * self.replicas

    def shortened(self, steps: int) -> Task:
        """The same with fewer steps, and the hyper-parameters of the full horizon."""
        return replace(self, steps=steps)


WORKLOADS = {
    w.name: w
    for w in (
        Workload("A", 64, 10_000, 64),
        Workload("B", 4096, 4_000, 8),
        Workload("C", 1_000_000, 100, 1),
        Workload("D", 16, 1_000_000, 2),
    )
}


def divisor(number: int, most: int) -> int:
    """The largest divisor of *number* that is at most *most*: the length of equal chunks."""
    return next(n for n in range(min(number, max(1, most)), 0, -1) if number % n == 0)
