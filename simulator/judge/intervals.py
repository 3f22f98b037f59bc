"""Confidence limits for few replicas: t limits of a mean, exponents of a power law, Holm's correction.

All limits are one-sided at level 1 − α each; a pair (low, high) is thus an interval at level 1 − 2α.
A replica at +∞ (diverged) makes the mean and both its limits +∞: what is infinite with positive
probability has an infinite expectation.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

ALPHA = 0.05
RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error and the degrees of freedom of that error."""

    value: float
    error: float
    df: int

    def _reach(self, alpha: float) -> float:
        if self.df < 1:
            return math.inf
        return float(stdtrit(self.df, 1 - alpha)) * self.error

    def low(self, alpha: float = ALPHA) -> float:
        """Lower confidence limit; +∞ for an infinite value."""
        return self.value if math.isinf(self.value) else self.value - self._reach(alpha)

    def high(self, alpha: float = ALPHA) -> float:
        """Upper confidence limit."""
        return self.value if math.isinf(self.value) else self.value + self._reach(alpha)

    def p_above(self, limit: float) -> float:
        """p-value against 'the true number is at most *limit*': small when it lies above."""
        if math.isinf(self.value) or self.error == 0:
            return 0.0 if self.value > limit else 1.0
        if self.df < 1:
            return 1.0
        return float(stdtr(self.df, (limit - self.value) / self.error))

    def p_below(self, limit: float) -> float:
        """p-value against 'the true number is at least *limit*'."""
        return Estimate(-self.value, self.error, self.df).p_above(-limit)


def mean(values: ArrayLike) -> Estimate:
    """The mean over replicas, shape (R,), with its standard error; anything not finite counts as +∞."""
    values = np.asarray(values, dtype=np.float64)
    if not np.all(np.isfinite(values)):
        return Estimate(math.inf, math.inf, values.size - 1)
    error = float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else math.inf
    return Estimate(float(values.mean()), error, values.size - 1)


def power_law(
    logs: NDArray[np.float64],
    samples: Sequence[NDArray[np.float64]],
    seed: int,
    levels: ArrayLike | None = None,
    spread: NDArray[np.float64] | None = None,
) -> list[Estimate] | None:
    """``Sampled.exponents`` of one design; *spread* is *logs* by default."""
    return Sampled(samples, seed, logs if spread is None else spread).exponents(logs, levels)


@dataclass(frozen=True, eq=False)
class Sampled:
    """What was measured at J places, to which power laws are fitted: weights and resamples are found once.

    ``samples``: J arrays of positive numbers, one a replica, where replica r has the same noise in every j; ``seed``
    is the bootstrap's; ``spread``, shape (J, B): the logarithms of what the variances may go with.
    """

    samples: Sequence[NDArray[np.float64]]
    seed: int
    spread: NDArray[np.float64]

    def exponents(self, logs: NDArray[np.float64], levels: ArrayLike | None = None) -> list[Estimate] | None:
        """Exponents b of E y_j = a Π_i x_ji^(b_i), by weighted least squares of log ȳ_j.

        *logs*, shape (J, A): log x_ji. With *levels*, shape (J,), places of each level have a factor a of their own.
        Returns A estimates, or None where the J places can't tell the exponents apart. See ``_weights`` for the
        weights and ``_resampled`` for the standard errors.
        """
        levels = np.zeros(len(self.samples)) if levels is None else np.asarray(levels)
        own = (levels[:, None] == np.unique(levels)).astype(np.float64)
        table = np.column_stack([own, logs - logs.mean(axis=0)])
        if not _tells(table):
            return None
        weighted = table * self._fitted_weights[:, None]
        solve = np.linalg.solve(weighted.T @ table, weighted.T)[own.shape[1] :]
        errors = (self._resamples @ solve.T).std(axis=0, ddof=1)
        df = min(y.size for y in self.samples) - 1
        return [Estimate(float(b), float(e), df) for b, e in zip(solve @ self._centers, errors, strict=True)]

    @cached_property
    def _fitted_weights(self) -> NDArray[np.float64]:
        law = np.column_stack([np.ones(len(self.spread)), self.spread - self.spread.mean(axis=0)])
        return _weights(law, self.samples)

    @cached_property
    def _centers(self) -> NDArray[np.float64]:
        return np.log([y.mean() for y in self.samples])

    @cached_property
    def _resamples(self) -> NDArray[np.float64]:
        return _resampled(self.samples, self.seed)


def _tells(table: NDArray[np.float64]) -> bool:
    """Whether the places of a design can tell its columns apart."""
    scaled = table / np.maximum(np.abs(table).max(axis=0), 1e-300)
    return bool(np.linalg.matrix_rank(scaled, tol=1e-6) == table.shape[1])


def _weights(design: NDArray[np.float64], samples: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """1/variance of log ȳ_j, from a power law fitted to the variances.

    The variance of one cell from 8 replicas is uncertain by half: used as it is, it favours the cells
    that happen to look precise, and the intervals come out too short. A fitted law lends to each cell
    what the others know, and loses next to nothing against known weights.
    """
    count = np.array([y.size for y in samples], dtype=np.float64)
    relative = np.array([(y / y.mean()).var(ddof=1) for y in samples])  # y² may underflow
    if np.any(relative <= 1e-24):  # no noise, or only rounding: nothing to weigh by
        return count
    law, *_ = np.linalg.lstsq(design, np.log(relative), rcond=None)
    weights = count * np.exp(-design @ law)
    return weights / weights.max()


def _resampled(samples: Sequence[NDArray[np.float64]], seed: int) -> NDArray[np.float64]:
    """log ȳ_j of bootstrap samples of the replicas, shape (RESAMPLES, J).

    Replica indices are drawn once for all j, because a replica's noise is common to them. Of n replicas
    n − 1 are drawn: the variance of the resampled mean is then s²/n without bias, where drawing n would
    give (n − 1)/n of it (Rao and Wu, JASA 83 (1988) 231). With a t quantile of n − 1 degrees of freedom
    the intervals have their nominal coverage at 8 replicas. Unequal n: replicas shared by the same
    places are drawn among themselves.
    """
    edges = [0]
    for size in sorted({y.size for y in samples}):
        if size - edges[-1] >= 2:  # a single replica has no spread to draw from
            edges.append(size)
    table = np.zeros((edges[-1], len(samples)))
    for j, y in enumerate(samples):
        size = max(e for e in edges if e <= y.size)
        table[:size, j] = y[:size] / size
    return np.log(_drawn(seed, tuple(edges)) @ table)


@lru_cache(maxsize=64)  # the theorems of a sweep ask for the same of the same cells
def _drawn(seed: int, edges: tuple[int, ...]) -> NDArray[np.float64]:
    """How often each replica is in each bootstrap sample, shape (RESAMPLES, edges[-1]), as weights of mean 1."""
    rng = np.random.default_rng(seed)
    weights = [rng.multinomial(m - 1, np.full(m, 1 / m), RESAMPLES) * (m / (m - 1)) for m in np.diff(edges)]
    return np.concatenate(weights, axis=1)


def seed_of(text: str) -> int:
    """A bootstrap's seed from what its data are, so that a verdict never changes from one run to the next."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the given order: below α with error rate α over all of them together."""
    adjusted, largest = [1.0] * len(p_values), 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = largest
    return adjusted
