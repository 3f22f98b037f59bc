"""The CPU engine against the reference engine, and against itself cut up differently."""

from __future__ import annotations

import math
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from engine_runs import HYPER, assert_close, assert_identical, compiled_noise, expected, spec

from problems import NOISES, PROBLEMS, profile
from simulator.cells.spec import Spec
from simulator.engines import run
from simulator.engines.cpu.engine import simulate
from simulator.engines.hyper import hyper_rows, varies
from simulator.engines.reference import trajectory
from simulator.engines.resolve import resolve
from simulator.engines.rng import TILE
from simulator.optimizers import OPTIMIZERS, optimizer

# A kernel is an update beside a profile, and neither knows the other: each meets every third of the others, and AdamW
# all of them.
PAIRS = [
    (problem, name)
    for i, problem in enumerate(PROBLEMS)
    for j, name in enumerate(OPTIMIZERS)
    if (i + j) % 3 == 0 or name == "adamw"
]


@pytest.mark.parametrize(("problem", "optimizer_name"), PAIRS)
def test_cpu_equals_reference(problem, optimizer_name):
    for noise in NOISES:
        cell = spec(problem, optimizer_name, noise)
        got, wanted = run(cell).stats, expected(cell)
        assert_close(got, wanted, 1e-12)
        if problem in ("quadratic", "rational", "ramp", "sawtooth"):  # only + − * / √ ⌊⌋, and no sum: no bit may differ
            assert np.array_equal(got.max_abs_x, wanted.max_abs_x), noise
            assert np.array_equal(got.grad_linf, wanted.grad_linf), noise


@pytest.mark.parametrize(
    ("dim", "steps"), [(1, 1), (1, 33), (15, 17), (16, 16), (17, 50), (64, 31), (65, 130), (200, 20), (1024 + 3, 18)]
)
def test_sizes_that_do_not_fill_blocks_or_tiles(dim, steps):
    cell = spec(dim=dim, steps=steps, problem_args={"spectrum": 0.7})
    assert_close(run(cell).stats, expected(cell), 1e-12)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_float32_equals_reference(problem):
    """Tolerance: 40 steps of a few float32 roundings each (6e-8), amplified by the curvature at most e-fold."""
    cell = spec(problem, dim=70, dtype="float32")
    assert_close(run(cell).stats, expected(cell), 2e-5)


def test_float32_differs_from_float64_by_its_rounding():
    """A float64 literal that promotes a float32 run, or a float32 run that is none, would show here."""
    wide, narrow = (run(spec(dim=70, dtype=d)).stats.mean_grad_l1 for d in ("float64", "float32"))
    difference = np.abs(narrow / wide - 1)
    assert (difference > 1e-9).all() and (difference < 1e-5).all()


@pytest.mark.parametrize("optimizer_name", ["adamw", "adamw_torch"])
@pytest.mark.parametrize("dim", [5, 3000])
def test_bits_do_not_depend_on_threads_or_chunks(dim, optimizer_name):
    cell = resolve(spec(optimizer=optimizer_name, noise="student", dim=dim, steps=203, replicas=3))
    whole = simulate(cell, threads=1)
    for threads, chunk in [(2, None), (1, 1), (2, 7), (2, TILE), (3, 100), (1, None)]:
        assert_identical(simulate(cell, threads=threads, chunk=chunk), whole)


def test_bias_corrections_end_without_a_trace():
    """Once 1 − beta^k has rounded to 1, in the middle of the run, there is one row of hyper-parameters."""
    cell = resolve(spec(optimizer="adamw_torch", dim=20, steps=1500))
    assert varies(cell, 1000) and not varies(cell, 1400)
    assert (hyper_rows(cell, 1400, 100) == hyper_rows(cell, 1400, 1)).all()
    assert_identical(simulate(cell, chunk=100), simulate(cell))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("dim", "widths"),
    [(1, [16, 32, 64, 128]), (16, [16, 64]), (32, [32, 64, 256]), (100, [64, 128]), (3000, [64, 256])],
)
def test_bits_do_not_depend_on_the_width_of_a_block(dim, widths, dtype):
    cell = resolve(spec(dim=dim, steps=37, problem_args={"spectrum": 0.7}, dtype=dtype))
    for lanes in widths:
        assert_identical(simulate(cell, lanes=lanes, chunk=19), simulate(cell))


def test_replicas_do_not_depend_on_their_number():
    few, many = (run(spec(replicas=r, dim=2000)).stats for r in (2, 5))
    assert np.array_equal(few.mean_grad_l1, many.mean_grad_l1[:2])


def test_replicas_and_seeds_have_noise_of_their_own():
    values = np.concatenate([run(spec(seed=s, replicas=4)).stats.mean_grad_l1 for s in (0, 1, 2**63)])
    assert np.unique(values).size == values.size


