"""Not what a JAX user would write: ratecheck's own kernel, transcribed to JAX to see how far XLA carries it.

Coordinates are in blocks outside, time inside, one block after the other on every core. The words are SplitMix64's,
cheaper than those of a counter-based generator of a library (Threefry, Philox). The while loops are compiled whole,
by options of XLA's CPU backend that nothing documents and that depend on its version.

Blocks of 64 to 2048 coordinates differ little. See jax_expert for JAX by its documented means.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from problems.formulas.coefficients import COS_QUARTER as COS
from problems.formulas.coefficients import SIN_QUARTER as SIN
from simulator.cores import cores

from ..workloads import divisor

TITLE = "JAX, ratecheck's own kernel transcribed"
PACKAGES = ("jax", "jaxlib")
FORM = "adamw"
# A while loop below the threshold is one compiled function, with no call into the runtime in every step; LLVM
# would unroll its short inner loops into scalar code before it came to vectorise them.
OPTIONS = "xla_cpu_small_while_loop_byte_threshold=1000000000,xla_cpu_disable_loop_unrolling=true"
ENVIRONMENT = {
    "JAX_ENABLE_X64": "1",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": f"--xla_force_host_platform_device_count={cores()} --xla_cpu_prefer_vector_width=512 "
    f"--xla_backend_extra_options={OPTIONS}",
}
WIDTH = 1024  # coordinates in a block: its state stays in the first-level cache
NOISE = 1 << 13  # numbers drawn at once, for many steps


def prepare(task):
    import jax
    import jax.numpy as jnp
    from jax import lax

    width = divisor(task.dim, WIDTH)
    chunk = divisor(task.steps, NOISE // width)
    blocks = task.dim // width
    items = task.replicas * blocks
    devices = divisor(items, len(jax.devices()))
    normals = partial(normal, chunk * width)

    def step(state, z):
        x, m, v = state
        u = x * (1 / task.scale)
        a = 1 + u * u
        gradient = (2 * task.slope) * u / (a * a)
        g = gradient + task.sigma * z.astype(jnp.float64)
        m = task.beta1 * m + (1 - task.beta1) * g
        v = task.beta2 * v + (1 - task.beta2) * (g * g)
        x = (1 - task.lr * task.weight_decay) * x - task.lr * m / jnp.sqrt(v + task.eps)
        return (x, m, v), (jnp.sum(jnp.abs(gradient)), jnp.sum(gradient * gradient))

    def steps(stream, state, k):
        return lax.scan(step, state, normals(stream, k).reshape(chunk, width))

    def item(stream):
        start = tuple(jnp.full(width, value) for value in (task.start, 0.0, 0.0))
        l1, square = lax.scan(partial(steps, stream), start, jnp.arange(task.steps // chunk, dtype=jnp.uint64))[1]
        if blocks == 1:
            return jnp.mean(l1), jnp.mean(jnp.sqrt(square))
        return l1.ravel(), square.ravel()

    run = jax.pmap(partial(lax.map, item), devices=jax.devices()[:devices])

    def simulate(seed):
        streams = mix(np.arange(items, dtype=np.uint64) + np.uint64(seed * items))
        l1, square = (np.asarray(a) for a in run(streams.reshape(devices, -1)))
        if blocks == 1:
            return np.stack([l1.ravel(), square.ravel()], axis=1)
        l1, square = (a.reshape(task.replicas, blocks, task.steps).sum(axis=1) for a in (l1, square))
        return np.stack([l1.mean(axis=1), np.sqrt(square).mean(axis=1)], axis=1)

    simulate(0)
    return simulate


def normal(count, stream, k):
    """Draw *k* of *count* normal float32 numbers: two of each word of SplitMix64, by Box and Muller."""
    import jax.numpy as jnp
    from jax import lax

    pairs = (count + 1) // 2
    index = k * np.uint64(pairs) + lax.iota(jnp.uint64, pairs)
    # Packed as one output, or XLA would compute the words and radii once for each.
    one, other = (
        lax.bitcast_convert_type(z, jnp.uint32).astype(jnp.uint64)
        for z in box_muller(mix(stream + index * np.uint64(0x9E3779B97F4A7C15)))
    )
    return lax.bitcast_convert_type(one | (other << np.uint64(32)), jnp.float32).ravel()[:count]


def box_muller(word):
    """Two normal float32 numbers of each uint64 word."""
    import jax.numpy as jnp
    from jax import lax

    real, half = jnp.float32, jnp.uint32
    high, low = (word >> np.uint64(32)).astype(half), word.astype(half)
    size = ((high & half(0x7FFFFFFF)).astype(jnp.int32).astype(real) + real(0.5)) * real(2.0**-31)
    sign = lax.bitcast_convert_type((high & half(0x80000000)) | half(0x3F800000), real)
    turn = low.astype(jnp.int32).astype(real) * real(2.0**-31)  # of a quarter circle either way
    radius = sign * jnp.sqrt(real(-2) * jnp.log(size))
    return radius * polynomial(COS, turn * turn), radius * (turn * polynomial(SIN, turn * turn))


def mix(word):
    """The output function of SplitMix64."""
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


def polynomial(coefficients, x):
    value = np.float32(coefficients[-1])
    for c in coefficients[-2::-1]:
        value = value * x + np.float32(c)
    return value
