"""Streams norms of random vectors: blocks of samples × lanes, a few kilobytes whatever d and the number of samples.

A sample is a step of the counter layout (simulator/engines/rng.py) and its coordinates are the lanes. Blocks
of samples are what the threads share; each gives the moments of its samples.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray
from ratecheck.problems import Noise
from ratecheck.problems.formulas.elementary import FLAGS
from ratecheck.problems.formulas.formula import Formula

from ..engines import rng
from ..engines.cpu.machine_code import compile_stored
from ..engines.cpu.noise_tile import Place, compile_noise, row
from ..engines.rng import TILE

LANES = 64
BLOCK = 2**21  # coordinates, about, in what one thread does at a time


@dataclass(frozen=True)
class Moments:
    """Count, mean and sum of squared deviations, merged as Chan, Golub and LeVeque (1979) do."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Moments:
        if values.size == 0:
            return cls()
        mean = float(np.mean(values))
        return cls(values.size, mean, float(np.sum((values - mean) ** 2)))

    def merge(self, other: Moments) -> Moments:
        if not (self.count and other.count):
            return self if self.count else other
        count, step = self.count + other.count, other.mean - self.mean
        return Moments(
            count,
            self.mean + step * (other.count / count),
            self.squares + other.squares + step * step * (self.count * other.count / count),
        )

    @property
    def sem(self) -> float:
        """Standard error of the mean."""
        return math.sqrt(self.squares / (self.count - 1) / self.count)


Block = tuple[Moments, Moments, Moments, int]


def blocks(
    pool: ThreadPoolExecutor,
    run: Callable,
    noise: Noise,
    dim: int,
    samples: int,
    seed: int,
    replica: int,
    work: int = BLOCK,
) -> Iterator[tuple[int, Block]]:
    """(samples, (moments of ‖g‖₁, of ‖g‖₂ and of their ratio, violations)) of every block, in order.

    *run* is what ``compile_norms`` gives, *work* the coordinates, about, that it gets at a time. The blocks are the
    same whatever the pool, and few are in flight, so memory is bounded.
    """
    size = TILE * max(1, min(work >> 13, work // (TILE * dim)))
    waiting: deque = deque()
    for first in range(0, samples, size):
        count = min(size, samples - first)
        waiting.append(
            (count, pool.submit(_block, run, noise.formula_argument_array, dim, first, count, replica, seed))
        )
        if len(waiting) > 2 * pool._max_workers:
            count, future = waiting.popleft()
            yield count, future.result()
    while waiting:
        count, future = waiting.popleft()
        yield count, future.result()


def _block(run, arguments, dim: int, first: int, count: int, replica: int, seed: int) -> Block:
    l1, l2 = np.empty((2, -(-count // TILE) * TILE))
    run(l1, l2, dim, np.uint64(first), np.uint64(replica), *rng.key(seed), arguments)
    l1, l2 = l1[:count], np.sqrt(l2[:count])
    # All terms are ≥ 0, so a sum of n terms errs by at most (n − 1) 2⁻⁵³ relative, whatever they are.
    slack = 1 + (dim / LANES + LANES + 8) * 2.0**-52
    limit = math.sqrt(dim) * l2
    broken = np.count_nonzero((l2 > l1 * slack) | (l1 > limit * slack))
    nonzero = l2 > 0
    return Moments.of(l1), Moments.of(l2), Moments.of(l1[nonzero] / limit[nonzero]), int(broken)


@cache
def compile_norms(formula: Formula, draws: str):
    """``run(l1, l2, dim, first, replica, k0, k1, arguments)``: fills Σ|g_i| and Σg_i² of l1.size samples from *first*.

    l1.size and *first* are multiples of TILE; steps are samples and lanes coordinates.
    """
    fill = compile_noise(formula, draws, LANES)
    size = TILE * LANES

    @numba.njit(**FLAGS)
    def add(sum_1, sum_2, z):
        for i in range(size):
            g = np.float64(abs(z[i]))
            sum_1[i] += g
            sum_2[i] += g * g

    def run(l1, l2, dim, first, replica, k0, k1, arguments):
        z = np.empty(size, np.float32)
        words = np.empty(2 * size, np.uint32)
        sum_1, sum_2 = np.empty(size), np.empty(size)
        for tile in range(l1.size // TILE):
            sum_1[:] = 0.0
            sum_2[:] = 0.0
            step = first + np.uint64(tile * TILE)
            for low in range(0, dim, LANES):
                fill(z, words, Place(np.uint64(1), np.uint64(low), step, replica, k0, k1), arguments)
                if low + LANES > dim:
                    for t in range(TILE):
                        z[t * LANES + dim - low : (t + 1) * LANES] = np.float32(0)
                add(sum_1, sum_2, z)
            for t in range(TILE):
                r = row(t)
                l1[tile * TILE + t] = np.sum(sum_1[r * LANES : (r + 1) * LANES])
                l2[tile * TILE + t] = np.sum(sum_2[r * LANES : (r + 1) * LANES])

    unsigned = types.uint64
    signature = types.void(types.float64[::1], types.float64[::1], types.int64, *[unsigned] * 4, types.float32[::1])
    return compile_stored(run, signature, formula.digest, draws)
