"""The moments of a noise law over the words it is fed, by quadrature: no sampling, no model of the law.

A size is one of 2³¹ equally likely words. The smallest 1024 are summed one by one, the others by
Gauss and Legendre's rule in pieces that shrink towards 0 and 1, where laws have logarithms and roots.
Where a law jumps, pieces end: ``jumps`` finds the sizes. Every sign is taken. So the result is what a run's noise
has, float32 rounding included, to about 1e-8 for the shipped laws.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numba
import numpy as np
from numpy.typing import NDArray

from ..formulas.elementary import FLAGS
from ..formulas.formula import Formula
from ..noise import Noise

BITS, SINGLE = 31, 10  # words of a size; the 2^SINGLE smallest are taken one by one
NODES, PIECES = 12, 4
MOST_JUMPS = 256  # more pieces at once than this, and the law is too rough to be followed


@dataclass(frozen=True)
class Moments:
    """Means over the words: E z, E|z|, E z², E z⁴, and E z₀z₁ of the two numbers of a 'pair' law (else 0)."""

    mean: float
    absolute: float
    square: float
    fourth: float
    cross: float


def moments(noise: Noise, breaks: tuple[float, ...] = ()) -> Moments:
    """Moments of *noise* in float32; of both numbers of a 'pair' law together. *breaks*: further jumps."""
    size, weight = quadrature(breaks, jumps(noise))
    if noise.draws == "single":
        other, other_weight = np.ones(1, np.float32), np.ones(1)
    else:
        other, other_weight = size, weight
    return Moments(
        *_sums(noise.formula, noise.draws)(
            size, weight, other, other_weight, np.array(noise.formula_arguments, dtype=np.float32)
        )
    )


def jumps(noise: Noise) -> tuple[int, ...]:
    """Words between which *noise* jumps, whatever the other word is, by bisection.

    A piece whose halves give another integral than the whole is halved; the last of such halvings are told.
    """
    at, share = np.polynomial.legendre.leggauss(NODES)

    def integrals(low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.float64]:
        half = (high - low)[:, None] / 2
        size = _sizes(np.floor(low[:, None] + half * (1 + at)))
        with np.errstate(all="ignore"):  # a number that is none is told by the moments themselves
            z = np.stack([np.broadcast_to(values, size.shape) for values in _along(noise, size)]).astype(np.float64)
            return np.sum(np.stack([z, z * z]) * half * share, axis=-1) * 2.0**-BITS

    found: set[int] = set()
    edges = np.unique(np.floor(_places()).astype(np.int64))
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


def _places() -> list[float]:
    """The ends of the pieces, in words."""
    places = [2.0**SINGLE * 2 ** (k / PIECES) for k in range(PIECES * (BITS - SINGLE) + 1)]
    return places + [2.0**BITS - 2.0**k for k in range(8, BITS - 2)]  # nearer to 1, float32 has no sizes between


def _sizes(words: NDArray) -> NDArray[np.float32]:
    return (words.astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-BITS)


def quadrature(
    breaks: tuple[float, ...] = (), words_between: tuple[int, ...] = ()
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Sizes and their weights, which sum to 1: E f(size) ≈ Σ weight f(size)."""
    places = _places() + [float(word) for word in words_between]
    places += [float(np.ceil(b * 2.0**BITS - 0.5)) for b in breaks if 2.0 ** (SINGLE - BITS) < b < 1]
    edges = np.unique(places)
    at, share = np.polynomial.legendre.leggauss(NODES)
    half = np.diff(edges)[:, None] / 2
    words = np.concatenate([np.arange(2**SINGLE), np.floor(edges[:-1, None] + half * (1 + at)).ravel()])
    weights = np.concatenate([np.ones(2**SINGLE), (half * share).ravel()]) * 2.0**-BITS
    return _sizes(words), weights


@cache
def _sums(formula: Formula, draws: str):
    law = formula.numba(np.float32)
    arguments = len(formula.parameters) - (2 if draws == "single" else 4)
    call = {
        "single": "law(s, x{0}), np.float32(0)",
        "double": "law(s, x, r, y{0}), np.float32(0)",
        "pair": "law(s, x, r, y{0})",
    }[draws].format("".join(f", arguments[{i}]" for i in range(arguments)))
    namespace = {"law": law, "np": np}
    exec(f"def evaluate(s, x, r, y, arguments): return {call}", namespace)
    evaluate = numba.njit(**FLAGS)(namespace["evaluate"])
    signs = (np.float32(1), np.float32(-1))
    each = 0.5 if draws == "pair" else 1.0

    @numba.njit(**FLAGS)
    def sums(first, first_weight, second, second_weight, arguments):
        mean = absolute = square = fourth = cross = 0.0
        for i in range(first.size):
            for s in signs:
                for r in signs:
                    m = a = q = f = c = 0.0
                    for j in range(second.size):
                        z = evaluate(s, first[i], r, second[j], arguments)
                        u, v, w = np.float64(z[0]), np.float64(z[1]), second_weight[j]
                        m += w * (u + v)
                        a += w * (abs(u) + abs(v))
                        q += w * (u * u + v * v)
                        f += w * (u**4 + v**4)
                        c += w * u * v
                    share = first_weight[i] / 4
                    mean += share * m
                    absolute += share * a
                    square += share * q
                    fourth += share * f
                    cross += share * c
        return each * mean, each * absolute, each * square, each * fourth, cross

    return sums
