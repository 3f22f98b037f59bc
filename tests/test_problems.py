"""Problems have exactly the L and gap asked for, at every dimension; bad input is refused in words."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems import PROBLEMS, InputError, cosine, profile, quadratic, ramp, rational, ripple
from problems.variety import power_sum

PROFILES = [name for name, problem in PROBLEMS.items() if "start" in problem.parameters]
positive = st.floats(-6, 6).map(lambda e: 10.0**e)


@pytest.mark.parametrize("name", PROFILES)
@settings(max_examples=20)
@given(
    dim=st.integers(1, 5000), smoothness=positive, gap=positive, stretch=st.floats(0.01, 2), spectrum=st.floats(0, 3)
)
def test_gap_is_exact(name, dim, smoothness, gap, stretch, spectrum):
    start = PROBLEMS[name].parameters["start"] * stretch
    p = PROBLEMS[name](dim, smoothness, gap, start=start, spectrum=spectrum)
    # x¹ = s u₀ is rounded, and u₀ φ′(u₀)/φ(u₀) ≤ 100 over these starts stretches that
    assert p.value(p.start_point()) - p.minimum == pytest.approx(gap, rel=1e-13)
    assert (p.smoothness, p.gap, p.dim) == (smoothness, gap, dim)
    assert np.max(p.curvatures()) == smoothness


def test_gap_is_exact_for_a_start_near_the_minimum():
    """1 − cos u written plainly would be wrong by 1e-8 here; the gap of the true function is compared."""
    p = cosine(1, start=1e-4)
    u = p.start / p.scale
    series = u * u / 2 - u**4 / 24
    assert p.weights()[0] * series == pytest.approx(1.0, rel=1e-14)


def test_as_the_readme_says():
    p = rational(dim=64, smoothness=1.0, gap=1.0, start=2.0)
    x = p.start_point()
    assert x.shape == (64,) and np.all(x == p.start)
    assert float(p.value(x) - p.minimum) == pytest.approx(1.0, rel=1e-14)
    assert p.gradient(np.zeros((3, 5, 64))).shape == (3, 5, 64) and p.value(np.zeros((3, 5, 64))).shape == (3, 5)
    with pytest.raises(InputError, match=r"takes arrays of shape \(\.\.\., 64\), got \(3,\)"):
        p.value(np.zeros(3))


def test_values_and_gradients_by_hand():
    p = quadratic(2, smoothness=3.0, gap=1.5, start=1.0)  # f = 3/2 ‖x‖², f(x¹) = 3 x₁² = 3/2
    assert p.start == pytest.approx(math.sqrt(0.5), rel=1e-15)
    assert p.value([1.0, 2.0]) == pytest.approx(7.5, rel=1e-15)
    np.testing.assert_allclose(p.gradient([1.0, 2.0]), [3.0, 6.0], rtol=1e-15)
    p = rational(1, smoothness=2.0, gap=1.0, start=1.0)  # w = s², gap = s²/2
    assert p.scale == pytest.approx(math.sqrt(2), rel=1e-15)
    x = 0.7 * math.sqrt(2)
    np.testing.assert_allclose(p.value([x]), 2 * 0.49 / 1.49, rtol=1e-14)
    np.testing.assert_allclose(p.gradient([x]), [math.sqrt(2) * 1.4 / 1.49**2], rtol=1e-14)


@settings(max_examples=20)
@given(spectrum=st.floats(0, 3), low=st.integers(0, 50), size=st.integers(1, 50))
def test_blocks_of_coordinates(spectrum, low, size):
    p = quadratic(100, smoothness=2.0, spectrum=spectrum)
    np.testing.assert_array_equal(p.curvatures(low, low + size), p.curvatures()[low : low + size])
    np.testing.assert_array_equal(p.slopes(low, low + size), p.slopes()[low : low + size])
    np.testing.assert_allclose(p.weights() / p.scale, p.slopes(), rtol=1e-15)
    np.testing.assert_allclose(p.curvatures(), 2.0 * np.arange(1, 101) ** -spectrum, rtol=1e-14)


def test_power_sum():
    assert power_sum(2**32, 0) == 2**32
    n = 3 * 2**20 + 17
    assert power_sum(n, 2.0) == pytest.approx(math.pi**2 / 6 - 1 / n + 1 / (2 * n * n), rel=1e-13)
    assert power_sum(n, 1.0) == pytest.approx(math.log(n) + np.euler_gamma + 1 / (2 * n), rel=1e-13)


@settings(max_examples=30)
@given(
    dim=st.integers(1, 1000),
    smoothness=positive,
    gap=positive,
    sigma=st.floats(-3, 3).map(lambda e: 10.0**e),
    steps=st.integers(1, 10**9),
    steepness=st.floats(0.1, 3),
)
def test_ramp(dim, smoothness, gap, sigma, steps, steepness):
    """Slope γ C/(K^(1/4) √d) far out, gap and L exact."""
    p = ramp(dim, smoothness, gap, sigma=sigma, steps=steps, steepness=steepness)
    c = (sigma**2 * smoothness * gap) ** 0.25
    assert p.slopes()[0] == pytest.approx(steepness * c / (steps**0.25 * math.sqrt(dim)), rel=1e-12)
    assert p.value(p.start_point()) - p.minimum == pytest.approx(gap, rel=1e-12)
    assert p.curvatures()[0] == smoothness and p.name == "ramp"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: rational(0), "dim must be an integer from 1 to 4294967296, got 0"),
        (lambda: rational(2.5), "dim must be an integer"),
        (lambda: rational(4, smoothness=0), "smoothness must be a finite number > 0, got 0"),
        (lambda: rational(4, gap=-1.0), "gap must be a finite number > 0, got -1.0"),
        (lambda: rational(4, gap=math.nan), "gap must be"),
        (lambda: rational(4, smoothness=math.inf), "smoothness must be"),
        (lambda: rational(4, stat=1.0), "has no argument 'stat'; did you mean 'start'?"),
        (lambda: rational(4, start=0.0), r"φ\(start\) − min φ must be > 0 .* choose another start"),
        (lambda: rational(4, start=math.inf), "start must be a finite number"),
        (lambda: rational(4, spectrum=-1.0), "spectrum must be a finite number ≥ 0"),
        (lambda: ripple(4, amplitude=-0.1), "amplitude must be a finite number ≥ 0, got -0.1"),
        (lambda: rational(4, smoothness=1e-300, gap=1e300), "give the scale"),
        (lambda: ramp(4, sigma=math.inf, steps=10), "finite C"),
        (lambda: ramp(4, sigma=0.0, steps=10), "finite C"),
        (lambda: ramp(4, sigma=1.0, steps=0), "steps must be"),
        (lambda: ramp(4, sigma=1.0, steps=10, steepnes=1.0), "did you mean 'steepness'"),
        (lambda: ramp(4, sigma=1.0, steps=10, steepness=0.0), "steepness must be"),
    ],
)
def test_refusals(make, words):
    with pytest.raises(InputError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_profile_with_wrong_parameters():
    with pytest.raises(InputError, match=r"φ takes u and then \['width'\] .* got \['u'\]"):

        @profile(curvature=1.0, width=2.0)
        def narrow(u):
            return 0.5 * u * u

    with pytest.raises(InputError, match="φ′ must take"):

        @quadratic.derivative
        def slope(u, extra):
            return u + extra


def test_a_profile_without_derivative():
    @profile(curvature=1.0)
    def bare(u):
        return 0.5 * u * u

    with pytest.raises(InputError, match=r"no derivative; add one with @bare\.derivative"):
        bare(3)
