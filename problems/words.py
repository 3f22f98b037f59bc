"""Means of a noise law over the words it is fed, by quadrature: no sampling, no model of the law.

A size is one of 2³¹ equally likely words. The smallest 1024 are summed one by one, the others by
Gauss and Legendre's rule in pieces that shrink towards 0 and 1, where laws have logarithms and roots.
*breaks* are sizes where the law jumps, *between* words. Every sign is taken. So the result is what a run's noise
has, float32 rounding included, to about 1e-8 for the shipped laws.
"""

from __future__ import annotations

from functools import cache

import numba
import numpy as np
from numpy.typing import NDArray

from .formulas.elementary import FLAGS
from .formulas.formula import Formula

BITS, SINGLE = 31, 10  # words of a size; the 2^SINGLE smallest are taken one by one
NODES, PIECES = 12, 4


def means(
    formula: Formula,
    draws: str,
    arguments: NDArray[np.float32],
    breaks: tuple[float, ...] = (),
    power: float = 1.0,
    between: tuple[int, ...] = (),
) -> tuple[float, float, float, float, float]:
    """E z, E|z|^power, E z², E z⁴ in float32, and E z₀z₁ of the two numbers of a 'pair' law (else 0); of both numbers
    together."""
    size, weight = quadrature(breaks, between)
    if draws == "single":
        other, other_weight = np.ones(1, np.float32), np.ones(1)
    else:
        other, other_weight = size, weight
    return _sums(formula, draws)(size, weight, other, other_weight, arguments, power)


def quadrature(
    breaks: tuple[float, ...] = (), between: tuple[int, ...] = ()
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Sizes and their weights, which sum to 1: E f(size) ≈ Σ weight f(size)."""
    ends = places() + [float(word) for word in between]
    ends += [float(np.ceil(b * 2.0**BITS - 0.5)) for b in breaks if 2.0 ** (SINGLE - BITS) < b < 1]
    edges = np.unique(ends)
    at, share = gauss()
    half = np.diff(edges)[:, None] / 2
    words = np.concatenate([np.arange(2**SINGLE), np.floor(edges[:-1, None] + half * (1 + at)).ravel()])
    weights = np.concatenate([np.ones(2**SINGLE), (half * share).ravel()]) * 2.0**-BITS
    return sizes(words), weights


def places() -> list[float]:
    """The ends of the pieces, in words."""
    ends = [2.0**SINGLE * 2 ** (k / PIECES) for k in range(PIECES * (BITS - SINGLE) + 1)]
    return ends + [2.0**BITS - 2.0**k for k in range(8, BITS - 2)]  # nearer to 1, float32 has no sizes between


def gauss() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights of a piece, on (−1, 1)."""
    return np.polynomial.legendre.leggauss(NODES)


def sizes(words: NDArray) -> NDArray[np.float32]:
    """The float32 number in (0, 1] that a run makes of each word."""
    return (words.astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-BITS)


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
    def sums(first, first_weight, second, second_weight, arguments, power):
        mean = absolute = square = fourth = cross = 0.0
        for i in range(first.size):
            for s in signs:
                for r in signs:
                    m = a = q = f = c = 0.0
                    for j in range(second.size):
                        z = evaluate(s, first[i], r, second[j], arguments)
                        u, v, w = np.float64(z[0]), np.float64(z[1]), second_weight[j]
                        m += w * (u + v)
                        a += w * (abs(u) + abs(v) if power == 1.0 else abs(u) ** power + abs(v) ** power)
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
