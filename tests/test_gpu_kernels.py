"""The GPU engine's kernels, run by this machine's processor, against the CPU engine: the same bits of x and state."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from emulated_device import SANITIZE, Array, EmulatedDevice, EmulationError, sanitizer_environment
from test_engines import assert_close, assert_identical, spec

from problems import NOISES, PROBLEMS
from simulator.cells.spec import Spec
from simulator.cells.stats import checkpoint_steps
from simulator.engines.cpu import engine as cpu
from simulator.engines.gpu import batch as gpu_batch
from simulator.engines.gpu import engine as gpu
from simulator.engines.gpu.sizes import MOST_GROUPS, Room, Shape, next_cut
from simulator.engines.gpu.source import kernel_source
from simulator.optimizers import OPTIMIZERS
from simulator.samples import norm_check
from tests.gpucheck.suite import SUMS, final_state


@pytest.fixture(params=[0, 1, 2], ids=["up", "down", "shuffled"])
def device(request):
    return EmulatedDevice(order=request.param)


def assert_same_run(cell, device, **options):
    stats, state = final_state(gpu.simulate, cell, device=device, **options)
    expected, wanted = final_state(cpu.simulate, cell)
    assert state.dtype == wanted.dtype == cell.spec.dtype
    np.testing.assert_array_equal(state, wanted)
    np.testing.assert_array_equal(stats.max_abs_x, expected.max_abs_x)
    np.testing.assert_array_equal(stats.grad_linf, expected.grad_linf)
    assert_close(stats, expected, SUMS[cell.spec.dtype])
    return stats


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_combination_has_the_bits_of_the_cpu_engine(problem, optimizer):
    for i, noise in enumerate(NOISES):
        for dtype in ("float64", "float32"):
            cell = spec(problem, optimizer, noise, dim=37, steps=20, replicas=1, dtype=dtype).resolve()
            assert_same_run(cell, EmulatedDevice(order=i % 3))


@pytest.mark.parametrize("threads", [32, 64, 128, 256])
@pytest.mark.parametrize("coordinates", [1, 2])  # four would take more shared memory than 256 threads may
def test_any_size_of_block(threads, coordinates):
    for dim in (1, 31, 32, 33, 100):
        cell = spec(dim=dim, steps=33, replicas=1, problem_args={"spectrum": 0.7}).resolve()
        block = threads * coordinates
        assert_same_run(cell, EmulatedDevice(), shape=Shape(threads, coordinates, block))


@pytest.mark.parametrize("optimizer", ["adamw", "adamw_torch"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_groups_of_several_blocks(device, optimizer, dtype):
    """Three groups of a replica, of three blocks each but the last, in batches of half tiles and a rest."""
    cell = spec(optimizer=optimizer, noise="student", dim=500, steps=150, replicas=2, dtype=dtype).resolve()
    assert_same_run(cell, device, shape=Shape(32, 2, 192))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_bits_do_not_depend_on_chunks_memory_or_the_order_of_threads(optimizer):
    cell = spec(optimizer=optimizer, noise="sparse", dim=70, steps=203, replicas=5).resolve()
    whole = gpu.simulate(cell, device=EmulatedDevice())
    one = Room.of(cell, Shape.of(70), 0).least
    for order, chunk, memory in [(1, 16, None), (2, 48, None), (0, 208, 2 * one), (0, 64, one)]:
        assert_identical(gpu.simulate(cell, device=EmulatedDevice(order), chunk=chunk, memory=memory), whole)


def test_launches_cover_every_step_once_and_begin_at_marks():
    for steps, chunk in [(1, 16), (203, 16), (203, 64), (100_000, 4096)]:
        marks = checkpoint_steps(steps) - 1
        first, marked = 0, []
        while first < steps:
            is_marked, stop = next_cut(first, steps, marks, chunk)
            assert first < stop <= min(steps, first + chunk)
            marked += [first] if is_marked else []
            first = stop
        assert first == steps and marked == marks.tolist()


def test_a_diverged_replica_is_infinite():
    cell = Spec.of("quadratic", "sgd", 20, 3000, 2, schedule="constant", optimizer_args={"lr": 5.0}).resolve()
    stats = gpu.simulate(cell, device=EmulatedDevice())
    assert np.isposinf(stats.mean_grad_l1).all() and not any(np.isnan(a).any() for a in stats.arrays().values())
    assert np.array_equal(stats.diverged, cpu.simulate(cell).diverged)


def test_places_beyond_the_end_never_reach_the_norms():
    """No noise, ε = 0 and a zero gradient make 0/0 in the places that hold no coordinate."""
    given = {"lr": 0.02, "beta1": 0.9, "beta2": 0.97, "eps": 0.0, "weight_decay": 0.1}
    cell = Spec.of("quadratic", "adamw", 17, 60, 1, schedule="constant", sigma=0.0, optimizer_args=given).resolve()
    assert_same_run(cell, EmulatedDevice())


def test_progress_adds_up():
    done = []
    gpu.simulate(spec(dim=40, steps=300, replicas=3).resolve(), progress=done.append, device=EmulatedDevice())
    assert sum(done) == 40 * 300 * 3


@pytest.mark.parametrize(
    ("noise", "dtype", "tolerance"),
    [("rademacher", "float64", 1e-13), ("gaussian", "float64", 1e-6), ("gaussian", "float32", 1e-5)],
)
def test_fast_differs_by_roundings_alone(noise, dtype, tolerance):
    """Fused operations round once instead of twice: in float64, but for the noise, where a law of several operations
    computes in float32 (the bounds of docs/gpu.md)."""
    cell = spec(noise=noise, dtype=dtype, dim=64, steps=1000).resolve()
    exact, fused = (gpu.simulate(cell, device=EmulatedDevice(), fast=fast) for fast in (False, True))
    assert (fused.grad_l1 != exact.grad_l1).any()
    assert_close(fused, exact, tolerance)


def test_a_device_that_is_too_small_says_so():
    cell = spec(dim=1000).resolve()
    with pytest.raises(Exception, match=r"dim=1000 needs .* GiB on the GPU and emulated device has .* choose"):
        gpu.simulate(cell, device=EmulatedDevice(memory=1000))


@pytest.mark.parametrize("dim", [1, 64, 65, 10**6, 124 * 10**6, 10**9, 2**32])
def test_sizes_of_launches(dim):
    shape = Shape.of(dim)
    groups = -(-dim // shape.group)
    assert groups <= MOST_GROUPS and shape.group % (shape.threads * shape.coordinates) == 0
    assert groups * shape.group >= dim and shape.shared_bytes(5, 8) <= 48 << 10
    cell = spec(dim=dim, steps=1000, replicas=3).resolve()
    room = Room.of(cell, shape, 2**38)
    assert room.replicas in (2, 3) and room.chunk % 16 == 0 and 16 <= room.chunk <= 1008
    assert Room.of(cell, shape, room.least).replicas == 1 and Room.of(cell, shape, room.least - 1).replicas == 0


class TestTheEmulatorCatches:
    """Bugs put in on purpose: what CUDA leaves undefined must not pass."""

    CELL = spec(dim=100, steps=150, replicas=1).resolve()
    SHAPE = Shape(64, 1, 128)

    def run(self, monkeypatch, old, new, order=0):
        def broken(*arguments):
            source = kernel_source(*arguments)
            assert old in source
            return source.replace(old, new)

        monkeypatch.setattr(gpu_batch, "kernel_source", broken)
        return gpu.simulate(self.CELL, device=EmulatedDevice(order), shape=self.SHAPE)

    def test_a_missing_barrier(self, monkeypatch):
        right = gpu.simulate(self.CELL, device=EmulatedDevice())
        barrier = "    __syncthreads();\n    for (int i = threadIdx.x; i < count"
        got = [self.run(monkeypatch, barrier, barrier.split("\n")[1], order) for order in (0, 1, 2)]
        assert any(not np.allclose(stats.mean_grad_l1, right.mean_grad_l1) for stats in got)

    def test_a_barrier_that_some_threads_miss(self, monkeypatch):
        with pytest.raises(EmulationError, match="not reached by all threads"):
            self.run(
                monkeypatch, "    __syncthreads();\n    for", "    if (threadIdx.x < 32) __syncthreads();\n    for"
            )

    def test_a_warp_operation_that_some_threads_miss(self, monkeypatch):
        with pytest.raises(EmulationError, match="not reached by all threads of the warp"):
            old = "const REAL sum = sum_over_warp(norms);"
            self.run(monkeypatch, old, "REAL sum = 0; if (threadIdx.x != 5) sum = sum_over_warp(norms);")

    def test_shared_memory_that_is_read_before_it_is_written(self, monkeypatch):
        stats = self.run(monkeypatch, "if (lane % 2 == 0) partial", "if (lane % 4 == 0) partial")
        assert np.isposinf(stats.mean_grad_l1).all()

    def test_an_argument_of_another_type(self):
        device = EmulatedDevice()
        module = device.load(kernel_source(self.CELL, 64, 1))
        state = device.zeros((64,), np.float64)
        good = [state, np.float64(1), np.int64(64), np.int64(64)]
        module.launch("begin", 1, 64, 0, *good)
        for place, bad in [(0, device.zeros((64,), np.float32)), (1, np.float32(1)), (2, 64), (3, np.int32(64))]:
            with pytest.raises(EmulationError, match=f"argument {place} of begin"):
                module.launch("begin", 1, 64, 0, *[bad if i == place else a for i, a in enumerate(good)])
        with pytest.raises(EmulationError, match="takes 4 arguments"):
            module.launch("begin", 1, 64, 0, *good[:3])
        assert isinstance(state, Array) and (device.get(state) == 1.0).all()


SANITIZED = """
import sys
from dataclasses import asdict
sys.path.insert(0, {tests!r})
import numpy as np
from emulated_device import SANITIZE, EmulatedDevice
from test_engines import spec
from simulator.engines.gpu import engine as gpu
from simulator.engines.gpu import batch as gpu_batch
from simulator.engines.gpu.source import kernel_source
from simulator.engines.gpu.sizes import Shape
if {broken}:
    old = "used ? slopes[(base + place)"
    gpu_batch.kernel_source = lambda *a: kernel_source(*a).replace(old, old.replace("used", "true"))
