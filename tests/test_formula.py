"""A formula evaluated by NumPy and compiled by Numba: the same numbers, the type that went in; its digest."""

import importlib.util
import math
import sys

import numba
import numpy as np
import pytest

from problems import NOISES, PROBLEMS, Formula
from simulator.optimizers import OPTIMIZERS

DTYPES = (np.float64, np.float32)


def compiled(formula, dtype):
    """Numba's version, over arrays; always a tuple of results."""
    f, count, outputs = formula.numba(dtype), len(formula.parameters), formula.returns
    names = ", ".join(f"x{i}" for i in range(count))
    cells = ", ".join(f"x{i}[j]" for i in range(count))
    left = ", ".join(f"out[{i}, j]" for i in range(outputs))
    namespace = {"f": f}
    exec(f"def loop(out, {names}):\n    for j in range(x0.size):\n        {left} = f({cells})\n", namespace)
    loop = numba.njit(error_model="numpy")(namespace["loop"])

    def run(*arrays):
        arrays = [np.ascontiguousarray(a, dtype=dtype) for a in np.broadcast_arrays(*arrays)]
        out = np.empty((outputs, arrays[0].size), dtype=dtype)
        loop(out, *arrays)
        return out

    return run


def numpy_version(formula, dtype, *arrays):
    values = formula(*[np.asarray(a, dtype=dtype) for a in np.broadcast_arrays(*arrays)])
    values = values if formula.returns > 1 else (values,)
    assert all(v.dtype == dtype for v in values), "float32 must stay float32"
    return np.array(values)


OF_ONE = {name: problem for name, problem in PROBLEMS.items() if hasattr(problem, "phi")}  # no mixtures


def test_typed_result():
    """A float literal must not promote: the compiled float32 version returns float32."""
    for problem in OF_ONE.values():
        f = problem.phi.numba(np.float32)
        arguments = [np.float32(1.5)] * len(problem.phi.parameters)
        signature = tuple(numba.typeof(a) for a in arguments)
        names = ", ".join("abcd"[: len(arguments)])
        wrapped = numba.njit(error_model="numpy")(eval(f"lambda {names}: f({names})", {"f": f}))
        wrapped.compile(signature)
        assert wrapped.overloads[signature].signature.return_type == numba.float32


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OF_ONE)
def test_profiles_agree(name, dtype):
    """φ and φ′ for |u| ≤ 20.

    Both versions make the same roundings but for exp, log1p, sin and their like, 3 ulp each. A profile
    is a sum of at most three terms of size at most S(u) = |u|² + 1 (φ) or M(|u| + 1) (φ′), each through
    at most eight operations and one function, whose argument is rounded alike: 12 ε S covers it.
    """
    problem = PROBLEMS[name]
    constants = list(getattr(problem, "shape", {}).values())
    u = np.concatenate([np.linspace(-20, 20, 2001), np.geomspace(1e-20, 20, 500), -np.geomspace(1e-20, 20, 500), [0.0]])
    needs = {"steps": 9} if "steps" in getattr(problem, "requires", ()) else {}
    curvature = problem(1, **needs).curvature if constants else 2.0
    grows = np.cosh(u) if getattr(problem, "growth", 0) else 1.0  # S and M of a profile without a bound of φ''
    eps = np.finfo(dtype).eps
    for formula, size in ((problem.phi, u * u + grows), (problem.dphi, curvature * (np.abs(u) + grows))):
        expected = numpy_version(formula, dtype, u, *constants)
        got = compiled(formula, dtype)(u, *constants)
        assert np.max(np.abs(got - expected) / size) <= 12 * eps


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["quadratic", "rational", "soft"])
def test_plain_arithmetic_is_the_same_bits(name, dtype):
    """+ − * / √ are rounded exactly by IEEE 754, so nothing may differ."""
    problem = PROBLEMS.get(name) or PROBLEMS["ramp"]
    u = np.random.default_rng(0).normal(scale=10, size=20_000).astype(dtype)
    for formula in (problem.phi, problem.dphi):
        np.testing.assert_array_equal(compiled(formula, dtype)(u), numpy_version(formula, dtype, u))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_updates_agree(name, dtype):
    """One step from random states: only arithmetic and roots, so the same bits."""
    optimizer = OPTIMIZERS[name]
    update = optimizer.update
    rng = np.random.default_rng(0)
    count = len(update.parameters)
    arguments = rng.normal(size=(count, 4000))
    arguments[2:] = np.abs(arguments[2:]) * 0.5  # second moments, step sizes and the like are positive
    expected, got = numpy_version(update, dtype, *arguments), compiled(update, dtype)(*arguments)
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("name", NOISES)
def test_laws_stay_float32(name):
    noise = NOISES[name]()
    arguments = [np.full(7, 0.25, np.float32)] * (2 if noise.draws == "single" else 4)
    numpy_version(noise.formula, np.float32, *arguments, *noise.formula_arguments)


OFFSET, SCALE64 = 3, np.float64(0.1)


def helper(u, a):
    power_2 = u * u + a  # a local name like those of generated code
    return power_2**2 / math.pi + a**1


@Formula
def branches(u, a):
    """All kinds of conditions, a chain of them, three-way min and max, powers and a nested call."""
    c = 0.0
    if u > 1 and a < 0.5:
        c = u**3 - OFFSET
    elif -1 <= u <= 0 or not a > 0.25:
        c += max(u, a, 0.1) - min(u, -a, 2)
    else:
        u = u * SCALE64
        c = helper(u, a) if u >= -9 else 1
    return c + abs(u) ** 0.5 + u**-2, -c


