"""``check`` on optimizers and theorems: the shipped ones pass, and planted mistakes are named with numbers."""

import math

import pytest

from simulator.checks import check_file
from simulator.checks.optimizers import check_optimizer, inexact
from simulator.checks.samples import check_sample_theorem
from simulator.checks.theorems import check_theorem
from simulator.cli import main
from simulator.optimizers import OPTIMIZERS, optimizer
from simulator.plugins import load
from simulator.theorem import Theorem
from simulator.theorems import THEOREMS


def failed(findings):
    return {f.name: f.words for f in findings if not f.ok}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_shipped_optimizers_pass_with_the_same_bits(name):
    found = check_optimizer(OPTIMIZERS[name])
    assert not failed(found) and len(found) == 4
    assert [f.words for f in found].count("NumPy and compiled code give the same bits") == 2


@pytest.mark.parametrize("name", THEOREMS)
def test_shipped_theorems_pass(name):
    theorem = THEOREMS[name]
    check = check_theorem if isinstance(theorem, Theorem) else check_sample_theorem
    assert not failed(check(theorem, name))


def test_an_update_that_is_not_finite():
    @optimizer(lr=0.1)
    def normalised(x, g, lr):
        return x - lr * g / abs(g)

    words = failed(check_optimizer(normalised))["finite in float64"]
    assert "the new x is nan at step 1" in words and "g=0" in words and "lr=" in words


def test_an_update_that_overflows_in_float32_alone():
    @optimizer(lr=0.1)
    def huge(x, g, m, lr):
        m = g * 1e37
        return x - lr * (m / 1e37), m

    assert set(failed(check_optimizer(huge))) == {"finite in float32"}


def test_functions_of_the_library_are_allowed_some_ulps():
    @optimizer(lr=0.1)
    def soft(x, g, lr):
        return x - lr * math.tanh(g) * (1.0 + abs(g)) ** 0.3

    assert inexact(soft.update.parsed) == {"tanh", "**"}
    found = check_optimizer(soft)
    assert not failed(found) and any("ulp, because of **, tanh" in f.words for f in found)


HEAD = """import math

from ratecheck import of_step, optimizer, theorem


@optimizer(lr=0.1, beta1=0.9)
def own(x, g, m, lr, beta1):
    m = beta1 * m + (1.0 - beta1) * g
    return x - lr * m, m


def rule(c):
    return {"lr": 1 / math.sqrt(c.steps), "beta1": 0.9}


def formula(k, scale):
    return scale / math.sqrt(k)

"""
CONTROL = '''

@own_l1.control(axes=("steps",))
def too_fast(c):
    """FALSE: twice as fast."""
    return own_l1.rate(c) * c.steps**-0.25
'''


def plugin(settings="rule=rule", rate="c.steps**-0.25", bound=None, control=CONTROL, head=""):
    text = (
        f'{HEAD}{head}\n@theorem(optimizer=own, {settings})\ndef own_l1(c):\n    """It holds."""\n    return {rate}\n'
    )
    if bound:
        text += f"\n\n@own_l1.declared\ndef _(c):\n    return {bound}\n"
    return text + control


@pytest.fixture
def check(tmp_path):
    """A function that checks a file of this text: its findings that are wrong, by the object's name."""

    def checked(text):
        path = tmp_path / "own.py"
        path.write_text(text, encoding="utf-8")
        return {name: failed(found) for name, found in check_file(str(path)).items()}

    return checked


@pytest.fixture
def check_theorems(tmp_path):
    """The same of theorems alone: nothing is compiled."""

    def checked(text):
        path = tmp_path / "own.py"
        path.write_text(text, encoding="utf-8")
        found = {name: thing for name, thing in vars(load(path)).items() if isinstance(thing, Theorem)}
        return {name: failed(check_theorem(thing, f"{path}:{name}")) for name, thing in found.items()}

    return checked


