"""``run --theorem``: what it fills in, what it refuses, and what it says of the cell."""

import functools
import math

import pytest
from refusal import assert_refused, run
from test_run import SMALL, own, run_json  # noqa: F401 (fixtures)

from simulator.cli import main

KEYS = {"name", "quantity", "measured", "bound", "rate", "ratio", "level", "void"}


@pytest.fixture
def refused(capsys):
    return functools.partial(assert_refused, capsys)


@pytest.fixture
def asked(run_json):  # noqa: F811
    return functools.partial(run_json, optimizer=None)


def test_a_bound(asked):
    out = asked(theorem="sgd-l2")
    assert out["spec"]["optimizer"] == "sgd" and out["spec"]["schedule"] == "horizon"
    found = out["theorem"]
    assert set(found) == KEYS and found["name"] == "sgd-l2" and found["quantity"] == "mean_grad_l2"
    assert found["measured"] == out["mean_grad_l2"] and found["void"] is None
    assert found["ratio"] == pytest.approx(out["mean_grad_l2"]["mean"] / found["bound"])
    assert 0 < found["rate"] < found["bound"]


def test_a_rate(asked):
    found = asked(theorem="control-rate")["theorem"]
    assert found["bound"] is None and found["ratio"] == pytest.approx(found["measured"]["mean"] / found["rate"])


def test_another_quantity_than_the_norms(asked):
    found = asked(theorem="momentum-l2-squared")["theorem"]
    assert found["quantity"] == "mean_grad_l2_squared" and found["measured"]["mean"] > 0


def test_a_control_with_its_own_hyper_parameters(asked):
    out = asked(theorem="control-constant-lr")
    assert out["spec"]["schedule"] == "constant" and out["hyperparameters"]["lr"] == 0.05
    assert asked("--optimizer-arg", "lr=0.5", theorem="control-constant-lr")["hyperparameters"]["lr"] == 0.5


def test_the_hard_instance_is_the_problem_where_there_is_one(asked, refused):
    spec = asked(theorem="adamw-l1", problem=None)["spec"]
    assert spec["problem"] == "ramp" and spec["problem_args"] == {"steepness": 1.5}
    spec = asked(theorem="adamw-l1", problem=None, problem_arg="steepness=1")["spec"]
    assert spec["problem_args"] == {"steepness": 1.0}
    spec = asked(theorem="gd-l2", problem=None)["spec"]
    assert spec["problem_args"]["form"] == "mean" and spec["sigma"] == 0  # as its grid has it
    assert asked("--sigma", "1", theorem="gd-l2", problem=None)["spec"]["sigma"] == 1
    refused(
        run(theorem="adamw-l1-decay-to-the-wrong-point", optimizer=None, problem=None),
        "--problem is required",
        "no hard instance",
    )


def test_the_level_of_the_hard_instance_is_shown_on_it(asked, capsys):
    assert asked(theorem="adamw-l1", problem=None)["theorem"]["level"] == 1.5
    assert asked(theorem="adamw-l1", problem="ramp", problem_arg="steepness=1.5")["theorem"]["level"] == 1.5
    assert asked(theorem="adamw-l1", problem="ramp", problem_arg="steepness=1")["theorem"]["level"] is None
    assert asked(theorem="adamw-l1", problem="rational")["theorem"]["level"] is None
    found = asked(theorem="sgd-l2", problem=None)["theorem"]
    assert found["level"] == pytest.approx(2**0.25 * math.sqrt(0.985))
    assert main(run(theorem="sgd-l2", optimizer=None, problem=None, dim="16", steps="250")) == 0
    assert "the theorem says 1.18025" in capsys.readouterr().out


def test_what_breaks_an_assumption_is_said(asked):
    found = asked(theorem="sgd-l2", noise="student", noise_arg="nu=1.5")["theorem"]
    assert "infinite variance" in found["void"] and found["bound"] is found["ratio"] is None
    found = asked(theorem="sgd-l2-best", optimizer_arg="lr=0.5")["theorem"]
    assert found["void"] == "lr overridden: not the theorem's rule" and found["measured"]["mean"] > 0
    found = asked(theorem="sgd-l2", optimizer_arg="lr=2.5")["theorem"]
    assert found["void"] == "the step must be below 2/L = 2 and not 0, got 2.5" and found["bound"] is None
    assert asked(theorem="gd-l2", sigma="1")["theorem"]["void"].startswith("there is noise")


def test_what_contradicts_is_refused(refused):
    sgd = functools.partial(run, theorem="sgd-l2-best")
    refused(sgd(), "'sgd-l2-best'", "'sgd'", "--optimizer is 'adamw'", "leave --optimizer out")
    refused(sgd(optimizer="sdg"), "'sdg'", "did you mean 'sgd'?")
    refused(sgd(optimizer=None, schedule="constant"), "'sgd-l2-best'", "--schedule is 'constant'")
    refused(sgd(optimizer=None, schedule="momentum-l2-squared"), "--schedule is 'momentum-l2-squared'")
    refused(run(theorem="control-constant-lr", optimizer=None, schedule="horizon"), "'constant'", "'horizon'")
    refused(run(theorem="sgd-12", optimizer=None), "'sgd-12'", "did you mean 'sgd-l2'?")
    refused(run(theorem="gaussian", optimizer=None), "random vectors", "ratecheck norms")


