"""Compiled code on disk: used again, never out of date, never needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from simulator.engines.cpu import machine_code

FORMULA = """
from problems import profile

@profile(curvature=1.0, start=3.0)
def mine(u):
    return {value} * u * u

@mine.derivative
def _(u):
    return {slope} * u
"""
# For every formula: looks at the reference engine; prints ‖∇f(x¹)‖₁ and how many functions Numba compiled.
RUN = """
import sys
from numba.core import event
from simulator.engines import run
from simulator.cells.spec import Spec
for name in sys.argv[1:]:
    given = dict(schedule="constant", optimizer_args={"lr": 0.1})
    spec = Spec.of(f"{name}.py:mine", "sgd", 3, 20, 1, **given)
    with event.install_recorder("numba:compile") as recorder:
        stats = run(spec).stats
    reference = run(spec, "reference").stats
    for field, values in stats.arrays().items():
        assert abs(values - reference.arrays()[field]).max() < 1e-12, (name, field)
    print(float(stats.grad_l1[0, 0]), len(recorder.buffer))
"""


def simulate(directory: Path, cache: Path | str, *names: str) -> list[tuple[float, int]]:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *names],
        cwd=directory,
        env={**os.environ, "RATECHECK_CACHE": str(cache), "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [(float(norm), int(compiled)) for norm, compiled in map(str.split, done.stdout.splitlines())]


def write(directory: Path, name: str, value: float) -> None:
    (directory / f"{name}.py").write_text(FORMULA.format(value=value, slope=2 * value))


def run(directory: Path, cache: Path | str, value: float) -> tuple[float, int]:
    write(directory, "mine", value)
    return simulate(directory, cache, "mine")[0]


def test_code_of_different_processes_is_not_mixed_up(tmp_path):
    """Two processes give their functions the same names, and a third runs the code of both."""
    write(tmp_path, "a", 0.5)
    write(tmp_path, "b", 0.125)
    apart = [simulate(tmp_path, tmp_path / name, name)[0][0] for name in "ab"]
    shutil.copytree(tmp_path / "a", tmp_path / "both")
    shutil.copytree(tmp_path / "b", tmp_path / "both", dirs_exist_ok=True)
    for names in ("ab", "ba"):
        together = simulate(tmp_path, tmp_path / "both", *names)
        assert together == [(apart["ab".index(name)], 0) for name in names]


def test_an_edited_formula_never_runs_stale(tmp_path):
    cache = tmp_path / "cache"
    first, compiled = run(tmp_path, cache, 0.5)
    assert compiled > 0
    again, compiled = run(tmp_path, cache, 0.5)
    assert (again, compiled) == (first, 0), "the second process compiled again"
    edited, compiled = run(tmp_path, cache, 0.25)
    assert edited != first and compiled > 0
    assert run(tmp_path, cache, 0.5)[0] == first


def test_a_damaged_or_missing_folder_only_costs_time(tmp_path):
    cache = tmp_path / "cache"
    first, _ = run(tmp_path, cache, 0.5)
    for file in cache.rglob("*.code"):
        file.write_bytes(file.read_bytes()[: 100 if "a" in file.stem else 0])
    assert run(tmp_path, cache, 0.5)[0] == first
    assert run(tmp_path, cache, 0.5) == (first, 0), "a damaged file was not replaced"
    (tmp_path / "file").write_text("no folder")
    assert run(tmp_path, tmp_path / "file", 0.5)[0] == first
    assert run(tmp_path, "", 0.5)[1] > 0


def test_code_read_from_disk_gives_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setenv("RATECHECK_CACHE", str(tmp_path))

    def function(x, y):
        for i in range(x.size):
            y[i] = np.sqrt(x[i]) / 3.0

    from numba import float64, void

    signature = void(float64[::1], float64[::1])
    x, results = np.linspace(0, 7, 1000), []
    for _ in range(2):
        compiled = machine_code.compile_stored(function, signature)
        results.append(np.empty_like(x))
        compiled(x, results[-1])
        assert len(list(tmp_path.rglob("*.code"))) == 1
    assert np.array_equal(*results)
    assert sum(compiled.stats.cache_hits.values()) == 1


@pytest.mark.parametrize(("age_days", "kept"), [(40, False), (20, True)])
def test_code_of_old_versions_is_deleted(tmp_path, monkeypatch, age_days, kept):
    monkeypatch.setenv("RATECHECK_CACHE", str(tmp_path))
    mine = machine_code.version_folder()
    other, foreign = mine.parent / ("0" * 32), mine.parent / "photographs"
    for directory in (other, foreign):
        directory.mkdir(parents=True)
        (directory / "file").write_text("")
        then = time.time() - age_days * 86400
        os.utime(directory, (then, then))

    from numba import float64

    machine_code.compile_stored(lambda x: x + 1.0, float64(float64))
    assert mine.is_dir() and other.is_dir() == kept and foreign.is_dir()
