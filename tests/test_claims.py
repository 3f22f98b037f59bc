"""Claims: the shipped ones say what they claim, and a user's own is one function of about ten lines."""

import math
from dataclasses import replace

import numpy as np
import pytest
from simulator.claims import CLAIMS, Claim, NormClaim, claim
from simulator.claims.define import departure
from synthetic import rate, result, sweep

from problems import InputError
from simulator.cells.spec import Spec
from simulator.judge import Outcome, exit_code, find_claim, judge
from simulator.samples.rows import NormRow


def cell(optimizer="adamw", dim=64, steps=10_000, l1=(1.0,) * 8, **settings):
    return result(Spec.of("rational", optimizer, dim, steps, len(l1), **settings), l1)


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_states_itself(name):
    c = CLAIMS[name]
    assert c.name == name and c.statement and c.__doc__
    assert (c.expected == "fails") == name.startswith("control-") == c.statement.startswith("FALSE")
    assert c.source or c.expected == "fails"


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        ("adamw-l1", lambda c, d, k: math.sqrt(d) * c * k**-0.25),
        ("nadamw-l1", lambda c, d, k: math.sqrt(d) * c * k**-0.25),
        ("control-rate", lambda c, d, k: math.sqrt(d) * c * k**-0.5),
        ("control-dimension", lambda c, d, k: c * k**-0.25),
        ("control-constant-lr", lambda c, d, k: math.sqrt(d) * c * k**-0.25),
    ],
)
def test_bounds_of_l1_claims(name, bound):
    own = CLAIMS[name]
    run = cell(
        own.optimizer[0],
        schedule=own.schedule,
        sigma=2.0,
        smoothness=3.0,
        gap=0.5,
        optimizer_args={"lr": 0.1} if own.schedule == "constant" else {},
    )
    assert own.concerns(run)
    values, limit = own.evaluate(run)
    assert np.array_equal(values, run.stats.mean_grad_l1)
    assert limit == pytest.approx(bound((4.0 * 3.0 * 0.5) ** 0.25, 64, 10_000), rel=1e-14)


def test_sgd_bound_follows_from_the_descent_lemma():
    """2Δ/(ηK) + Lησ² at the schedule's own η, never above the stated bound's square."""
    for steps, sigma in [(10, 0.1), (10, 1.0), (1000, 1.0), (100_000, 3.0), (100, 0.0)]:
        run = cell("sgd", steps=steps, sigma=sigma, smoothness=3.0, gap=0.5)
        values, bound = CLAIMS["sgd-l2"].evaluate(run)
        assert np.array_equal(values, run.stats.mean_grad_l2)
        lr = run.hyper["lr"]
        proven = 2 * 0.5 / (lr * steps) + 3.0 * lr * sigma**2
        assert proven <= bound**2 * (1 + 1e-12) < 1.5 * proven


def test_cells_of_other_optimizers_and_schedules_do_not_concern():
    adamw = CLAIMS["adamw-l1"]
    assert not adamw.concerns(cell("sgd"))
    assert not adamw.concerns(cell(schedule="constant", optimizer_args={"lr": 0.1}))
    assert CLAIMS["control-constant-lr"].concerns(cell(schedule="constant", optimizer_args={"lr": 0.1}))


def test_departures_from_the_rule():
    rule = cell().hyper
    assert departure(cell()) == ""
    for allowed in (
        {"weight_decay": 0.0},
        {"weight_decay": rule["weight_decay"]},
        {"beta2": rule["beta1"]},
        {"beta2": math.sqrt(rule["beta1"])},
        {"lr": rule["lr"]},
    ):
        assert departure(cell(optimizer_args=allowed)) == ""
    for other in (
        {"weight_decay": 1.001 * rule["weight_decay"]},
        {"beta2": 0.999 * rule["beta1"]},
        {"beta2": 0.9999},
        {"lr": 0.99 * rule["lr"]},
        {"beta1": 0.9},
        {"eps": 1e-8},
    ):
        assert next(iter(other)) in departure(cell(optimizer_args=other))
    assert departure(cell("sgd", optimizer_args={"lr": 1e-3}))
    assert departure(cell("sgd", schedule="constant", optimizer_args={"lr": 1e-3})) == ""


OWN = '''
from simulator.claims import claim
from simulator.optimizers import optimizer

@optimizer()
def halfstep(x, g, lr):
    """x ← x − η g/2."""
    return x - 0.5 * lr * g

@claim("halfstep-l2", optimizer="halfstep", schedule="constant", axes=("steps",))
def halfstep_l2(cell):
    """(1/K) Σ E‖∇f(x^k)‖₂ ≤ O(C / K^(1/4)) for half a step."""
    return cell.stats.mean_grad_l2, cell.bound_l2

number = 3
'''


