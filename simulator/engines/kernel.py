"""The compiled loops of the CPU engine: words, noise, update with norms, and the blocks around them.

A separable problem's coordinates meet only in the norms, so a block of LANES coordinates keeps its
state in the first-level cache for a whole chunk of steps. A tile of 16 steps × LANES lanes of noise
is made at a time: random words, then one flat loop of the noise law; then the steps run over it.
The norms of one step and one block are summed in registers and added to float64 sums of the chunk.
"""

from __future__ import annotations

import numba
import numpy as np

from problems.elementary import COMPILE, FLAGS
from .. import rng

TILE, PAIR = rng.TILE, rng.PAIR
MAX_STATE = 4
SLOPE = 1 + MAX_STATE  # rows of a block: x, four state rows, the slope w/s of each coordinate
ROWS = SLOPE + 1

philox = COMPILE(rng.philox)


@COMPILE
def sign_and_size(word):
    sign = np.uint32(np.uint32(word & np.uint32(0x80000000)) | np.uint32(0x3F800000)).view(np.float32)
    size = np.float32(np.int32(word & np.uint32(0x7FFFFFFF)))
    return sign, (size + np.float32(0.5)) * np.float32(2.0**-31)


def words_loop(lanes):
    """Random words of one tile: out[step, lane], flat."""

    @numba.njit(**FLAGS)
    def make_words(out, coordinate, first_step, replica, stream, k0, k1):
        quad = first_step // np.uint64(4)
        for q in range(TILE // 4):
            row = out[4 * q * lanes:(4 * q + 4) * lanes]
            step = quad + np.uint64(q)
            for lane in range(lanes):
                a, b, c, d = philox(coordinate + np.uint64(lane), step, replica, stream, k0, k1)
                row[lane] = np.uint32(a)
                row[lanes + lane] = np.uint32(b)
                row[2 * lanes + lane] = np.uint32(c)
                row[3 * lanes + lane] = np.uint32(d)

    return make_words


def noise_loop(noise, lanes):
    """Noise of one tile from its words; *law* constants come as a tuple of float32."""
    law = noise.formula.numba(np.float32)
    half = PAIR * lanes

    if noise.draws == "pair":
        @numba.njit(**FLAGS)
        def make_noise(z, first, second, constants):
            for i in range(half):
                a, b = sign_and_size(first[i]), sign_and_size(first[half + i])
                z[i], z[half + i] = law(a[0], a[1], b[0], b[1], *constants)
    elif noise.draws == "single":
        @numba.njit(**FLAGS)
        def make_noise(z, first, second, constants):
            for i in range(2 * half):
                a = sign_and_size(first[i])
                z[i] = law(a[0], a[1], *constants)
    else:
        @numba.njit(**FLAGS)
        def make_noise(z, first, second, constants):
            for i in range(2 * half):
                a, b = sign_and_size(first[i]), sign_and_size(second[i])
                z[i] = law(a[0], a[1], b[0], b[1], *constants)
    return make_noise


def update_function(optimizer, lanes, dtype):
    """``update(w, lane, gradient, hyper)``: one coordinate's step on the block *w*."""
    names = ["x", *optimizer.state]
    cells = [f"w[{row} * lanes + lane]" for row in range(len(names))]
    hyper = [f"hyper[{j}]" for j in range(len(optimizer.hyper))]
    source = (f"def update(w, lane, gradient, hyper):\n"
              f"    {', '.join(cells)} = formula({', '.join([cells[0], 'gradient', *cells[1:], *hyper])})\n")
    namespace = {"formula": optimizer.update.numba(dtype), "lanes": lanes}
    exec(source, namespace)
    return COMPILE(namespace["update"])


def hyper_function(optimizer):
    namespace = {}
    exec(f"def load(table, row): return ({''.join(f'table[row, {j}], ' for j in range(len(optimizer.hyper)))})", namespace)
    return COMPILE(namespace["load"])


def build(problem, noise, optimizer, dtype, lanes):
    real = np.dtype(dtype).type
    dphi = problem.dphi.numba(dtype)
    phi = problem.phi.numba(dtype)
    make_words, make_noise = words_loop(lanes), noise_loop(noise, lanes)
    update, load_hyper = update_function(optimizer, lanes, dtype), hyper_function(optimizer)
    double = noise.draws == "double"

    @COMPILE
    def true_gradient(x, slope, inverse_scale, center, params):
        return slope * dphi((x - center) * inverse_scale, *params)

    @COMPILE
    def stochastic(gradient, sigma, z):
        return gradient + sigma * real(z)

    # reassoc: the two sums may be split over vector lanes; everything else is in functions without it.
    @numba.njit(fastmath={"reassoc"}, **FLAGS)
    def step(w, z, sigma, inverse_scale, center, params, hyper):
        l1 = real(0)
        l2 = real(0)
        for lane in range(lanes):
            g = true_gradient(w[lane], w[SLOPE * lanes + lane], inverse_scale, center, params)
            update(w, lane, stochastic(g, sigma, z[lane]), hyper)
            l1 += abs(g)
            l2 += g * g
        return l1, l2

    @numba.njit(**FLAGS)
    def advance(w, words, z, coordinate, first, count, replica, k0, k1, sigma, inverse_scale, center, params, law, table, l1, l2):
        for tile in range(count // TILE):
            make_words(words[0], coordinate, np.uint64(first + tile * TILE), replica, np.uint64(0), k0, k1)
            if double:
                make_words(words[1], coordinate, np.uint64(first + tile * TILE), replica, np.uint64(1), k0, k1)
            make_noise(z, words[0], words[1], law)
            for t in range(TILE):
                hyper = load_hyper(table, 0)
                a, b = step(w, z[t * lanes:(t + 1) * lanes], sigma, inverse_scale, center, params, hyper)
                l1[tile * TILE + t] += a
                l2[tile * TILE + t] += b

    return advance
