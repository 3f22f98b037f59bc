"""Runs of the compiled engine against exact expectations (docs/theory.md, section 5 (1) to (4)).

Statistical tests use the t-statistic of 1024 replicas with |t| ≤ 4.5: a right engine fails one such test
with probability 8e-6 (for a new seed; with the seeds here the outcome is fixed). Each test also asserts
that its standard error is below 1/1000 of the value, so an error of 1 % gives |t| ≥ 10 and is caught.
"""

from __future__ import annotations

import math

import numpy as np
import oracles
import pytest
from engine_runs import compiled_noise
from scipy.optimize import brentq

from problems import NOISES
from simulator.cells.spec import Spec
from simulator.engines import run
from simulator.engines.cpu.noise_tile import tile
from simulator.engines.reference import trajectory
from simulator.engines.resolve import resolve
from simulator.engines.rng import TILE
from simulator.theorem import Theorem
from simulator.theorems import THEOREMS

LIMIT = 4.5


def check_means(result, l1, squares):
    for measured, exact in ((result.stats.mean_grad_l1, l1), (result.stats.mean_grad_l2_squared, squares)):
        error = np.std(measured, ddof=1) / math.sqrt(measured.size)
        assert error < 1e-3 * exact, "too few replicas to catch an error of 1 %"
        assert abs(np.mean(measured) - exact) <= LIMIT * error


def quadratic(optimizer, *, steps=2000, spectrum=0.0, **more):
    spec = Spec.of(
        "quadratic",
        optimizer,
        64,
        steps,
        1024,
        smoothness=2.0,
        gap=3.0,
        sigma=1.5,
        seed=5,
        problem_args={"spectrum": spectrum},
        **more,
    )
    cell = resolve(spec)
    return spec, cell, (cell.problem.curvatures(), cell.problem.start_point(), 1.5 / math.sqrt(64), steps)


@pytest.mark.parametrize("spectrum", [0.0, 1.0])
def test_sgd_on_a_quadratic(spectrum):
    spec, cell, setting = quadratic("sgd", spectrum=spectrum)
    check_means(run(spec), *oracles.sgd_quadratic(cell.hyper["lr"], *setting))


@pytest.mark.parametrize("spectrum", [0.0, 1.0])
@pytest.mark.parametrize("beta1", [0.9, 0.99])
def test_momentum_on_a_quadratic(spectrum, beta1):
    spec, _, setting = quadratic(
        "momentum", schedule="constant", spectrum=spectrum, optimizer_args={"lr": 0.05, "beta1": beta1}
    )
    check_means(run(spec), *oracles.momentum_quadratic(0.05, beta1, *setting))


@pytest.mark.parametrize("noise", NOISES)
def test_squares_need_only_the_variance_of_the_noise(noise):
    spec, cell, setting = quadratic("sgd", noise=noise, noise_args={"nu": 9.0} if noise == "pareto" else {})
    measured = run(spec).stats.mean_grad_l2_squared
    error = np.std(measured, ddof=1) / math.sqrt(measured.size)
    exact = oracles.sgd_quadratic(cell.hyper["lr"], *setting)[1]
    assert error < 1e-3 * exact
    assert abs(np.mean(measured) - exact) <= LIMIT * error


def test_ema_momentum_is_heavy_ball_with_a_smaller_step():
    setting = ([2.0, 0.5], [1.0, -1.0], 0.3, 300)
    ema = oracles.momentum_quadratic(0.1, 0.8, *setting)
    assert ema == pytest.approx(oracles.heavy_ball_quadratic(0.1 * (1 - 0.8), 0.8, *setting), rel=1e-12)


