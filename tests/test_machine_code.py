"""Compiled code on disk: used again, never out of date, never needed, never run if it is damaged."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from simulator.engines import code_folder
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
    given = dict(schedule="constant", optimizer_args={"lr": 0.1}, noise="rademacher")
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


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """What a first process leaves behind: a formula ``a.py``, and ``cache`` with all code for it; its norm."""
    directory = tmp_path_factory.mktemp("first")
    write(directory, "a", 0.5)
    ((norm, compiled),) = simulate(directory, directory / "cache", "a")
    assert compiled > 0
    return directory, norm


@pytest.fixture
def second(first, tmp_path):
    """A copy of that, and the norm."""
    shutil.copytree(first[0], tmp_path / "copy")
    return tmp_path / "copy", first[1]


def test_code_of_different_processes_is_not_mixed_up(second):
    """Two processes give their functions the same names, and a third runs the code of both without compiling."""
    directory, norm = second
    write(directory, "b", 0.125)
    ((other, compiled),) = simulate(directory, directory / "b", "b")  # all of it, so that it counts as the first did
    assert compiled > 0 and other != norm
    shutil.copytree(directory / "b", directory / "cache", dirs_exist_ok=True)
    for names, norms in (("ab", (norm, other)), ("ba", (other, norm))):
        assert simulate(directory, directory / "cache", *names) == [(value, 0) for value in norms]


def test_an_edited_formula_never_runs_stale(second):
    directory, norm = second
    write(directory, "a", 0.25)
    ((edited, compiled),) = simulate(directory, directory / "cache", "a")
    assert edited != norm and compiled > 0
    write(directory, "a", 0.5)
    assert simulate(directory, directory / "cache", "a") == [(norm, 0)]


def test_a_flipped_bit_in_the_object_code_is_not_run(second):
    """In every file; run unseen, most of such bits crash the process and some change its numbers."""
    directory, norm = second
    files = sorted((directory / "cache").rglob("*.code"))
    random_ = random.Random(8)
    assert len(files) == 5  # noise, steps, the loops around them, the root of readings, sums over time
    for file in files:
        stored = bytearray(file.read_bytes())
        stored[stored.index(b"\x7fELF") + 64 + random_.randrange(3000)] ^= 1 << random_.randrange(8)
        file.write_bytes(stored)
    ((again, compiled),) = simulate(directory, directory / "cache", "a")
    assert again == norm and compiled > 0
    assert simulate(directory, directory / "cache", "a") == [(norm, 0)], "a damaged file was not replaced"


X = np.linspace(0, 7, 1000)


def compiled_anew(factor: float = 3.0) -> bool:
    """Whether a function was compiled that ``compile_stored`` was asked for, and not read; it gives the right bits."""

    def function(x, y):
        for i in range(x.size):
            y[i] = np.sqrt(x[i]) / factor

    from numba import float64, void

    compiled = machine_code.compile_stored(function, void(float64[::1], float64[::1]), factor)
    y = np.empty_like(X)
    compiled(X, y)
    assert np.array_equal(y, np.sqrt(X) / factor)
    return not compiled.stats.cache_hits


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RATECHECK_CACHE", str(tmp_path))
    code_folder._warn.cache_clear()
    return tmp_path


def files(cache: Path) -> list[Path]:
    return sorted(cache.rglob("*.code"))


def test_code_read_from_disk_gives_the_same_bits(cache):
    assert compiled_anew() and len(files(cache)) == 1
    assert not compiled_anew() and len(files(cache)) == 1


def test_exchanged_files_are_not_run(cache):
    """Each is whole, but another function's."""
    assert compiled_anew(3.0) and compiled_anew(5.0)
    one, two = files(cache)
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    assert compiled_anew(3.0) and compiled_anew(5.0)
    assert not compiled_anew(3.0) and not compiled_anew(5.0)


def test_all_that_is_compiled_is_in_the_sources_that_name_it():
    folders = [Path(folder) for package in machine_code.SOURCES for folder in package.__path__]
    root = Path(machine_code.__file__).parents[3]
    files = [path for name in ("problems", "simulator") for path in (root / name).rglob("*.py")]
    compiled = [path for path in files if "compile_stored" in path.read_text(encoding="utf-8")]
    assert len(compiled) > 4
    assert [path for path in compiled if not any(path.is_relative_to(folder) for folder in folders)] == []


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[:100], lambda b: b[:-1], lambda b: b + b"\0"])
def test_a_file_that_was_cut_or_grew_is_replaced(cache, damage):
    assert compiled_anew()
    (file,) = files(cache)
    file.write_bytes(damage(file.read_bytes()))
    assert compiled_anew() and not compiled_anew()


def test_nothing_is_unpickled_before_it_is_checked(cache, monkeypatch):
    assert compiled_anew()
    (file,) = files(cache)
    file.write_bytes(file.read_bytes() + b"\0")
    monkeypatch.setattr(machine_code.pickle, "loads", lambda content: pytest.fail("unpickled unchecked"))
    assert compiled_anew()


def test_content_that_numba_does_not_take_is_replaced(cache, monkeypatch):
    """As if it had been written by a Numba that was changed in place."""
    with monkeypatch.context() as patched:
        patched.setattr(machine_code.pickle, "dumps", lambda reduced: b"cnumba\nno_such_name\n.")
        assert compiled_anew()
    assert compiled_anew() and not compiled_anew()


def test_a_folder_that_others_may_write_is_not_used(cache, capsys):
    assert compiled_anew() and not compiled_anew()
    (file,) = files(cache)
    stored = file.read_bytes()
    file.parent.parent.chmod(0o775)
    file.write_bytes(b"")
    assert compiled_anew() and compiled_anew() and file.read_bytes() == b""
    printed = capsys.readouterr().err
    assert f"others may write to {file.parent.parent} " in printed and printed.count("\n") == 1
    file.write_bytes(stored)
    file.parent.parent.chmod(0o700)
    assert not compiled_anew()


def test_a_missing_folder_only_costs_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    for named in (tmp_path / "file", ""):
        monkeypatch.setenv("RATECHECK_CACHE", str(named))
        assert compiled_anew() and compiled_anew()


@pytest.mark.parametrize(("age_days", "kept"), [(40, False), (20, True)])
def test_code_of_old_versions_is_deleted(tmp_path, monkeypatch, age_days, kept):
    monkeypatch.setenv("RATECHECK_CACHE", str(tmp_path))
    mine = machine_code.version_folder(create=True)
    mine.rmdir()
    other, foreign = mine.parent / ("0" * 32), mine.parent / "photographs"
    for directory in (other, foreign):
        directory.mkdir(parents=True)
        (directory / "file").write_text("")
        then = time.time() - age_days * 86400
        os.utime(directory, (then, then))

    from numba import float64

    machine_code.compile_stored(lambda x: x + 1.0, float64(float64))
    assert mine.is_dir() and other.is_dir() == kept and foreign.is_dir()
