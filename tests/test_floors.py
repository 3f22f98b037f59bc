"""Where rules that are wrong come to rest: exact floors of ‖∇f‖₁, which noise of one sign or a centre make visible.

On f = (L/2)Σ(x_i − c_i)² and for small steps a coordinate rests where its expected step is 0, and a theorem that lets
the gradient vanish is false there. Derivations: docs/theory.md, section 6.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from problems import uneven_ramp
from simulator.cells.of_step import as_used
from simulator.cells.quantities import READINGS, weighted
from simulator.cells.spec import Spec
from simulator.engines.cpu import engine as cpu
from simulator.engines.resolve import resolve
from simulator.optimizers import optimizer


@optimizer()
def signsgd(x, g, lr):
    return x - lr * math.copysign(1.0, g)


@optimizer()
def lion(x, g, m, lr, beta1, beta2):
    c = beta1 * m + (1 - beta1) * g
    return x - lr * math.copysign(1.0, c), beta2 * m + (1 - beta2) * g


@optimizer()
def clipped(x, g, lr, tau):
    return x - lr * max(-tau, min(tau, g))


@optimizer()
def rmsprop_now(x, g, lr, eps):
    """RMSProp with β₂ = 0."""
    return x - lr * g / math.sqrt(g * g + eps)


def late(k):
    return k**8


LATE = weighted("late_grad_l1", READINGS["grad_l1"], late)


def late_l1(made, hyper, steps, noise="skew", **more):
    """‖∇f‖₁ over the last steps, the mean of 8 replicas."""
    spec = Spec.of("quadratic", "sgd", 4, steps, 8, noise=noise, schedule="constant", optimizer_args={"lr": 1}, **more)
    cell = replace(resolve(spec), optimizer=made, hyper=as_used(hyper))
    return float(np.mean(cpu.simulate(cell, quantities=[LATE]).measured["late_grad_l1"])), cell


def rare(q):
    """The law's value of probability 1 − q, without its sign."""
    return math.sqrt(q / (1 - q))


@pytest.mark.parametrize("problem_args", [{}, {"noise_spectrum": 1.0}, {"center": 3.0, "centers": "alternating"}])
@pytest.mark.parametrize("q", [0.05, 0.2, 0.4])
def test_signsgd(q, problem_args):
    """The median of g is 0 at ∇_i = σ_i √(q/(1−q)), not at 0."""
    found, cell = late_l1(signsgd, {"lr": 1e-4}, 60_000, noise_args={"q": q}, problem_args=problem_args)
    assert found == pytest.approx(cell.constants.sigma_l1 * rare(q), rel=2e-3)


def test_signsgd_under_symmetric_noise_has_no_floor():
    """The opposite: what makes the floor is the skewness."""
    found, cell = late_l1(signsgd, {"lr": 1e-4}, 60_000, noise="gaussian")
    assert found < 0.05 * cell.constants.sigma_l1


@pytest.mark.parametrize("q", [0.2, 0.35])
def test_rmsprop_with_fixed_beta2(q):
    """q(n + a)/√((n + a)² + ε) = (1 − q)(b − n)/√((b − n)² + ε), in units of σ_i."""
    a, b = 1 / rare(q), rare(q)

    def drift(n):
        up, down = n + a, b - n
        return q * up / math.sqrt(up * up + 1) - (1 - q) * down / math.sqrt(down * down + 1)

    found, cell = late_l1(rmsprop_now, {"lr": 2e-4, "eps": 0.25}, 100_000, noise_args={"q": q})
    assert cell.constants.sigma**2 / 4 == 0.25  # ε = σ_i²
    assert found == pytest.approx(cell.constants.sigma_l1 * brentq(drift, 0, b), rel=1e-2)


def test_lion_with_fixed_beta1():
    """c ≈ ∇ + (1 − β₁)ξ as β₂ → 1: the floor of signSGD times 1 − β₁."""
    given = {"noise_args": {"q": 0.3}, "gap": 0.02}
    found, cell = late_l1(lion, {"lr": 3e-7, "beta1": 0.8, "beta2": 1 - 1e-5}, 1_000_000, **given)
    assert found == pytest.approx(0.2 * cell.constants.sigma_l1 * rare(0.3), rel=3e-2)


