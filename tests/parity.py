"""Runs another library's optimizer on a cell, fed with the cell's own noise, and compares every iterate."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from simulator.cells.spec import Spec
from simulator.engines import run
from simulator.engines.cpu.noise_tile import tile
from simulator.engines.reference import trajectory
from simulator.engines.resolve import resolve
from simulator.engines.rng import TILE
from simulator.optimizers import BIASES, OPTIMIZERS

STEPS, DIM, TOLERANCE = 1000, 24, 1e-10
Step = Callable[[np.ndarray, np.ndarray], np.ndarray]  # (x, stochastic gradient) → new x

CASES = [  # noise, problem, σ: the last is noise-free and, once momentum carried it over the edge, of zero gradient
    ("gaussian", "rational", 1.0),
    ("sparse", "ripple", 2.0),
    ("gaussian", "FLAT", 0.0),
]

FLAT = '''"""A bowl with a flat bottom: the gradient is exactly 0 for |u| ≤ 1."""
from problems import profile


@profile(curvature=1.0, start=1.02)
def flat(u):
    e = max(abs(u) - 1.0, 0.0)
    return 0.5 * e * e


@flat.derivative
def _flat(u):
    return u - max(min(u, 1.0), -1.0)
'''


def spec(folder, case: tuple[str, str, float], optimizer: str, hyper: dict[str, float]) -> Spec:
    noise, problem, sigma = case
    if problem == "FLAT":
        (folder / "flat.py").write_text(FLAT, encoding="utf-8")
        problem = f"{folder / 'flat.py'}:flat"
    return Spec.of(
        problem,
        optimizer,
        DIM,
        STEPS,
        1,
        noise=noise,
        sigma=sigma,
        smoothness=3.0,
        gap=2.0,
        seed=8,
        schedule="constant",
        optimizer_args=hyper,
    )


def compare_run(cell_spec: Spec, step: Step) -> np.ndarray:
    """Iterates against ``reference.trajectory``, the norms at the checkpoints against the compiled engine.

    Returns the true gradients, shape (STEPS, DIM).
    """
    cell = resolve(cell_spec)
    sigma = cell_spec.sigma / math.sqrt(DIM)
    x, points, gradients = cell.problem.start_point(), [], []
    for k in range(STEPS):
        if k % TILE == 0:
            noise = tile(cell.noise, cell_spec.seed, 0, DIM, k, 0).astype(np.float64)
        gradient = cell.problem.gradient(x)
        points.append(x)
        gradients.append(gradient)
        x = step(x, gradient + sigma * noise[k % TILE])
    points, gradients = np.array(points), np.array(gradients)
    close(np.array([x for x, _, _ in trajectory(cell, 0)]), points)

    stats = run(cell_spec).stats
    at = stats.checkpoints - 1
    close(stats.max_abs_x[0], np.abs(points[at]).max(axis=1))
    close(stats.grad_l2[0], np.linalg.norm(gradients[at], axis=1))
    close(stats.mean_grad_l1[0], np.abs(gradients).sum(axis=1).mean())
    return gradients


def compare_formula(optimizer: str, hyper: dict[str, float], step: Step) -> None:
    """The update formula alone on a given sequence of gradients, exact zeros included.

    Coordinate 0 never gets a gradient, 1 none from step 300 on, 2 none before step 300, 3 only at every
    50th step; the sizes of the others run from 1e-6 to 1e3.
    """
    chosen = OPTIMIZERS[optimizer]
    g = np.random.default_rng(3).standard_normal((STEPS, DIM)) * np.geomspace(1e-6, 1e3, DIM)
    g[:, 0], g[300:, 1], g[:300, 2] = 0, 0, 0
    g[np.arange(STEPS) % 50 != 0, 3] = 0
    ours = theirs = np.linspace(-2, 2, DIM)
    state = [np.zeros(DIM)] * len(chosen.state)
    for k in range(STEPS):
        biases = {name: 1 - hyper[beta] ** (k + 1) for name, beta in BIASES.items() if beta in hyper}
        new = chosen.update(ours, g[k], *state, *({**hyper, **biases}[name] for name in chosen.hyper))
        ours, *state = new if state else [new]
        theirs = step(theirs, g[k])
        close(ours, theirs)


def close(ours, theirs) -> None:
    """Within TOLERANCE of the largest entry, and every entry finite."""
    assert np.all(np.isfinite(theirs))
    assert np.max(np.abs(ours - theirs)) <= TOLERANCE * np.max(np.abs(theirs))
