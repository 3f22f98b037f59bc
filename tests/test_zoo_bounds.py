"""The zoo's bounds a second time: weights by hand, limits, equalities on quadratics, floors of false controls.

docs/proofs.md has the proofs; tests/test_bounds.py holds every bound against exact expectations.
"""

from __future__ import annotations

import math
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar

from problems import NOISES
from simulator.cells.constants import Constants, SaysNothing
from simulator.cells.hyper import Hyper
from simulator.cells.spec import Spec
from simulator.engines import run
from simulator.engines.resolve import resolve
from simulator.judge import Outcome, judge
from simulator.theorem import Theorem
from simulator.theorems import THEOREMS, sign_bound
from simulator.theorems.clip_l2_heavy import parts
from simulator.theorems.naming import spec_names
from simulator.theorems.sgd_anytime_l2_squared import sums, weight
from simulator.theorems.sign_bound import mean_weight
from simulator.theorems.split import best_split


def constants(dim=16, steps=1000, smoothness=1.0, gap=1.0, sigma=1.0, start=0.0, p=2.0):
    values = {"dim": dim, "steps": steps, "smoothness": smoothness, "gap": gap, "sigma": sigma, "start_linf": start}
    s = sigma / math.sqrt(dim)
    tails = {"tail_order": p, "tail_l1": dim * s, "tail_p": dim * s**p, "tail_2p": dim * s ** (2 * p)}
    own = {"sigma_l1": dim * s, "curvature_l1": dim * smoothness, "pl": smoothness, "noise_linf": s}
    return Constants({**values, **own, **tails})


def by_rule(name, c, **changes):
    """The bound of theorem *name* at its rule, over its rate."""
    theorem = THEOREMS[name]
    return theorem.bound(c, Hyper({**theorem.rule(c), **changes})) / theorem.rate(c)


# --- Sign descent along averages


def weights_by_hand(beta1, beta2, k):
    """The weights of g_1 … g_k in c, from unit gradients one at a time."""
    found = []
    for j in range(k):
        m = 0.0
        for step in range(k):
            g = float(step == j)
            c = beta1 * m + (1 - beta1) * g
            m = beta2 * m + (1 - beta2) * g
        found.append(c)
    return np.array(found) / sum(found)


@pytest.mark.parametrize(("beta1", "beta2"), [(0.0, 0.0), (0.9, 0.9), (0.9, 0.99), (0.95, 0.6), (0.5, 0.0), (0.0, 0.9)])
@pytest.mark.parametrize("p", [1.2, 2.0])
def test_weights_of_an_average(beta1, beta2, p, monkeypatch):
    weights = [weights_by_hand(beta1, beta2, k) for k in range(1, 31)]
    exact = np.mean([(w**p).sum() ** (1 / p) for w in weights])
    assert mean_weight(beta1, beta2, 30, p) == pytest.approx(exact, rel=1e-12)
    monkeypatch.setattr(sign_bound, "EXACT", 10)
    assert exact * (1 - 1e-12) <= mean_weight.__wrapped__(beta1, beta2, 30, p) <= 1.1 * exact
    lag = beta1 / (1 - beta2)
    assert all(w @ np.arange(w.size)[::-1] <= lag + 1e-12 for w in weights)


@pytest.mark.parametrize(("theta", "steps"), [(0.9, 100), (0.99, 100), (0.999, 100_000)])
def test_the_mean_of_an_average_s_weights_tends_to_its_stationary_value(theta, steps):
    far = math.sqrt((1 - theta) / (1 + theta))
    assert far < mean_weight(theta, theta, steps) <= far * (1 + 2.264 / ((1 - theta) * steps))


def test_the_integral_in_the_text():
    integral = quad(lambda y: math.sqrt(1 / math.tanh(y)) - 1, 0, 30)[0]
    assert 2 * integral == pytest.approx(math.pi / 2 + math.log(2), abs=1e-6) and 2 * integral < 2.264


