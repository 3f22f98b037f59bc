"""What the GPU engine measures, beside the CPU engine; and hyper-parameters of the step."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from emulated_device import EmulatedDevice
from planted import plant
from test_engines import spec

from simulator.cells.of_step import of_step
from simulator.cells.quantities import QUANTITIES, READINGS, Quantity, reading, weighted
from simulator.engines import loop
from simulator.engines.cpu import engine as cpu
from simulator.engines.gpu import engine as gpu
from simulator.engines.gpu.sizes import Shape
from simulator.engines.resolve import resolve
from tests.gpucheck.same import SUMS


@reading(fold="max", degrees=(1, 1), text="max_i −|∇_i x_i| η")
def negative(gradient, x, lr):
    return -abs(gradient * x) * lr


def narrow(total):
    return math.exp(total / 1000.0)


@reading(fold="sum", degrees=(0, 0), text="exp(Σ log |∇_i| / 1000)", outer=narrow)
def logarithm(gradient):
    return math.log(abs(gradient))


def over_step(k):
    return 1.0 / k


def square_of_step(k):
    return k * k


MORE = [
    *(
        Quantity(f"{over}_{of.name}", of, over)
        for of in (negative, logarithm)
        for over in ("mean", "min", "max", "last")
    ),
    weighted("weighted_f_gap", READINGS["f_gap"], over_step),
    weighted("weighted_inner", READINGS["inner"], square_of_step),
]
ALL = [*QUANTITIES.values(), *MORE]


def assert_same_measures(cell, device, **options):
    ours, theirs = gpu.simulate(cell, quantities=ALL, device=device, **options), cpu.simulate(cell, quantities=ALL)
    assert list(ours.measured) == list(theirs.measured) and len(ours.measured) >= len(ALL)
    for name, values in ours.measured.items():
        wanted = theirs.measured[name]
        assert np.isfinite(wanted).all(), name
        cancels = np.abs(theirs.measured["max_grad_l1"] * theirs.measured["max_max_abs_x"]).max()
        scale = cancels if "inner" in name else 0.0
        np.testing.assert_allclose(values, wanted, rtol=SUMS[cell.spec.dtype], atol=SUMS[cell.spec.dtype] * scale)
        if name.partition("_")[2] in ("grad_linf", "max_abs_x", "negative") and not name.startswith("mean"):
            np.testing.assert_array_equal(values, wanted, err_msg=name)  # no sum: no bit may differ


@pytest.mark.parametrize(
    ("problem", "optimizer", "dtype", "dim", "shape"),
    [
        ("rational", "adamw", "float64", 37, None),
        ("quadratic", "sgd", "float32", 2100, Shape(32, 4, 128)),  # 17 groups: two rounds of joining
        pytest.param("cosine", "adam", "float32", 200, Shape(64, 1, 64), marks=pytest.mark.slow),
        pytest.param("ripple", "momentum", "float64", 500, Shape(32, 2, 256), marks=pytest.mark.slow),
    ],
)
def test_every_quantity_is_that_of_the_cpu_engine(problem, optimizer, dtype, dim, shape):
    given = {"dim": dim, "steps": 60, "replicas": 2, "dtype": dtype, "problem_args": {"spectrum": 0.4}}
    assert_same_measures(resolve(spec(problem, optimizer, **given)), EmulatedDevice(2), shape=shape, chunk=32)


def test_what_is_measured_changes_no_bit_of_the_rest():
    cell = resolve(spec(dim=100, steps=40))
    few, many = (gpu.simulate(cell, quantities=asked, device=EmulatedDevice()) for asked in ((), ALL))
    for name, values in few.arrays().items():
        np.testing.assert_array_equal(values, many.arrays()[name], err_msg=name)


@pytest.mark.parametrize(("optimizer", "dtype"), [("adamw_torch", "float64"), ("sgd", "float32")])
def test_hyper_parameters_of_the_step(optimizer, dtype):
    def over_root(k, scale):
        return scale / math.sqrt(k)

    base = resolve(spec(optimizer=optimizer, dim=40, steps=90, dtype=dtype))
    cell = replace(base, hyper={**base.hyper, "lr": of_step(over_root, scale=0.1)})
    runs = [loop.begin(engine, cell) for engine in (gpu.Engine(EmulatedDevice(1), chunk=48), cpu.Engine())]
    ours, theirs = (loop.advance(run).values() for run in runs)
    np.testing.assert_array_equal(ours, theirs)
    constant = loop.begin(cpu.Engine(), base)
    assert (loop.advance(constant).values() != theirs).any()
    assert_same_measures(cell, EmulatedDevice())


def test_a_maximum_and_a_minimum_keep_nan():
    """In a run of three warps: what the largest √(x_i − x_i¹) is at the end, which some coordinates don't have; and the
    least of what is 0/0 at the first step alone."""
    cell = resolve(spec(dim=70, steps=30))
    start = cell.problem.start

    @reading(fold="max", degrees=(0, 0), text="max_i √(x_i − x_i¹)")
    def root(x):
        return math.sqrt(x - start)

    @reading(fold="sum", degrees=(0, 0), text="Σ (x_i − x_i¹)/(x_i − x_i¹)")
    def ones(x):
        return (x - start) / (x - start)

    asked = Quantity("last_root", root, "last"), Quantity("min_ones", ones, "min"), Quantity("last_ones", ones, "last")
    ours = gpu.simulate(cell, quantities=asked, device=EmulatedDevice(), shape=Shape(32, 1, 32))
    for measured in (cpu.simulate(cell, quantities=asked).measured, ours.measured):
        assert np.isposinf(measured["last_root"]).all() and np.isposinf(measured["min_ones"]).all()
        assert np.isfinite(measured["mean_grad_l1"]).all() and (measured["last_ones"] == 70).all()


@pytest.mark.parametrize(
    ("old", "new"),
    [("a >= b || a != a ? a : b", "a >= b ? a : b"), ("total <= value || total != total", "total <= value")],
)
def test_a_nan_that_is_lost_is_seen(old, new, monkeypatch):
    plant(monkeypatch, old, new)
    with pytest.raises(AssertionError):
        test_a_maximum_and_a_minimum_keep_nan()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("const REAL x = w[0], gradient", "const REAL& x = w[0]; const REAL gradient"),  # x after the update
        ("-elementary::infinity<T>()", "T(0)"),  # a maximum that is negative
        ("total + weight * value", "total + value"),
        ("if (over == LEAST)", "if (over == MOST)"),
    ],
)
def test_a_wrong_measure_is_seen(old, new, monkeypatch):
    plant(monkeypatch, old, new)
    with pytest.raises(AssertionError):
        assert_same_measures(resolve(spec(dim=37, steps=30)), EmulatedDevice())
