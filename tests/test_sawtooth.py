"""Gradient descent attains its bounds on ``sawtooth`` up to what the plateaus cost (docs/theory.md, section 6)."""

import math

import numpy as np
import pytest

from problems import InputError, sawtooth
from problems.checks import check_problem
from simulator.cells.spec import Spec
from simulator.engines import run

QUANTITIES = {"minimum": "min_grad_l2_squared", "mean": "mean_grad_l2"}
SMOOTHNESS, GAP = 2.0, 3.0


def descent(form, steps, engine, **more):
    """The measured quantity of gradient descent with step 1/L over its sharp bound."""
    spec = Spec.of(
        "sawtooth",
        "sgd",
        3,
        steps,
        1,
        sigma=0.0,
        schedule="constant",
        smoothness=SMOOTHNESS,
        gap=GAP,
        optimizer_args={"lr": 1 / SMOOTHNESS},
        problem_args={"form": form, **more},
    )
    measured = float(run(spec, engine, quantities=[QUANTITIES[form]]).stats.measured[QUANTITIES[form]][0])
    if form == "minimum":
        return measured / (4 * SMOOTHNESS * GAP / (3 * steps - 1))
    return measured / (math.sqrt((4 * steps + 2) * SMOOTHNESS * GAP / 3) / steps)


def level(form, steps, w):
    """What docs/theory.md derives."""
    if form == "minimum":
        return 1 / (1 + (4 * w + 4 * (steps - 1) * (w - w * w)) / (3 * steps - 1))
    return (1 + (12 * w - 2 * w * w + 8 * (steps - 2) * (w - w * w)) / (3 * (2 * steps + 1))) ** -0.5


@pytest.mark.parametrize("form", QUANTITIES)
@pytest.mark.parametrize("engine", ["cpu", "reference"])
@pytest.mark.parametrize("steps", [2, 3, 5, 10, 100, 10_000])
def test_gradient_descent_attains_its_bound(steps, engine, form):
    found = descent(form, steps, engine)
    assert found == pytest.approx(level(form, steps, 1e-4), rel=1e-12)
    assert 1 - 1.6e-4 < found < 1


@pytest.mark.parametrize("form", QUANTITIES)
def test_the_orbit_is_stable(form):
    """At K = 10⁵ the default plateau is 200 times what rounding adds up to."""
    assert descent(form, 100_000, "cpu") == pytest.approx(level(form, 100_000, 1e-4), rel=1e-10)


@pytest.mark.parametrize("form", QUANTITIES)
def test_the_bound_is_attained_exactly_without_plateaus_and_lost_to_rounding_soon(form):
    assert descent(form, 10, "reference", plateau=0.0) == pytest.approx(1, rel=1e-12)
    assert descent(form, 300, "reference", plateau=0.0) < 0.99


def test_the_first_form_at_one_step():
    assert descent("minimum", 1, "reference", plateau=0.0) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("form", QUANTITIES)
@pytest.mark.parametrize("steps", [2, 3, 7])
@pytest.mark.parametrize("w", [0.0, 1e-4, 0.1, 0.25])
def test_height_is_the_area_below_the_derivative(form, steps, w):
    """φ′ is piecewise linear, so the trapezoidal rule over its kinks and any other points is exact."""
    p = sawtooth(1, form=form, steps=steps, plateau=w)
    u = p.start / p.scale
    n = np.arange(0, steps + 1)
    kinks = np.concatenate([n, n + 2 * w, n + 0.5 + w, n + 0.5 + 1.5 * w, np.linspace(0, u, 50), [u]])
    kinks = np.unique(kinks[kinks <= u])
    slopes = p.dphi(kinks, *p.formula_arguments)
    area = float(np.sum(np.diff(kinks) * (slopes[1:] + slopes[:-1]) / 2))
    assert sawtooth.height(form, steps, w) == pytest.approx(area, rel=1e-13)
    assert p.phi(np.float64(u), *p.formula_arguments) == pytest.approx(area, rel=1e-13)
    theirs = (3 * steps - 1) / 4 / area if form == "minimum" else math.sqrt(3 * (2 * steps + 1) / 8 / area)
    assert theirs == pytest.approx(level(form, steps, w), rel=1e-13)


@pytest.mark.parametrize("form", QUANTITIES)
@pytest.mark.parametrize("plateau", [0.0, 1e-4, 0.1, 0.25])
@pytest.mark.parametrize("steps", [2, 3, 40, 10_000])
def test_checks_pass(form, plateau, steps):
    problem = sawtooth(5, 3.0, 0.7, steps=steps, form=form, plateau=plateau)
    findings = check_problem(problem)
    assert [f.words for f in findings if not f.ok] == [] and len(findings) == 12
    assert (problem.minimum, problem.center, problem.arguments) == (0, 0, {"form": form, "plateau": plateau})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"form": "means"}, "unknown form of problem 'sawtooth' 'means'; did you mean 'mean'"),
        ({"form": 1.0}, "form must be one of minimum, mean, got 1.0"),
        ({"plateau": 0.3}, "plateau must be from 0 to 0.25, got 0.3"),
        ({"plateau": -0.1}, "plateau must be a finite number ≥ 0, got -0.1"),
        ({"form": "mean", "steps": 1}, "of form 'mean': steps must be an integer from 2 to"),
        ({"spectrum": 1.0}, "has no argument 'spectrum'"),
    ],
)
def test_refusals(arguments, words):
    with pytest.raises(InputError, match=words) as caught:
        sawtooth(4, **{"steps": 10, **arguments})
    assert "\n" not in str(caught.value)
