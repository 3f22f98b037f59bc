"""The theorems' rules against the inequalities and symmetries they are made for (docs/theory.md, section 2), and what
becomes of them in a cell."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from problems.errors import InputError
from simulator.cells.constants import Constants
from simulator.cells.hyper import Hyper
from simulator.cells.of_step import of_step
from simulator.cells.spec import Spec
from simulator.engines.resolve import resolve
from simulator.engines.schedules import SCHEDULES, check_given, constant, follow, hyper_parameters
from simulator.optimizers import OPTIMIZERS
from simulator.theorem import Theorem
from simulator.theorems import THEOREMS

POSITIVE = st.floats(1e-4, 1e4)


def constants(dim=4, steps=1000, smoothness=1.0, gap=1.0, sigma=1.0):
    values = {"dim": dim, "steps": steps, "smoothness": smoothness, "gap": gap, "sigma": sigma}
    own = {"sigma_l1": math.sqrt(dim) * sigma, "curvature_l1": dim * smoothness, "start_linf": 1.0, "noise_linf": sigma}
    tails = {"tail_order": 2.0, "tail_l1": math.sqrt(dim) * sigma, "tail_p": sigma * sigma}
    tails["tail_2p"] = sigma * sigma * sigma * sigma / dim  # infinite where a power would raise
    return Constants({**values, **own, **tails})


ANY = st.builds(
    constants, dim=st.integers(1, 10**6), steps=st.integers(1, 2**32), smoothness=POSITIVE, gap=POSITIVE, sigma=POSITIVE
)
OF_RUNS = [t for t in THEOREMS.values() if isinstance(t, Theorem) and t.rule and t.parent is None]
RULES = {t.optimizer.name: t for t in reversed(OF_RUNS)}  # the first of an optimizer's, which "horizon" means


def rule(name, c):
    """What the rule of the optimizer's theorem gives, checked."""
    return follow(RULES[name].rule, OPTIMIZERS[name], c)


@given(ANY)
def test_sgd_step_gives_the_explicit_bound(c):
    """The textbook's 2Δ/(ηK) + Lησ² ≤ 2LΔ/K + 2√2 C²/√K, and η ≤ 1/L, which makes it at least B(η)."""
    lr = rule("sgd", c)["lr"]
    assert lr <= 1 / c.smoothness
    bound = 2 * c.smoothness * c.gap / c.steps + 2 * math.sqrt(2) * c.c**2 / math.sqrt(c.steps)
    textbook = 2 * c.gap / (lr * c.steps) + c.smoothness * lr * c.sigma**2
    assert RULES["sgd"].bound(c, Hyper({"lr": lr})) ** 2 <= textbook * (1 + 1e-12) and textbook <= bound * (1 + 1e-12)


def test_sgd_without_noise_steps_by_one_over_l():
    assert rule("sgd", constants(8, 100, 4.0, 1.0, 0.0)) == {"lr": 0.25}


@given(ANY)
def test_adamw_rule(c):
    hyper = rule("adamw", c)
    sigma = max(c.sigma, math.sqrt(c.smoothness * c.gap / c.steps))
    away = math.sqrt(c.smoothness * c.gap / c.steps) / sigma  # √(LΔ/(Kσ̂²)) ≤ 1
    assert hyper["beta1"] == pytest.approx(1 - away, abs=1e-15)
    assert hyper["beta2"] == math.sqrt(hyper["beta1"])
    assert hyper["eps"] * c.dim == pytest.approx(sigma**2)
    # the effective step near stationarity, where v = σ̂²/d: a = √(Δ/(8KL))/σ̂
    step = hyper["lr"] / math.sqrt(sigma**2 / c.dim + hyper["eps"])
    assert step == pytest.approx(math.sqrt(c.gap / (8 * c.steps * c.smoothness)) / sigma)
    assert hyper["weight_decay"] * hyper["lr"] == pytest.approx(math.sqrt(away) / (2 * c.steps))
    assert rule("nadamw", c) == hyper
    assert rule("rmsprop", c) == {name: hyper[name] for name in ("lr", "beta2", "eps")}


POWERS = {"f → c f": {"eps": 2}, "x → x/s": {"lr": -1, "weight_decay": 1, "eps": 2}}
OF_GRADIENT = {"f → c f": {"lr": -1}, "x → x/s": {"lr": -2}}  # where the step is a gradient times lr
THRESHOLDS = {"clipped": (1, 1), "ef_threshold": (0, -1)}  # of a gradient, of a step


