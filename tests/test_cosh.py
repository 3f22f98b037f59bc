"""``cosh`` is (L₀, L₁)-smooth with both constants exact and has no L: what needs one says nothing there."""

import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from problems import InputError, cosh, profile
from problems.checks import check_problem, check_profile
from simulator.cells.constants import MissingConstant
from simulator.cells.spec import Spec
from simulator.cli import main
from simulator.decorators import theorem
from simulator.engines import run
from simulator.engines.resolve import resolve
from simulator.lab.cellfile import CellError, decode, encode

SPEC = Spec.of(
    "cosh", "sgd", 4, 50, 2, smoothness=2.0, gap=3.0, schedule="constant", optimizer_args={"lr": 1e-3}, seed=3
)


def failed(findings):
    return {f.name: f.words for f in findings if not f.ok}


def test_constants():
    """L₀ = f_i''(0), L₁ = 1/s, with dL₀s²(cosh u₀ − 1) = Δ."""
    c = resolve(SPEC).constants
    scale = math.sqrt(3.0 / (4 * 2.0 * (math.cosh(3.0) - 1)))
    assert c.smoothness_l0 == 2 and c.smoothness_l0_sum == 8
    assert c.smoothness_l1 == pytest.approx(1 / scale, rel=1e-14)
    assert c.start_linf == pytest.approx(3 * scale, rel=1e-14) and c.pl == 2
    for name in ("smoothness", "curvature_l1"):
        assert name not in c
        with pytest.raises(MissingConstant, match="grows with"):
            getattr(c, name)


@given(u=st.floats(-50, 50))
def test_the_formulas_are_cosh_and_sinh(u):
    subnormal = 4 * 2.0**-1074  # where u² underflows, each rounding is of the smallest number, on both sides
    assert cosh.phi(np.float64(u)) == pytest.approx(2 * math.sinh(u / 2) ** 2, rel=1e-14, abs=subnormal)
    assert cosh.dphi(np.float64(u)) == pytest.approx(math.sinh(u), rel=1e-14, abs=0)


def test_hessian_by_hand():
    """f_i'' = h_i cosh u is at most L₀,ᵢ + L₁|f_i′|, equal at 0 and nearly far out."""
    p = cosh(3, smoothness=2.0, gap=0.5, spectrum=1.0)
    u = np.linspace(-12, 12, 241)[:, None]
    second = p.curvatures() * np.cosh(u)
    allowed = p.curvatures() + p.supplies["smoothness_l1"] * np.abs(p.gradient(u * p.scale + np.zeros(3)))
    assert (second <= allowed * (1 + 1e-12)).all()
    np.testing.assert_allclose(second[[0, 120, 240]], allowed[[0, 120, 240]], rtol=1e-4)


@theorem(optimizer="sgd", measures="mean_grad_l2", assumes=("smooth", "variance"))
def about_smooth_functions(c):
    """(1/K) Σ E‖∇f(x^k)‖₂ ≤ O(K^(-1/4)) for SGD with any constant step."""
    return c.steps**-0.25


@theorem(optimizer="sgd", measures="mean_grad_l2", assumes=())
def of_its_own_accord(c):
    """(1/K) Σ E‖∇f(x^k)‖₂ ≤ O(√(LΔ/K)) for SGD with any constant step."""
    return math.sqrt(c.smoothness * c.gap / c.steps)


@theorem(optimizer="sgd", measures="mean_grad_l2", assumes=())
def about_l0_and_l1(c):
    """(1/K) Σ E‖∇f(x^k)‖₂ ≤ O(L₀/L₁ + √(L₀Δ/K)) for SGD with any constant step."""
    return c.smoothness_l0 / c.smoothness_l1 + math.sqrt(c.smoothness_l0 * c.gap / c.steps)


