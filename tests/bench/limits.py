"""What a coordinate-step needs at least, counted by hand, beside what it takes: the distance to the machine's limit.

The counts are of 256-bit vectors (AVX2) and derived in docs/performance.md. A core with wider vectors that
does each in two halves, as Zen 4 does, has the same limit.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numba
import numpy as np

from problems.formulas.elementary import FLAGS

BYTES = 32  # of a vector
PIPES, MULTIPLIERS, ADDERS = 4, 2, 2  # vector operations begun in a cycle, and those of one sort
DIVISION = {"float64": 4.5, "float32": 3.5}  # cycles the divider is busy with a vector; Zen 3 and 4
ROOT = {"float64": 9.0, "float32": 5.0}
CHAIN, LATENCY = 20_000_000, 6  # steps of xorshift, and cycles of one: three shifts and three xors in a row


@dataclass(frozen=True)
class Count:
    """Vector operations for one vector of results; *lanes* results in a vector."""

    multiplications: int
    additions: int
    others: int
    divisions: int = 0
    roots: int = 0

    def cycles(self, dtype: str, lanes: int) -> float:
        """Cycles per result when nothing waits: the busiest unit decides."""
        every = self.multiplications + self.additions + self.others
        busy = (
            self.multiplications / MULTIPLIERS,
            self.additions / ADDERS,
            every / PIPES,
            self.divisions * DIVISION[dtype] + self.roots * ROOT[dtype],
        )
        return max(busy) / lanes


BITS = Count(multiplications=20, additions=0, others=60)  # for four counters of four words
NORMALS = Count(multiplications=37, additions=26, others=12, roots=1)  # for eight pairs
STEP = Count(multiplications=13, additions=9, others=4, divisions=2, roots=1)  # AdamW, rational and both norms


def limits(dtype: str) -> dict[str, float]:
    """Part → cycles per coordinate-step that it takes at least, the parts one after the other."""
    parts = {
        "bits": BITS.cycles(dtype, 16),
        "normals": NORMALS.cycles("float32", 16),
        "step": STEP.cycles(dtype, BYTES // np.dtype(dtype).itemsize),
    }
    return {**parts, "whole": sum(parts.values())}


def clock() -> float:
    """Cycles a nanosecond, from a chain of operations of one cycle each; the fastest of five."""
    _chain(np.uint64(1), 1)
    seconds = []
    for _ in range(5):
        begin = time.process_time()
        _chain(np.uint64(88172645463325252), CHAIN)
        seconds.append(time.process_time() - begin)
    return CHAIN * LATENCY / min(seconds) / 1e9


@numba.njit(**FLAGS)
def _chain(x, count):
    for _ in range(count):
        x ^= x << np.uint64(13)
        x ^= x >> np.uint64(7)
        x ^= x << np.uint64(17)
    return x