def test_a_right_file_passes(check):
    right = {"own": {}, "own_l1": {}, "too_fast": {}}
    assert check(plugin()) == right
    assert check(plugin(bound="2 * c.steps**-0.25", control=CONTROL.replace("rate", "bound"))) == right


@pytest.mark.parametrize(
    ("settings", "finding", "words"),
    [
        (
            {"bound": "c.dim - 100.0"},
            "bound",
            ["own-l1", "must be a number ≥ 0, got -84 at d = 16, K = 4000, L = 1, Δ = 1, σ = 1"],
        ),
        ({"bound": "math.nan"}, "bound", ["got nan"]),
        ({"bound": "math.inf"}, "bound", ["the bound is inf"]),
        ({"bound": "c.dim - 16.0"}, "bound", ["the bound is 0 at d = 16"]),
        ({"rate": "c.nosuch"}, "rate", ["on no cell", "supplies no nosuch"]),
        ({"rate": "1 / 0"}, "rate", ["ZeroDivisionError"]),
        ({"control": ""}, "control", ["no false control", "@own_l1.control"]),
        ({"settings": "rule=lambda c: {'lr': 0.1}"}, "grid", ["must give lr, beta1, got lr", "dim=16"]),
        ({"settings": "rule=lambda c: {'lr': 0.1, 'beta1': 1.0}"}, "grid", ["beta1=1"]),
        ({"settings": "rule=None"}, "", []),
        ({"settings": "rule=rule, hard=('rampp', {}, 1.0)"}, "hard instance", ["'rampp'", "did you mean 'ramp'?"]),
        ({"settings": "rule=rule, hard=('ramp', {'slope': 1.0}, 1.0)"}, "hard instance", ["'slope'"]),
        ({"settings": "rule=rule, grid={'problem': 'rational', 'dim': 4}"}, "grid", ["steps"]),
        ({"settings": "rule=rule, grid={'problem': 'rational', 'dim': 4, 'stpes': 3}"}, "grid", ["'stpes'"]),
        ({"settings": "rule=rule, grid={'problem': 'rational', 'dim': 4, 'steps': 9, 'quick': 3}"}, "grid", ["quick"]),
        (
            {"settings": "rule=lambda c: {'lr': of_step(formula, scale=-1.0), 'beta1': 0.9}"},
            "steps",
            ["lr = formula(k, scale=-1) is -1 at k = 1 of K = 4000"],
        ),
        (
            {"settings": "rule=lambda c: {'lr': 0.1, 'beta1': of_step(formula, scale=1.0)}"},
            "steps",
            ["beta1 = formula(k, scale=1) is 1 at k = 1"],
        ),
    ],
)
def test_planted_mistakes_of_a_theorem(check_theorems, settings, finding, words):
    found = check_theorems(plugin(**settings))
    if finding:
        assert all(word in found["own_l1"][finding] for word in words), found["own_l1"]
    else:
        assert not found["own_l1"]


ASSUMED = """
from ratecheck import assumption


@assumption("odd")
def odd(result):
    return {0}


def ranges(h):
    return {1}

"""


@pytest.mark.parametrize(
    ("settings", "assumed", "finding", "words"),
    [
        ("assumes='smooth'", ("''", "{}"), "", []),
        (
            "assumes=odd, allows=ranges",
            ("'' if result.stats.mean_grad_l1.min() else 'no'", "{'lr': (0.0, h.lr)}"),
            "",
            [],
        ),
        ("assumes=odd", ("True", "{}"), "assumptions", ["with problem=rational", "'own-l1'", "'odd'", "got True"]),
        ("assumes=(odd,)", ("result.nosuch", "{}"), "assumptions", ["'odd' fails", "AttributeError"]),
        ("allows=ranges", ("''", "3"), "allows", ["'own-l1'", "allows must give (lowest, highest)"]),
        ("allows=ranges", ("''", "{'lr': (0, h.nosuch)}"), "allows", ["no nosuch"]),
    ],
)
def test_assumptions_and_ranges_are_tried(check_theorems, settings, assumed, finding, words):
    found = check_theorems(plugin(f"rule=rule, {settings}", head=ASSUMED.format(*assumed)))["own_l1"]
    assert set(found) == {finding} - {""} and all(word in found[finding] for word in words), found