def test_what_says_the_same_is_not_refused(asked, run_json):  # noqa: F811
    plain = asked(theorem="sgd-l2")
    for same in ({"optimizer": "sgd"}, {"schedule": "horizon"}):
        assert asked(theorem="sgd-l2", **same)["mean_grad_l1"] == plain["mean_grad_l1"]
    assert asked(theorem="sgd-l2", schedule="sgd-l2")["theorem"]["void"] is None


@pytest.mark.parametrize(
    "name, schedule, words",
    [
        ("sgd-l2", None, ["bound", "measured/bound", "measured ≤ bound", "standard errors"]),
        ("control-rate", None, ["a false control", "rate", "measured/rate", "none from one cell"]),
    ],
)
def test_for_people(capsys, name, schedule, words):
    assert main(run(**SMALL, theorem=name, optimizer=None, schedule=schedule)) == 0
    out = capsys.readouterr().out
    assert name in out and all(word in out for word in words)


def test_a_bound_that_is_exceeded_or_void_for_people(capsys, tmp_path):
    (tmp_path / "low.py").write_text(
        "from ratecheck import theorem\n\n\n@theorem(optimizer='sgd', measures='mean_grad_l2')\n"
        "def low(c):\n    'Too low.'\n    return 1e-3\n\n\n@low.proved\ndef _(c, h):\n    return 1e-3 * h.lr\n"
    )
    low = functools.partial(run, **SMALL, theorem=f"{tmp_path / 'low.py'}:low", optimizer=None)
    assert main(low(schedule="horizon")) == 0  # true for all hyper-parameters, so for any schedule
    assert "measured > bound" in capsys.readouterr().out
    assert main(low(optimizer_arg="lr=0.1", noise="student", noise_arg="nu=1")) == 0
    out = capsys.readouterr().out
    assert "says nothing here" in out and "infinite variance" in out


def test_theorems_of_a_file(run_json, own):  # noqa: F811
    out = run_json(theorem=f"{own}:step_l1", optimizer=None)
    assert out["spec"]["optimizer"] == f"{own}:step" and out["spec"]["schedule"] == "horizon"
    assert out["hyperparameters"]["lr"] == "over_root(k, scale=0.3)" and out["theorem"]["void"] is None
    out = run_json(theorem=f"{own}:other_l2", optimizer=None)
    assert out["spec"]["schedule"] == f"{own}:other_l2" and out["hyperparameters"]["lr"] == 0.25
    assert out["theorem"]["bound"] == 2.0 and out["theorem"]["name"] == "other-l2"


RULES = """
from ratecheck import theorem


def rule(c):
    return {"lr": 0.1 / c.steps**0.5}


def other(c):
    return {"lr": 0.2 / c.steps**0.5}


@theorem(optimizer="sgd", rule=rule)
def t(c):
    \"\"\"A rate.\"\"\"
    return c.c * c.steps**-0.25


number = 1
"""


def test_a_rule_as_the_schedule(asked, refused, tmp_path):
    path = tmp_path / "rules.py"
    path.write_text(RULES)
    found = asked(theorem=f"{path}:t", schedule=f"{path}:rule")
    assert found["theorem"]["void"] is None
    changed = {"theorem": f"{path}:t", "optimizer": None}
    refused(run(schedule=f"{path}:other", **changed), "is about the schedule", "leave --schedule out")
    refused(run(schedule=f"{path}:number", **changed), "is no schedule, but int")
    refused(run(schedule=f"{path}:rul", **changed), "has no 'rul'")
    refused(run(schedule="horizn", **changed), "schedule 'horizn'", "horizon")


QUANTITY = """
from ratecheck import reading, theorem
from ratecheck.simulator.cells.quantities import READINGS, Quantity


@reading(fold="sum", degrees=(1.0, -1.0), text="1000 ‖∇f(x^k)‖₁")
def thousandfold(gradient):
    return 1000.0 * abs(gradient)


def rule(c):
    return {{"lr": 0.1}}


@theorem(optimizer="sgd", rule=rule, measures=Quantity("{name}", {reading}, "mean"))
def t(c):
    'A rate.'
    return 1.0
"""


@pytest.fixture
def measuring(tmp_path):
    def file(name, reading):
        (tmp_path / "own.py").write_text(QUANTITY.format(name=name, reading=reading), encoding="utf-8")
        return f"{tmp_path / 'own.py'}:t"

    return file


@pytest.mark.parametrize("name", ["mean_grad_l1", "mean_grad_l2"])
def test_a_quantity_of_ones_own_is_never_shown_as_the_one_whose_name_it_has(measuring, refused, name):
    changed = {"theorem": measuring(name, "thousandfold"), "optimizer": None, **SMALL}
    refused(run(**changed), f"'{name}'", "measure different things", "rename")


def test_the_quantity_of_the_theorem_is_measured_by_its_meaning(measuring, asked):
    out = asked(theorem=measuring("own", "thousandfold"))
    assert out["theorem"]["quantity"] == "own"
    assert out["theorem"]["measured"]["mean"] == pytest.approx(1000 * out["mean_grad_l1"]["mean"])
    out = asked(theorem=measuring("own", 'READINGS["grad_l1"]'))
    assert out["theorem"]["measured"] == out["mean_grad_l1"]
    out = asked(theorem=measuring("mean_f_gap", "thousandfold"))  # not among what every run measures
    assert out["theorem"]["measured"]["mean"] == pytest.approx(1000 * out["mean_grad_l1"]["mean"])
