"""The shipped theorems say what they claim: statement, source, control, rates and bounds by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from fitting import fitting
from synthetic import result

from simulator.assumptions import ASSUMPTIONS
from simulator.cells.spec import Spec
from simulator.engines.resolve import resolve
from simulator.sample_theorem import SampleTheorem
from simulator.theorem import Theorem
from simulator.theorems import THEOREMS
from simulator.theorems.naming import spec_names

RUNS = [name for name, t in THEOREMS.items() if isinstance(t, Theorem)]
SAMPLES = [name for name, t in THEOREMS.items() if isinstance(t, SampleTheorem)]


def cell(optimizer="adamw", dim=64, steps=10_000, l1=(1.0,) * 8, problem="rational", **settings):
    return result(Spec.of(problem, optimizer, dim, steps, len(l1), **settings), l1)


def cell_of(name, **settings):
    """A cell that the shipped theorem *name* is about."""
    optimizer, schedule, given = spec_names(name)
    return cell(optimizer, schedule=schedule, optimizer_args=given, **settings)


@pytest.mark.parametrize("name", THEOREMS)
def test_every_theorem_states_itself(name):
    t = THEOREMS[name]
    assert t.name == name and t.statement and t.__doc__
    assert (t.expected == "fails") == t.statement.startswith("FALSE")
    assert t.source or t.expected == "fails"


@pytest.mark.parametrize("name", RUNS)
def test_every_theorem_has_a_control_beside_it(name):
    t = THEOREMS[name]
    if t.parent is None:
        assert t.controls and all(THEOREMS[c.name] is c and c.parent is t for c in t.controls)
        assert all(c.optimizer is t.optimizer for c in t.controls)
    else:
        assert t in t.parent.controls and not t.controls and t.expected == "fails"


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("sigma", [0.1, 1.0, 30.0])
def test_rates_and_bounds_are_positive_on_cells_of_the_theorem(name, sigma):
    """Where it asks for none, without noise."""
    t = THEOREMS[name]
    run = cell_of(name, **fitting(t, sigma=sigma, smoothness=3.0, gap=0.5))
    run.stats.measured.update({quantity.name: np.full(8, 1e-9) for quantity in t.quantities})
    run = replace(run, provenance={"quantities": {quantity.name: quantity.digest for quantity in t.quantities}})
    found = t.on(run)
    assert not found.void and not found.aside
    assert 0 < found.rate == t.rate(run.constants, run.hyper) < math.inf
    assert (found.bound is None) == (t.kind == "none") and (found.bound is None or 0 < found.bound < math.inf)
    assert t.rate_tex or t.parent


@pytest.mark.parametrize("name", RUNS)
def test_assumptions_are_known_and_hard_instances_can_be_made(name):
    t = THEOREMS[name]
    assert t.assumes and all(ASSUMPTIONS[a.name] is a for a in t.assumes)
    optimizer, schedule, given = spec_names(name)
    noise = {what: t.grid[0][what] for what in ("noise", "noise_args") if isinstance(t.grid[0].get(what), str)}
    for hard in t.hard:
        own = {"problem_args": hard.arguments, "optimizer_args": given, "schedule": schedule, **noise}
        resolve(Spec.of(hard.problem, optimizer, 16, 1000, 2, **own))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("adamw-l1", lambda c, d, k: math.sqrt(d) * c * k**-0.25),
        ("nadamw-l1", lambda c, d, k: math.sqrt(d) * c * k**-0.25),
        ("rmsprop-l1", lambda c, d, k: math.sqrt(d) * c * k**-0.25),
        ("sgd-l2", lambda c, d, k: c * k**-0.25),
        ("momentum-l2-squared", lambda c, d, k: c**2 * k**-0.5),
        ("control-rate", lambda c, d, k: math.sqrt(d) * c * k**-0.5),
        ("control-dimension", lambda c, d, k: c * k**-0.25),
        ("control-constant-lr", lambda c, d, k: math.sqrt(d) * c * k**-0.25),
        ("momentum-l2-squared-too-fast", lambda c, d, k: c**2 / k),
        ("sgd-l2-squared", lambda c, d, k: c**2 * k**-0.5),
        ("sgd-l2-best", lambda c, d, k: c * k**-0.25),
        ("sgd-l2-best-too-fast", lambda c, d, k: c * k**-0.6),
        ("signgd-l1", lambda c, d, k: math.sqrt(2 * d * 3.0 * 0.5 / k) + math.sqrt(d) * 2.0),
        ("signgd-l1-noise-vanishes", lambda c, d, k: math.sqrt(2 * d * 3.0 * 0.5 / k)),
        ("signum-l1", lambda c, d, k: math.sqrt(d) * c * k**-0.25),
        ("signum-heavy-l1", lambda c, d, k: math.sqrt(d) * c * k**-0.25),  # p = 2 where the variance is finite
        ("lion-l1", lambda c, d, k: math.sqrt(d) * c * k**-0.25),
        ("lion-kkt-l1", lambda c, d, k: math.sqrt(d) * c * k**-0.25),
        ("adopt0-l1", lambda c, d, k: math.sqrt(d) * c * k**-0.25),
        ("adam-l1-any-beta2", lambda c, d, k: math.sqrt(d) * c * k**-0.25),
        ("adagrad-l1", lambda c, d, k: math.sqrt(d) * c * k**-0.25 * math.sqrt(1 + math.log(1 + k))),
        ("sgd-affine-l2-squared", lambda c, d, k: c**2 * k**-0.5),
        ("ef-threshold-l2-squared", lambda c, d, k: c**2 * k**-0.5),
        ("sgd-anytime-l2-squared", lambda c, d, k: (1.5 + 2 * (np.euler_gamma + math.log(k))) / (2 * math.sqrt(k))),
    ],
)
def test_rates_by_hand(name, expected):
    run = cell_of(name, **fitting(THEOREMS[name], sigma=2.0, smoothness=3.0, gap=0.5))
    needs = {q.name: np.full(8, 1e-9) for q in THEOREMS[name].quantities}
    run.stats.measured.update({q: v for q, v in needs.items() if q not in run.stats.measured})
    run = replace(run, provenance={"quantities": {q.name: q.digest for q in THEOREMS[name].quantities}})
    assert THEOREMS[name].on(run).rate == pytest.approx(expected((4.0 * 3.0 * 0.5) ** 0.25, 64, 10_000), rel=1e-13)
