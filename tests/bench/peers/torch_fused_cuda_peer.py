"""PyTorch on a GPU: torch.optim.AdamW(fused=True), several steps captured as a CUDA graph, so that no launch waits."""

from __future__ import annotations

import numpy as np

from ..workloads import divisor

TITLE = "PyTorch, AdamW(fused=True), CUDA graph"
PACKAGES = ("torch",)
FORM = "adamw_torch"
STEPS = 20  # in a graph


def prepare(task):
    import torch

    shape, unroll = (task.replicas, task.dim), divisor(task.steps, STEPS)
    new = {"dtype": torch.float64, "device": "cuda"}
    x = torch.full(shape, task.start, requires_grad=True, **new)
    x.grad = gradient = torch.empty(shape, **new)
    u, a, sums = torch.empty(shape, **new), torch.empty(shape, **new), torch.zeros((2, task.replicas), **new)
    noise = torch.empty(shape, dtype=torch.float32, device="cuda")
    optimizer = torch.optim.AdamW(
        [x], task.lr, (task.beta1, task.beta2), task.eps, weight_decay=task.weight_decay, fused=True, capturable=True
    )

    @torch.no_grad()
    def steps():
        for _ in range(unroll):
            torch.mul(x, 1 / task.scale, out=u)
            torch.mul(u, u, out=a).add_(1).square_()
            torch.div(u, a, out=gradient).mul_(2 * task.slope)
            sums[0] += torch.linalg.vector_norm(gradient, 1, dim=1)
            sums[1] += torch.linalg.vector_norm(gradient, 2, dim=1)
            gradient.add_(noise.normal_(), alpha=task.sigma)
            optimizer.step()

    side = torch.cuda.Stream()  # a graph must be warmed up on a stream of its own
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        steps()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        steps()

    @torch.no_grad()
    def simulate(seed):
        torch.manual_seed(seed)
        x.fill_(task.start)
        for kept in [sums, *optimizer.state[x].values()]:
            kept.zero_()
        for _ in range(task.steps // unroll):
            graph.replay()
        return np.ascontiguousarray(sums.cpu().numpy().T / task.steps)

    simulate(0)
    return simulate