def test_optimizers_meet_the_same_noise():
    """With lr → 0 the first stochastic gradients are those of the start: equal for every optimizer."""
    first = [next(iter(trajectory(resolve(spec(optimizer=name)), 1)))[2] for name in OPTIMIZERS]
    assert all(np.array_equal(g, first[0]) for g in first)


def test_a_diverged_replica_is_infinite_and_never_dropped():
    cell = Spec.of("quadratic", "sgd", 20, 3000, 3, schedule="constant", optimizer_args={"lr": 5.0})
    for backend in ("cpu", "reference"):
        result = run(cell, backend)
        assert result.status == "diverged"
        assert np.isposinf(result.stats.mean_grad_l1).all() and np.isposinf(result.stats.mean_grad_l2).all()
        assert np.isfinite(result.stats.grad_l1[:, 0]).all() and np.isposinf(result.stats.grad_l1[:, -1]).all()
        assert not any(np.isnan(a).any() for a in result.stats.arrays().values())


def test_padding_lanes_never_reach_the_norms():
    """No noise, ε = 0 and a zero gradient make 0/0 in the padding lanes; the real lanes are clean."""
    given = {name: HYPER[name] for name in OPTIMIZERS["adamw"].settings} | {"eps": 0.0}
    cell = Spec.of("quadratic", "adamw", 17, 60, 1, schedule="constant", sigma=0.0, optimizer_args=given)
    assert_close(run(cell).stats, expected(cell), 1e-12)


def test_formulas_with_branches_run_compiled():
    @profile(curvature=1.0, start=3.0)
    def huber(u):
        return 0.5 * u * u if abs(u) < 1.0 else abs(u) - 0.5

    @huber.derivative
    def _(u):
        if u > 1.0:
            return 1.0
        return max(u, -1.0)

    @optimizer(beta1=0.9)
    def signed(x, g, m, lr, beta1):
        m = beta1 * m + (1 - beta1) * g
        return x - lr * math.copysign(1.0, m), m

    base = spec(optimizer="momentum", dim=30)
    problem = huber(30)
    hyper = {"lr": 0.01, "beta1": 0.9}
    cell = replace(resolve(base), problem=problem, noise=NOISES["gaussian"](), optimizer=signed, hyper=hyper)
    assert_close(simulate(cell), expected(cell), 1e-12)


def test_progress_adds_up():
    done = []
    run(spec(dim=100, steps=5000, replicas=2), progress=done.append)
    assert sum(done) == 100 * 5000 * 2


def test_memory_does_not_grow_with_steps():
    peaks = []
    for steps in (2_000_000, 10_000_000):  # both longer than a chunk
        cell = resolve(spec("quadratic", "sgd", dim=1, steps=steps, replicas=1))
        run(spec("quadratic", "sgd", dim=1, replicas=1))  # compiles
        tracemalloc.start()
        simulate(cell)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]


def test_checkpoints_agree_with_the_averages():
    stats = run(spec(dim=70, steps=5000)).stats
    assert stats.checkpoints[0] == 1 and stats.checkpoints[-1] == 5000 and 50 <= stats.checkpoints.size <= 64
    assert np.array_equal(stats.running_l1[:, -1], stats.mean_grad_l1)
    assert np.array_equal(stats.running_l2[:, 0], stats.grad_l2[:, 0])
    assert (stats.grad_linf <= stats.grad_l2).all() and (stats.grad_l2 <= stats.grad_l1).all()


def test_bias_corrections_count_from_one():
    cell = resolve(spec(optimizer="adam"))
    names = cell.optimizer.hyper
    rows = hyper_rows(cell, 4, 3)
    for name, beta in (("bias1", 0.9), ("bias2", 0.97)):
        np.testing.assert_allclose(rows[:, names.index(name)], [1 - beta**k for k in (5, 6, 7)], rtol=1e-14)


def test_first_step_of_adam_is_lr_times_sign():
    """m̂/√v̂ = g/|g| at step 1, in both engines, when ε = 0 and nothing is noisy."""
    given = {"lr": 0.01, "beta1": 0.9, "beta2": 0.97, "eps": 0.0}
    cell = Spec.of("quadratic", "adam", 3, 2, 1, schedule="constant", sigma=0.0, optimizer_args=given)
    start = resolve(cell).problem.start
    for backend in ("cpu", "reference"):
        np.testing.assert_allclose(run(cell, backend).stats.max_abs_x, [[start, start - 0.01]], rtol=1e-14)


def test_every_replica_has_its_own_noise():
    cell = spec(dim=1, replicas=300, steps=20)
    stats = run(cell).stats
    assert np.unique(stats.mean_grad_l1).size == 300
    last = [abs(gradient[0]) for _, gradient, _ in trajectory(resolve(cell), 299, compiled_noise)]
    assert stats.mean_grad_l1[299] == pytest.approx(np.mean(last), rel=1e-12)


def test_long_runs_in_small_chunks_lose_no_step():
    cell = spec(dim=3, steps=4100, replicas=1)
    assert_close(simulate(resolve(cell), chunk=48), expected(cell), 1e-11)
