"""The sweep of a theorem that names none: it convicts no true rate, and settles most."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.calls.verify import verify
from simulator.engines import run
from simulator.judge import Outcome, judge
from simulator.judge.eligible import eligible
from simulator.judge.witness import families
from simulator.lab.plan import plan_of, tables_of
from simulator.lab.rescaled import Rescaler
from simulator.lab.theorem_plan import theorem_plan
from simulator.theorem import Theorem
from simulator.theorem_settings import WITHOUT_NOISE, default_grid
from simulator.theorems import THEOREMS
from simulator.theorems.naming import spec_names

# What each needs that the default grid hasn't: bounded noise, μ, L₁, and a variance that grows.
ELSEWHERE = {"adagrad-l1", "sgd-pl-last", "signum-l0l1", "sgd-affine-l2-squared"}
NOISELESS = ("gd-l2", "gd-l2-squared")
RATES = [
    n
    for n, t in THEOREMS.items()
    if isinstance(t, Theorem) and t.expected == "holds" and n not in {*ELSEWHERE, *NOISELESS}
]
FEW = ("adamw-l1", "sgd-l2-squared", "signum-l1", "sgd-anytime-l2-squared", "gd-l2")


def alone(name: str) -> Theorem:
    """The shipped theorem as somebody would write its rate down: no constant, no hard instance, no grid."""
    return replace(THEOREMS[name], name=f"{name}, rate alone", hard=(), grid=())


def verdict_of(name: str, quick: bool):
    theorem = alone(name)
    optimizer, schedule, _ = spec_names(name)
    specs = plan_of(tables_of(theorem, optimizer, schedule), [name], "test", quick).specs
    results = [run(spec, threads=2, quantities=theorem.quantities) for spec in specs]
    return judge(results, theorems=[theorem], copies=Rescaler(results))[0]


def test_alone_is_a_rate_that_declares_nothing():
    theorem = alone("signum-l1")
    assert theorem.kind == "none" and theorem.levels == () and theorem.grid == default_grid(theorem.assumes)
    assert alone("gd-l2").grid == WITHOUT_NOISE


@pytest.mark.parametrize("name", FEW)
def test_a_true_rate_is_not_convicted_on_the_quick_grid(name):
    assert verdict_of(name, quick=True).outcome is not Outcome.VIOLATED


@pytest.mark.slow
@pytest.mark.parametrize("name", RATES)
def test_a_true_rate_holds_on_the_whole_grid(name):
    """Six of these were VIOLATED on the first default grid: in d where noise fell off and the rate had ‖σ‖₁ in it, and
    above twice the level of a ramp that had not spent its gap."""
    verdict = verdict_of(name, quick=False)
    assert verdict.outcome in (Outcome.HOLDS, Outcome.TIGHT), verdict.reasons


@pytest.mark.slow
@pytest.mark.parametrize("name", NOISELESS)
def test_without_noise_the_constant_that_the_data_allow_is_named(name):
    """The sawtooth is a witness only by its declared level: its gradients jump, so that none says whether it stays."""
    verdict = verdict_of(name, quick=False)
    assert verdict.outcome is Outcome.INCONCLUSIVE and "these data allow any of 1 or more" in verdict.reasons[-1]


@pytest.mark.parametrize(("spectrum", "expected"), [(0.0, True), (0.5, False)])
def test_growth_in_d_is_evidence_where_the_rate_is_a_power_of_d(spectrum, expected):
    """With σ_i ∝ i^(−1/2) ‖σ‖₁ falls behind √d σ by √(log d), and so does a rate that has it."""
    theorem = alone("signum-l1")
    optimizer, schedule, _ = spec_names("signum-l1")
    table = {
        "problem": "uneven-ramp",
        "problem_args": {"steepness": 0.5, "slope_spectrum": 0.5, "noise_spectrum": spectrum},
        "optimizer": optimizer,
        "schedule": schedule,
        "dim": [8, 32, 128],
        "steps": [4000],
        "replicas": 8,
    }
    results = [run(spec, threads=2) for spec in plan_of([table], ["signum-l1"], "test", False).specs]
    [family] = families(theorem, eligible(theorem, results, {}).sound)
    assert family.witness and family.evidence("dim") is expected
    [plain] = families(THEOREMS["signum-l1-without-root-d"], eligible(theorem, results, {}).sound)
    assert plain.evidence("dim"), "C/K^(1/4) is a power of d whatever the noise"


def ramps(specs):
    return {tuple(sorted(spec.problem_args.items())) for spec in specs if spec.problem == "uneven-ramp"}


def test_a_problem_of_the_grid_is_run_with_the_grids_arguments():
    """Asked for alone it was another: at its default arguments."""
    theorem = alone("sgd-l2")
    named = {"sgd-l2": theorem}
    whole = theorem_plan(named, "test", quick=True)
    narrowed = theorem_plan(named, "test", quick=True, changes={"problem": ["uneven-ramp", "quadratic"]})
    assert len(ramps(whole.specs)) == 2 and ramps(narrowed.specs) == ramps(whole.specs)
    assert {spec.problem for spec in narrowed.specs} == {"uneven-ramp", "quadratic"}
    assert {spec.steps for spec in narrowed.specs} == {spec.steps for spec in whole.specs}
    [own] = ramps(
        theorem_plan(named, "test", changes={"problem": "uneven-ramp", "problem_args": {"steepness": 0.7}}).specs
    )
    assert dict(own)["steepness"] == 0.7


def test_a_verdict_that_acquits_says_what_was_not_run(tmp_path):
    """Without the problem that leaves it in doubt a rate is TIGHT, and nobody who reads that knows of the others."""
    few = {"dim": [8, 16, 64], "steps": [1000, 4000, 16000], "out": tmp_path, "controls": False, "jobs": 1}
    narrowed = verify(alone("adamw-l1"), problem="uneven-ramp", **few)
    assert narrowed.outcome is Outcome.TIGHT
    assert narrowed.reasons[-1] == "this is on uneven-ramp alone: its grid has rational, cosine too"
    assert not any("alone: its grid" in reason for reason in verify(alone("adamw-l1"), **few).reasons)
