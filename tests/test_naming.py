"""A theorem in the words of a Spec: its optimizer, schedule, arguments and problems by name."""

import pytest
from fitting import fitting

from problems import InputError
from simulator.cells.of_step import as_used
from simulator.cells.spec import Spec
from simulator.engines.resolve import resolve
from simulator.theorem import Theorem
from simulator.theorems import THEOREMS
from simulator.theorems.naming import hard_instance, horizon_theorem, problem_name, spec_names

OWN = '''
from ratecheck import optimizer, profile, theorem
from ratecheck.simulator.optimizers import sgd


def rule(c):
    return {"lr": 1 / c.steps}


def slower(c):
    return {"lr": 0.5 / c.steps}


@profile(curvature=1.0, start=2.0)
def well(u):
    return 0.5 * u * u


@well.derivative
def _well(u):
    return u


@optimizer(lr=0.1)
def _step(x, g, lr):
    return x - 2.0 * lr * g


@theorem(optimizer=_step, rule=rule, hard=("well", {"start": 3.0}, 1.0))
def first(c):
    """The first with a rule, which horizon means."""
    return 1.0


@theorem(optimizer=_step, rule=slower)
def second(c):
    """Another rule."""
    return 1.0


@theorem(optimizer=_step, grid={"problem": "well", "dim": 2, "steps": 3, "optimizer_args": {"lr": [0.1, 0.2]}})
def constant(c):
    """No rule."""
    return 1.0


@theorem(optimizer="sgd", rule=rule)
def of_shipped(c):
    """About a shipped optimizer, by a rule that isn't the shipped one."""
    return 1.0


@theorem(optimizer=sgd, rule=slower)
def of_imported(c):
    """The same, by the object."""
    return 1.0


@first.control
def half(c):
    """FALSE: half."""
    return 0.5


@first.control(rule=slower)
def quick(c):
    """FALSE: of another rule."""
    return 0.5


@second.control
def third(c):
    """FALSE: a control by the rule of its own theorem, which horizon doesn't mean."""
    return 0.5


def hidden():
    @optimizer()
    def nameless(x, g, lr):
        return x - lr * g

    return theorem(optimizer=nameless, rule=rule)(first.function)


nowhere = hidden()
'''


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(OWN, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("name", [n for n, t in THEOREMS.items() if isinstance(t, Theorem)])
def test_shipped_theorems_have_names_that_lead_back(name):
    optimizer, schedule, given = spec_names(name)
    theorem = THEOREMS[name]
    own = fitting(theorem, optimizer=optimizer, schedule=schedule, optimizer_args=given)
    cell = resolve(Spec.of(**own, dim=4, steps=100, replicas=2))
    assert cell.optimizer is theorem.optimizer
    horizon = horizon_theorem(optimizer, theorem.optimizer)
    if not theorem.rule:
        assert schedule == "constant"
    else:  # several theorems may be about one optimizer, and those of one rule share a name
        assert (horizon if schedule == "horizon" else THEOREMS[schedule]).rule is theorem.rule
        assert (schedule == "horizon") == (theorem.rule is horizon.rule)
        assert meanings(cell.hyper) == meanings(as_used(theorem.rule(cell.constants)))


def meanings(hyper):
    """Numbers, and of formulas of the step what they mean."""
    return {name: getattr(value, "meaning", value) for name, value in hyper.items()}


def test_the_control_with_a_constant_step_gives_its_arguments():
    assert spec_names("control-constant-lr") == ("adamw", "constant", {"lr": 0.05})


@pytest.mark.parametrize(
    "name, optimizer, schedule",
    [
        ("first", "{path}:_step", "horizon"),
        ("second", "{path}:_step", "{path}:second"),
        ("constant", "{path}:_step", "constant"),
        ("of_shipped", "sgd", "{path}:of_shipped"),
        ("of_imported", "sgd", "{path}:of_imported"),
        ("half", "{path}:_step", "horizon"),
        ("quick", "{path}:_step", "{path}:second"),
        ("third", "{path}:_step", "{path}:second"),
    ],
)
def test_names_of_a_file(path, name, optimizer, schedule):
    found = spec_names(f"{path}:{name}")
    assert found == (optimizer.format(path=path), schedule.format(path=path), {})  # lists of a grid are no one number
    resolve(Spec.of("rational", found[0], 4, 100, 2, schedule=found[1]))


def test_an_optimizer_that_no_name_leads_to(path):
    with pytest.raises(InputError, match="'nameless' has no name in the file"):
        spec_names(f"{path}:nowhere")


def test_problems_of_the_theorems_own_file(path):
    assert problem_name(f"{path}:first", "well") == f"{path}:well"
    assert problem_name(f"{path}:first", "rational") == "rational"
    assert problem_name("sgd-l2", "well") == "well"
    hard = hard_instance(f"{path}:first")
    assert (hard.problem, hard.arguments) == (f"{path}:well", {"start": 3.0})
    assert hard_instance(f"{path}:second") is None  # it has none


def test_random_vectors_and_unknown_names():
    with pytest.raises(InputError, match="random vectors"):
        spec_names("norms")
    with pytest.raises(InputError, match="did you mean 'adamw-l1'"):
        spec_names("adamw-11")
