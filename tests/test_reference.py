"""The reference engine is plain NumPy, plain enough to be trusted: its noise, and the compiled engine on its own."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from engine_runs import assert_close, compiled_noise, spec

from problems import NOISES
from simulator.engines import run
from simulator.engines.reference import noise_tile
from simulator.engines.resolve import resolve

PLAIN = """
import sys
from simulator.cells.spec import Spec
from simulator.engines import run
run(Spec.of("ripple", "adamw", 3, 20, 1, noise="student"), "reference", quantities=["mean_f_gap", "max_grad_linf"])
print(*(name for name in ("numba", "llvmlite") if name in sys.modules))
"""


def test_nothing_compiled_is_imported():
    done = subprocess.run([sys.executable, "-c", PLAIN], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("noise", NOISES)
def test_noise_agrees_with_compiled_noise_to_float32_rounding(noise):
    """A law rounds some ten times: 1e-6 of the largest number, where a log or a root is near 0 of its argument's."""
    cell = resolve(spec(noise=noise, dim=300))
    for first, replica in [(0, 0), (48, 5)]:
        plain, compiled = (make(cell, range(7, 207), first, replica) for make in (noise_tile, compiled_noise))
        assert plain.dtype == np.float32 and plain.shape == (16, 200)
        np.testing.assert_allclose(plain, compiled, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("noise", NOISES)
def test_plain_reference_agrees_with_the_compiled_engine(noise):
    cell = spec(noise=noise, dim=20, steps=100)
    assert_close(run(cell).stats, run(cell, "reference").stats, 1e-5)


def test_a_noise_of_another_seed_would_not_agree():
    cell = spec(dim=20, steps=100)
    with pytest.raises(AssertionError):
        assert_close(run(spec(dim=20, steps=100, seed=12)).stats, run(cell, "reference").stats, 1e-5)