def test_signum_tends_to_four_and_its_rule_is_best():
    near, far = constants(steps=10**6), constants(steps=10**10)
    assert 4 < by_rule("signum-l1", far) < by_rule("signum-l1", near) < 4.1
    assert by_rule("signum-l1", far) == pytest.approx(4, rel=2e-3)
    theorem, own = THEOREMS["signum-l1"], THEOREMS["signum-l1"].rule(near)
    for changes in ({"lr": 0.8}, {"lr": 1.25}, {"beta1": 0.7}, {"beta1": 1.4}):
        [(name, factor)] = changes.items()
        other = {**own, name: own["lr"] * factor if name == "lr" else 1 - (1 - own["beta1"]) * factor}
        assert theorem.bound(near, Hyper(other)) > theorem.bound(near, Hyper(own))


def test_lion_is_signum_where_its_averages_are_one():
    c = constants(steps=4000, sigma=0.7)
    h = THEOREMS["signum-l1"].rule(c)
    both = {**h, "beta2": h["beta1"], "weight_decay": 0.0}
    bound = THEOREMS["signum-l1"].bound(c, Hyper(h))
    assert THEOREMS["lion-l1"].bound(c, Hyper(both)) == pytest.approx(bound, rel=1e-14)
    assert THEOREMS["lion-kkt-l1"].bound(c, Hyper(both)) == pytest.approx(bound, rel=1e-14)


def test_lion_s_decay_at_its_limits():
    c = constants(steps=10**10)
    assert by_rule("lion-l1", c, weight_decay=0.0) == pytest.approx(4, rel=1e-2)
    r, tau = 0.1, 1.0  # of the terms with 1 + r, to leading order: √(τ-term) grows like √(1 + r), the noise stays
    expected = (2 * math.sqrt(1 + r) + 2) / (1 - r)
    assert by_rule("lion-l1", c) <= expected * 1.01 * tau
    with pytest.raises(SaysNothing, match="the decay is too strong"):
        by_rule("lion-l1", constants(start=1.0), weight_decay=1.0)
    with pytest.raises(SaysNothing, match="the decay overshoots"):
        by_rule("lion-l1", c, weight_decay=1e9)
    with pytest.raises(SaysNothing, match="the start must have"):
        by_rule("lion-kkt-l1", constants(start=2.0), weight_decay=0.51)


def test_the_kkt_measure_is_zero_where_the_constraint_holds_f_back():
    """f falls beyond ‖x‖∞ = 1/λ, and x stays there: ‖∇f‖₁ does not vanish, the measure does."""
    theorem = THEOREMS["lion-kkt-l1"]
    optimizer, schedule, _ = spec_names("lion-kkt-l1")
    args = {"center": 3.0, "start": -1.0}
    found = run(
        Spec.of("quadratic", optimizer, 8, 4000, 4, schedule=schedule, problem_args=args), quantities=theorem.quantities
    )
    slope = 8 * math.sqrt(2 / 8)  # √(2dLΔ): d coordinates at distance s from their centre
    assert found.stats.mean_grad_l1.mean() == pytest.approx(slope, rel=0.02)
    assert found.stats.measured["mean_kkt_l1"].mean() < 0.02 * slope


@given(st.floats(-10, 10), st.floats(-10, 10), st.floats(1.001, 2))
def test_the_inequality_behind_heavy_tails(a, b, p):
    """|a + b|^p ≤ |a|^p + p|a|^(p−1) sgn(a) b + 2^(2−p)|b|^p."""
    right = abs(a) ** p + p * abs(a) ** (p - 1) * math.copysign(1, a) * b + 2 ** (2 - p) * abs(b) ** p
    assert abs(a + b) ** p <= right + 1e-12 * (1 + right)


def test_heavy_tails_with_a_variance_are_signum():
    c = constants(steps=4000, sigma=0.7)
    heavy, plain = THEOREMS["signum-heavy-l1"], THEOREMS["signum-l1"]
    h = Hyper(heavy.rule(c))
    assert heavy.bound(c, h) == pytest.approx(plain.bound(c, h), rel=1e-14)
    assert h.beta1 == pytest.approx(plain.rule(c)["beta1"], rel=1e-12)