def test_clipping_at_a_fixed_threshold():
    """E clip(n + z, ±2) = n − 2/√(5 − n) is 0 at n = 1 for pareto(1.5), in units of σ_i = τ/2."""
    found, _ = late_l1(clipped, {"lr": 1e-3, "tau": 1.0}, 200_000, noise="pareto", noise_args={"nu": 1.5}, gap=4.0)
    assert found == pytest.approx(4 * 0.5, rel=1e-2)


def test_adamw_with_fixed_decay_and_a_centre():
    """n/√(n² + 2σ_i²) = −λ(c + n/L) at x = c + n/L, where decay and gradient balance."""
    steps, decay = 64_000, 0.1
    rule = resolve(Spec.of("quadratic", "adamw", 4, steps, 8)).hyper
    spec = Spec.of(
        "quadratic",
        "adamw",
        4,
        steps,
        8,
        problem_args={"center": 4.0},
        optimizer_args={"weight_decay": decay, "lr": 10 * rule["lr"]},
    )
    cell = resolve(spec)
    c = cell.problem.center
    n = brentq(lambda n: n / math.sqrt(n * n + 2 * 0.25) + decay * (c + n), -c, 0)
    found = float(np.mean(cpu.simulate(cell, quantities=[LATE]).measured["late_grad_l1"]))
    assert found == pytest.approx(4 * abs(n), rel=2e-2)


@pytest.mark.parametrize(("centers", "share"), [("same", 1.0), ("alternating", 1.0), ("spread", 0.5)])
def test_the_shifted_quadratic(centers, share):
    """The rule's own decay: n_i = √2 σ_i t_i/√(1 − t_i²), t_i = λ|x_i|, so that for small t_i and equal σ_i the ratio
    is √2 ‖x‖∞ √(dL/(KΔ)), where this is above the floor."""
    steps, args = 256_000, {"center": 1200.0 / share, "centers": centers}
    cell = resolve(Spec.of("quadratic", "adamw", 16, steps, 8, problem_args=args, seed=1))
    k = cell.constants
    t = cell.hyper["weight_decay"] * np.abs(cell.problem.start_point())
    expected = np.sum(math.sqrt(2) * 0.25 * t / np.sqrt(1 - t * t)) / (math.sqrt(16) * k.c * steps**-0.25)
    if centers != "spread":
        simple = math.sqrt(2) * k.start_linf * math.sqrt(16 * k.smoothness / (steps * k.gap))
        assert expected == pytest.approx(simple, rel=0.02)
    assert k.start_linf > math.sqrt(steps * k.gap / (16 * k.smoothness))  # outside the theorem's assumption
    found = np.mean(cpu.simulate(cell).mean_grad_l1) / (math.sqrt(16) * k.c * steps**-0.25)
    assert expected > 4 and found == pytest.approx(expected, rel=0.05)


def test_slope_and_bowl_attains_sgd_s_constant():
    """0.9886 of √(LΔ/K · (1 + √(1 + 2Kσ²/(LΔ)))) at d = 256, K = 16000, as two independent programs found."""
    cell = resolve(Spec.of("slope-and-bowl", "sgd", 256, 16_000, 8, seed=1))
    bound = math.sqrt(1 / 16_000 * (1 + math.sqrt(1 + 2 * 16_000)))
    assert np.mean(cpu.simulate(cell).mean_grad_l2) / bound == pytest.approx(0.9886, rel=5e-3)


@pytest.mark.parametrize("dim", [16, 256, 2048])
@pytest.mark.parametrize("given", [{}, {"noise_spectrum": 0.0}, {"slope_spectrum": 0.25, "noise_spectrum": 1.0}])
def test_the_uneven_ramp_has_the_level_that_is_derived(dim, given):
    steepness = 0.85 * uneven_ramp.critical(dim, **given)
    args = {"steepness": steepness, **given}
    cell = resolve(Spec.of("uneven-ramp", "adamw", dim, 16_000, 4, problem_args=args, seed=1))
    measured = cpu.simulate(cell).mean_grad_l1
    level = np.mean(measured) / (math.sqrt(dim) * cell.constants.c * 16_000**-0.25)
    assert level == pytest.approx(steepness, rel=5e-3)


def test_too_steep_an_uneven_ramp_is_crossed():
    steep = 1.3 * uneven_ramp.critical(256)
    cell = resolve(Spec.of("uneven-ramp", "adamw", 256, 16_000, 4, problem_args={"steepness": steep}, seed=1))
    level = np.mean(cpu.simulate(cell).mean_grad_l1) / (16 * cell.constants.c * 16_000**-0.25)
    assert level < 0.9 * steep
