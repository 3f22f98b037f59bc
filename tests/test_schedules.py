"""The schedules against the inequalities and symmetries they are made for (docs/theory.md, section 2)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulator.schedules import SCHEDULES, check_given, constant, horizon

from problems.errors import InputError
from simulator.cells.constants import Constants
from simulator.optimizers import OPTIMIZERS

POSITIVE = st.floats(1e-4, 1e4)
ANY = st.builds(
    Constants, dim=st.integers(1, 10**6), steps=st.integers(1, 2**32), smoothness=POSITIVE, gap=POSITIVE, sigma=POSITIVE
)


def rule(name, constants):
    return horizon(OPTIMIZERS[name], constants, {})


@given(ANY)
def test_sgd_step_gives_the_explicit_bound(c):
    """2Δ/(ηK) + Lησ² ≤ 2LΔ/K + 2√2 C²/√K, and η ≤ 1/L, which the descent lemma needs."""
    lr = rule("sgd", c)["lr"]
    assert lr <= 1 / c.smoothness
    bound = 2 * c.smoothness * c.gap / c.steps + 2 * math.sqrt(2) * c.c**2 / math.sqrt(c.steps)
    assert 2 * c.gap / (lr * c.steps) + c.smoothness * lr * c.sigma**2 <= bound * (1 + 1e-12)


def test_sgd_without_noise_steps_by_one_over_l():
    assert rule("sgd", Constants(8, 100, 4.0, 1.0, 0.0)) == {"lr": 0.25}


@given(ANY)
def test_adamw_rule(c):
    hyper = rule("adamw", c)
    assert set(hyper) == set(OPTIMIZERS["adamw"].settings)
    away = math.sqrt(c.smoothness * c.gap / c.steps) / c.sigma  # √(LΔ/(Kσ²))
    assert hyper["beta1"] == pytest.approx(1 - away if away < 1 else 0.0, abs=1e-15)
    assert hyper["beta2"] == math.sqrt(hyper["beta1"])
    assert hyper["eps"] * c.dim == pytest.approx(c.sigma**2)
    # the effective step near stationarity, where v = σ²/d: a = √(Δ/(8KL))/σ
    step = hyper["lr"] / math.sqrt(c.sigma**2 / c.dim + hyper["eps"])
    assert step == pytest.approx(math.sqrt(c.gap / (8 * c.steps * c.smoothness)) / c.sigma)
    assert hyper["weight_decay"] * hyper["lr"] == pytest.approx(math.sqrt(away) / (2 * c.steps))
    assert rule("nadamw", c) == hyper
    assert rule("rmsprop", c) == {name: hyper[name] for name in ("lr", "beta2", "eps")}


POWERS = {"f → c f": {"eps": 2, "sgd lr": -1}, "x → x/s": {"lr": -1, "weight_decay": 1, "eps": 2, "sgd lr": -2}}


@given(ANY, st.floats(0.1, 10))
@pytest.mark.parametrize("symmetry", POWERS)
def test_scaling_symmetries(symmetry, c, factor):
    """Every hyper-parameter scales as its unit does, so that the trajectory is the same up to the scale."""
    if symmetry == "f → c f":
        scaled = Constants(c.dim, c.steps, c.smoothness * factor, c.gap * factor, c.sigma * factor)
    else:
        scaled = Constants(c.dim, c.steps, c.smoothness * factor**2, c.gap, c.sigma * factor)
    for name in (o.name for o in OPTIMIZERS.values() if o.horizon):
        before, after = rule(name, c), rule(name, scaled)
        powers = POWERS[symmetry] if name not in ("sgd", "momentum") else {"lr": POWERS[symmetry]["sgd lr"]}
        for setting, value in before.items():
            assert after[setting] == pytest.approx(value * factor ** powers.get(setting, 0), rel=1e-9, abs=1e-12)


def test_adamw_without_momentum_when_the_horizon_is_short():
    hyper = rule("adamw", Constants(4, 1, 1.0, 1.0, 0.5))
    assert hyper["beta1"] == hyper["beta2"] == 0.0


@given(ANY)
def test_momentum_step_is_within_its_theorem(c):
    hyper = rule("momentum", c)
    theta = hyper["beta1"]
    assert hyper["lr"] <= rule("sgd", c)["lr"]
    assert hyper["lr"] <= (1 - theta) / (c.smoothness * (4 - theta + theta**2)) * (1 + 1e-12)


def test_what_is_given_wins():
    c = Constants(4, 1000, 1.0, 1.0, 1.0)
    assert horizon(OPTIMIZERS["adamw"], c, {"weight_decay": 0.0})["weight_decay"] == 0.0
    assert constant(OPTIMIZERS["adamw"], c, {"lr": 0.1, "eps": 1.0}) == {
        "lr": 0.1,
        "beta1": 0.9,
        "beta2": 0.999,
        "eps": 1.0,
        "weight_decay": 0.01,
    }
    assert set(SCHEDULES) == {"horizon", "constant"}


def test_constants_with_infinite_variance_or_without_noise():
    assert Constants(4, 10, 1.0, 1.0, 2.0, math.inf).c == math.inf
    assert Constants(4, 10, 1.0, 1.0, 0.0, math.inf).c == 0.0
    assert Constants(4, 10, 8.0, 2.0, 1.0).c == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda c: horizon(OPTIMIZERS["adam"], c, {}), "no theorem.*sgd, momentum.*constant schedule"),
        (lambda c: horizon(OPTIMIZERS["adamw"], Constants(4, 10, 1.0, 1.0, 0.0), {}), "sigma > 0"),
        (lambda c: constant(OPTIMIZERS["sgd"], c, {}), "needs lr for 'sgd'"),
        (lambda c: check_given(OPTIMIZERS["adamw"], {"beta_1": 0.9}), "no argument 'beta_1'; did you mean 'beta1'"),
        (lambda c: check_given(OPTIMIZERS["adamw"], {"beta2": 1.0}), "beta2 must be below 1"),
        (lambda c: check_given(OPTIMIZERS["sgd"], {"lr": -0.1}), "lr must be a finite number ≥ 0, got -0.1"),
        (lambda c: check_given(OPTIMIZERS["sgd"], {"lr": math.nan}), "got nan"),
    ],
)
def test_errors_say_what_to_do(call, words):
    with pytest.raises(InputError, match=words):
        call(Constants(4, 10, 1.0, 1.0, 1.0))


@pytest.mark.parametrize(
    "constants",
    [{"sigma": 1e-200}, {"sigma": 1e200, "smoothness": 1e200}, {"sigma": 0.0}, {"smoothness": 1e-300, "gap": 1e-300}],
)
def test_constants_that_no_rule_can_take(constants):
    """One line instead of a division by zero, an overflow or a θ that rounds to 1 and freezes the run."""
    ordinary = {"smoothness": 1.0, "gap": 1.0, "sigma": 1.0}
    with pytest.raises(InputError):
        rule("adamw", Constants(8, 1000, **{**ordinary, **constants}))