@pytest.mark.parametrize("p", [1.2, 1.5, 2.0])
def test_the_exponent_of_heavy_tails(p):
    far, farther = (by_rule("signum-heavy-l1", constants(steps=steps, p=p)) for steps in (10**9, 10**10))
    assert farther == pytest.approx(far, rel=0.05)  # of bound/rate, which has the exponent (p − 1)/(3p − 2)
    theorem, c = THEOREMS["signum-heavy-l1"], constants(steps=10**7, p=p)
    alpha = 1 - theorem.rule(c)["beta1"]

    def at(factor):
        theta = 1 - alpha * factor
        lr = math.sqrt(c.gap / (c.steps * c.curvature_l1 * (0.5 + 2 * theta / (1 - theta))))
        return theorem.bound(c, Hyper({"lr": lr, "beta1": theta}))

    assert at(1.0) < min(at(0.6), at(1.7))


def test_l0_and_l1_are_smoothness_where_l1_is_small():
    c = constants(steps=4000, sigma=0.7)
    h = Hyper(THEOREMS["signum-l1"].rule(c))
    near = c.but(smoothness_l0_sum=c.curvature_l1, smoothness_l1=1e-7)
    assert THEOREMS["signum-l0l1"].bound(near, h) == pytest.approx(THEOREMS["signum-l1"].bound(c, h), rel=1e-4)
    for l1, theta in ((1e4, 0.0), (1.0, 0.9999)):
        with pytest.raises(SaysNothing, match="the step is too long for the proof"):
            THEOREMS["signum-l0l1"].bound(near.but(smoothness_l1=l1), Hyper({"lr": 0.3, "beta1": theta}))


def test_l0_and_l1_without_noise_by_hand():
    c = constants(sigma=0.0).but(smoothness_l0_sum=3.0, smoothness_l1=2.0)
    u = 2.0 * 0.01
    e = (math.exp(u) - 1 - u) / 4.0
    expected = (1 / (0.01 * 1000) + 3.0 * e / 0.01) / (1 - 2.0 * e / 0.01)
    assert THEOREMS["signum-l0l1"].bound(c, Hyper({"lr": 0.01, "beta1": 0.0})) == pytest.approx(expected, rel=1e-9)
    tiny = Hyper({"lr": 1e-9, "beta1": 0.0})
    assert THEOREMS["signum-l0l1"].bound(c, tiny) == pytest.approx(1e6, rel=1e-6)


# --- Denominators that are known before the gradient


def test_adopt_at_its_limit():
    far = constants(steps=10**12)
    assert by_rule("adopt0-l1", far) == pytest.approx(math.sqrt(2.25 * math.sqrt(2)), rel=1e-4)
    assert math.sqrt(2.25 * math.sqrt(2)) < 1.79 and 8**0.25 / 1.7838 > 0.94
    best = {"lr": math.sqrt(2 / (far.steps * far.dim))}
    assert by_rule("adopt0-l1", far, **best) == pytest.approx(math.sqrt(2), rel=1e-4)
    with pytest.raises(SaysNothing, match="the step must be below"):
        by_rule("adopt0-l1", constants(), lr=2 * math.sqrt(1 / 16) * 1.001)


def test_adagrad_by_hand_and_at_its_limit():
    c = constants(dim=4, steps=1000, sigma=2.0)
    h = Hyper({"lr": 0.3, "eps": 4.0})
    a = 1 / 0.3 + 4 * 0.3 * math.log(1001)
    expected = math.sqrt(a * (4 * math.sqrt(4 + 1000 * 1.0) + a / 2) / 1000)
    assert THEOREMS["adagrad-l1"].bound(c, h) == pytest.approx(expected, rel=1e-12)
    assert by_rule("adagrad-l1", constants(steps=10**12)) == pytest.approx(1, rel=1e-3)
    assert "K" not in THEOREMS["adagrad-l1"].rule.__doc__.split(":")[0]
    assert THEOREMS["adagrad-l1"].rule(constants(steps=10)) == THEOREMS["adagrad-l1"].rule(constants(steps=10**6))


