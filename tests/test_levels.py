"""Hard instances: which cells are of one, and the lines of `verify`."""

import pytest
from unwrap import unwrapped

from simulator.cells.spec import Spec
from simulator.cli import main
from simulator.decorators import theorem
from simulator.engines import run
from simulator.judge.hard import hard_of
from simulator.lab.levels import attained, level_lines
from simulator.theorem_settings import Hard
from simulator.theorems import THEOREMS

SGD = THEOREMS["sgd-l2"]


def cell(problem="ramp", steps=100, **arguments):
    return run(Spec.of(problem, "sgd", 4, steps, 2, problem_args=arguments), backend="reference")


def test_an_instance_is_the_problem_with_just_its_arguments():
    bowl, hard = SGD.hard
    assert bowl.problem == "slope-and-bowl"
    assert hard == Hard("ramp", {"steepness": 0.75}, 0.75)
    on = cell(steepness=0.75)
    assert hard_of(SGD, on) is hard
    assert attained(SGD, on) == pytest.approx(on.stats.mean_grad_l2.mean() / SGD.rate(on.constants))
    assert hard_of(SGD, cell(steepness=1.0)) is hard_of(SGD, cell("rational")) is None
    for control in SGD.controls:
        assert hard_of(control, on) is None


def test_an_argument_of_the_user_s_makes_it_another():
    @theorem(optimizer="sgd", rule=SGD.rule, hard=("rational", {}, 1.0))
    def own(c):
        """A rate."""
        return c.c * c.steps**-0.25

    assert hard_of(own, cell("rational")) is own.hard[0]
    assert hard_of(own, cell("rational", spectrum=1.0)) is None


def test_lines():
    cells = [cell(steepness=0.75, steps=steps) for steps in (50, 200)]
    largest = max((attained(SGD, each), each.spec.steps) for each in cells)
    expected = f"measured/rate is {largest[0]:.5g} (the largest of 2, at d = 4, K = {largest[1]})"
    bowl, ramp = level_lines([SGD, *SGD.controls], cells)
    assert bowl.startswith("sgd-l2: on the hard instance slope-and-bowl no cell can be compared")
    assert ramp == f"sgd-l2: on the hard instance ramp(steepness=0.75) {expected}; the theorem says 0.75"
    assert all("no cell can be compared with the rate" in line for line in level_lines([SGD], [cell("rational")]))


FILE = """
from ratecheck import profile, theorem

GRID = {"problem": "rational", "dim": [2, 4], "steps": [50, 100], "replicas": 8}


@profile(curvature=1.0, start=1.0)
def bowl(u):
    return 0.5 * u * u


@bowl.derivative
def _(u):
    return u


@theorem(optimizer="sgd", rule=lambda c: {"lr": 0.1}, hard=[("bowl", {}, 2.0), ("ramp", {}, None)], grid=GRID)
def t(c):
    '''A rate.'''
    return c.c * c.steps**-0.25
"""


def test_verify_prints_one_for_each_hard_instance(tmp_path, capsys):
    path = tmp_path / "own.py"
    path.write_text(FILE, encoding="utf-8")
    main(["verify", f"{path}:t", "--out", str(tmp_path / "out")])
    shown = capsys.readouterr().out
    [bowl, ramp] = [line for line in unwrapped(shown).splitlines() if line.startswith("t: on the hard instance ")]
    assert "instance bowl measured/rate is" in bowl and bowl.endswith("; the theorem says 2")
    assert "instance ramp measured/rate is" in ramp and "says" not in ramp
    main(["verify", str(tmp_path / "out"), "--allow-code", str(path)])
    assert bowl in unwrapped(capsys.readouterr().out)
