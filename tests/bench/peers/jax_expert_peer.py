"""The best JAX that documented means give: the update written out in one scan over steps, a device a core.

Replicas are an axis; more coordinates than fit the second-level cache go in blocks, one scan after the other. Noise
is drawn for many steps in one call: the words are jax.random.bits of a library key, made normal by Box and Muller.
"""

from __future__ import annotations

import numpy as np

from simulator.cores import cores

from ..workloads import divisor
from .jax_kernel_peer import box_muller

TITLE = "JAX, fused by hand"
PACKAGES = ("jax", "jaxlib")
FORM = "adamw"
ENVIRONMENT = {
    "JAX_ENABLE_X64": "1",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": f"--xla_force_host_platform_device_count={cores()} --xla_cpu_prefer_vector_width=512",
}
# Measured on A to D with two cores and jax 0.10.2, times of a run beside what is here: jax.random.normal 1.7 (D: 1.2);
# Box and Muller on uint32, half of each Threefry block lost, 1.7; erf_inv in the place of Box and Muller 1.3; keys of
# "rbg" 1.15 to 1.3; one device 1.7 to 2.2; unrolled by 2 1.2 to 2.2, by 4 to 16 up to 3.6, optimization_barrier or
# not, as XLA computes steps anew; vectors of 256 bits 1.1; C without blocks 1.1 to 1.3; D with m, v and x stacked
# 1.3, scan in scan 1.0 to 1.5; the other axis last up to 1.6; norms in the scan for after it, or the reverse, up to
# 1.15; odd chunks, whose halves meet within a step, 1.1. No difference: shard_map for pmap, partitionable Threefry or
# not, replicas flattened, SIZE from 2^12, NOISE from 2^15 to 2^18, xla_cpu_enable_fast_math. Nothing is there to
# donate: the state is made inside.
SIZE = 1 << 14  # numbers in an array of a scan; more coordinates are scanned in blocks
NOISE = 1 << 17  # numbers drawn in one call
LANES = 16  # replicas from which on they are the last axis


def prepare(task):
    import jax
    import jax.numpy as jnp
    from jax import lax

    groups = divisor(task.replicas, len(jax.devices()))  # of replicas, each on a device
    replicas = task.replicas // groups
    width = divisor(task.dim, SIZE // replicas)
    blocks = task.dim // width
    items = groups * blocks
    devices = divisor(items, len(jax.devices()))
    lanes = replicas >= LANES
    shape, axis = ((width, replicas), -2) if lanes else ((replicas, width), -1)
    even = 2 - task.steps % 2  # a word's two numbers are half a chunk of steps apart
    chunk = even * divisor(task.steps // even, NOISE // (even * width * replicas))

    def step(state, z):
        x, m, v = state
        u = x * (1 / task.scale)
        a = 1 + u * u
        gradient = (2 * task.slope) * u / (a * a)
        g = gradient + task.sigma * z.astype(jnp.float64)
        m = task.beta1 * m + (1 - task.beta1) * g
        v = task.beta2 * v + (1 - task.beta2) * (g * g)
        x = (1 - task.lr * task.weight_decay) * x - task.lr * m / jnp.sqrt(v + task.eps)
        return (x, m, v), norms(gradient) if lanes else gradient

    def norms(gradient):
        return jnp.sum(jnp.abs(gradient), axis), jnp.sum(gradient * gradient, axis)

    def steps(state, key):
        words = jax.random.bits(key, ((chunk + 1) // 2, *shape), jnp.uint64)
        s, o = lax.scan(step, state, jnp.concatenate(box_muller(words))[:chunk])
        return s, o if lanes else norms(o)

    def item(key):
        start = tuple(jnp.full(shape, value) for value in (task.start, 0.0, 0.0))
        l1, square = lax.scan(steps, start, jax.random.split(key, task.steps // chunk))[1]
        l1, square = l1.reshape(task.steps, replicas), square.reshape(task.steps, replicas)
        return (jnp.mean(l1, 0), jnp.mean(jnp.sqrt(square), 0)) if blocks == 1 else (l1, square)

    run = jax.pmap(lambda keys: lax.map(item, keys), devices=jax.devices()[:devices])

    def simulate(seed):
        keys = jax.random.split(jax.random.key(seed), items)
        l1, square = (np.asarray(a) for a in run(keys.reshape(devices, -1)))
        if blocks > 1:
            l1, square = (a.reshape(groups, blocks, task.steps, replicas).sum(axis=1) for a in (l1, square))
            l1, square = l1.mean(axis=1), np.sqrt(square).mean(axis=1)
        return np.stack([l1.ravel(), square.ravel()], axis=1)

    simulate(0)
    return simulate