def test_adagrad_says_nothing_where_gradients_are_not_bounded():
    theorem = THEOREMS["adagrad-l1"]
    optimizer, schedule, _ = spec_names("adagrad-l1")
    for noise, words in (("rademacher", ""), ("skew", ""), ("uniform", ""), ("gaussian", "the noise is not bounded")):
        given = {} if noise != "gaussian" else {"schedule": "constant", "optimizer_args": {"lr": 0.1}}
        found = run(
            Spec.of("cosine", optimizer, 8, 200, 8, noise=noise, **{"schedule": schedule, **given}),
            quantities=theorem.quantities,
        )
        assert theorem.on(found).void == words
    small = {"eps": 1e-4}
    found = run(
        Spec.of("cosine", optimizer, 8, 200, 8, noise="rademacher", schedule=schedule, optimizer_args=small),
        quantities=theorem.quantities,
    )
    assert "must be at most √ε = 0.01" in theorem.on(found).void


# --- Descent in the 2-norm


@pytest.mark.parametrize(("fixed", "error", "share"), [(1.0, 1.0, 1.0), (0.1, 3.0, 0.7), (2.0, 1e-6, 0.5)])
def test_the_best_split(fixed, error, share):
    found = minimize_scalar(
        lambda s: (fixed + error / (2 * s)) / (share - s / 2),
        bounds=(1e-5, 2 * share - 1e-5),
        method="bounded",
        options={"xatol": 1e-12},
    )
    assert best_split(fixed, error, share) == pytest.approx(found.fun, rel=1e-5)
    assert best_split(fixed, 0.0, share) == fixed / share
    with pytest.raises(SaysNothing, match="the step is too long"):
        best_split(fixed, error, 0.0)


def quadratic(lr, steps, sigma=1.0, affine=0.0):
    """E‖∇f(x^k)‖² for k = 1 … K and E f(x^(K+1)) − f* of SGD on ½‖x‖² from f − f* = 1, whatever d and the law."""
    value, squares = 1.0, []
    for rate in np.broadcast_to(lr, steps):
        squares.append(2 * value)
        value = ((1 - rate) ** 2 + affine * rate**2) * value + rate**2 * sigma**2 / 2
    return np.array(squares), value


@pytest.mark.parametrize(("lr", "steps", "affine"), [(0.1, 50, 0.0), (0.02, 1000, 2.0), (0.3, 20, 4.0)])
def test_affine_noise_on_a_quadratic_lacks_only_the_gap_that_is_left(lr, steps, affine):
    c = Constants(
        {"dim": 4, "steps": steps, "smoothness": 1.0, "gap": 1.0, "sigma_0": 1.0, "sigma_1": math.sqrt(affine)}
    )
    squares, left = quadratic(lr, steps, affine=affine)
    q = (1 - lr) ** 2 + affine * lr**2
    assert left == pytest.approx(q**steps + lr**2 / 2 * (1 - q**steps) / (1 - q), rel=1e-12)
    ratio = squares.mean() / THEOREMS["sgd-affine-l2-squared"].bound(c, Hyper({"lr": lr}))
    assert ratio == pytest.approx(1 - left / (1 + steps * lr**2 / 2), rel=1e-12)
    if affine == 0:
        plain = THEOREMS["sgd-l2-squared"].bound(constants(steps=steps, dim=4), Hyper({"lr": lr}))
        assert squares.mean() / ratio == pytest.approx(plain, rel=1e-12)


def test_affine_noise_needs_a_shorter_step():
    c = Constants({"steps": 100, "smoothness": 1.0, "gap": 1.0, "sigma_0": 1.0, "sigma_1": 3.0})
    THEOREMS["sgd-affine-l2-squared"].bound(c, Hyper({"lr": 0.199}))
    with pytest.raises(SaysNothing, match="the step must be below"):
        THEOREMS["sgd-affine-l2-squared"].bound(c, Hyper({"lr": 0.2}))


@pytest.mark.parametrize(("lr", "steps", "sigma"), [(0.1, 1, 1.0), (0.1, 50, 1.0), (1.0, 7, 2.0), (1.9, 100, 0.5)])
def test_the_last_iterate_on_a_quadratic_is_the_bound(lr, steps, sigma):
    left = quadratic(lr, steps - 1, sigma)[1]
    assert THEOREMS["sgd-pl-last"].bound(constants(steps=steps, sigma=sigma), Hyper({"lr": lr})) == pytest.approx(
        left, rel=1e-12
    )