@pytest.mark.parametrize("dtype", DTYPES)
def test_branches(dtype):
    """pow(u, −2) is the C library's, within 2 ulp of NumPy's; the rest is arithmetic."""
    u = np.random.default_rng(1).uniform(-2, 3, 3000).astype(dtype)
    a = np.random.default_rng(2).choice(np.array([-0.5, 0.25, 0.75], dtype), 3000)
    expected, got = numpy_version(branches, dtype, u, a), compiled(branches, dtype)(u, a)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected, rtol=8 * np.finfo(dtype).eps, atol=8 * np.finfo(dtype).eps)


def test_by_hand():
    """branches(2, 0) = 8 − 3 + √2 + 1/4 and the nested call at u = 2, a = 1."""
    first, second = branches(2.0, 0.0)
    assert (float(first), float(second)) == (pytest.approx(5 + math.sqrt(2) + 0.25, rel=1e-15), -5.0)
    first, second = branches(2.0, 1.0)
    c = (0.2**2 + 1) ** 2 / math.pi + 1
    assert (float(first), float(second)) == (pytest.approx(c + math.sqrt(0.2) + 25, rel=1e-14), pytest.approx(-c))


def test_scalars_integers_and_shapes():
    assert branches(np.zeros((2, 3)) + 0.5, 0.25)[0].shape == (2, 3)
    assert branches(np.zeros((2, 1)) + 0.5, np.ones(3))[1].shape == (2, 3)
    assert branches(np.zeros((0, 3)), 0.25)[0].shape == (0, 3)

    @Formula
    def half(u):
        return u if u > 0 else 0.5 * u

    assert half(-1) == -0.5 and half(np.array([-1, 3])).tolist() == [-0.5, 3.0]  # not cut to integers
    assert helper_squares(10**10) == 1e20  # nor wrapped at 2⁶³

    def narrow(u):
        return SCALE64 * u

    assert Formula(narrow)(np.ones(2, np.float32)).dtype == np.float32  # a NumPy constant promotes nothing


@Formula
def helper_squares(u):
    return u * u


def test_closures():
    def make(scale):
        @Formula
        def scaled(u):
            return scale * inner(u)

        return scaled

    @Formula
    def inner(u):
        return u + 1.0

    one, three = make(1.0), make(3.0)
    assert three(np.array([1.0])).tolist() == [6.0]
    assert compiled(three, np.float64)(np.array([1.0])).tolist() == [[6.0]]
    assert one.digest != three.digest


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_function_of_the_language(dtype):
    """Each of MATH against the standard library: 4 ulp, on arguments in its domain.

    But for NumPy's erfc, which is SciPy's, from Cephes, whose own statement is 5.7e-14 relative.
    """
    from problems.formulas.language import MATH

    x = np.linspace(0.05, 0.95, 500).astype(dtype)
    two_arguments = ("atan2", "copysign", "hypot", "pow")
    for name in MATH:
        formula = _formula_of(name, 2 if name in two_arguments else 1)
        arguments = (x, x[::-1]) if name in two_arguments else (x,)
        exact = np.array([getattr(math, name)(*map(float, row)) for row in zip(*arguments, strict=True)])
        tolerance = 4 * np.finfo(dtype).eps
        np.testing.assert_allclose(compiled(formula, dtype)(*arguments)[0], exact, rtol=tolerance, err_msg=name)
        np.testing.assert_allclose(
            numpy_version(formula, dtype, *arguments)[0],
            exact,
            err_msg=name,
            rtol=max(tolerance, 5.7e-14) if name == "erfc" else tolerance,
        )


def _formula_of(name, arguments):
    return from_text(
        f"import math\nfrom problems import Formula\n@Formula\ndef f({'x, y'[: 3 * arguments - 2]}):\n"
        f"    return math.{name}({'x, y'[: 3 * arguments - 2]})\n"
    ).f


_FOLDER: list = []


@pytest.fixture(autouse=True)
def _folder(tmp_path):
    _FOLDER[:] = [tmp_path, 0]


def from_text(text):
    """The module that *text* is, from a file of its own (a formula's source must be readable)."""
    _FOLDER[1] += 1
    path = _FOLDER[0] / f"formulas_{_FOLDER[1]}.py"
    path.write_text(text)
    name = f"{path.parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SOURCE = '''
import math
from problems import Formula
SCALE = 2.0

def callee(u):
    return math.exp(u)

@Formula
def f(u):
    """A docstring."""
    # a comment
    return SCALE * callee(u) + 1.0
'''


def test_digest_ignores_what_has_no_meaning():
    plain = from_text(SOURCE).f.digest
    for old, new in (
        ("# a comment", "# another\n\n"),
        ('"""A docstring."""', '"""Other words."""'),
        ('    """A docstring."""\n', ""),
        ("SCALE * callee(u) + 1.0", "(SCALE * callee( u )) + 1.0"),
        ("SCALE = 2.0", "SCALE = 2"),
        ("def f(", "def g("),
        ("import math", "import math\nimport sys"),
    ):
        assert old in SOURCE
        module = from_text(SOURCE.replace(old, new))
        assert getattr(module, "g", None) or module.f
        assert (getattr(module, "f", None) or module.g).digest == plain, new


def test_digest_sees_every_change_of_meaning():
    digests = {from_text(SOURCE).f.digest}
    changes = (
        ("SCALE = 2.0", "SCALE = 2.5"),
        ("math.exp(u)", "math.expm1(u)"),
        ("+ 1.0", "+ 1.5"),
        ("+ 1.0", "- 1.0"),
        ("return math.exp(u)", "return math.exp(-u)"),
        ("SCALE * callee", "SCALE / callee"),
    )
    for old, new in changes:
        assert old in SOURCE
        digests.add(from_text(SOURCE.replace(old, new)).f.digest)
    assert len(digests) == 1 + len(changes)
