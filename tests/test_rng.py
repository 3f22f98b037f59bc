"""Philox4x32-10: known answers, and the one layout of its counter."""

import numba
import numpy as np
import pytest

from problems import gaussian
from problems.formulas.elementary import FLAGS
from simulator.engines.cpu import noise_tile
from simulator.engines.rng import PAIR, TILE, key, philox, row, words

KNOWN = [  # counter, key, output: Random123's kat_vectors
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def parsed(text):
    return [np.uint64(int(word, 16)) for word in text.split()]


@numba.njit(**FLAGS)
def compiled(c0, c1, c2, c3, k0, k1):
    return noise_tile.philox(c0, c1, c2, c3, k0, k1)


@pytest.mark.parametrize(("counter", "key_words", "output"), KNOWN)
def test_known_answers(counter, key_words, output):
    assert list(philox(*parsed(counter), *parsed(key_words))) == parsed(output)
    assert list(compiled(*parsed(counter), *parsed(key_words))) == parsed(output)
    arrays = [np.full(3, word) for word in parsed(counter)]
    for got, wanted in zip(philox(*arrays, *parsed(key_words)), parsed(output), strict=True):
        assert got.tolist() == [wanted] * 3


def test_key_is_the_seed():
    assert key(0x0123456789ABCDEF) == (0x89ABCDEF, 0x01234567)
    assert key(2**64 - 1) == (0xFFFFFFFF, 0xFFFFFFFF)


def test_layout():
    """Word of (step, coordinate) is word step mod 4 of counter (coordinate, step div 4, replica, stream)."""
    seed, replica, stream, first = 987654321987654321, 5, 1, 48
    coordinates = [0, 3, 2**32 - 1]
    got = words(seed, coordinates, first, replica, stream)
    assert got.shape == (TILE, 3) and got.dtype == np.uint32
    for lane, coordinate in enumerate(coordinates):
        for t in range(TILE):
            step = first + t
            counter = [np.uint64(c) for c in (coordinate, step // 4, replica, stream)]
            assert got[t, lane] == philox(*counter, *key(seed))[step % 4]


@pytest.mark.parametrize("lanes", [16, 64])
@pytest.mark.parametrize("first", [0, 16, 2**32 - 16, 2**33])
def test_compiled_words_are_the_same(lanes, first):
    coordinate, replica, stream, seed = 2**20 - 5, 2**31 + 1, 1, 2**63 + 7
    out = np.empty(TILE * lanes, dtype=np.uint32)
    u = np.uint64
    make_words = noise_tile.words_loop(lanes)
    fill = numba.njit(lambda *arguments: make_words(*arguments), **FLAGS)
    fill(out, u(coordinate), u(first), u(replica), u(stream), *key(seed))
    expected = words(seed, np.arange(coordinate, coordinate + lanes), first, replica, stream)
    np.testing.assert_array_equal(out.reshape(TILE, lanes)[[row(t) for t in range(TILE)]], expected)


def test_rows_of_a_tile_are_a_permutation_that_keeps_the_halves():
    rows = [row(t) for t in range(TILE)]
    assert sorted(rows) == list(range(TILE))
    assert [r + PAIR for r in rows[:PAIR]] == rows[PAIR:] == [row(TILE + t) for t in range(PAIR, TILE)]


def test_places_have_words_of_their_own():
    """64-bit pairs of neighbouring words: a repeat among 10⁴ would have probability 3e-12."""
    seen = []
    for seed in (0, 1, 2**32):
        for replica in (0, 1):
            for stream in (0, 1):
                for first in (0, 16):
                    block = words(seed, np.arange(32), first, replica, stream).astype(np.uint64)
                    seen.append((block[0::2] << np.uint64(32) | block[1::2]).ravel())
    seen = np.concatenate(seen)
    assert np.unique(seen).size == seen.size


def test_bits_are_fair():
    """Each of 32 bits over n words: |ones − n/2| ≤ 6 √n/2; false alarm below 32 · 2e-9."""
    block = np.concatenate([words(1, np.arange(1000), 16 * t, 0, 0).ravel() for t in range(10)])
    for bit in range(32):
        ones = int(np.sum(block >> np.uint32(bit) & np.uint32(1)))
        assert abs(ones - block.size / 2) <= 3 * block.size**0.5


def test_tiles_join_seamlessly():
    """Noise of a place does not depend on the block it is made in."""
    whole = noise_tile.tile(gaussian(), 3, 0, 64, 32, 7)
    for lanes in (16, 32):
        for low in range(0, 64, lanes):
            np.testing.assert_array_equal(
                noise_tile.tile(gaussian(), 3, low, lanes, 32, 7), whole[:, low : low + lanes]
            )


def test_a_pair_is_two_steps_of_one_coordinate():
    w = words(3, np.arange(64), 32, 7, 0)
    z = noise_tile.tile(gaussian(), 3, 0, 64, 32, 7)
    sign = np.where(w >> np.uint32(31), -1, 1)
    size = ((w & np.uint32(0x7FFFFFFF)).astype(np.float64) + 0.5) * 2.0**-31
    radius = sign[:PAIR] * np.sqrt(-2 * np.log(size[:PAIR]))
    angle = np.pi / 2 * sign[PAIR:] * size[PAIR:]
    np.testing.assert_allclose(z[:PAIR], radius * np.cos(angle), atol=2e-6)
    np.testing.assert_allclose(z[PAIR:], radius * np.sin(angle), atol=2e-6)
