"""Noise as a pure function of its place: Philox4x32-10, and the one layout of its counter.

The key is the seed (64 bits). The counter is (coordinate, step div 4, replica, stream); the word for
a step is word ``step mod 4``, steps counted from 0. So the word of a place never depends on the
optimizer, the thread, the chunk or the backend.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC11).
"""

from __future__ import annotations

import numpy as np

MULTIPLY_0, MULTIPLY_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
WEYL_0, WEYL_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
WORD = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)

TILE = 16  # steps whose noise is made together; a pair law joins steps t and t + 8 of a tile
PAIR = TILE // 2


def row(step: int) -> int:
    """Row of a tile that holds its step number *step* mod TILE, in the loops that are compiled.

    Words are made four steps at a time and a pair law joins the halves of a tile; so a half holds its
    words 0 first, then its words 1, 2 and 3, and both loops run over memory in order.
    """
    return step & 8 | (step & 3) << 1 | step >> 2 & 1


def philox(c0, c1, c2, c3, k0, k1):
    """Ten rounds on uint64 scalars or arrays that hold 32-bit words; returns four such words.

    The high halves carry garbage between the rounds (a multiplication masks its input), because a
    32×32→64 multiplication of 64-bit lanes is what vector units have.
    """
    for _ in range(10):
        p0 = MULTIPLY_0 * (c0 & WORD)
        p1 = MULTIPLY_1 * (c2 & WORD)
        c0, c1, c2, c3 = (p1 >> HALF) ^ c1 ^ k0, p1, (p0 >> HALF) ^ c3 ^ k1, p0
        k0 = (k0 + WEYL_0) & WORD
        k1 = (k1 + WEYL_1) & WORD
    return c0 & WORD, c1 & WORD, c2 & WORD, c3 & WORD


def key(seed: int) -> tuple[np.uint64, np.uint64]:
    """The two key words of a seed from 0 to 2⁶⁴ − 1."""
    return np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32)


def words(seed: int, coordinates, first_step: int, replica: int, stream: int) -> np.ndarray:
    """Words of the TILE steps from *first_step* (a multiple of TILE): uint32, shape (TILE, len(coordinates))."""
    k0, k1 = key(seed)
    lanes = np.asarray(coordinates, dtype=np.uint64)
    out = np.empty((TILE, lanes.size), dtype=np.uint32)
    for quad in range(TILE // 4):
        step = np.full_like(lanes, first_step // 4 + quad)
        four = philox(lanes, step, np.full_like(lanes, replica), np.full_like(lanes, stream), k0, k1)
        for word in range(4):
            out[4 * quad + word] = four[word]
    return out
