"""Coordinates that differ, on all engines: the same numbers, whoever computes them and however a run is cut."""

from __future__ import annotations

import numpy as np
import pytest
from emulated_device import EmulatedDevice
from engine_runs import VARIED, assert_close, assert_identical, expected, spec
from test_gpu_kernels import assert_same_run
from test_measured import OVER, PLAIN, brute_force

from problems.columns import numbers
from simulator.cells.quantities import QUANTITIES
from simulator.engines import loop, run
from simulator.engines.cpu import engine as cpu
from simulator.engines.gpu import engine as gpu
from simulator.engines.gpu.sizes import Shape
from simulator.engines.parts import Part
from simulator.engines.pieces import split
from simulator.engines.resolve import resolve
from simulator.engines.saving import load, save

EVERY = pytest.mark.parametrize("varied", VARIED)
DTYPE = pytest.mark.parametrize("dtype", ["float64", "float32"])


@EVERY
def test_cpu_equals_reference(varied):
    for dim in (15, 64, 1024 + 70):
        cell = spec(dim=dim, steps=33, **VARIED[varied])
        assert_close(run(cell).stats, expected(cell), 1e-12)


@EVERY
def test_float32_equals_reference(varied):
    cell = spec(dim=70, dtype="float32", **VARIED[varied])
    assert_close(run(cell).stats, expected(cell), 2e-5)


@EVERY
def test_every_quantity_against_brute_force(varied):
    cell = resolve(spec(dim=70, steps=20, **VARIED[varied]))
    stats = cpu.simulate(cell, quantities=QUANTITIES.values())
    for name, plain in PLAIN.items():
        values = [brute_force(cell, replica, plain) for replica in range(2)]
        for over, outcome in OVER.items():
            wanted = [outcome(one) for one in values]
            np.testing.assert_allclose(stats.measured[f"{over}_{name}"], wanted, rtol=1e-11, atol=1e-13, err_msg=name)


@EVERY
@DTYPE
def test_gpu_kernels_have_the_bits_of_the_cpu_engine(varied, dtype):
    cell = resolve(spec(dim=70, steps=37, dtype=dtype, **VARIED[varied]))
    assert_same_run(cell, EmulatedDevice(), quantities=("mean_f_gap", "max_inner"))


@pytest.mark.parametrize("varied", ["all", "three kinds", "columns"])
def test_any_cut_has_the_bits_of_the_whole(varied):
    cell = resolve(spec(dim=3 * 1024 + 7, steps=37, **VARIED[varied]))
    asked = ("mean_f_gap", "max_inner")
    for engine in (cpu.Engine(), gpu.Engine(EmulatedDevice(), shape=Shape(64, 2, 512))):
        whole = loop.simulate(engine, cell, asked)
        parts = [Part(range(r, r + 1), groups) for r in range(2) for groups in (range(3), range(3, 4))]
        begun = loop.advance(loop.begin(engine, cell, asked), 13)
        runs = [load(engine, cell, save(one), asked) for one in split(begun, parts)]
        runs = [loop.advance(one) for one in runs]
        assert_identical(loop.finish(cell, runs), whole)


@pytest.mark.parametrize("varied", ["starts", "spectrum", "columns"])
def test_parts_that_begin_apart_have_the_bits_of_the_whole(varied):
    """As a cell that is cut over workers is run: each begins with coordinates of its own."""
    cell = resolve(spec(dim=2 * 1024 + 7, steps=21, **VARIED[varied]))
    for engine in (cpu.Engine(), gpu.Engine(EmulatedDevice(), shape=Shape(64, 2, 512))):
        parts = [Part(range(2), groups) for groups in (range(1), range(1, 2), range(2, 3))]
        runs = [loop.advance(loop.begin(engine, cell, part=part)) for part in parts]
        assert_identical(loop.finish(cell, runs), loop.simulate(engine, cell))


@EVERY
def test_threads_lanes_and_chunks_change_no_bit(varied):
    cell = resolve(spec(dim=200, steps=50, **VARIED[varied]))
    whole = cpu.simulate(cell, threads=1)
    for options in ({"threads": 2}, {"chunk": 7}, {"lanes": 128}):
        assert_identical(cpu.simulate(cell, **options), whole)


def test_variety_without_difference_has_the_bits_of_copies():
    """A column of equal numbers is the number."""
    plain = resolve(spec(dim=70))
    one = resolve(spec(dim=70, problem_args={"centers": "alternating", "noisy": 70, "starts": "same"}))
    assert plain.alike and one.alike and not one.problem.columns
    assert_identical(cpu.simulate(one), cpu.simulate(plain))


def test_copies_and_others_are_told_apart():
    for name, given in VARIED.items():
        assert resolve(spec(dim=70, **given)).alike == (name in ("shifted", "affine noise")), name


@EVERY
def test_keys_tell_what_differs(varied):
    keys = {resolve(spec(dim=70, **given)).key for given in VARIED.values()}
    assert len(keys) == len(VARIED)
    again = resolve(spec(dim=70, **VARIED[varied]))
    assert again.key in keys and again.key != resolve(spec(dim=70)).key


def test_affine_noise_has_the_variance_it_says():
    """One step of SGD from a start of slope g: x² − x¹ = −η(g + √(σ_i² + ρg²) z)."""
    args = {"optimizer_args": {"lr": 1.0}, "noise_args": {"affine": 3.0}, "noise": "rademacher", "sigma": 2.0}
    cell = resolve(spec("quadratic", "sgd", dim=64, steps=1, replicas=4, **args))
    seen = []
    loop.simulate(cpu.Engine(), cell, observe=seen.append)
    g = cell.problem.gradient(cell.problem.start_point())
    z = (numbers(cell.problem.start, 0, 64) - seen[0][:, 0] - g) / np.sqrt(4.0 / 64 + 3.0 * g * g)
    np.testing.assert_allclose(np.abs(z), 1.0, rtol=1e-12)
    assert 0 < np.mean(z > 0) < 1
