"""The compiled exp, log, sin, cos, tanh and expm1 against mpmath, in units of the last place of the result."""

import importlib.util
import math
from pathlib import Path

import mpmath as mp
import numba
import numpy as np
import pytest

from problems.formulas import coefficients
from problems.formulas.elementary import functions

DTYPES = (np.float64, np.float32)
FIT = Path(__file__).parents[1] / "docs" / "fit_elementary.py"


def on_array(name, dtype, arguments=1):
    f = functions(dtype)[name]
    ufunc = numba.vectorize((lambda x, y: f(x, y)) if arguments == 2 else (lambda x: f(x)))

    def quiet(*x):
        with np.errstate(all="ignore"):
            return ufunc(*x)

    return quiet


def points(low, high, dtype, count=3000, orders=True):
    """Even steps, random points, and every order of magnitude, in *dtype*."""
    rng = np.random.default_rng(0)
    x = [np.linspace(low, high, count), rng.uniform(low, high, count)]
    if orders:
        small = np.geomspace(1e-30, max(abs(low), abs(high)), count)
        x += [small[small <= high], -small[-small >= low]]
    return np.concatenate(x).astype(dtype)


def ulps(got, x, exact, dtype):
    """|got − exact(x)| in units of the spacing of *dtype* at the exact value."""
    with mp.workdps(60):
        true = [exact(mp.mpf(float(v))) for v in x]
        nearest = np.array([float(t) for t in true]).astype(dtype)
        spacing = np.abs(np.spacing(nearest)).astype(float)
        return np.array([float(abs(mp.mpf(float(g)) - t)) for g, t in zip(got, true, strict=True)]) / spacing


RANGES = {  # where the result is a normal number of either type
    "exp": {np.float64: (-708.0, 709.0), np.float32: (-87.0, 88.0)},
    "expm1": {np.float64: (-50.0, 709.0), np.float32: (-20.0, 88.0)},
    "tanh": {np.float64: (-25.0, 25.0), np.float32: (-12.0, 12.0)},
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RANGES)
def test_exponentials(name, dtype):
    x = points(*RANGES[name][dtype], dtype)
    assert np.max(ulps(on_array(name, dtype)(x), x, getattr(mp, name), dtype)) <= 3


@pytest.mark.parametrize("dtype", DTYPES)
def test_logarithm(dtype):
    tiny, huge = np.finfo(dtype).smallest_subnormal, np.finfo(dtype).max
    rng = np.random.default_rng(0)
    near_one = (1 + np.concatenate([np.linspace(-0.4, 0.6, 3001), rng.normal(scale=1e-4, size=2000)])).astype(dtype)
    orders = np.geomspace(float(tiny), float(huge) * 0.99, 4000)
    x = np.concatenate([orders, near_one[near_one > 0], [tiny]]).astype(dtype)
    assert np.max(ulps(on_array("log", dtype)(x), x, mp.log, dtype)) <= 3


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["sin", "cos"])
def test_circular_functions(name, dtype):
    """Within 3 ulp where the result is not small; near its zeros within 3 ulp of 1, and sin is relative at 0."""
    f, exact = on_array(name, dtype), getattr(mp, name)
    x = points(-100.0, 100.0, dtype, orders=False)
    got = f(x)
    large = np.abs(got) > 0.5
    assert np.max(ulps(got[large], x[large], exact, dtype)) <= 3
    reach = 1e5 if dtype is np.float64 else 1e3
    x = points(-reach, reach, dtype, orders=False)
    with mp.workdps(40):
        error = [abs(float(exact(mp.mpf(float(v))) - mp.mpf(float(g)))) for v, g in zip(x, f(x), strict=True)]
    assert max(error) <= 3 * np.finfo(dtype).eps
    if name == "sin":
        x = points(-1.5, 1.5, dtype)
        assert np.max(ulps(f(x), x, exact, dtype)) <= 3