def test_cells_are_counted_once(tmp_path):
    """A grid without quick values has no quick cells."""
    path = tmp_path / "own.py"
    grid = "{'problem': 'rational', 'dim': [4, 8], 'steps': 9%s}"
    for quick, cells in (("", 2), (", 'quick': {'dim': 2}", 3)):
        path.write_text(plugin(f"rule=rule, grid={grid % quick}"), encoding="utf-8")
        found = check_theorem(vars(load(path))["own_l1"], f"{path}:own_l1")
        assert f"on {cells} cells" in next(f.words for f in found if f.name == "grid")


def test_controls_that_can_not_be_told_from_the_theorem(check_theorems):
    same = CONTROL.replace("own_l1.rate(c) * c.steps**-0.25", "own_l1.rate(c) / 2")
    assert "a constant factor" in check_theorems(plugin(control=same))["too_fast"]["differs"]
    above = CONTROL.replace("own_l1.rate(c) * c.steps**-0.25", "own_l1.bound(c) * 2")
    assert "true if that is" in check_theorems(plugin(bound="c.steps**-0.25", control=above))["too_fast"]["differs"]


@pytest.mark.parametrize(("change", "is_told"), [('axes=("steps",)', True), ("explicit=False", False)])
def test_a_rate_beside_a_bound_is_said_to_be_judged_as_a_bound(tmp_path, change, is_told):
    """K^(−1/2) without a constant is false of a bound 2 K^(−1/4) for want of the constant alone."""
    path = tmp_path / "own.py"
    control = CONTROL.replace('axes=("steps",)', change)
    path.write_text(plugin(bound="2 * c.steps**-0.25", control=control), encoding="utf-8")
    found = check_theorem(vars(load(path))["too_fast"], f"{path}:too_fast")
    told = next(finding.words for finding in found if finding.name == "differs")
    assert ("for O(·) say @own_l1.control(explicit=False)" in told) is is_told


def test_exit_codes_and_words(tmp_path, capsys):
    path = tmp_path / "own.py"
    path.write_text(plugin(), encoding="utf-8")
    assert main(["check", str(path)]) == 0
    assert "own_l1: 6 checks passed" in capsys.readouterr().out
    path.write_text(plugin(control=""), encoding="utf-8")
    assert main(["check", str(path)]) == 1
    assert "WRONG control: no false control" in capsys.readouterr().out


def test_theorems_about_random_vectors(check):
    text = '''
from ratecheck import sample_theorem


@sample_theorem()
def right(row):
    """‖g‖₂ ≤ ‖g‖₁."""
    return row.mean_l1 - row.mean_l2, row.sem_l1 + row.sem_l2, None


@sample_theorem()
def wrong(row):
    """No pair."""
    return row.mean_l1
'''
    found = check(text)
    assert not found["right"] and "(gap, its standard error" in found["wrong"]["gap"]


def test_a_file_of_all_kinds(check):
    text = (
        plugin()
        + """

from ratecheck import Formula, Noise, profile
from ratecheck.simulator.theorems.sgd_l2 import sgd_l2  # imported: none of this file's


@profile(curvature=1.0, start=2.0)
def well(u):
    return 0.5 * u * u


@well.derivative
def _well(u):
    return u


@Formula
def law(sign, size):
    return sign


def coin() -> Noise:
    return Noise("coin", law, "single", 1.0, 1.0, 1.0)
"""
    )
    assert check(text) == {"well": {}, "coin": {}, "own": {}, "own_l1": {}, "too_fast": {}}
