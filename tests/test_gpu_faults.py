"""What the emulated device is for: bugs that a card would pass over, planted, and the compiler's sanitizers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from emulated_device import SANITIZE, Array, EmulatedDevice, EmulationError, sanitizer_environment
from planted import plant
from test_engines import spec

from simulator.engines.gpu import engine as gpu
from simulator.engines.gpu.sizes import Shape
from simulator.engines.gpu.source import kernel_source
from simulator.engines.measures import Measures
from simulator.engines.resolve import resolve


class TestTheEmulatorCatches:
    """Bugs put in on purpose: what CUDA leaves undefined must not pass."""

    CELL = resolve(spec(dim=100, steps=150, replicas=1))
    SHAPE = Shape(64, 1, 128)
    ASKED = ("max_grad_linf",)

    def run(self, monkeypatch, old, new, order=0):
        plant(monkeypatch, old, new)
        return gpu.simulate(self.CELL, quantities=self.ASKED, device=EmulatedDevice(order), shape=self.SHAPE)

    def test_a_missing_barrier(self, monkeypatch):
        right = gpu.simulate(self.CELL, quantities=self.ASKED, device=EmulatedDevice()).measured
        barrier = "    __syncthreads();\n    for (int i = threadIdx.x; i < count"
        got = [self.run(monkeypatch, barrier, barrier.split("\n")[1], order) for order in (0, 1, 2)]
        assert any(not np.allclose(stats.measured[name], right[name]) for stats in got for name in right)

    def test_a_barrier_that_some_threads_miss(self, monkeypatch):
        with pytest.raises(EmulationError, match="not reached by all threads"):
            self.run(
                monkeypatch, "    __syncthreads();\n    for", "    if (threadIdx.x < 32) __syncthreads();\n    for"
            )

    def test_a_warp_operation_that_some_threads_miss(self, monkeypatch):
        with pytest.raises(EmulationError, match="not reached by all threads of the warp"):
            old = "const REAL fold = fold_over_warp(is_largest(slot), folded[slot]);"
            new = "REAL fold = 0; if (threadIdx.x != 5) fold = fold_over_warp(is_largest(slot), folded[slot]);"
            self.run(monkeypatch, old, new)

    def test_shared_memory_that_is_read_before_it_is_written(self, monkeypatch):
        stats = self.run(monkeypatch, "if (lane % 2 == 0 &&", "if (lane % 4 == 0 &&")
        assert np.isposinf(stats.mean_grad_l1).all()

    def test_an_argument_of_another_type(self):
        device = EmulatedDevice()
        module = device.load(kernel_source(self.CELL, Measures.of((), self.CELL.optimizer), 64, 1))
        state = device.zeros((64,), np.float64)
        good = [state, device.put([1.0]), np.int64(0), np.int64(64), np.int64(64)]
        module.launch("begin", 1, 64, 0, *good)
        for place, bad in [(0, device.zeros((64,), np.float32)), (2, 0), (3, np.int32(64))]:
            with pytest.raises(EmulationError, match=f"argument {place} of begin"):
                module.launch("begin", 1, 64, 0, *[bad if i == place else a for i, a in enumerate(good)])
        with pytest.raises(EmulationError, match="takes 5 arguments"):
            module.launch("begin", 1, 64, 0, *good[:3])
        assert isinstance(state, Array) and (device.get(state) == 1.0).all()


SANITIZED = """
import sys
from dataclasses import asdict
sys.path.insert(0, {tests!r})
import numpy as np
from emulated_device import SANITIZE, EmulatedDevice
from test_engines import spec
from simulator.cells.quantities import QUANTITIES
from simulator.engines.gpu import engine as gpu
from simulator.engines.gpu import batch as gpu_batch
from simulator.engines.gpu.source import kernel_source
from simulator.engines.gpu.sizes import Shape
from simulator.engines.resolve import resolve
if {broken}:
    old = "used ? given[(row * dim"
    gpu_batch.kernel_source = lambda *a: kernel_source(*a).replace(old, old.replace("used", "true"))
device = EmulatedDevice(flags=("-O1", *SANITIZE))
for optimizer, dtype, noise, asked in (
    ("adamw_torch", "float64", "gaussian", QUANTITIES),
    ("adamw_torch", "float32", "student", ()),
    ("sgd", "float32", "gaussian", QUANTITIES),
    ("sgd", "float64", "student", ()),
):
    cell = resolve(spec("ripple", optimizer, noise, dim=100, steps=90, dtype=dtype, problem_args={{"spectrum": 0.7}}))
    gpu.simulate(cell, quantities=asked, device=device, chunk=32, shape=Shape(32, 2, 64))
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
