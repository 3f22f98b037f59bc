"""Where a noise law jumps along one of its words, found by bisection."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..noise import Noise
from ..words import BITS, gauss, places, sizes

MOST_JUMPS = 256  # more pieces at once than this, and the law is too rough to be followed


def jumps(noise: Noise) -> tuple[int, ...]:
    """Words between which *noise* jumps, whatever the other word is, by bisection.

    A piece whose halves give another integral than the whole is halved; the last of such halvings are told.
    """
    at, share = gauss()

    def integrals(low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.float64]:
        half = (high - low)[:, None] / 2
        size = sizes(np.floor(low[:, None] + half * (1 + at)))
        with np.errstate(all="ignore"):  # a number that is none is told by the moments themselves
            z = np.stack([np.broadcast_to(values, size.shape) for values in _along(noise, size)]).astype(np.float64)
            return np.sum(np.stack([z, z * z]) * half * share, axis=-1) * 2.0**-BITS

    found: set[int] = set()
    edges = np.unique(np.floor(places()).astype(np.int64))
    low, high = edges[:-1], edges[1:]
    for _ in range(BITS):
        middle = (low + high) // 2
        whole, parts = integrals(low, high), integrals(low, middle) + integrals(middle, high)
        with np.errstate(all="ignore"):
            far = np.any(np.abs(whole - parts) > 1e-9 + 1e-6 * np.abs(parts), axis=(0, 1)) & (high - low > 1)
        if not 0 < np.count_nonzero(far) <= MOST_JUMPS:
            break
        low, middle, high = low[far], middle[far], high[far]
        found -= {*low.tolist(), *high.tolist()} - set(edges.tolist())  # halvings that were halved again
        found |= set(middle.tolist())
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
    return tuple(sorted(found))


def _along(noise: Noise, size: NDArray[np.float32]) -> list[NDArray]:
    """The numbers of the law where one of its words goes over *size* and the others stay, for every sign."""
    signs, found = (np.float32(1), np.float32(-1)), []
    if noise.draws == "single":
        return [noise.formula(sign, size, *noise.formula_arguments) for sign in signs]
    for other in map(np.float32, (0.05, 0.35, 0.65, 0.95)):
        for s in signs:
            for r in signs:
                for a, b in ((size, other), (other, size)):
                    z = noise.formula(s, a, r, b, *noise.formula_arguments)
                    found += list(z) if isinstance(z, tuple) else [z]
    return found
