"""Rescaled copies: which cells have them, and what they convict that no grid at σ = L = Δ = 1 can."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from fitting import fitting

from simulator.cells.spec import Spec
from simulator.decorators import theorem
from simulator.engines import run
from simulator.judge import Outcome, judge
from simulator.judge.copies import POINTS, Copies
from simulator.judge.stored import to_dict
from simulator.judge.stored_theorem import from_dict
from simulator.lab.rescaled import Rescaler
from simulator.optimizers import optimizer
from simulator.theorem import Theorem
from simulator.theorems import THEOREMS, find_theorem
from simulator.theorems.adamw_l1 import rule as adamw_rule
from simulator.theorems.naming import spec_names

SETTINGS = {"rule": adamw_rule, "measures": "mean_grad_l1", "assumes": ("smooth", "variance", "start_near")}


def cell(optimizer="adamw", problem="rational", dim=4, steps=250, **more):
    return run(Spec.of(problem, optimizer, dim, steps, 8, **more))


def rate_of(function, **changes) -> Theorem:
    function.__doc__ = "A rate."
    return theorem(optimizer="adamw", name="a-rate", **{**SETTINGS, **changes})(function)


def bound_of(function, **changes) -> Theorem:
    made = rate_of(function, **changes)
    return made.declared(function)


def verdict(made, results):
    [found] = judge(results, theorems=[made], copies=Rescaler(results))
    json.dumps(found.to_dict(), allow_nan=False)
    return found


@pytest.mark.parametrize("name", [n for n, t in THEOREMS.items() if isinstance(t, Theorem)])
def test_every_shipped_theorem_says_the_same_of_all_copies(name):
    """Also those that are false: what is wrong with them is no unit, but for a λ that is a number."""
    made = THEOREMS[name]
    optimizer, schedule, _ = spec_names(name)
    given = {"schedule": schedule, "optimizer_args": {"lr": 0.01} if made.rule is None else {}}
    results = [
        cell(**{**fitting(made, optimizer=optimizer, problem=problem, gap=0.3, noise=noise, **given), "sigma": 2.0})
        for problem, noise in (("rational", "gaussian"), ("ripple", "skew"), ("ramp", "student"))
    ]
    found = Rescaler(results)(made)
    if name == "adamw-l1-decay-to-the-wrong-point":
        assert not found
        return
    said = [r.key for r in results if (b := made.on(r)) is not None and not b.void and not b.aside]
    assert {key: copies.count for key, copies in found.items()} == dict.fromkeys(said, len(POINTS))
    assert all(copies.factors == {} for copies in found.values())


def c_without(**powers):
    """√d K^(−1/4) σ^a L^b Δ^e."""

    def rate(c):
        return (
            math.sqrt(c.dim)
            * c.steps**-0.25
            * c.sigma ** powers.get("sigma", 0.5)
            * c.smoothness ** powers.get("smoothness", 0.25)
            * c.gap ** powers.get("gap", 0.25)
        )

    return rate


WRONG = {
    "C dropped": dict.fromkeys(("sigma", "smoothness", "gap"), 0.0),
    "σ forgotten": {"sigma": 0.0},
    "σ for σ^½": {"sigma": 1.0},
    "L forgotten": {"smoothness": 0.0},
    "Δ forgotten": {"gap": 0.0},
    "a hundredth of a power": {"sigma": 0.54},
}


@pytest.mark.parametrize("powers", WRONG.values(), ids=list(WRONG))
@pytest.mark.parametrize("make", [rate_of, bound_of])
def test_wrong_units_are_violated_without_statistics(powers, make):
    """From one cell at σ = L = Δ = 1, where a wrong C is as good as a right one."""
    slack = 3.0 if make is bound_of and powers != {"sigma": 0.54} else 1.0
    found = verdict(make(lambda c: slack * c_without(**powers)(c)), [cell(problem="ramp")])
    assert found.outcome is Outcome.VIOLATED and "the same run in other units" in found.reasons[0]
    right = verdict(make(lambda c: 3.0 * c_without()(c)), [cell(problem="ramp")])
    assert right.outcome is not Outcome.VIOLATED and right.numbers["copies"] == len(POINTS)


def test_without_copies_a_wrong_unit_passes():
    """The opposite: it is the copies that see it."""
    made = bound_of(lambda c: 3.0 * c_without(sigma=0.0)(c))
    [found] = judge([cell(problem="ramp")], theorems=[made])
    assert found.outcome in (Outcome.HOLDS, Outcome.TIGHT)


def test_a_bound_with_slack_that_scales_otherwise_may_be_true():
    """A term too many, of whatever units, makes no bound false."""
    made = bound_of(lambda c: 3.0 * c_without()(c) + 100.0)
    found = verdict(made, [cell(problem="ramp")])
    assert found.outcome is Outcome.HOLDS
    as_rate = verdict(rate_of(lambda c: c_without()(c) + 100.0), [cell(problem="ramp")])
    assert as_rate.outcome is Outcome.INCONCLUSIVE  # a ratio that climbs to a limit is not convicted


def test_no_copy_is_worse_than_a_cell_that_none_exceeds():
    """Where the bound says more than it must on copies, the cell itself is judged."""
    assert Copies({(100.0, 1.0): 0.5, (1.0, 100.0): 0.25}, 2).worst == ((1.0, 1.0), 1.0)
    assert Copies({(100.0, 1.0): 0.5, (1.0, 100.0): 3.0}, 2).worst == ((1.0, 100.0), 3.0)


def test_the_constant_that_data_allow_is_one_for_all_copies():
    def slack(c):
        return c_without()(c) + 100.0

    results = [cell(problem="ramp")]
    found = verdict(rate_of(slack), results)
    allowed = float(re.search(r"these data allow any of (\S+) or more", " ".join(found.reasons))[1])
    enough = verdict(bound_of(lambda c: 1.01 * allowed * slack(c)), results)
    assert enough.outcome in (Outcome.HOLDS, Outcome.TIGHT), enough.reasons
    assert verdict(bound_of(lambda c: 0.9 * allowed * slack(c)), results).outcome is Outcome.VIOLATED


def test_what_is_wrong_in_kappa_alone_has_no_unit():
    """σ^0.6 L^0.2 Δ^0.2 passes all copies; the exponent in κ on witnesses convicts it, two-sided, and no right C."""
    cells = [
        cell(problem="ramp", dim=4, steps=16000, **{name: value})
        for name, values in (("sigma", (0.25, 0.5, 1.0, 2.0)), ("smoothness", (0.25, 4.0)), ("gap", (0.25, 4.0)))
        for value in values
    ]
    for power in (0.6, 0.4):
        side = (1 - power) / 2
        wrong = rate_of(c_without(sigma=power, smoothness=side, gap=side), axes=("steps",))
        assert all(copies.factors == {} for copies in Rescaler(cells)(wrong).values())
        found = verdict(wrong, cells)
        assert found.outcome is Outcome.VIOLATED and "κ = LΔ/σ²" in found.reasons[0]
    assert verdict(rate_of(c_without(), axes=("steps",)), cells).outcome is Outcome.INCONCLUSIVE


def test_assumptions_hold_on_copies_or_they_are_none():
    """‖x¹‖∞ ≤ 10 is no statement without units: copies whose start lies farther out are left out."""
    from simulator.assumptions import assumption

    @assumption("‖x¹‖∞ ≤ 10")
    def near(result):
        return "" if result.constants.start_linf <= 10 else "too far"

    [copies] = Rescaler([cell()])(rate_of(c_without(), assumes=("smooth", near))).values()
    assert 0 < copies.count < len(POINTS)


RULES = """
import math
from ratecheck import of_step, theorem