def test_the_last_iterate_where_curvatures_differ():
    """E f − f* against the exact Gaussian recursion: below the bound, and the ratio tends to μ/L."""
    h, steps = np.array([1.0, 0.9]), 4000
    c = constants(dim=2, steps=steps).but(pl=0.9)
    lr = THEOREMS["sgd-pl-last"].rule(c)["lr"]
    q = (1 - lr * h) ** (2 * (steps - 1))
    start = math.sqrt(2 / h.sum()) * np.ones(2)
    exact = (h / 2 * (q * start**2 + lr**2 / 2 * (1 - q) / (1 - (1 - lr * h) ** 2))).sum()
    assert exact / THEOREMS["sgd-pl-last"].bound(c, Hyper({"lr": lr})) == pytest.approx(0.9, rel=5e-3)


@pytest.mark.parametrize(("steps", "sigma"), [(1, 1.0), (10, 1.0), (1000, 0.3), (4000, 2.0)])
def test_a_step_that_shrinks_on_a_quadratic_lacks_only_the_gap_that_is_left(steps, sigma):
    k = np.arange(1, steps + 1)
    squares, left = quadratic(k**-0.5, steps, sigma)
    weights = np.array([weight(float(one)) for one in k])
    assert weights == pytest.approx(k**-0.5 * (1 - k**-0.5 / 2), rel=1e-14)
    bound = THEOREMS["sgd-anytime-l2-squared"].bound(constants(steps=steps, sigma=sigma))
    expected = 1 - left / (1 + sigma**2 / 2 * (1 / k).sum())
    assert weights @ squares / weights.sum() / bound == pytest.approx(expected, rel=1e-12)


def test_long_sums_are_on_the_safe_side(monkeypatch):
    module = import_module("simulator.theorems.sgd_anytime_l2_squared")  # the package has the theorem of that name
    exact = sums(5000)
    monkeypatch.setattr(module, "EXACT", 100)
    roots, inverses = sums.__wrapped__(5000)
    assert exact[0] * (1 - 1e-3) < roots < exact[0] and exact[1] < inverses < exact[1] * (1 + 1e-3)
    assert THEOREMS["sgd-anytime-l2-squared"].rate(constants(steps=10**9)) == pytest.approx(
        THEOREMS["sgd-anytime-l2-squared"].bound(constants(steps=10**9)), rel=1e-3
    )


@pytest.mark.parametrize("p", [1.1, 1.5, 2.0])
def test_kappa_of_clipping(p):
    found = minimize_scalar(lambda y: -(y - 1) / y**p, bounds=(1, 100), method="bounded", options={"xatol": 1e-9})
    assert (p - 1) ** (p - 1) / p**p == pytest.approx(-found.fun, rel=1e-6)


@pytest.mark.parametrize("gradient", [-0.5, 0.0, 0.3, 0.5])
@pytest.mark.parametrize("nu", [1.5, 1.8])
def test_bias_and_variance_of_a_clipped_gradient(gradient, nu):
    """E clip(∇ + z) and its spread under `pareto`, by integration, τ = 1 and |∇| ≤ ½."""
    law = NOISES["pareto"](nu)
    p, mean = law.order, nu / (nu - 1)
    s = law.moment(p) ** (1 / p)
    density = lambda z: nu * (z + mean) ** (-nu - 1)  # noqa: E731

    def clipped(power):
        body = quad(lambda z: (np.clip(gradient + z, -1, 1) - gradient) ** power * density(z), 1 - mean, 4)[0]
        return body + (1 - gradient) ** power * (4 + mean) ** -nu  # beyond 4 it is 1

    c = Constants({"tail_order": p, "tail_p": s**p, "tail_2p": s ** (2 * p)})
    bias, variance = parts(c, 1.0)
    assert clipped(1) ** 2 <= bias and clipped(2) <= variance


def test_clipping_by_hand():
    c = constants(dim=4, steps=1000, sigma=0.5, p=1.5)
    s = 0.25
    b = (0.5**0.5 / 1.5**1.5) * s**1.5 * (2 / 3.0) ** 0.5
    v = 4 * (1.5 * 3.0) ** 0.5 * s**1.5
    assert parts(c, 3.0) == pytest.approx((4 * b * b, v), rel=1e-12)
    lr = 0.01
    values = [
        (1 / (lr * 1000) + 4 * b * b / (2 * x) + lr / 2 * (4 * b * b + v)) / (1 - x / 2 - lr)
        for x in np.linspace(0.05, 1.5, 3000)
    ]
    found = THEOREMS["clip-l2-heavy"].bound(c, Hyper({"lr": lr, "threshold": 3.0}))
    assert found == pytest.approx(min(values), rel=1e-5) and found <= min(values)