def test_a_users_own_claim_on_a_users_own_optimizer(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(OWN)
    cells = sweep(rate(0.5), dims=(16,), optimizer=f"{file}:halfstep", schedule="constant", optimizer_args={"lr": 0.1})
    [verdict] = judge(cells, claims=[f"{file}:halfstep_l2"])
    assert verdict.outcome is Outcome.HOLDS and verdict.claim == "halfstep-l2" and verdict.cells.judged == 5
    false = sweep(
        rate(0.5, steps=-0.1), dims=(16,), optimizer=f"{file}:halfstep", schedule="constant", optimizer_args={"lr": 0.1}
    )
    [verdict] = judge(false, claims=[f"{file}:halfstep_l2"])
    assert verdict.outcome is Outcome.VIOLATED and exit_code([verdict]) == 1
    with pytest.raises(InputError, match="no claim"):
        find_claim(f"{file}:number")
    with pytest.raises(InputError, match="no claim"):
        find_claim(f"{file}:halfstep")


def test_unknown_claim_names_the_nearest():
    with pytest.raises(InputError, match="did you mean 'adamw-l1'"):
        judge([], claims=["adamw-11"])


def test_wrong_claims_are_refused():
    with pytest.raises(InputError, match="docstring"):

        @claim("silent", optimizer="sgd")
        def silent(cell):
            return cell.stats.mean_grad_l1, 1.0

    with pytest.raises(InputError, match="axes"):
        claim("odd", optimizer="sgd", axes=("K",))
    with pytest.raises(InputError, match="expected"):
        claim("odd", optimizer="sgd", expected="maybe")


@pytest.mark.parametrize(
    "returned",
    [
        lambda c: 1.0,
        lambda c: (c.stats.mean_grad_l1.mean(), 1.0),
        lambda c: (c.stats.mean_grad_l1, math.nan),
        lambda c: (c.stats.mean_grad_l1, -1.0),
        lambda c: (["x"] * 8, 1.0),
        lambda c: (c.stats.mean_grad_l1, None),
    ],
)
def test_a_claim_that_returns_something_else_is_named(returned):
    own = claim("strange", optimizer="adamw")(documented(returned))
    with pytest.raises(InputError, match="claim 'strange' must return"):
        judge([cell()], claims=[own])


def documented(function):
    function.__doc__ = "A statement."
    return function


def test_nan_is_counted_as_infinite():
    values, _ = CLAIMS["adamw-l1"].evaluate(cell(l1=(1.0,) * 7 + (math.nan,)))
    assert np.isinf(values[-1]) and not np.isnan(values).any()


ROW = NormRow(
    "gaussian",
    dim=100,
    samples=1000,
    mean_l1=79.8,
    sem_l1=0.2,
    exact_l1=79.788456,
    mean_l2=9.98,
    sem_l2=0.025,
    exact_l2=9.975031,
    ratio_mean=0.7997,
    ratio_sem=0.001,
    violations=0,
)


def outcomes(*rows):
    return {v.claim: v.outcome for v in judge([], rows)}


def test_norm_claims():
    assert isinstance(CLAIMS["norms"], NormClaim) and isinstance(CLAIMS["adamw-l1"], Claim)
    assert outcomes(ROW) == {"norms": Outcome.HOLDS, "gaussian": Outcome.HOLDS}
    assert outcomes(ROW, replace(ROW, violations=1)) == {"norms": Outcome.VIOLATED, "gaussian": Outcome.HOLDS}
    assert outcomes(replace(ROW, law="laplace")) == {"norms": Outcome.HOLDS}
    assert outcomes() == {}
    [asked] = judge([], claims=["gaussian"])
    assert asked.outcome is Outcome.INCONCLUSIVE


def test_gaussian_claim_refuted_by_sample_or_by_exact_values():
    low = replace(ROW, mean_l1=60.0, exact_l1=60.0)  # as of a sparse law: E‖g‖₁ < √(2d/π) E‖g‖₂
    assert outcomes(low)["gaussian"] is Outcome.VIOLATED
    assert outcomes(replace(ROW, mean_l1=60.0))["gaussian"] is Outcome.VIOLATED
    assert outcomes(replace(ROW, exact_l1=79.0))["gaussian"] is Outcome.VIOLATED
    # a gap below 0 by less than the sampling error refutes nothing
    assert outcomes(replace(ROW, mean_l1=79.5))["gaussian"] is Outcome.HOLDS


def test_gaussian_claim_undecided_when_sample_and_exact_values_disagree():
    [verdict] = judge([], [ROW, replace(ROW, mean_l1=81.5)], claims=["gaussian"])
    assert verdict.outcome is Outcome.INCONCLUSIVE and "sampler or the formula" in verdict.reasons[0]


def test_gaussian_claim_in_the_limit():
    """At d = 10⁹ the exact gap is 2.5e-10 of E‖g‖₁: rounding must not refute it."""
    dim = 10**9
    l1, l2 = dim * math.sqrt(2 / math.pi), math.sqrt(dim) * (1 - 1 / (4 * dim))
    far = replace(ROW, dim=dim, mean_l1=l1, sem_l1=1.0, exact_l1=l1, mean_l2=l2, sem_l2=1e-3, exact_l2=l2)
    [verdict] = judge([], [far], claims=["gaussian"])
    assert verdict.outcome is Outcome.HOLDS