SPECIAL = {
    "exp": {np.inf: np.inf, -np.inf: 0.0, 0.0: 1.0, 1e30: np.inf, -1e30: 0.0},
    "expm1": {np.inf: np.inf, -np.inf: -1.0, 0.0: 0.0, 1e30: np.inf, -1e30: -1.0},
    "tanh": {np.inf: 1.0, -np.inf: -1.0, 0.0: 0.0, 1e30: 1.0},
    "log": {np.inf: np.inf, 0.0: -np.inf, 1.0: 0.0, -1.0: np.nan, -np.inf: np.nan},
    "sin": {0.0: 0.0, np.inf: np.nan, -np.inf: np.nan},
    "cos": {np.inf: np.nan, -np.inf: np.nan},
    "floor": {2.5: 2.0, -0.5: -1.0, 1e30: 1e30, np.inf: np.inf, -np.inf: -np.inf},
    "ceil": {2.5: 3.0, -1.5: -1.0, -1e30: -1e30, np.inf: np.inf},
    "abs": {-2.0: 2.0, -np.inf: np.inf},
    "sqrt": {4.0: 2.0, -1.0: np.nan, np.inf: np.inf},
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SPECIAL)
def test_special_values(name, dtype):
    f = on_array(name, dtype)
    for x, y in ({np.nan: np.nan} | SPECIAL[name]).items():
        got = f(dtype(x))
        assert got.dtype == dtype
        np.testing.assert_equal(got, dtype(y), err_msg=f"{name}({x})")
    if name == "log":
        assert f(dtype(-0.0)) == -np.inf


@pytest.mark.parametrize("dtype", DTYPES)
def test_odd_functions_are_odd(dtype):
    """The same bits for x and −x: symmetric problems stay symmetric."""
    x = points(0.0, 20.0, dtype)
    for name in ("tanh", "sin"):
        f = on_array(name, dtype)
        np.testing.assert_array_equal(f(-x)[np.abs(x) < 1.5], -f(x)[np.abs(x) < 1.5])


@pytest.mark.parametrize("dtype", DTYPES)
def test_sin_and_cos_stay_within_one(dtype):
    x = np.geomspace(1, float(np.finfo(dtype).max) / 2, 2000).astype(dtype)
    for name in ("sin", "cos"):
        values = on_array(name, dtype)(np.concatenate([x, -x]))
        assert np.all(np.abs(values) <= 1 + 2 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_where_results_are_subnormal(dtype):
    """Gradual underflow: an error of at most one subnormal step, and never a wrapped exponent."""
    x = np.linspace(-745, -708, 500) if dtype is np.float64 else np.linspace(-103, -87, 500)
    x = x.astype(dtype)
    with mp.workdps(40):
        exact = [mp.exp(mp.mpf(float(v))) for v in x]
        step = mp.mpf(float(np.finfo(dtype).smallest_subnormal))
        got = on_array("exp", dtype)(x)
        assert all(
            abs(mp.mpf(float(g)) - e) <= 2 * step + 3 * e * float(np.finfo(dtype).eps)
            for g, e in zip(got, exact, strict=True)
        )


@pytest.mark.parametrize("dtype", DTYPES)
def test_min_and_max_are_pythons(dtype):
    low, high = on_array("min", dtype, 2), on_array("max", dtype, 2)
    for x in (1.0, 2.0, math.nan):
        for y in (1.0, 2.0, math.nan):
            np.testing.assert_equal(low(dtype(x), dtype(y)), dtype(min(x, y)))
            np.testing.assert_equal(high(dtype(x), dtype(y)), dtype(max(x, y)))


def test_coefficients_are_those_of_the_fit():
    spec = importlib.util.spec_from_file_location("fit_elementary", FIT)
    module = importlib.util.module_from_spec(spec)
    before = mp.mp.dps
    try:
        spec.loader.exec_module(module)
        fitted = module.coefficients()
    finally:
        mp.mp.dps = before
    for name, values in fitted.items():
        assert tuple(values) == getattr(coefficients, name), name