def test_theorems_that_need_an_l_are_void():
    result = run(SPEC, quantities=["mean_grad_l2"])
    assert about_smooth_functions.on(result).void == "the problem has no smoothness L in the 2-norm"
    assert "has no smoothness L in the 2-norm" in of_its_own_accord.on(result).void
    assert about_l0_and_l1.on(result).rate > 0 and not about_l0_and_l1.on(result).void
    smooth = run(replace(SPEC, problem="quadratic"), quantities=["mean_grad_l2"])
    assert not about_smooth_functions.on(smooth).void and not of_its_own_accord.on(smooth).void
    assert "supplies no smoothness_l0 (L₀)" in about_l0_and_l1.on(smooth).void


def test_a_rule_that_needs_an_l_is_refused():
    with pytest.raises(
        InputError, match="the rule for 'sgd' needs .* no smoothness L .* use the constant schedule"
    ) as e:
        resolve(Spec.of("cosh", "sgd", 4, 50, 2))
    assert "\n" not in str(e.value)


def test_stored_and_shown(capsys):
    result = run(SPEC)
    back = decode(io.BytesIO(encode(result)), result.key)
    assert dict(back.constants) == dict(result.constants) and back.constants.missing == result.constants.missing
    command = "run --problem cosh --optimizer sgd --schedule constant --optimizer-arg lr=0.001 --dim 4 --steps 50"
    assert main([*command.split(), "--replicas", "2"]) == 0
    assert "L₀=1, L₁=" in (shown := capsys.readouterr().out) and "no L and so no C" in shown
    assert main([*command.split(), "--replicas", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["constants"]["smoothness"] is None and told["constants"]["smoothness_l0"] == 1
    assert told["ratio_l1"] is None and told["ratio_l2"] is None


def steep(curvature=1.0, growth=1.0, slope=1.0):
    """cosh u − 1, wrong in a chosen way."""

    @profile(curvature=curvature, growth=growth, start=3.0, factor=slope)
    def wall(u, factor):
        return 2.0 * math.sinh(0.5 * u) * math.sinh(0.5 * u)

    @wall.derivative
    def _wall(u, factor):
        return factor * math.sinh(u)

    return wall


def test_checks_pass():
    assert not failed(check_profile(cosh)) and not failed(check_profile(steep()))
    for start in (1e-3, 0.5, 10.0):
        findings = check_problem(cosh(3, 5.0, 0.1, start=start, spectrum=0.5))
        assert not failed(findings) and len(findings) == 12


@pytest.mark.parametrize(
    ("wrong", "name", "words"),
    [
        ({"curvature": 0.9}, "smoothness", "declare the least curvature and growth"),
        ({"growth": 0.99}, "smoothness", "declare the least curvature and growth"),
        ({"curvature": 1.1}, "tightness", "L₀ and L₁ would not be exact"),
        ({"growth": 1.1}, "tightness", "L₀ and L₁ would not be exact"),
        ({"growth": 0.0}, "smoothness", "declare the true supremum"),
        ({"slope": 1.00001}, "derivative", "φ′ is not the derivative"),
    ],
)
def test_checks_find_what_is_wrong(wrong, name, words):
    found = failed(check_profile(steep(**wrong)))
    assert name in found and words in found[name]


def test_a_bounded_curvature_is_no_growth():
    """A profile with an L has no least m > 0: nothing is reached where φ′ is large."""

    @profile(curvature=1.0, growth=0.5, start=1.0)
    def bowl(u):
        return 0.5 * u * u

    @bowl.derivative
    def _bowl(u):
        return u

    assert "tightness" in failed(check_profile(bowl))


def test_a_growth_below_zero_is_refused():
    with pytest.raises(InputError, match="growth must be a finite number ≥ 0, got -1.0"):
        steep(growth=-1.0)(3)


def test_a_changed_constant_is_damage():
    result = run(SPEC)
    changed = replace(result, constants=result.constants.but(gap=4.0))
    with pytest.raises(CellError, match="gap"):
        decode(io.BytesIO(encode(changed)), result.key)