@pytest.mark.parametrize("p", [1.2, 1.4, 2.0])
def test_the_exponent_of_clipping(p):
    def bound(steps):
        c = constants(steps=steps, p=p, gap=1e-3)
        return THEOREMS["clip-l2-heavy"].bound(c, Hyper(THEOREMS["clip-l2-heavy"].rule(c)))

    slope = math.log(bound(10**10) / bound(10**9)) / math.log(10)
    assert slope == pytest.approx(-2 * (p - 1) / (3 * p - 2), abs=0.03)


def test_error_feedback_without_a_threshold_is_sgd_and_keeps_its_constant():
    c, theorem = constants(steps=4000), THEOREMS["ef-threshold-l2-squared"]
    plain = THEOREMS["sgd-l2-squared"].bound(c, Hyper({"lr": 0.03}))
    assert theorem.bound(c, Hyper({"lr": 0.03, "threshold": 0.0, "memory": 1.0})) == pytest.approx(plain, rel=1e-14)
    with pytest.raises(SaysNothing, match="keeps all that was not sent"):
        theorem.bound(c, Hyper({"lr": 0.03, "threshold": 0.1, "memory": 0.5}))
    assert by_rule("ef-threshold-l2-squared", constants(steps=10**22)) == pytest.approx(math.sqrt(2), rel=5e-3)


# --- Floors of false controls


def late_mean(name, dim, steps, of="l1", **given):
    """The mean of ‖∇f‖ over the second half of a run of theorem *name* on a quadratic."""
    optimizer, schedule, _ = spec_names(name)
    s = run(Spec.of("quadratic", optimizer, dim, steps, 8, schedule=schedule, **given)).stats
    curve = getattr(s, f"running_{of}")
    middle = int(np.searchsorted(s.checkpoints, steps / 2))
    k = s.checkpoints[middle]
    return float(np.mean((steps * curve[:, -1] - k * curve[:, middle]) / (steps - k)))


def test_skewed_noise_keeps_signum_without_momentum_where_the_median_is_zero():
    found = late_mean("signum-l1-without-momentum", 4, 64_000, noise="skew", noise_args={"q": 0.2})
    assert found == pytest.approx(2.0 * 0.5, rel=0.02)


def test_pareto_noise_keeps_sign_descent_where_the_median_is_zero():
    """E z = 0, and the median is 2^(1/ν) − ν/(ν − 1)."""
    found = late_mean("signum-heavy-l1-without-momentum", 4, 512_000, noise="pareto", noise_args={"nu": 1.5})
    assert found == pytest.approx(2.0 * (3 - 2 ** (2 / 3)), rel=0.03)


def test_skewed_noise_keeps_adam_without_memory_where_its_mean_step_is_zero():
    root = brentq(lambda n: sum(p * (n + z) / math.hypot(n + z, 1) for p, z in ((0.2, 2.0), (0.8, -0.5))), 0, 1)
    found = late_mean("adam-l1-any-beta2-without-momentum", 4, 256_000, noise="skew", noise_args={"q": 0.2})
    assert found == pytest.approx(2.0 * root, rel=0.03)


def test_skewed_noise_keeps_lion_away_where_half_of_every_average_is_new():
    """In the limit (1 − β₁)‖σ‖₁√(q/(1 − q)); the old half still has some noise, which smears it."""
    found = late_mean("lion-l1-half-of-every-step-is-new", 4, 256_000, noise="skew", noise_args={"q": 0.45})
    assert found == pytest.approx(0.5 * 2.0 * math.sqrt(0.45 / 0.55), rel=0.1)


def test_a_fixed_threshold_keeps_clipping_away():
    found = late_mean("clip-l2-heavy-without-bias", 4, 64_000, of="l2", noise="pareto", noise_args={"nu": 1.5})
    assert found == pytest.approx(1.0, rel=0.03)


