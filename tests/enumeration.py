"""Exact expectations over all paths of small runs, for bounds: no statistics, so one excess refutes a bound.

In each of d coordinates the noise has two values, √((1−q)/q) σ_i with probability q and −√(q/(1−q)) σ_i else: over K
steps that makes 2^(dK) paths. Any f, start, σ_i and hyper-parameters.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from problems import PROBLEMS
from simulator.cells.constants import Constants
from simulator.cells.hyper import Hyper
from simulator.theorem import Theorem

PROFILES = ("quadratic", "rational", "welsch", "cosine")
NORMS = {
    "grad_l1": lambda g: np.abs(g).sum(-1),
    "grad_l2": lambda g: np.sqrt((g * g).sum(-1)),
    "grad_l2_squared": lambda g: (g * g).sum(-1),
}


@dataclass(frozen=True)
class Small:
    """A problem, a start x¹ (d,), noise σ_i (d,) of skewness by q, and K."""

    problem: object
    start: NDArray[np.float64]
    sigmas: NDArray[np.float64]
    q: float
    steps: int

    @property
    def constants(self) -> Constants:
        own = self.problem
        return Constants(
            {
                "dim": own.dim,
                "steps": self.steps,
                "smoothness": own.smoothness,
                "gap": float(own.value(self.start) - own.minimum),
                "sigma": float(np.sqrt((self.sigmas**2).sum())),
                "sigma_l1": float(self.sigmas.sum()),
                "curvature_l1": float(own.curvatures().sum()),
                "start_linf": float(np.abs(self.start).max()),
            }
        )


def draw(rng: np.random.Generator, noisy: bool = True) -> Small:
    """A small problem: d = 1 with K ≤ 8, or d = 2 with K ≤ 4, equal or unequal h_i, σ_i and starts."""
    dim = int(rng.integers(1, 3))
    steps = int(rng.integers(1, 9 if dim == 1 else 5))
    smoothness, scale, sigma = 10 ** rng.uniform(-1, 1, 3)
    problem = PROBLEMS[rng.choice(PROFILES)](dim, smoothness, scale, spectrum=float(rng.choice([0.0, 1.0])))
    start = problem.scale * rng.uniform(-3, 3, dim)
    sigmas = sigma * rng.uniform(0.1, 1, dim) if noisy else np.zeros(dim)
    return Small(problem, start, sigmas, float(rng.uniform(0.02, 0.5)), steps)


def expected(small: Small, theorem: Theorem, hyper: Mapping[str, float], limit: float = math.inf) -> float:
    """The exact value of what *theorem* measures. A path counts until its first |∇_i f(x^k)| above *limit*."""
    over, norm = theorem.measures.name.split("_", 1)
    noise, weight = _paths(small)
    optimizer = theorem.optimizer
    x = np.broadcast_to(small.start, noise.shape[:1] + small.start.shape)
    state = [np.zeros_like(x) for _ in optimizer.state]
    values, counts = [], np.ones(len(noise), dtype=bool)
    for k in range(small.steps):
        gradient = small.problem.gradient(x)
        counts = counts & (np.abs(gradient).max(-1) <= limit)
        values.append(np.where(counts, NORMS[norm](gradient), 0.0))
        moved = optimizer.update(x, gradient + noise[:, k], *state, *(hyper[name] for name in optimizer.hyper))
        x, *state = moved if state else (moved,)
    each = {"mean": np.mean, "min": np.min}[over](values, axis=0)
    return float(weight @ each)


def used(rule: Mapping[str, float], rng: np.random.Generator) -> Hyper:
    """Hyper-parameters at or around what a rule gives."""
    h = dict(rule)
    if rng.random() < 0.7:
        h["lr"] *= 10 ** rng.uniform(-1, 0.4)
        for name, others in (("beta1", (0.0, 0.5, 0.9)), ("beta2", (0.0, 0.5, 0.9, 0.99)), ("weight_decay", (0.0,))):
            if name in h:
                h[name] = float(rng.choice([h[name], *others]))
        if "eps" in h:
            h["eps"] *= 10 ** rng.uniform(-1, 1)
    elif "weight_decay" in h and rng.random() < 0.5:
        h["weight_decay"] *= 0.1
    return Hyper(h)


def _paths(small: Small) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Noise of shape (paths, K, d), and the probability of each path."""
    bits = small.steps * small.start.size
    up = np.array(list(itertools.product((False, True), repeat=bits)))
    high, low = math.sqrt((1 - small.q) / small.q), -math.sqrt(small.q / (1 - small.q))
    weight = np.where(up, small.q, 1 - small.q).prod(axis=1)
    z = np.where(up, high, low).reshape(len(up), small.steps, small.start.size)
    return z * small.sigmas, weight
