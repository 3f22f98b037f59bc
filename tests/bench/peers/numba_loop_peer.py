"""Numba: the loop as one writes it down, replicas in parallel, or coordinates when there is one replica."""

from __future__ import annotations

import numpy as np

TITLE = "Numba loop"
PACKAGES = ("numba",)
FORM = "adamw"


def prepare(task):
    import numba

    steps, dim, replicas = task.steps, task.dim, task.replicas
    sigma, scale, slope, start = task.sigma, task.scale, task.slope, task.start
    lr, beta1, beta2, eps, weight_decay = task.lr, task.beta1, task.beta2, task.eps, task.weight_decay

    @numba.njit
    def update(x, m, v, i):
        u = x[i] / scale
        a = 1.0 + u * u
        gradient = slope * 2.0 * u / (a * a)
        g = gradient + sigma * np.random.standard_normal()
        m[i] = beta1 * m[i] + (1.0 - beta1) * g
        v[i] = beta2 * v[i] + (1.0 - beta2) * g * g
        x[i] = (1.0 - lr * weight_decay) * x[i] - lr * m[i] / np.sqrt(v[i] + eps)
        return gradient

    @numba.njit(parallel=True)
    def over_replicas(seed):
        means = np.empty((replicas, 2))
        for r in numba.prange(replicas):
            np.random.seed((seed * replicas + r) % 2**32)
            x, m, v = np.full(dim, start), np.zeros(dim), np.zeros(dim)
            total_1, total_2 = 0.0, 0.0
            for _ in range(steps):
                l1, square = 0.0, 0.0
                for i in range(dim):
                    gradient = update(x, m, v, i)
                    l1 += abs(gradient)
                    square += gradient * gradient
                total_1 += l1
                total_2 += np.sqrt(square)
            means[r, 0], means[r, 1] = total_1 / steps, total_2 / steps
        return means

    @numba.njit(parallel=True)
    def over_coordinates(seed):  # each thread has the random state that Numba seeded it with
        x, m, v = np.full(dim, start), np.zeros(dim), np.zeros(dim)
        total_1, total_2 = 0.0, 0.0
        for _ in range(steps):
            l1, square = 0.0, 0.0
            for i in numba.prange(dim):
                gradient = update(x, m, v, i)
                l1 += abs(gradient)
                square += gradient * gradient
            total_1 += l1
            total_2 += np.sqrt(square)
        return np.array([[total_1 / steps, total_2 / steps]])

    simulate = over_replicas if replicas > 1 else over_coordinates
    simulate(0)
    return simulate
