"""PyTorch: torch.optim.AdamW(fused=True) on one tensor of all replicas, the gradient set by hand."""

from __future__ import annotations

import numpy as np

from simulator.cores import cores

from ..workloads import divisor

TITLE = "PyTorch, AdamW(fused=True)"
PACKAGES = ("torch",)
FORM = "adamw_torch"
NOISE = 1 << 20  # numbers drawn in one call
PARALLEL = 1 << 15  # numbers; below, PyTorch's own loops use one thread, and a second one only costs


def prepare(task):
    import torch

    shape = (task.replicas, task.dim)
    torch.set_num_threads(cores() if task.replicas * task.dim >= PARALLEL else 1)
    chunk = divisor(task.steps, NOISE // (task.replicas * task.dim))
    noise = torch.empty((chunk, *shape), dtype=torch.float32)
    u, a = (torch.empty(shape, dtype=torch.float64) for _ in range(2))

    @torch.no_grad()
    def simulate(seed):
        torch.manual_seed(seed)
        x = torch.full(shape, task.start, dtype=torch.float64, requires_grad=True)
        x.grad = gradient = torch.empty(shape, dtype=torch.float64)
        optimizer = torch.optim.AdamW(
            [x], task.lr, (task.beta1, task.beta2), task.eps, weight_decay=task.weight_decay, fused=True
        )
        sums = torch.zeros((2, task.replicas), dtype=torch.float64)
        for _ in range(task.steps // chunk):
            noise.normal_()
            for z in noise:
                torch.mul(x, 1 / task.scale, out=u)
                torch.mul(u, u, out=a).add_(1).square_()
                torch.div(u, a, out=gradient).mul_(2 * task.slope)
                sums[0] += torch.linalg.vector_norm(gradient, 1, dim=1)
                sums[1] += torch.linalg.vector_norm(gradient, 2, dim=1)
                gradient.add_(z, alpha=task.sigma)
                optimizer.step()
        return np.ascontiguousarray(sums.T / task.steps)

    return simulate
