"""Formulas as CUDA C, compiled by g++, against the Numba versions: the same bits for what is our own arithmetic."""

from __future__ import annotations

import ctypes
import importlib.util
import math
import sys

import numpy as np
import pytest
from emulated_device import build
from test_formula import branches, compiled

from problems import NOISES, PROBLEMS, Formula, slope_and_bowl
from problems.formulas.cuda import CudaFunctions, elementary_source
from problems.formulas.language import MATH
from simulator.engines.cpu.noise_tile import SIZES
from simulator.optimizers import OPTIMIZERS

DTYPES = (np.float64, np.float32)
TWO = ("atan2", "copysign", "hypot", "pow")
OWN = ("exp", "expm1", "log", "sin", "cos", "tanh", "sqrt", "floor", "ceil", "fabs", "copysign")


OF_ONE = {name: problem for name, problem in PROBLEMS.items() if hasattr(problem, "phi")}  # no mixtures
MIXED = slope_and_bowl(4, sigma=1.0, steps=100)


@pytest.fixture(scope="module")
def in_c(language):
    """``in_c(formula, dtype, ordinary)`` is the C version over arrays, which returns a tuple of results.

    All formulas below are compiled at once: starting g++ takes longer than any of them.
    """
    formulas = [(getattr(language, f"f_{name}"), frozenset()) for name in MATH]
    formulas += [(f, frozenset()) for problem in (*OF_ONE.values(), MIXED) for f in (problem.dphi, problem.phi)]
    formulas += [(optimizer.update, frozenset()) for optimizer in OPTIMIZERS.values()]
    formulas += [(make().formula, SIZES) for make in NOISES.values()]
    formulas += [(branches, frozenset()), (awkward, frozenset())]
    formulas = list(dict.fromkeys(formulas))  # some problems share them
    functions, loops, entries = CudaFunctions(), [], {}
    for formula, ordinary in formulas:
        name = functions.add(formula, ordinary)
        for dtype in DTYPES:
            entry = entries[formula.digest, dtype, ordinary] = f"loop{len(entries)}"
            loops.append(loop(entry, name, formula, "float" if dtype is np.float32 else "double"))
    text = "\n".join(['#include "emulator.h"', elementary_source(), functions.source(), *loops])
    library = ctypes.CDLL(str(build(text, ("-O1",))))

    def version(formula, dtype, ordinary=frozenset()):
        run = getattr(library, entries[formula.digest, dtype, ordinary])

        def over_arrays(*arrays):
            given = np.array(np.broadcast_arrays(*arrays), dtype=dtype)
            out = np.empty((formula.returns, given.shape[1]), dtype=dtype)
            run(given.ctypes.data_as(ctypes.c_void_p), out.ctypes.data_as(ctypes.c_void_p), given.shape[1])
            return out

        return over_arrays

    return version


def loop(entry, name, formula, real):
    """C text of *entry*, which applies the function *name* to columns of numbers."""
    taken = ", ".join(f"in[{i} * n + j]" for i in range(len(formula.parameters)))
    left = ", ".join(f"out[{i} * n + j]" for i in range(formula.returns))
    call = f"{name}<{real}>({taken}, {left})" if formula.returns > 1 else f"{left} = {name}<{real}>({taken})"
    signature = f"void {entry}(const {real}* in, {real}* out, long n)"
    return f'extern "C" {signature} {{ for (long j = 0; j < n; ++j) {call}; }}'


def everywhere(dtype, count=4000):
    """Numbers of every sign and order, and the special ones."""
    rng = np.random.default_rng(0)
    info = np.finfo(dtype)
    orders = np.exp2(rng.uniform(math.log2(info.smallest_subnormal), math.log2(info.max), count)).astype(dtype)
    usual = rng.normal(scale=5, size=count).astype(dtype)
    special = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, info.tiny, info.max], dtype)
    return np.concatenate([orders, -orders, usual, special])


@pytest.fixture(scope="module")
def language(tmp_path_factory):
    """Every function of the language as a formula."""
    path = tmp_path_factory.mktemp("language") / "functions_of_math.py"
    lines = ["import math", "from problems import Formula"]
    for name in MATH:
        taken = "x, y" if name in TWO else "x"
        lines.append(f"@Formula\ndef f_{name}({taken}):\n    return math.{name}({taken})")
    path.write_text("\n".join(lines))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", MATH)
