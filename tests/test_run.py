"""``run``: what --json has, what people see, and FILE.py:NAME in the place of every name."""

import json
import math

import numpy as np
import pytest
from refusal import assert_refused, run

from simulator.cells.spec import Spec
from simulator.cli import main
from simulator.engines import run as simulate
from simulator.engines.resolve import resolve

SMALL = {"dim": "3", "steps": "20"}


def strict(text):
    """json.loads that refuses the words NaN and Infinity, as other parsers do."""

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture
def run_json(capsys):
    def call(*options, **changes):
        assert main([*run(**{**SMALL, **changes}), "--json", *options]) == 0, capsys.readouterr().err
        return strict(capsys.readouterr().out)

    return call


def test_run_json(run_json):
    out = run_json(
        *"--problem-arg start=1.5 --problem-arg spectrum=1 --optimizer-arg beta1=0.5".split(),
        replicas="4",
        sigma="0.5",
        gap="2",
        smoothness="3",
        seed="9",
    )
    spec = Spec.of(
        "rational",
        "adamw",
        3,
        20,
        4,
        sigma=0.5,
        gap=2,
        smoothness=3,
        seed=9,
        problem_args={"start": 1.5, "spectrum": 1},
        optimizer_args={"beta1": 0.5},
    )
    result = simulate(spec, backend="reference")
    assert Spec.from_dict(out["spec"]) == resolve(spec).spec and "theorem" not in out
    c = (0.25 * 3 * 2) ** 0.25
    assert out["constants"] == {"smoothness": 3, "gap": 2, "sigma": 0.5, "C": pytest.approx(c, rel=1e-15)}
    assert out["hyperparameters"] == {**result.hyper} and out["hyperparameters"]["beta1"] == 0.5
    for name, bound in (("l1", math.sqrt(3) * c * 20**-0.25), ("l2", c * 20**-0.25)):
        values = getattr(result.stats, f"mean_grad_{name}")
        measured = out[f"mean_grad_{name}"]
        assert measured["values"] == values.tolist()
        assert measured["mean"] == pytest.approx(np.mean(values), rel=1e-15)
        assert measured["sem"] == pytest.approx(np.std(values, ddof=1) / 2, rel=1e-12)
        assert out[f"ratio_{name}"] == pytest.approx(np.mean(values) / bound, rel=1e-14)
    assert out["max_abs_x"] == result.stats.max_abs_x.max() and out["status"] == "ok" and out["seconds"] > 0


def test_one_replica_has_no_error_and_sgd_no_beta(run_json):
    out = run_json(replicas="1", optimizer="sgd")
    assert out["mean_grad_l1"]["sem"] is None and len(out["mean_grad_l1"]["values"]) == 1
    assert out["hyperparameters"]["lr"] > 0
    assert [out["hyperparameters"][name] for name in ("beta1", "beta2", "eps", "weight_decay")] == [None] * 4


def test_infinite_variance_in_json(run_json):
    out = run_json(noise="student", noise_arg="nu=1.5")
    assert out["constants"]["sigma"] == math.inf and out["constants"]["C"] == math.inf
    assert out["ratio_l1"] is None and out["ratio_l2"] is None


def test_a_diverged_run_in_json(run_json):
    out = run_json(problem="quadratic", optimizer="sgd", optimizer_arg="lr=1e200")
    assert out["status"] == "diverged"
    assert out["mean_grad_l1"] == {"mean": math.inf, "sem": None, "values": [math.inf] * 2}
    assert out["ratio_l1"] == out["max_abs_x"] == math.inf


def test_run_for_people(capsys):
    assert main(run()) == 0
    out = capsys.readouterr().out
    assert "adamw on rational" in out and "±" in out and "weight_decay" in out and "ok" in out
    assert "theorem" not in out


OWN = '''
import math

import numpy as np

from ratecheck import Formula, Noise, of_step, optimizer, profile, theorem


@profile(curvature=1.0, start=2.0)
def well(u):
    """u²/2."""
    return 0.5 * u * u


@well.derivative
def _well(u):
    return u


@Formula
def law(sign, size, scale):
    return sign * (1.0 if size < 0.5 else scale)


def coin(name: float = 1.0, scale: float = 0.0) -> Noise:
    """±r or ±s with r² + s² = 2; it doesn't tell its arguments."""
    return Noise("coin", law, "single", 1.0, 1.0, 1.0, formula_arguments=(np.float32(scale or name),))


@optimizer(lr=0.5)
def step(x, g, lr):
    """x ← x − η g."""
    return x - lr * g


def over_root(k, scale):
    return scale / math.sqrt(k)


def rule(c):
    return {"lr": of_step(over_root, scale=0.1 * c.dim)}


def twice(c):
    return {"lr": 0.25}


@theorem(optimizer=step, rule=rule)
def step_l1(c):
    """A rate."""
    return 1.0


@theorem(optimizer=step, rule=twice, measures="mean_grad_l2")
def other_l2(c):
    """A bound."""
    return 2.0


@other_l2.declared
def _(c):
    return 2.0
'''


@pytest.fixture
def own(tmp_path):
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    return tmp_path / "own.py"


def test_every_name_may_be_of_a_file(run_json, own):
    names = {"problem": f"{own}:well", "optimizer": f"{own}:step", "noise": f"{own}:coin"}
    out = run_json(**names, schedule="constant")
    assert {**out["spec"], **names} == out["spec"] and out["hyperparameters"]["lr"] == 0.5
    assert run_json(**names)["hyperparameters"]["lr"] == "over_root(k, scale=0.3)"  # horizon: of the file's theorem
    for schedule, lr in (("step_l1", "over_root(k, scale=0.3)"), ("other_l2", 0.25), ("twice", 0.25)):
        out = run_json(**names, schedule=f"{own}:{schedule}")
        assert out["hyperparameters"]["lr"] == lr and out["spec"]["schedule"] == f"{own}:{schedule}"


def test_a_step_formula_for_people(own, capsys):
    assert main(run(**SMALL, optimizer=f"{own}:step")) == 0
    assert "lr=over_root(k, scale=0.3)" in capsys.readouterr().out


def test_arguments_of_a_law_are_neither_swallowed_nor_altered(run_json, own):
    """A law's parameters may have any names, and need not be told to Noise for a stored Spec to mean the same."""
    plain = run_json(noise=f"{own}:coin")
    assert plain["spec"]["noise_args"] == {"name": 1.0, "scale": 0.0}
    for given, filled in (("name=0.5", {"name": 0.5, "scale": 0.0}), ("scale=0.5", {"name": 1.0, "scale": 0.5})):
        out = run_json(noise=f"{own}:coin", noise_arg=given)
        assert out["spec"]["noise_args"] == filled
        assert out["mean_grad_l1"] != plain["mean_grad_l1"]
        again = simulate(Spec.from_dict(out["spec"]), backend="reference")
        assert again.stats.mean_grad_l1.tolist() == out["mean_grad_l1"]["values"]


def test_vectors_are_passed_as_text(capsys):
    """No shipped problem takes one yet: it is refused by the problem, as a whole and unaltered."""
    assert_refused(capsys, run(problem_arg="start=0.5 -1  1"), "'rational'", "start", "'0.5 -1 1'")


def test_affine_noise_has_no_sigma(run_json, capsys):
    out = run_json("--noise-arg", "affine=4", sigma="0.5")
    assert out["constants"]["sigma"] is None and out["constants"]["C"] is None and out["ratio_l1"] is None
    assert (out["constants"]["sigma_0"], out["constants"]["sigma_1"]) == (0.5, 2.0)
