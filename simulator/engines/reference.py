"""The reference engine: plain NumPy, step by step, never optimised. The others are compared with it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..cells.cell import Cell
from ..cells.stats import Stats, checkpoint_steps
from .cpu.noise_tile import tile
from .hyper import hyper_rows
from .rng import TILE


def trajectory(cell: Cell, replica: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield (x^k, ∇f(x^k), g^k) for k = 1 … K: the point, the true and the stochastic gradient, shape (dim,)."""
    spec, problem = cell.spec, cell.problem
    real = np.dtype(spec.dtype).type
    x = np.full(spec.dim, real(problem.start))
    state = [np.zeros(spec.dim, dtype=real) for _ in cell.optimizer.state]
    slopes, constants = problem.slopes().astype(real), [real(c) for c in problem.constants]
    sigma = real(spec.sigma / np.sqrt(spec.dim))
    for step in range(spec.steps):
        if step % TILE == 0:
            noise = tile(cell.noise, spec.seed, 0, spec.dim, step, replica).astype(real)
        u = (x - real(problem.center)) * real(1.0 / problem.scale)
        gradient = slopes * problem.dphi(u, *constants)
        stochastic = gradient + sigma * noise[step % TILE]
        yield x, gradient, stochastic
        hyper = [real(h) for h in hyper_rows(cell, step, 1)[0]]
        new = cell.optimizer.update(x, stochastic, *state, *hyper)
        x, *state = new if state else [new]


def simulate(cell: Cell, threads: int | None = None, progress=None) -> Stats:
    """Run every replica of *cell*; *threads* is ignored. See ``Stats`` for what is recorded."""
    spec, problem = cell.spec, cell.problem
    marks = checkpoint_steps(spec.steps)
    index = {int(k): i for i, k in enumerate(marks)}
    weights = problem.weights()
    curves = {
        name: np.empty((spec.replicas, marks.size))
        for name in ("f_gap", "grad_l1", "grad_l2", "grad_linf", "max_abs_x", "running_l1", "running_l2")
    }
    means = np.zeros((3, spec.replicas))
    for replica in range(spec.replicas):
        sums = np.zeros(3)
        with np.errstate(all="ignore"):
            for k, (x, gradient, _) in enumerate(trajectory(cell, replica), start=1):
                g = gradient.astype(np.float64)
                l1, square = np.sum(np.abs(g)), np.sum(g * g)
                sums += (l1, np.sqrt(square), square)
                if k in index:
                    u = (x - problem.center) / problem.scale
                    row = {
                        "f_gap": np.sum(weights * problem.phi(u, *problem.constants)) - problem.minimum,
                        "grad_l1": l1,
                        "grad_l2": np.sqrt(square),
                        "grad_linf": np.max(np.abs(g)),
                        "max_abs_x": np.max(np.abs(x)),
                        "running_l1": sums[0] / k,
                        "running_l2": sums[1] / k,
                    }
                    for name, value in row.items():
                        curves[name][replica, index[k]] = value
        means[:, replica] = sums / spec.steps
        if progress:
            progress(spec.dim * spec.steps)
    return Stats.of(*means, marks, **curves)