def test_without_memory_nothing_moves_where_every_step_is_below_the_threshold():
    name = "ef-threshold-l2-squared-without-memory"
    optimizer, schedule, _ = spec_names(name)
    spec = Spec.of("quadratic", optimizer, 16, 64_000, 2, schedule=schedule, noise="rademacher")
    found = run(spec)
    largest = found.hyper.lr * (math.sqrt(2 / 16) + 1 / 4)  # of a step: the gradient at the start and σ_i
    assert found.hyper.threshold > largest
    assert np.ptp(found.stats.grad_l2) == 0 and found.stats.grad_l2[0, 0] == pytest.approx(math.sqrt(2), rel=1e-14)


# --- Planted bounds: where the ratio is derived, the judge sees one that is 10 % too small


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("sgd-affine-l2-squared", {"dim": 1024, "steps": 100, "noise_args": {"affine": 2.0}}),
        ("sgd-pl-last", {"dim": 1024, "steps": 400, "replicas": 64}),
        ("sgd-anytime-l2-squared", {"dim": 1024, "steps": 400}),
        ("signum-l0l1", {"dim": 4, "steps": 4000, "sigma": 0.0, "problem": "cosh"}),
    ],
)
def test_a_planted_bound_is_caught(name, given):
    theorem = THEOREMS[name]
    optimizer, schedule, _ = spec_names(name)
    spec = Spec.of(**{"problem": "quadratic", "optimizer": optimizer, "replicas": 16, "schedule": schedule, **given})
    result = run(spec, quantities=list(theorem.quantities))
    planted = Theorem(
        f"{name}-planted", theorem.function, theorem.optimizer, theorem.rule, theorem.measures, (), ("steps",)
    )
    planted.declared(lambda c, h: 0.9 * theorem.bound(c, h))
    assert [v.outcome for v in judge([result], theorems=[planted])] == [Outcome.VIOLATED]
    assert judge([result], theorems=[theorem])[0].outcome is not Outcome.VIOLATED


# --- The constants that they need


def test_tails_are_those_of_the_law_and_of_sigma():
    for noise, args, p in (("gaussian", {}, 2.0), ("pareto", {"nu": 1.5}, 1.4), ("student", {"nu": 1.8}, 1.64)):
        cell = resolve(Spec.of("quadratic", "clipped", 9, 100, 1, noise=noise, noise_args=args, sigma=3.0))
        c, law = cell.constants, NOISES[noise](**args)
        s = law.moment(p) ** (1 / p)  # σ_i = 1
        assert c.tail_order == pytest.approx(p) == pytest.approx(law.order)
        expected = (9 * s, 9 * s**p, 9 * s ** (2 * p))
        assert (c.tail_l1, c.tail_p, c.tail_2p) == pytest.approx(expected, rel=1e-12)
    args = {"noise_spectrum": 1.0}
    c = resolve(Spec.of("quadratic", "clipped", 9, 100, 1, noise="pareto", problem_args=args)).constants
    shares = np.arange(1, 10.0) ** -1
    shares /= np.sqrt((shares**2).sum())
    scale = NOISES["pareto"](1.5).moment(1.4)
    assert c.tail_p == pytest.approx(scale * (shares**1.4).sum(), rel=1e-9)
    affine = resolve(
        Spec.of("quadratic", "sgd", 9, 100, 1, noise_args={"affine": 1.0}, schedule="sgd-affine-l2-squared")
    )
    assert "tail_order" not in affine.constants and "noise_linf" not in affine.constants


@pytest.mark.parametrize(
    ("noise", "largest"), [("rademacher", 1.0), ("uniform", math.sqrt(3)), ("skew", 3.0), ("gaussian", math.inf)]
)
def test_the_largest_noise(noise, largest):
    cell = resolve(Spec.of("quadratic", "sgd", 4, 100, 1, noise=noise, sigma=2.0))
    assert cell.constants.get("noise_linf", math.inf) == pytest.approx(largest, rel=1e-6)
    if largest < math.inf:
        from simulator.engines.cpu.noise_tile import tile

        seen = np.abs(np.concatenate([tile(cell.noise, 1, 0, 64, 16 * k, 0) for k in range(50)])).max()
        assert 0.99 * largest < seen <= largest * (1 + 1e-6)
