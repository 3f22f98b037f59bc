"""Coordinates that differ: constants that stay exact, patterns, shares of the noise, mixtures, bad input."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixture_examples import three_kinds

from problems import PROBLEMS, InputError, Share, mixture, profile, quadratic, rational, slope_and_bowl, uneven_ramp
from problems.checks import check_problem, check_profile
from problems.columns import Column, added, joined, largest, numbers
from problems.mixtures import Mixture
from problems.variety import PATTERNS
from simulator.cells.spec import Spec
from simulator.engines.resolve import resolve

LARGE = 3_000_000  # more than one piece


def test_patterns():
    i = np.arange(1.0, 9.0)
    assert PATTERNS["alternating"](i).tolist() == [1, -1, 1, -1, 1, -1, 1, -1]
    spread = PATTERNS["spread"](np.arange(1.0, 1001.0))
    assert -1 <= spread.min() < -0.99 and 0.99 < spread.max() < 1 and abs(spread.mean()) < 1e-2
    gaps = np.diff(np.sort(spread))
    assert gaps.max() / gaps.min() < 4  # three-distance theorem: even, whatever the number


def test_a_column_is_the_same_in_pieces():
    p = rational(LARGE, center=2.0, centers="spread", noise_spectrum=0.5)
    for column in p.columns.values():
        whole = column.values(LARGE - 1000, LARGE)
        assert np.array_equal(whole[400:], column.values(LARGE - 600, LARGE))
    assert p.supplies["start_linf"] == np.max(np.abs(p.start.values(0, LARGE)))
    assert p.noise_sum(2) == pytest.approx(1, abs=1e-12)


def test_sums_and_sizes_are_of_all_coordinates():
    assert added(lambda i: i, LARGE) == LARGE * (LARGE + 1) / 2
    assert largest(Column(lambda i: 2.0 - i), LARGE) == LARGE - 2 and largest(-4.0, LARGE) == 4


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.data())
def test_joined_is_side_by_side(counts, data):
    parts = [(n, data.draw(st.sampled_from([1.0, 2.0, Column(lambda i: 10 * i)]))) for n in counts]
    wanted = np.concatenate([np.full(n, v) if isinstance(v, float) else 10.0 * np.arange(1, n + 1) for n, v in parts])
    found = joined(parts)
    total = sum(counts)
    low = data.draw(st.integers(0, total - 1))
    assert np.array_equal(np.full(total - low, numbers(found, low, total)), wanted[low:])
    assert isinstance(found, Column) or len(set(wanted.tolist())) == 1


def test_a_centre_moves_the_problem_and_nothing_else():
    plain, moved = rational(5, 2.0, 3.0), rational(5, 2.0, 3.0, center=7.0)
    shift = 7.0 * plain.scale
    x = np.random.default_rng(1).normal(size=(4, 5))
    np.testing.assert_allclose(moved.gradient(x + shift), plain.gradient(x), rtol=1e-12)
    assert moved.supplies["start_linf"] == pytest.approx(plain.start + shift, rel=1e-15)


@pytest.mark.parametrize("starts", ["alternating", "spread"])
@pytest.mark.parametrize("spectrum", [0.0, 0.7])
def test_the_gap_is_that_of_all_starts(starts, spectrum):
    p = rational(50, 2.0, 3.0, starts=starts, spectrum=spectrum, center=0.4, centers="spread")
    assert p.value(p.start_point()) - p.minimum == pytest.approx(3.0, rel=1e-13)


def test_shares_of_the_noise():
    few = rational(10, noisy=4)
    assert np.allclose(few.noise.values(0, 10) ** 2, [0.25] * 4 + [0] * 6, rtol=1e-15)
    falling = rational(10, noise_spectrum=1.0).noise.values(0, 10)
    assert np.allclose(falling / falling[0], 1 / np.arange(1, 11), rtol=1e-15)
    assert rational(3, noisy=4).noise is None  # all of three
    cell = resolve(Spec.of("rational", "sgd", 10, 100, 8, sigma=3.0, problem_args={"noise_spectrum": 1.0}))
    assert cell.constants.sigma_l1 == pytest.approx(3.0 * np.sum(falling), rel=1e-14)


def test_jumps_are_a_run_s_number_of_rare_values():
    def jumps(noise, problem_args=None, **noise_args):
        spec = Spec.of("rational", "sgd", 50, 400, 8, noise=noise, noise_args=noise_args, problem_args=problem_args)
        return resolve(spec).constants.jumps

    assert jumps("sparse", q=0.01) == pytest.approx(0.01 * 50 * 400 / 3, rel=1e-6)
    assert jumps("sparse", {"noisy": 5}, q=0.01) == pytest.approx(0.01 * 5 * 400 / 3, rel=1e-6)
    assert jumps("skew", q=0.001) == pytest.approx(0.001 * 50 * 400, rel=1e-2)
    # Student's fourth moment is infinite, that of the words is not: E z⁴ ≈ c ∫_h a^(−4/3) da, h = 2^(−32)
    assert 100 < jumps("gaussian") / jumps("student", nu=3.0) < 10_000
    assert (
        "jumps" not in resolve(Spec.of("rational", "sgd", 5, 9, 8, noise="student", noise_args={"nu": 2.0})).constants
    )
    assert "jumps" not in resolve(Spec.of("rational", "sgd", 5, 9, 8, sigma=0.0)).constants


def test_affine_noise_has_constants_of_its_own():
    constants = resolve(Spec.of("rational", "sgd", 5, 9, 8, sigma=2.0, noise_args={"affine": 9.0})).constants
    assert (constants.sigma_0, constants.sigma_1) == (2.0, 3.0)
    with pytest.raises(InputError, match="variance grows with the gradient"):
        _ = constants.sigma
    assert resolve(Spec.of("rational", "sgd", 5, 9, 8, noise_args={"affine": 0.0})).constants.sigma == 1.0


@settings(max_examples=20)
@given(
    dim=st.integers(1, 2000),
    smoothness=st.floats(-6, 6).map(lambda e: 10.0**e),
    gap=st.floats(-6, 6).map(lambda e: 10.0**e),
    sigma=st.floats(-3, 3).map(lambda e: 10.0**e),
    steps=st.integers(1, 10**7),
    alpha=st.floats(-1, 2),
    beta=st.floats(-1, 2),
)
def test_uneven_ramp_is_exact(dim, smoothness, gap, sigma, steps, alpha, beta):
    given = {"slope_spectrum": alpha, "noise_spectrum": beta, "steepness": 1.2}
    p = uneven_ramp(dim, smoothness, gap, sigma=sigma, steps=steps, **given)
    assert not [f for f in check_problem(p) if not f.ok]
    far = p.gradient(p.center + 1e9 * numbers(p.scale, 0, dim))
    rate = math.sqrt(dim) * (sigma**2 * smoothness * gap) ** 0.25 * steps**-0.25
    assert np.sum(far) == pytest.approx(1.2 * rate, rel=1e-9)


def test_the_critical_steepness_of_equal_slopes_is_the_ramp_s():
    for dim in (1, 7, 4096):
        assert uneven_ramp.critical(dim, 0.0, 0.0) == pytest.approx(8**0.25, rel=1e-12)
    # the default stays on its slopes at every dimension that anyone runs
    assert uneven_ramp.critical(10**6) > uneven_ramp.parameters["steepness"]


def test_the_pl_constant_is_that_of_the_flattest_coordinate():
    for spectrum in (0.0, 0.7):
        p = quadratic(64, 2.0, 3.0, spectrum=spectrum)
        assert p.supplies["pl"] == pytest.approx(np.min(p.curvatures()), rel=1e-14)


def test_slope_and_bowl_has_the_slope_of_the_bound():
    p = slope_and_bowl(64, 2.0, 3.0, sigma=0.5, steps=4000, reserve=0.1)
    lr = math.sqrt(2 * 3.0 / (2.0 * 4000)) / 0.5
    g = p.gradient(p.start_point())
    assert g[0] == pytest.approx(math.sqrt(0.9 * 3.0 / (lr * 4000)), rel=1e-3)  # far out, the soft ramp is its slope
    assert np.all(g[1:] == 0) and np.allclose(p.curvatures(), 2.0)
    np.testing.assert_allclose(p.noise.values(0, 64) ** 2, 1 / 64)  # the slope has its part of it
    assert p.value(p.start_point()) - p.minimum == pytest.approx(3.0, rel=1e-14)


class TestMixtures:
    def test_parts_have_their_shares(self):
        p = three_kinds(20, 2.0, 5.0, wave=0.5)
        assert p.value(p.start_point()) - p.minimum == pytest.approx(5.0, rel=1e-13)
        heights = p.weights() * (p.phi(p.inner(p.start_point()), *p.own_arguments()) - 0.0)
        shares = [np.sum(heights[low:high]) / 5.0 for low, high in ((0, 6), (6, 12), (12, 20))]
        np.testing.assert_allclose(shares, [0.5, 0.3, 0.2], rtol=1e-12)
        noise = p.noise.values(0, 20) ** 2
        np.testing.assert_allclose([noise[:6].sum(), noise[6:12].sum(), noise[12:].sum()], [0.6, 0.4, 0], atol=1e-14)
        np.testing.assert_allclose([p.curvatures()[0], p.curvatures()[6], p.curvatures()[-1]], [2.0, 0.5, 1.0])
        assert p.supplies["curvature_l1"] == pytest.approx(np.sum(p.curvatures()), rel=1e-14)
        assert p.supplies["start_linf"] == np.max(np.abs(p.start_point()))

    def test_it_is_as_flat_as_its_flattest_part(self):
        """½‖∇f‖² = μ(f − f*) where only the flattest part is away from its minimum."""

        @mixture
        def bowls(dim):
            return (
                Share(quadratic, dim // 2, gap=0.5, noise=0.5),
                Share(quadratic, dim - dim // 2, gap=0.5, noise=0.5, curvature=0.25),
            )

        p = bowls(8, 3.0)
        flattest = np.where(np.arange(8) < 4, 0.0, p.start_point())
        assert np.sum(p.gradient(flattest) ** 2) / 2 == pytest.approx(0.75 * (p.value(flattest) - p.minimum))
        assert p.supplies["pl"] == pytest.approx(0.75)

    def test_its_checks_pass_and_see_a_wrong_part(self):
        assert not [f for f in check_profile(three_kinds) if not f.ok]
        p = three_kinds(20)
        wrong = [v if j != 2 else 4.0 for j, v in enumerate(p.formula_arguments)]  # ripple's frequency
        assert [f for f in check_problem(replace(p, formula_arguments=tuple(wrong))) if not f.ok]

    def test_one_profile_needs_no_choice(self):
        @mixture
        def halves(dim):
            return (
                Share(rational, dim // 2, gap=0.9, noise=0.5),
                Share(rational, dim - dim // 2, gap=0.1, noise=0.5, curvature=0.5),
            )

        p = halves(8)
        assert p.phi is rational.phi and p.formula_arguments == () and p.noise is None
        assert not [f for f in check_profile(halves) if not f.ok]

    def test_same_formulas_are_one_object(self):
        assert three_kinds(20).phi is three_kinds(30, wave=1.0).phi

    @pytest.mark.parametrize(
        ("share", "words"),
        [
            ({"gap": 1.5}, "must be at most 1"),
            ({"noise": -0.5}, "noise must be a finite number ≥ 0"),
            ({"curvature": 2.0}, "curvature is over L"),
            ({"gap": 0.5}, "shares of the gap add up to 0.5"),
            ({"noise": 0.5}, "shares of the noise add up to 0.5"),
            ({"curvature": 0.5}, "the largest curvature of its shares must be 1"),
            ({"coordinates": 3}, "its shares have 3 coordinates, and dim is 4"),
            ({"coordinates": 0}, "coordinates must be an integer from 1"),
            ({"profile": PROBLEMS["cosh"]}, "'cosh' is not L-smooth"),
            ({"profile": PROBLEMS["ramp"]}, "a share of a mixture is of a profile"),
            ({"gap": 0.0}, "shares of the gap add up to 0"),
            ({"frequency": 2.0}, "has no argument 'frequency'"),
        ],
    )
    def test_wrong_shares_are_named(self, share, words):
        @mixture
        def wrong(dim):
            given = {"profile": quadratic, "coordinates": dim, "gap": 1.0, "noise": 1.0, **share}
            return [Share(**given)]

        with pytest.raises(InputError, match=words) as caught:
            wrong(4)
        assert "\n" not in str(caught.value)

    def test_a_part_without_a_gap_starts_at_its_minimum(self):
        @mixture
        def wrong(dim):
            return Share(rational, 1, gap=1.0, noise=0.5), Share(quadratic, dim - 1, gap=0.0, noise=0.5)

        with pytest.raises(InputError, match="without a gap it must start where φ is least"):
            wrong(4)

    def test_wrong_functions_are_named(self):
        with pytest.raises(InputError, match="part needs a number or a name as its default"):
            Mixture(lambda dim, part: None)
        with pytest.raises(InputError, match="must return shares, got 3"):
            Mixture(lambda dim: [3])(5)
        with pytest.raises(InputError, match="'slope-and-bowl' depends on sigma"):
            slope_and_bowl(4)
        with pytest.raises(InputError, match="has no argument 'reserv'; did you mean 'reserve'"):
            slope_and_bowl(4, sigma=1.0, steps=9, reserv=0.1)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"centers": "random"}, "unknown problem 'rational': centers 'random'"),
        ({"centers": 3.0}, "centers must be one of same, alternating, spread"),
        ({"starts": "spred"}, "did you mean 'spread'"),
        ({"noisy": 0}, "noisy must be an integer from 1"),
        ({"noisy": 2.5}, "noisy must be an integer from 1"),
        ({"noisy": "some"}, 'must be a number of coordinates or "all"'),
        ({"noise_spectrum": math.inf}, "noise_spectrum must be a finite number"),
        ({"center": "far"}, "center must be a finite number"),
        ({"centre": 1.0}, "did you mean 'center'"),
    ],
)
def test_bad_input_in_one_line(given, words):
    with pytest.raises(InputError, match=words) as caught:
        rational(5, **given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("affine", "words"), [(-1.0, "affine must be a finite number ≥ 0"), ("x", "affine must be")])
def test_bad_affine_noise(affine, words):
    with pytest.raises(InputError, match=words):
        resolve(Spec.of("rational", "sgd", 5, 9, 8, noise_args={"affine": affine}))


def test_a_profile_can_t_take_the_common_names():
    with pytest.raises(InputError, match="every problem has a 'noisy' already"):

        @profile(curvature=1.0, noisy=1.0)
        def mine(u, noisy):
            return 0.5 * u * u