def over_root(k, scale):
    return scale / math.sqrt(k)

def rooted_rule(c):
    return {"lr": of_step(over_root, scale=SCALE)}

@theorem(optimizer="sgd", rule=rooted_rule, measures="mean_grad_l2")
def rooted(c):
    "A rate, wrong by the unit of Δ."
    return c.c * c.gap * c.steps**-0.25
"""
COVARIANT = "min(1 / c.smoothness, math.sqrt(c.gap / c.smoothness) / c.sigma)"


@pytest.mark.parametrize(
    ("scale", "copies"),
    [
        (COVARIANT, len(POINTS)),
        ("0.01", None),  # no rule of units: it fails the probe
        (f"{COVARIANT} if c.sigma < 1e3 else 0.01", 11),  # it passes, and the 5 copies with more noise are none
    ],
)
def test_a_rule_has_the_copies_for_which_it_is_covariant(tmp_path, scale, copies):
    """Here one with a step that shrinks, too."""
    path = tmp_path / "mine.py"
    path.write_text(RULES.replace("SCALE", scale), encoding="utf-8")
    made = find_theorem(f"{path}:rooted")
    results = [cell("sgd", schedule=f"{path}:rooted")]
    assert [c.count for c in Rescaler(results)(made).values()] == ([] if copies is None else [copies])
    found = verdict(made, results)
    assert (found.outcome is Outcome.VIOLATED) == (copies is not None)


def test_what_ran_otherwise_than_its_spec_says_has_no_copies():
    one = cell()
    told = json.loads(one.identity) | {"seed": 7}
    changed = replace(one, identity=json.dumps(told))
    assert [c.count for c in Rescaler([changed])(THEOREMS["adamw-l1"]).values()] == [0]


def test_constant_hyper_parameters_need_their_degrees():
    given = {"schedule": "constant", "optimizer_args": {"lr": 0.01}}
    made = theorem(optimizer="sgd", measures="mean_grad_l2", name="constant-sgd")(_constant)
    assert [c.count for c in Rescaler([cell("sgd", **given)])(made).values()] == [len(POINTS)]
    bare = replace(made.optimizer, degrees={})
    assert bare.update.digest == made.optimizer.update.digest

    @optimizer(degrees={"lr": (0, 0)})
    def wrong(x, g, lr):
        return x - lr * g

    import simulator.optimizers as module

    for other in (bare, wrong):
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(module.OPTIMIZERS, "sgd", other)
            assert Rescaler([cell("sgd", **given)])(made) == {}


def _constant(c):
    """A rate for constant steps."""
    return c.gap / c.steps


def test_a_folder_judges_copies_as_the_code_does():
    results = [cell(problem="ramp")]
    made = rate_of(c_without(sigma=0.0))
    copies = Rescaler(results)(made)
    told = json.loads(json.dumps(to_dict(made, results, copies)))
    stored = from_dict(told)
    assert stored.copies == copies
    assert verdict(stored, results) == verdict(made, results)


@pytest.mark.parametrize("broken", [[3], [1, [10.0, 1.0, 2.0]], [16, [100.0, 1.0, -2.0]], [99], [1, "x"], []])
def test_stored_copies_that_are_none(broken):
    from ratecheck.problems.errors import InputError

    results = [cell()]
    told = json.loads(json.dumps(to_dict(rate_of(c_without()), results, {results[0].key: Copies({}, 16)})))
    told["cells"][results[0].key]["copies"] = broken
    if broken == [3]:
        assert from_dict(told).copies[results[0].key].count == 3
    else:
        with pytest.raises(InputError):
            from_dict(told)


def test_copies_are_the_runs_that_they_stand_for():
    """At a far point, run for once: the gradient is as it was in the new units."""
    here, there = cell("adamw", "ripple"), cell("adamw", "ripple", sigma=1e6 * 1e3, smoothness=1e6 * 1e6, gap=1e6)
    assert np.allclose(there.stats.mean_grad_l1, 1e9 * here.stats.mean_grad_l1, rtol=1e-6)