@pytest.mark.parametrize("beta1", [0.0, 0.5, 0.95])
def test_stationary_variance_is_the_limit_of_the_recursion(beta1):
    h, sigma, lr, steps = 1.7, 0.4, 0.2, 20_000
    early, late = (n * oracles.momentum_quadratic(lr, beta1, [h], [0.0], sigma, n)[1] for n in (steps // 2, steps))
    assert (late - early) / (steps / 2) == pytest.approx(
        h * h * oracles.stationary_variance(lr, beta1, h, sigma), rel=1e-9
    )


@pytest.mark.parametrize("spectrum", [0.0, 0.5])
def test_without_noise_gradient_descent_is_a_geometric_series(spectrum):
    spec = Spec.of(
        "quadratic",
        "sgd",
        40,
        500,
        1,
        smoothness=2.0,
        gap=3.0,
        sigma=0.0,
        schedule="constant",
        problem_args={"spectrum": spectrum},
        optimizer_args={"lr": 0.03},
    )
    cell, stats = resolve(spec), run(spec).stats
    h = cell.problem.curvatures()
    gradients = h * cell.problem.start * (1 - 0.03 * h) ** np.arange(500)[:, None]
    assert stats.mean_grad_l1[0] == pytest.approx(np.mean(np.abs(gradients).sum(axis=1)), rel=1e-12)
    assert stats.mean_grad_l2_squared[0] == pytest.approx(np.mean((gradients**2).sum(axis=1)), rel=1e-12)
    at = gradients[stats.checkpoints - 1]
    assert stats.grad_l2[0] == pytest.approx(np.linalg.norm(at, axis=1), rel=1e-12)
    assert stats.f_gap[0] == pytest.approx(np.sum(at**2 / (2 * h), axis=1), rel=1e-12)


@pytest.mark.parametrize("q", [0.05, 0.2])
def test_rmsprop_without_memory_stays_where_the_mean_step_is_0(q):
    """Under skewed noise that is not the minimum: z + n over its root with ε = σ_i² = 1 has mean 0 at n > 0.

    To 0.3 %, seven standard errors of 128 replicas of 16 coordinates; lr moves it by less.
    """
    high, low = math.sqrt((1 - q) / q), math.sqrt(q / (1 - q))

    def mean_step(n):
        return q * (n + high) / math.hypot(n + high, 1) - (1 - q) * (low - n) / math.hypot(low - n, 1)

    root = brentq(mean_step, 0, low)
    assert q != 0.2 or root == pytest.approx(0.265, abs=5e-4)
    given = {"noise": "skew", "noise_args": {"q": q}, "schedule": "constant", "seed": 5}
    hyper = {"lr": 0.01, "beta2": 0.0, "eps": 1.0}
    start = {"gap": 16 * root**2 / 2, "sigma": 4.0}  # every partial derivative begins at the root
    skewed = run(Spec.of("quadratic", "rmsprop", 16, 20_000, 128, optimizer_args=hyper, **start, **given))
    assert np.mean(skewed.stats.mean_grad_l1) / 16 == pytest.approx(root, rel=3e-3)
    fair = run(
        Spec.of(
            "quadratic",
            "rmsprop",
            16,
            20_000,
            128,
            optimizer_args=hyper,
            **start,
            **{**given, "noise_args": {"q": 0.5}},
        )
    )
    assert np.mean(fair.stats.mean_grad_l1) / 16 < root / 2


@pytest.mark.parametrize("problem", ["quadratic", "rational"])
def test_adamw_tends_to_momentum_as_eps_grows(problem):
    """m/√(v + ε) = m/√ε · (1 − v/(2ε) + O(1/ε²)): with η√ε fixed the difference is proportional to 1/ε."""

    def grad_l1(optimizer, **arguments):
        return run(
            Spec.of(problem, optimizer, 64, 1000, 2, schedule="constant", seed=2, optimizer_args=arguments)
        ).stats.grad_l1

    limit = grad_l1("momentum", lr=0.05, beta1=0.9)
    near, far = (
        np.max(
            np.abs(grad_l1("adamw", lr=0.05 * math.sqrt(eps), beta1=0.9, beta2=0.99, eps=eps, weight_decay=0.0) - limit)
        )
        for eps in (1e4, 1e6)
    )
    assert near < 1e-4 * np.max(limit)
    assert near / far == pytest.approx(100, rel=1e-3)


@pytest.mark.parametrize("problem", ["rational", "ramp"])
@pytest.mark.parametrize("optimizer", sorted(t.optimizer.name for t in THEOREMS.values() if isinstance(t, Theorem)))
def test_scaling_f_or_x_leaves_the_ratios_as_they_are(problem, optimizer):
    def ratios(smoothness, gap, sigma):
        noise = "rademacher" if optimizer == "adagrad" else "gaussian"  # one rule needs bounded noise
        constants = {"smoothness": smoothness, "gap": gap, "sigma": sigma}
        result = run(Spec.of(problem, optimizer, 24, 3000, 2, noise=noise, seed=9, **constants))
        rate = math.sqrt(24) * result.constants.c * 3000**-0.25
        return result.stats.running_l1 / rate, result.stats.max_abs_x

    ratio, size = ratios(1.5, 0.7, 1.1)
    c, s = 3.7, 0.29
    scaled_f = ratios(1.5 * c, 0.7 * c, 1.1 * c)  # f → c f
    scaled_x = ratios(1.5 * s * s, 0.7, 1.1 * s)  # f(x) → f(s x)
    for other, x in ((scaled_f, size), (scaled_x, size / s)):
        assert other[0] == pytest.approx(ratio, rel=1e-9)
        assert other[1] == pytest.approx(x, rel=1e-9)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "nadamw"])
def test_permuting_the_coordinates_permutes_the_run(optimizer):
    spec = Spec.of("rational", optimizer, 30, 64, 1, seed=4, problem_args={"spectrum": 1.0})
    cell = resolve(spec)
    order = np.random.default_rng(0).permutation(30)
    slopes = cell.problem.slopes()[order]
    noise = np.concatenate([tile(cell.noise, 4, 0, 30, first, 0) for first in range(0, 64, TILE)])[:, order].astype(
        float
    )
    x, state, points, norms = cell.problem.start_point(), [0.0] * len(cell.optimizer.state), [], []
    for k in range(64):
        gradient = slopes * cell.problem.dphi(x / cell.problem.scale)
        points.append(x)
        norms.append(np.abs(gradient).sum())
        g = gradient + spec.sigma / math.sqrt(30) * noise[k]
        new = cell.optimizer.update(x, g, *state, *(cell.hyper[name] for name in cell.optimizer.hyper))
        x, *state = new if state else [new]
    original = np.array([x for x, _, _ in trajectory(cell, 0, compiled_noise)])
    assert np.array(points) == pytest.approx(original[:, order], rel=1e-12, abs=1e-14)
    stats = run(spec).stats
    assert stats.grad_l1[0] == pytest.approx(np.array(norms)[stats.checkpoints - 1], rel=1e-12)
