"""What a cell's key is made of: what determines the numbers, departures from defaults only, and no file's place."""

import json
import math

import pytest

from simulator.cells.cell import DEFAULTS, NUMERICS
from simulator.cells.spec import Spec, key_of
from simulator.engines.resolve import resolve

SIZES = {"dim": 4, "steps": 20, "replicas": 2}
ALWAYS = {"numerics", "problem", "optimizer", *SIZES, "formulas", "numbers", "profile", "law", "hyper"}
PLUGIN = '''
import math

from ratecheck import Formula, Noise, of_step, optimizer, profile, theorem


@profile(curvature=1.0, start=2.0)
def well(u):
    return 0.5 * u * u


@well.derivative
def _well(u):
    return u


@Formula
def law(sign, size):
    return sign


def coin(scale: float = 1.0) -> Noise:
    return Noise("coin", law, "single", 1.0, 1.0, 1.0)


@optimizer(lr=0.1)
def step(x, g, lr):
    return x - lr * g


def over_root(k, scale):
    return scale / math.sqrt(k)


@theorem(optimizer=step, rule=lambda c: {"lr": of_step(over_root, scale=0.5)})
def step_l1(c):
    """A rate."""
    return 1.0
'''


def identity(**changes):
    cell = resolve(Spec.of(**{"problem": "rational", "optimizer": "adamw", **SIZES, **changes}))
    assert cell.key == key_of(cell.identity)
    return json.loads(cell.identity)


def test_a_plain_cell_lists_no_defaults():
    found = identity()
    assert set(found) == ALWAYS and found["numerics"] == NUMERICS == 2
    assert set(found["numbers"]) == {"scale", "start", "curvature"}  # what is 0 is left out


@pytest.mark.parametrize(
    ("changes", "listed"),
    [
        ({"noise": "uniform"}, {"noise": "uniform"}),
        ({"noise": "student", "noise_args": {"nu": 4}}, {"noise": "student", "noise_args": {"nu": 4.0}}),
        ({"noise": "student", "noise_args": {"nu": 5}}, {"noise": "student"}),  # its default
        ({"dtype": "float32", "seed": 3}, {"dtype": "float32", "seed": 3}),
        ({"smoothness": 2, "gap": 3, "sigma": 4}, {"smoothness": 2.0, "gap": 3.0, "sigma": 4.0}),
        ({"problem_args": {"start": 2.0}}, {}),  # its default
        ({"problem_args": {"start": 3.0}}, {"problem_args": {"start": 3.0}}),
        ({"optimizer_args": {"beta2": 0.5}}, {"optimizer_args": {"beta2": 0.5}}),
        (
            {"schedule": "constant", "optimizer_args": {"lr": 0.1}},
            {"schedule": "constant", "optimizer_args": {"lr": 0.1}},
        ),
    ],
)
def test_departures_are_listed_and_nothing_else(changes, listed):
    found = identity(**changes)
    assert {name: value for name, value in found.items() if name not in ALWAYS} == listed
    assert all(found.get(name) != default for name, default in DEFAULTS.items())


def test_filling_in_defaults_leaves_the_key_alone():
    cell = resolve(Spec.of("rational", "adamw", **SIZES, noise="student"))
    again = resolve(cell.spec)
    assert cell.spec.noise_args and cell.spec.problem_args and again.key == cell.key and again.spec == cell.spec


def test_no_path_of_a_file_is_in_it(tmp_path):
    keys = set()
    for folder in ("here", "some where/else"):
        path = tmp_path / folder / "own.py"
        path.parent.mkdir(parents=True)
        path.write_text(PLUGIN, encoding="utf-8")
        cell = resolve(
            Spec.of(f"{path}:well", f"{path}:step", **SIZES, noise=f"{path}:coin", schedule=f"{path}:step_l1")
        )
        assert str(tmp_path) not in cell.identity and "own.py" not in cell.identity and "/" not in cell.identity
        assert json.loads(cell.identity)["hyper"]["lr"][1:] == ["0.5"]  # the formula's digest, then its constants
        keys.add(cell.key)
    assert len(keys) == 1


def test_what_is_not_the_same_on_every_host_is_no_part():
    """Twelve digits of each number: the last ones may be another C library's."""
    numbers = identity(gap=math.pi)["numbers"]
    assert all(len(text.replace(".", "").lstrip("0").partition("e")[0]) <= 12 for text in numbers.values())
