"""Compiled noise, a tile of TILE steps × lanes at a time: random words, then one flat loop of the law."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numba
import numpy as np
from numba import types
from ratecheck.problems import Formula, Noise
from ratecheck.problems.formulas.elementary import COMPILE, FLAGS

from .. import rng
from ..rng import PAIR, TILE
from .machine_code import compile_stored
from .registers import tuple_reader

SIGN_BIT, SIZE_BITS = np.uint32(0x80000000), np.uint32(0x7FFFFFFF)
ONE_BITS = np.uint32(0x3F800000)  # the float32 1.0
SIZES = frozenset({"a", "b", "size"})  # the arguments of a law that are sizes: at least 2⁻³²
HALF, SIZE_UNIT = np.float32(0.5), np.float32(2.0**-31)


class Place(NamedTuple):
    """Where noise is made: *tiles* tiles from *step* on, lanes from *coordinate* on. All are uint64, or Numba would mix
    in floats."""

    tiles: np.uint64
    coordinate: np.uint64
    step: np.uint64
    replica: np.uint64
    key_0: np.uint64
    key_1: np.uint64


philox, row = COMPILE(rng.philox), COMPILE(rng.row)


@COMPILE
def sign_and_size(word):
    """A word as a sign ±1 (its top bit) and a float32 uniform in (0, 1] (its other 31 bits, centred)."""
    sign = np.uint32((word & SIGN_BIT) | ONE_BITS).view(np.float32)
    return sign, (np.float32(np.int32(word & SIZE_BITS)) + HALF) * SIZE_UNIT


@cache
def words_loop(lanes: int):
    """``make_words(out, coordinate, first_step, replica, stream, k0, k1)`` for a fixed number of lanes.

    Fills *out*, uint32 of TILE × lanes, with the words of lanes from *coordinate* and TILE steps from
    *first_step*, a multiple of TILE, in the rows of ``rng.row``. Every integer is a uint64, or Numba
    would mix in floats.
    """

    run = 2 * lanes  # a word of the two quads of a half tile

    @COMPILE
    def make_words(out, coordinate, first_step, replica, stream, k0, k1):
        quad = first_step // np.uint64(4)
        for half in range(2):
            words = out[half * PAIR * lanes :]
            word_0, word_1, word_2, word_3 = words[:run], words[run:], words[2 * run :], words[3 * run :]
            for q in range(2):
                step = quad + np.uint64(2 * half + q)
                for lane in range(lanes):
                    a, b, c, d = philox(coordinate + np.uint64(lane), step, replica, stream, k0, k1)
                    word_0[q * lanes + lane] = np.uint32(a)
                    word_1[q * lanes + lane] = np.uint32(b)
                    word_2[q * lanes + lane] = np.uint32(c)
                    word_3[q * lanes + lane] = np.uint32(d)

    return make_words


@cache
def law_loop(formula: Formula, draws: str, lanes: int):
    """``make_noise(z, first, second, arguments)``: flat z from words of stream 0 and, for 'double' laws, stream 1.

    Rows of z are the rows of the words, whatever their order within the two halves of a tile.
    """
    law = formula.numba(np.float32, SIZES)
    read = tuple_reader(0, len(formula.parameters) - (2 if draws == "single" else 4))
    size, half = TILE * lanes, PAIR * lanes

    if draws == "pair":

        @numba.njit(**FLAGS)
        def make_noise(z, first, second, arguments):
            own = read(arguments)
            z_0, z_1, first_0, first_1 = z[:half], z[half:], first[:half], first[half:]
            for i in range(half):
                a, b = sign_and_size(first_0[i]), sign_and_size(first_1[i])
                z_0[i], z_1[i] = law(a[0], a[1], b[0], b[1], *own)
    elif draws == "single":

        @numba.njit(**FLAGS)
        def make_noise(z, first, second, arguments):
            own = read(arguments)
            for i in range(size):
                a = sign_and_size(first[i])
                z[i] = law(a[0], a[1], *own)
    else:

        @numba.njit(**FLAGS)
        def make_noise(z, first, second, arguments):
            own = read(arguments)
            for i in range(size):
                a, b = sign_and_size(first[i]), sign_and_size(second[i])
                z[i] = law(a[0], a[1], b[0], b[1], *own)

    return make_noise


PLACE_TYPE = types.NamedUniTuple(types.uint64, len(Place._fields), Place)
FILL_TYPE = types.void(types.float32[::1], types.uint32[::1], PLACE_TYPE, types.float32[::1])


@cache
def compile_noise(formula: Formula, draws: str, lanes: int):
    """``fill(z, words, place, arguments)`` for one law.

    *z*, float32, is flat, tiles × TILE × lanes; a tile's rows are in the order of ``rng.row``. *words*, uint32 of
    2 × TILE × lanes, is scratch. *arguments* are the law's, a float32 array.
    """
    make_words, make_noise = words_loop(lanes), law_loop(formula, draws, lanes)
    double, size = draws == "double", TILE * lanes
    stream_0, stream_1 = np.uint64(0), np.uint64(1)

    def fill(z, words, place, arguments):
        first, second = words[:size], words[size:]
        for t in range(place.tiles):
            step = place.step + np.uint64(t * TILE)
            make_words(first, place.coordinate, step, place.replica, stream_0, place.key_0, place.key_1)
            if double:
                make_words(second, place.coordinate, step, place.replica, stream_1, place.key_0, place.key_1)
            make_noise(z[t * size : (t + 1) * size], first, second, arguments)

    return compile_stored(fill, FILL_TYPE, formula.digest, draws, lanes)


def tile(noise: Noise, seed: int, coordinate: int, lanes: int, first_step: int, replica: int) -> np.ndarray:
    """Standardised noise of TILE steps from *first_step*: float32, shape (TILE, lanes)."""
    span = np.arange(coordinate, coordinate + lanes)
    first = rng.words(seed, span, first_step, replica, 0).ravel()
    second = rng.words(seed, span, first_step, replica, 1).ravel() if noise.draws == "double" else first
    z = np.empty(TILE * lanes, dtype=np.float32)
    law_loop(noise.formula, noise.draws, lanes)(z, first, second, noise.formula_argument_array)
    return z.reshape(TILE, lanes)
