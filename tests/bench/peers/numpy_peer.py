"""NumPy: in place, noise drawn in chunks of steps, coordinates in blocks that stay in the cache."""

from __future__ import annotations

import numpy as np

TITLE = "NumPy"
PACKAGES = ("numpy",)
FORM = "adamw"
BLOCK = 1 << 13  # numbers in an array: six float64 arrays of this size fit the second-level cache
NOISE = 1 << 16  # numbers drawn in one call


def prepare(task):
    width = min(task.dim, max(1, BLOCK // task.replicas))

    def simulate(seed):
        generator = np.random.Generator(np.random.SFC64(seed))
        sums = np.zeros((2, task.steps, task.replicas))
        for low in range(0, task.dim, width):
            block(task, generator, (task.replicas, min(width, task.dim - low)), *sums)
        return np.stack([sums[0].mean(axis=0), np.sqrt(sums[1]).mean(axis=0)], axis=1)

    return simulate


def block(task, generator, shape, l1, square):
    """All steps of a block of coordinates, shape (replicas, coordinates); adds to the sums of its norms."""
    x, m, v = np.full(shape, task.start), np.zeros(shape), np.zeros(shape)
    gradient, noise, work = np.empty(shape), np.empty(shape), np.empty(shape)
    chunk = min(task.steps, max(1, NOISE // x.size))
    normals = np.empty((chunk, *shape), dtype=np.float32)
    for k in range(task.steps):
        if k % chunk == 0:
            generator.standard_normal(dtype=np.float32, out=normals)
        np.multiply(x, 1 / task.scale, out=work)
        np.multiply(work, work, out=gradient)
        gradient += 1.0
        gradient *= gradient
        work *= 2 * task.slope
        np.divide(work, gradient, out=gradient)

        np.abs(gradient, out=work).sum(axis=1, out=noise[:, 0])
        l1[k] += noise[:, 0]
        square[k] += np.vecdot(gradient, gradient)

        np.multiply(normals[k % chunk], task.sigma, out=noise)
        gradient += noise
        m *= task.beta1
        m += np.multiply(gradient, 1 - task.beta1, out=work)
        v *= task.beta2
        gradient *= gradient
        gradient *= 1 - task.beta2
        v += gradient
        np.add(v, task.eps, out=work)
        np.sqrt(work, out=work)
        np.divide(m, work, out=work)
        work *= task.lr
        x *= 1 - task.lr * task.weight_decay
        x -= work