def test_functions_of_the_language(name, dtype, language, in_c):
    """Our own have the same bits wherever Numba's have. The C library's are 4 ulp from one another at most."""
    formula, x = getattr(language, f"f_{name}"), everywhere(dtype)
    arguments = (x, np.roll(x, 1)) if name in TWO else (x,)
    got, expected = in_c(formula, dtype)(*arguments), compiled(formula, dtype)(*arguments)
    if name in OWN:
        np.testing.assert_array_equal(got, expected)
    else:
        np.testing.assert_allclose(got, expected, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_mixtures(dtype, in_c):
    u = everywhere(dtype)
    for formula in (MIXED.dphi, MIXED.phi):
        for kind in (dtype(0), dtype(1)):
            np.testing.assert_array_equal(in_c(formula, dtype)(u, kind), compiled(formula, dtype)(u, kind))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OF_ONE)
def test_profiles(name, dtype, in_c):
    problem = OF_ONE[name]
    constants = list(getattr(problem, "shape", {}).values())
    for formula in (problem.dphi, problem.phi):
        u = everywhere(dtype)
        got, expected = in_c(formula, dtype)(u, *constants), compiled(formula, dtype)(u, *constants)
        if "log1p" in str(formula.parsed.calls):
            np.testing.assert_allclose(got, expected, rtol=4 * np.finfo(dtype).eps)
        else:
            np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_updates(name, dtype, in_c):
    update = OPTIMIZERS[name].update
    arguments = [np.roll(everywhere(dtype), i) for i in range(len(update.parameters))]
    np.testing.assert_array_equal(in_c(update, dtype)(*arguments), compiled(update, dtype)(*arguments))


@pytest.mark.parametrize("name", NOISES)
def test_laws(name, in_c):
    """With the logarithms of sizes that need no special cases."""
    noise, rng = NOISES[name](), np.random.default_rng(0)
    count = 20_000
    signs, sizes = rng.choice([-1.0, 1.0], (2, count)), (rng.integers(0, 2**31, (2, count)) + 0.5) * 2.0**-31
    given = [signs[0], sizes[0]] if noise.draws == "single" else [signs[0], sizes[0], signs[1], sizes[1]]
    got = in_c(noise.formula, np.float32, SIZES)(*given, *noise.formula_arguments)
    np.testing.assert_array_equal(got, compiled(noise.formula, np.float32)(*given, *noise.formula_arguments))


@pytest.mark.parametrize("dtype", DTYPES)
def test_branches(dtype, in_c):
    """Conditions, chains of them, powers and nested calls: only the power −2 is the C library's."""
    u = np.random.default_rng(1).uniform(-2, 3, 3000).astype(dtype)
    a = np.random.default_rng(2).choice(np.array([-0.5, 0.25, 0.75], dtype), 3000)
    tolerance = 2 * np.finfo(dtype).eps
    np.testing.assert_allclose(in_c(branches, dtype)(u, a), compiled(branches, dtype)(u, a), rtol=tolerance)


@Formula
def awkward(double, λ, lambda_):
    """Names that are C's, and none of ASCII; a condition with a name; annotations; constants that are no numbers."""
    int_: float = double
    int_ += λ
    small = int_ < lambda_ or not λ >= 0.0
    other = small
    if other and -1 < double < 1 != λ:
        int_ **= 3
        return int_, math.inf, -math.inf
    limit = min(double, λ, lambda_)
    return (double if small else limit), +(limit**2), math.nan


@pytest.mark.parametrize("dtype", DTYPES)
def test_awkward_names(dtype, in_c):
    x = np.random.default_rng(3).normal(size=(3, 2000)).astype(dtype)
    np.testing.assert_array_equal(in_c(awkward, dtype)(*x), compiled(awkward, dtype)(*x))


def test_a_callee_is_written_once():
    functions = CudaFunctions()
    names = {functions.add(f) for f in (NOISES["gaussian"]().formula, NOISES["sparse"]().formula, branches, branches)}
    assert len(names) == 3
    assert functions.source().count(" R cos_quarter_") == 1
