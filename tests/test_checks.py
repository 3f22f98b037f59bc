"""The checks pass on every registry entry and catch a broken φ′, a wrong L and a wrong f*."""

import math
import types
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems import PROBLEMS, Formula, Noise, profile
from problems.checks import check_module, check_problem, check_profile
from problems.checks.coordinates import kinds
from problems.columns import mapped
from problems.variety import PATTERNS

positive = st.floats(-6, 6).map(lambda e: 10.0**e)
variety = st.fixed_dictionaries(
    {
        "spectrum": st.floats(0, 2),
        "center": st.one_of(st.just(0.0), st.floats(-100, 100)),
        "centers": st.sampled_from(list(PATTERNS)),
        "starts": st.sampled_from(list(PATTERNS)),
        "noise_spectrum": st.one_of(st.just(0.0), st.floats(-2, 2)),
        "noisy": st.one_of(st.just("all"), st.integers(1, 300)),
    }
)
REQUIRED = {"sigma": 1.0, "steps": 10_000}


def failed(findings):
    return {f.name: f.words for f in findings if not f.ok}


def double_well(derivative="right", curvature=8.0, minimum=-0.25):
    """φ = v²(v²/4 − 1/2) with v = sin u, whose minimum is −1/4; wrong in a chosen way."""

    @profile(curvature=curvature, minimum=minimum, start=0.3)
    def well(u):
        v = math.sin(u)
        return v * v * (0.25 * v * v - 0.5)

    if derivative == "right":

        @well.derivative
        def slope(u):
            v = math.sin(u)
            return (v * v - 1.0) * v * math.cos(u)
    elif derivative == "near":

        @well.derivative
        def slope(u):
            v = math.sin(u)
            return (v * v - 1.000001) * v * math.cos(u)

    return well


@pytest.mark.parametrize("name", PROBLEMS)
@settings(max_examples=8)
@given(dim=st.integers(2, 300), smoothness=positive, gap=positive, stretch=st.floats(0.3, 3), common=variety)
def test_registry_passes(name, dim, smoothness, gap, stretch, common):
    generator = PROBLEMS[name]
    arguments = {k: v for k, v in REQUIRED.items() if k in generator.requires}
    if "start" in generator.parameters:
        arguments |= {"start": generator.parameters["start"] * stretch, **common}
    problem = generator(dim=dim, smoothness=smoothness, gap=gap, **arguments)
    findings = check_problem(problem)
    assert not failed(findings)
    of_the_whole = 6 + (problem.noise is not None)
    assert len(findings) == 6 * len(kinds(problem)) + of_the_whole  # none of the checks was skipped


@pytest.mark.parametrize("name", PROBLEMS)
def test_registry_profiles_pass(name):
    assert not failed(check_profile(PROBLEMS[name], np.random.default_rng(1)))


def test_ripple_over_its_parameters():
    for amplitude, frequency in ((0.0, 1.0), (2.0, 0.5), (0.01, 30.0), (1.0, 300.0)):
        assert not failed(check_problem(PROBLEMS["ripple"](3, amplitude=amplitude, frequency=frequency)))


def curvature_of_well():
    """sup|φ''| of the double well on a fine grid: φ'' from φ′ = −v cos³u, v = sin u."""
    u = np.linspace(0, math.pi, 200_001)
    v, c = np.sin(u), np.cos(u)
    return float(np.max(np.abs(-(c**4) + 3 * v * v * c * c)))


def test_a_right_profile_of_ones_own_passes():
    assert not failed(check_profile(double_well(curvature=curvature_of_well())))


def test_wrong_derivative_says_where_and_by_how_much():
    found = failed(check_profile(double_well("near", curvature=curvature_of_well())))
    assert "is not the derivative" in found["derivative"] and "at u = " in found["derivative"]


def test_missing_derivative():
    assert "@well.derivative" in failed(check_profile(double_well("none")))["derivative"]


@settings(max_examples=10)
@given(factor=st.floats(0.01, 0.98))
def test_too_small_curvature(factor):
    declared = curvature_of_well() * factor
    found = failed(check_profile(double_well(curvature=declared)))
    assert f"sup|φ''| is declared as {declared:.8g}" in found["smoothness"]


@settings(max_examples=10)
@given(factor=st.floats(1.02, 100))
def test_too_large_curvature(factor):
    found = failed(check_profile(double_well(curvature=curvature_of_well() * factor)))
    assert set(found) == {"tightness", "L reached"}
    assert f"declare {curvature_of_well():.4g}" in found["tightness"]


@settings(max_examples=10)
@given(shift=st.one_of(st.floats(-3, -1e-5), st.floats(1e-5, 0.2)))
def test_wrong_minimum(shift):
    found = failed(check_profile(double_well(curvature=curvature_of_well(), minimum=-0.25 + shift)))
    if shift > 0:
        assert "is below" in found["minimum"]
    else:
        assert "the lowest value found is -0.25 " in found["infimum"]


@settings(max_examples=20)
@given(
    name=st.sampled_from(sorted(PROBLEMS)),
    entry=st.sampled_from(["smoothness", "gap", "minimum", "curvature", "start"]),
    factor=st.sampled_from([0.5, 0.999, 1.001, 2.0]),
)
def test_a_changed_constant_is_caught(name, entry, factor):
    arguments = {k: v for k, v in REQUIRED.items() if k in PROBLEMS[name].requires}
    p = PROBLEMS[name](dim=7, **arguments)
    value = mapped(lambda right: right * factor, getattr(p, entry))
    value = p.minimum + p.gap * (factor - 1) if entry == "minimum" else value
    assert failed(check_problem(replace(p, **{entry: value})))


def test_a_minimum_at_infinity_is_approached():
    @profile(curvature=2.0, start=0.5)
    def bump(u):
        return 1.0 / (1.0 + u * u)

    @bump.derivative
    def slope(u):
        a = 1.0 + u * u
        return -2.0 * u / (a * a)

    assert not failed(check_profile(bump))


def test_an_overflow_is_named():
    @profile(curvature=1.0, start=1.0)
    def log_cosh(u):
        return math.log(math.cosh(20.0 * u)) / 400.0

    @log_cosh.derivative
    def slope(u):
        return math.tanh(20.0 * u) / 20.0

    assert "not a finite number at u = " in failed(check_profile(log_cosh))["finite"]


def test_a_rule_that_fails_is_a_finding():
    @profile(curvature=lambda width: 1.0 / (width - 1.0), start=1.0, width=1.0)
    def flat(u, width):
        return width * u * u

    @flat.derivative
    def slope(u, width):
        return 2.0 * width * u

    assert "ZeroDivisionError" in failed(check_profile(flat))["build"]


def test_module():
    module = types.ModuleType("mine")
    good, bad = double_well(curvature=curvature_of_well()), double_well("near", curvature=curvature_of_well())
    good.__module__ = bad.__module__ = "mine"
    module.good, module.bad, module.rational, module.math = good, bad, PROBLEMS["rational"], math

    @Formula
    def wide(sign, size):
        return 2.0 * sign * size

    module.wide = Noise("wide", wide, "single", 1.0, 1.8, 1.0)
    found = check_module(module)
    assert set(found) == {"good", "bad", "wide"}  # not the imported rational
    assert not failed(found["good"]) and "derivative" in failed(found["bad"])
    assert "the variance is 1.33333" in failed(found["wide"])["variance"]
