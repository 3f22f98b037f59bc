"""Exact expectations over all paths of small runs, for bounds: no statistics, so one excess refutes a bound.

In each of d coordinates the noise has two values, √((1−q)/q) σ_i with probability q and −√(q/(1−q)) σ_i else: over K
steps that makes 2^(dK) paths. Any f, start, σ_i and hyper-parameters.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from problems import PROBLEMS
from simulator.cells.constants import Constants
from simulator.cells.hyper import Hyper
from simulator.cells.of_step import OfStep
from simulator.theorem import Theorem

PROFILES = ("quadratic", "rational", "welsch", "cosine")


@dataclass(frozen=True)
class Small:
    """A problem, a start x¹ (d,), noise of skewness by q, and K. The noise of coordinate i has the variance
    σ_i² + ρ(∇_i f)², ρ = ``affine``; ``order`` is p of its p-th moments."""

    problem: object
    start: NDArray[np.float64]
    sigmas: NDArray[np.float64]
    q: float
    steps: int
    affine: float = 0.0
    order: float = 2.0

    @property
    def values(self) -> tuple[float, float]:
        """The two values of the noise for variance 1, the one of probability q first."""
        return math.sqrt((1 - self.q) / self.q), -math.sqrt(self.q / (1 - self.q))

    @property
    def constants(self) -> Constants:
        own, (high, low) = self.problem, self.values
        sigma = float(np.sqrt((self.sigmas**2).sum()))
        p = self.order
        tails = self.sigmas * (self.q * high**p + (1 - self.q) * (-low) ** p) ** (1 / p)
        noise = (
            {"sigma_0": sigma, "sigma_1": math.sqrt(self.affine)}
            if self.affine
            else {"sigma": sigma, "sigma_l1": float(self.sigmas.sum())}
        )
        smooth = (
            {"smoothness": own.smoothness, "curvature_l1": float(own.curvatures().sum())}
            if not own.growth
            else {n: own.supplies[n] for n in ("smoothness_l0", "smoothness_l0_sum", "smoothness_l1")}
        )
        return Constants(
            {
                "dim": own.dim,
                "steps": self.steps,
                **smooth,
                **noise,
                **({"pl": own.supplies["pl"]} if "pl" in own.supplies else {}),
                "gap": float(own.value(self.start) - own.minimum),
                "start_linf": float(np.abs(self.start).max()),
                "tail_order": p,
                "tail_l1": float(tails.sum()),
                "tail_p": float((tails**p).sum()),
                "tail_2p": float((tails ** (2 * p)).sum()),
                "noise_linf": float(self.sigmas.max()) * max(high, -low),
            }
        )


def draw(rng: np.random.Generator, theorem: Theorem | None = None) -> Small:
    """A small problem that *theorem* is about: d = 1 with K ≤ 8, or d = 2 with K ≤ 4, equal or unequal h_i, σ_i and
    starts."""
    assumed = {a.name for a in theorem.assumes} if theorem else set()
    noisy = "noiseless" not in assumed and (theorem is None or rng.random() < 0.9)
    dim = int(rng.integers(1, 3))
    steps = int(rng.integers(1, 9 if dim == 1 else 5))
    smoothness, scale, sigma = 10 ** rng.uniform(-1, 1, 3)
    profile = rng.choice(PROFILES)
    if "polyak" in assumed:
        profile = "quadratic"
    if "generalised_smooth" in assumed:
        profile = "cosh"
    problem = PROBLEMS[profile](dim, smoothness, scale, spectrum=float(rng.choice([0.0, 1.0])))
    start = problem.scale * rng.uniform(-3, 3, dim)
    sigmas = sigma * rng.uniform(0.1, 1, dim) if noisy else np.zeros(dim)
    small = Small(problem, start, sigmas, float(rng.uniform(0.02, 0.5)), steps)
    if "growing_variance" in assumed:
        return replace(small, affine=float(rng.choice([0.0, 0.3, 3.0])))
    return replace(small, order=float(rng.uniform(1.05, 2))) if "moment" in assumed else small


def expected(small: Small, theorem: Theorem, hyper: Mapping[str, object], limit: float = math.inf) -> float:
    """The exact value of what *theorem* measures. A path counts until its first |∇_i f(x^k)| above *limit*."""
    noise, weight = _paths(small)
    optimizer, quantity, problem = theorem.optimizer, theorem.measures, small.problem
    x = np.broadcast_to(small.start, noise.shape[:1] + small.start.shape)
    state = [np.zeros_like(x) for _ in optimizer.state]
    values, counts = [], np.ones(len(noise), dtype=bool)
    for k in range(small.steps):
        now = {name: _at(value, k + 1) for name, value in hyper.items()}
        gradient = problem.gradient(x)
        counts = counts & (np.abs(gradient).max(-1) <= limit)
        given = {**now, "gradient": gradient, "x": x, "gap": _gaps(problem, x)}
        term = quantity.reading.term(*(given[name] for name in quantity.reading.term.parameters))
        value = term.sum(-1) if quantity.reading.fold == "sum" else term.max(-1)
        value = quantity.reading.outer(value) if quantity.reading.outer else value
        values.append(np.where(counts, value, 0.0))
        z = noise[:, k] * np.sqrt(small.sigmas**2 + small.affine * gradient**2)
        moved = optimizer.update(x, gradient + z, *state, *(now[name] for name in optimizer.hyper))
        x, *state = moved if state else (moved,)
    return float(weight @ _over(quantity, np.array(values)))


def _gaps(problem, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each coordinate's part of f − f*; minima of the profiles here are 0."""
    return problem.weights() * problem.phi(problem.inner(x), *problem.own_arguments())


def _over(quantity, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """*quantity* of each path from its readings, shape (K, paths) → (paths,)."""
    if quantity.weight is not None:
        weights = np.array([quantity.weight(np.float64(k)) for k in range(1, len(values) + 1)])
        return weights @ values / weights.sum()
    return {"mean": np.mean, "min": np.min, "last": lambda v, axis: v[-1]}[quantity.over](values, axis=0)


def _at(value: object, k: int) -> float:
    return float(value(np.array([float(k)]))[0]) if isinstance(value, OfStep) else float(value)


def used(rule: Mapping[str, float], rng: np.random.Generator) -> Hyper:
    """Hyper-parameters at or around what a rule gives."""
    h = dict(rule)
    if "threshold" in h:
        h["threshold"] *= 10 ** rng.uniform(-0.5, 1)
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
    """Noise of variance 1, shape (paths, K, d), and the probability of each path."""
    bits = small.steps * small.start.size
    up = np.array(list(itertools.product((False, True), repeat=bits)))
    high, low = small.values
    weight = np.where(up, small.q, 1 - small.q).prod(axis=1)
    z = np.where(up, high, low).reshape(len(up), small.steps, small.start.size)
    return z, weight
