"""JAX and optax as optax's documentation shows them: a scan over steps, replicas by vmap."""

from __future__ import annotations

import numpy as np

TITLE = "JAX, optax.adamw"
PACKAGES = ("jax", "jaxlib", "optax")
FORM = "adamw_torch"
ENVIRONMENT = {"JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu"}


def prepare(task):
    import jax
    import jax.numpy as jnp
    import optax

    optimizer = optax.adamw(task.lr, task.beta1, task.beta2, task.eps, weight_decay=task.weight_decay)

    def f(x):
        square = (x / task.scale) ** 2
        return jnp.sum(task.slope * task.scale * square / (1 + square))

    def step(carry, key):
        x, state = carry
        gradient = jax.grad(f)(x)
        noise = task.sigma * jax.random.normal(key, x.shape)
        updates, state = optimizer.update(gradient + noise, state, x)
        norms = jnp.stack([jnp.sum(jnp.abs(gradient)), jnp.sqrt(jnp.sum(gradient**2))])
        return (optax.apply_updates(x, updates), state), norms

    def replica(key):
        x = jnp.full(task.dim, task.start)
        _, norms = jax.lax.scan(step, (x, optimizer.init(x)), jax.random.split(key, task.steps))
        return norms.mean(axis=0)

    replicas = jax.jit(jax.vmap(replica))

    def simulate(seed):
        return np.asarray(replicas(jax.random.split(jax.random.key(seed), task.replicas)))

    simulate(0)
    return simulate
