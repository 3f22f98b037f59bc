"""Every kind of kernel compiles for every kind of card, without spills and with few registers; no card is needed."""

from __future__ import annotations

import re

import numpy as np
import pytest
from needs import lack
from test_engines import spec

from problems import NOISES, PROBLEMS
from problems.errors import InputError
from simulator.cells.cell import Cell
from simulator.cells.quantities import QUANTITIES
from simulator.engines.gpu import nvrtc
from simulator.engines.gpu.sizes import Shape
from simulator.engines.gpu.source import has_rows, kernel_source, norms_source
from simulator.engines.measures import Measures
from simulator.engines.resolve import resolve
from simulator.optimizers import OPTIMIZERS

try:
    NVRTC = nvrtc.find(None)
except InputError as error:
    lack(f"kernels are not compiled for cards: {error}")

OTHERS = ("sm_75", "sm_80", "sm_100", "sm_120")
ARCHITECTURES = ("sm_90", *OTHERS)
LARGE, SMALL = Shape.of(10**6), Shape.of(16)
USUAL, LARGEST = ("rational", "adamw", "gaussian"), ("ripple", "adamw_torch", "student")
COMBINATIONS = [
    *(("rational", optimizer, "gaussian") for optimizer in OPTIMIZERS),
    *((problem, "adamw", "gaussian") for problem in PROBLEMS if problem != "rational"),
    *(("rational", "adamw", noise) for noise in NOISES if noise != "gaussian"),
    LARGEST,
]


def resources(source: str, architecture: str) -> dict[str, tuple[int, int]]:
    """Kernel → (registers, bytes of spills and stack frame)."""
    _, log = NVRTC.compile(source, (*nvrtc.options(architecture), "--ptxas-options=-v"))
    found = {}
    for part in log.split("Compiling entry function")[1:]:
        frame = re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", part)
        found[re.search(r"'(\w+)'", part)[1]] = (
            int(re.search(r"Used (\d+) registers", part)[1]),
            sum(map(int, frame.groups())),
        )
    return found


def most_registers(cell: Cell, slots: int) -> int:
    """What a thread may have, so that as many fit a multiprocessor as kernel.cu asks for."""
    wide = has_rows(cell) or len(cell.optimizer.state) > 2 or cell.noise.draws == "double"
    words = slots * np.dtype(cell.spec.dtype).itemsize // 4
    return 255 if words > 8 else 168 if words > 4 or wide else 128


def assert_no_spills(combination: tuple[str, str, str], dtype: str, shape: Shape, architecture: str, asked=()):
    cell = resolve(spec(*combination, dtype=dtype))
    measures = Measures.of(asked, cell.optimizer)
    found = resources(kernel_source(cell, measures, shape.threads, shape.coordinates), architecture)
    assert set(found) == {"begin", "advance", "gather", "read", "fold", "measure"}
    for kernel, (registers, spilled) in found.items():
        assert spilled == 0, (combination, kernel)
        most = most_registers(cell, len(measures.sums)) if kernel == "advance" else 128
        assert registers <= most, (combination, kernel, registers)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("combination", [USUAL, LARGEST], ids="-".join)
def test_no_kernel_spills(combination, dtype, architecture):
    assert_no_spills(combination, dtype, LARGE, architecture)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_no_kernel_of_all_quantities_spills(dtype, architecture):
    assert_no_spills(LARGEST, dtype, LARGE, architecture, QUANTITIES)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("combination", COMBINATIONS, ids="-".join)
def test_no_kernel_spills_whatever_the_formulas(combination, dtype):
    """All optimizers, profiles and laws, for one card; with one reading more, and with all of them."""
    for asked, shape in (((), LARGE), ((), SMALL), (["max_f_gap"], LARGE), (QUANTITIES, LARGE)):
        assert_no_spills(combination, dtype, shape, "sm_90", asked)


@pytest.mark.parametrize("architecture", ["sm_90", *(pytest.param(a, marks=pytest.mark.slow) for a in OTHERS)])
@pytest.mark.parametrize("noise", NOISES)
def test_no_norm_kernel_spills(noise, architecture):
    ((registers, spilled),) = resources(norms_source(NOISES[noise](), 128), architecture).values()
    assert spilled == 0 and registers <= 128
