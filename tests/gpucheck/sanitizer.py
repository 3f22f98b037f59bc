"""NVIDIA's compute-sanitizer over a run of every kernel, where it is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from simulator.engines.gpu.device import Device
from tests.bench.page import Section

from .findings import Findings
from .sizes import Sizes

TOOLS = ("memcheck", "racecheck", "synccheck", "initcheck")
ROOT = Path(__file__).parents[2]  # where PROGRAM finds this package
PROGRAM = """
from simulator.engines.gpu import engine as gpu
from simulator.engines.gpu.sizes import Shape
from tests.gpucheck.suite import cell
from simulator.samples import norm_check
from simulator.engines.gpu.device import cupy_device
for optimizer, noise, dtype in (("adamw", "gaussian", "float64"), ("adam", "student", "float32")):
    for shape in (Shape(32, 2, 128), Shape(128, 4, 512)):
        gpu.simulate(cell("ripple", optimizer, noise, dtype, 300, 90, 2), shape=shape)
norm_check(["sparse"], [3000], 20, device=cupy_device())
"""
FAILED = 86  # what compute-sanitizer is told to exit with


def sanitizer(device: Device, sizes: Sizes, say: Callable[[str], None]) -> Findings:
    """Run PROGRAM under each of TOOLS."""
    program = shutil.which("compute-sanitizer")
    heads, title = ("tool", "found"), "compute-sanitizer"
    if program is None:
        return Findings("sanitizer", Section(title, "Not installed, so not run.", heads, []), {"installed": False})
    found, wrong = {}, []
    for tool in TOOLS:
        say(f"compute-sanitizer: {tool}")
        command = [program, "--tool", tool, "--error-exitcode", str(FAILED), sys.executable, "-c", PROGRAM]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        lines = [line.strip("= ") for line in (done.stdout + done.stderr).splitlines() if "SUMMARY" in line]
        found[tool] = lines[-1] if lines else f"exit code {done.returncode}"
        if done.returncode:
            wrong.append(f"compute-sanitizer --tool {tool}: {found[tool]}")
    rows = [[tool, text] for tool, text in found.items()]
    return Findings("sanitizer", Section(title, "", heads, rows), {"installed": True, **found}, tuple(wrong))