device = EmulatedDevice(flags=("-O1", *SANITIZE))
for optimizer in ("adamw_torch", "sgd"):
    for dtype in ("float64", "float32"):
        for noise in ("gaussian", "student"):
            cell = spec("ripple", optimizer, noise, dim=100, steps=90, dtype=dtype, problem_args={{"spectrum": 0.7}})
            gpu.simulate(cell.resolve(), device=device, chunk=32, shape=Shape(32, 2, 64))
print("clean")
"""


@pytest.mark.parametrize("broken", [False, True])
def test_under_the_sanitizers(broken):
    """Addresses and undefined behaviour, by GCC's sanitizers; and that they see a read beyond an array."""
    code = SANITIZED.format(tests=str(Path(__file__).parent), broken=broken)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**sanitizer_environment(), "PYTHONPATH": str(Path.cwd())},
    )
    if broken:
        assert "heap-buffer-overflow" in done.stderr, done.stdout + done.stderr
    else:
        assert done.stdout == "clean\n", done.stderr
    assert SANITIZE


@pytest.mark.parametrize("law", NOISES)
def test_norms_of_random_vectors(law):
    """The same samples as the CPU's, at sizes that fill no block and at one of two groups; other sums."""
    noise = NOISES[law]()
    dims, samples = [5, 33, 128, 1000, 5000], 35
    rows = norm_check([noise], dims, samples, seed=7, device=EmulatedDevice(order=2))
    for row, expected in zip(rows, norm_check([noise], dims, samples, seed=7), strict=True):
        assert row.violations == expected.violations == 0
        for name, value in asdict(row).items():
            if name.startswith(("mean", "ratio_mean")):
                assert value == pytest.approx(getattr(expected, name), rel=1e-13)