@given(ANY, st.floats(0.1, 10))
@pytest.mark.parametrize("symmetry", POWERS)
def test_scaling_symmetries(symmetry, c, factor):
    """Every hyper-parameter scales as its unit does, so that the trajectory is the same up to the scale."""
    if symmetry == "f → c f":
        scaled = constants(c.dim, c.steps, c.smoothness * factor, c.gap * factor, c.sigma * factor)
    else:
        scaled = constants(c.dim, c.steps, c.smoothness * factor**2, c.gap, c.sigma * factor)
        scaled = scaled.but(start_linf=c.start_linf / factor)
    for name in RULES:
        before, after = rule(name, c), rule(name, scaled)
        powers = (OF_GRADIENT if name in ("sgd", "momentum", *THRESHOLDS) else POWERS)[symmetry]
        powers = {**powers, "threshold": THRESHOLDS.get(name, (0, 0))[symmetry != "f → c f"]}
        for setting, value in before.items():
            power, found = powers.get(setting, 0), after[setting]
            if setting == "beta2":  # √θ: where θ is 0 but for its rounding, only β² says how near the two are
                value, found, power = value**2, found**2, 2 * power
            assert found == pytest.approx(value * factor**power, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("sigma", [0.5, 1e-200, 0.0])
def test_adamw_without_momentum_when_the_horizon_is_short_or_there_is_no_noise(sigma):
    hyper = rule("adamw", constants(4, 1, 1.0, 1.0, sigma))
    assert hyper == rule("nadamw", constants(4, 1, 1.0, 1.0, sigma))
    assert hyper == {"lr": 0.25, "beta1": 0.0, "beta2": 0.0, "eps": 0.25, "weight_decay": 2.0}


@given(ANY)
def test_momentum_step_is_within_its_theorem(c):
    hyper = rule("momentum", c)
    theta = hyper["beta1"]
    assert hyper["lr"] <= rule("sgd", c)["lr"]
    assert hyper["lr"] <= (1 - theta) / (c.smoothness * (4 - theta + theta**2)) * (1 + 1e-12)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_gives_all_hyper_parameters(name):
    assert set(rule(name, constants())) == set(OPTIMIZERS[name].settings)


def spec(optimizer="adamw", **changes):
    return Spec.of("rational", optimizer, 4, 1000, 2, **changes)


def test_schedules_of_a_cell():
    own = {**RULES["adamw"].rule(constants())}
    assert {**resolve(spec()).hyper} == own
    assert {**resolve(spec(schedule="adamw-l1")).hyper} == own
    assert {**resolve(spec(optimizer_args={"weight_decay": 0})).hyper} == {**own, "weight_decay": 0.0}  # given wins
    assert resolve(spec(schedule="constant", optimizer_args={"lr": 0.1, "eps": 1})).hyper == {
        "lr": 0.1,
        "beta1": 0.9,
        "beta2": 0.999,
        "eps": 1.0,
        "weight_decay": 0.01,
    }
    assert set(SCHEDULES) == {"horizon", "constant"}


def test_a_rule_uses_sigma_as_given_where_the_noise_has_none():
    """Infinite variance has no σ, but the run needs hyper-parameters: those of the σ_s that was asked for."""
    cell = resolve(spec(noise="student", noise_args={"nu": 1.5}, sigma=2.0))
    assert "sigma" not in cell.constants and {**cell.hyper} == {**RULES["adamw"].rule(constants(sigma=2.0))}


def over_root(k, scale):
    return scale / math.sqrt(k)


def test_a_rule_may_depend_on_the_step():
    found = follow(lambda c: {"lr": of_step(over_root, scale=0.5)}, OPTIMIZERS["sgd"], constants())
    assert found["lr"]([1.0, 4.0]).tolist() == [0.5, 0.25] and str(found["lr"]) == "over_root(k, scale=0.5)"


def wrong(rule):
    return lambda: follow(rule, OPTIMIZERS["sgd"], constants())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: resolve(spec("adam")), "no theorem.*sgd, momentum.*constant schedule"),
        (lambda: resolve(spec("sgd", schedule="constant")), "needs lr for 'sgd'"),
        (lambda: resolve(spec("sgd", schedule="adamw-l1")), "about 'adamw', and the optimizer is 'sgd'"),
        (lambda: resolve(spec("sgd", schedule="norms")), "unknown schedule 'norms'"),
        (lambda: resolve(spec(schedule="control-constant-lr")), "has no rule; use the constant schedule"),
        (lambda: resolve(spec(schedule="horizons")), "did you mean 'horizon'"),
        (lambda: constant(OPTIMIZERS["adam"], {}), "needs lr for 'adam'"),
        (lambda: check_given(OPTIMIZERS["adamw"], {"beta_1": 0.9}), "no argument 'beta_1'; did you mean 'beta1'"),
        (lambda: check_given(OPTIMIZERS["adamw"], {"beta2": 1.0}), "beta2 must be below 1"),
        (lambda: check_given(OPTIMIZERS["sgd"], {"lr": -0.1}), "lr must be a finite number ≥ 0, got -0.1"),
        (lambda: check_given(OPTIMIZERS["sgd"], {"lr": math.nan}), "got nan"),
        (lambda: check_given(OPTIMIZERS["sgd"], {"lr": "0.1 0.2"}), "got '0.1 0.2'"),
        (wrong(lambda c: {}), "must give lr, got"),
        (wrong(lambda c: {"lr": 0.1, "beta1": 0.5}), "must give lr, got lr, beta1"),
        (wrong(lambda c: {"lr": math.inf}), "gives lr=inf"),
        (wrong(lambda c: {"lr": "fast"}), "gives no numbers.*ValueError"),
        (wrong(lambda c: 1 / 0), "gives no numbers.*ZeroDivisionError.*ordinary size"),
        (wrong(lambda c: {"lr": c.pl}), "supplies no pl"),
    ],
)
def test_errors_say_what_to_do(call, words):
    with pytest.raises(InputError, match=words):
        call()


@pytest.mark.parametrize(
    "changes",
    [{"sigma": 1e200, "smoothness": 1e200}, {"smoothness": 1e-300, "gap": 1e-300}],
)
def test_constants_that_no_rule_can_take(changes):
    """One line instead of a division by zero, an overflow or a θ that rounds to 1 and freezes the run."""
    with pytest.raises(InputError):
        rule("adamw", constants(8, **changes))


def test_hyper_parameters_are_those_of_the_constants_given():
    """``resolve`` hands over constants of its own, so that σ is there."""
    hyper = hyper_parameters(spec("sgd"), OPTIMIZERS["sgd"], constants(sigma=3.0))
    assert {**hyper} == RULES["sgd"].rule(constants(sigma=3.0))
