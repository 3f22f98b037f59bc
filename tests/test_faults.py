"""Faults that clusters have, with real processes: after each, the same command ends with the bits of an undisturbed
run, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from cells import same_bits
from test_sweep import alive, assert_same, children, results, wait_for
from unwrap import unwrapped

from simulator import files
from simulator.cli import main
from simulator.lab.folder import open_folder
from simulator.lab.running import markers

SWEEP = """
replicas = 8
theorems = ["sgd-l2"]
[norms]
laws = ["gaussian"]
dims = [2]
samples = 1000
[[sweep]]
problem = "quadratic"
optimizer = "sgd"
dim = 64
steps = [20_000, 40_000]
seed = [1, 2, 3, 4, 5, 6]
[[sweep]]
problem = "quadratic"
optimizer = "sgd"
dim = 64
steps = 400_000
"""
# a program whose writes take a while, so that there is time to kill it in one; workers run these lines as well
SLOW = """
import os, sys, time
real = os.fsync
def slow(number):
    time.sleep(0.03)
    real(number)
os.fsync = slow
from simulator.cli import main
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""
WHO, PHASES = ("a worker", "the coordinator", "both"), ("planning", "computing", "writing")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the sweep, the program, and the undisturbed results in ``whole``."""
    folder = tmp_path_factory.mktemp("faults")
    (folder / "sweep.toml").write_text(SWEEP)
    (folder / "slow.py").write_text(SLOW)
    assert main(["sweep", str(folder / "sweep.toml"), "--out", str(folder / "whole")]) == 0
    return folder


def start(place, out, *options):
    command = [sys.executable, "slow.py", "sweep", "sweep.toml", "--out", out, "--checkpoint", "0.05", *options]
    where = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        command, cwd=place, env=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0
    )


def assert_undisturbed(place, out):
    assert_same(place / out, place / "whole")
    ours, theirs = open_folder(place / out), open_folder(place / "whole")
    assert ours.norm_rows == theirs.norm_rows and ours.plan.cells == theirs.plan.cells and not ours.faults
    assert {path.name for path in (place / out).iterdir()} == {path.name for path in (place / "whole").iterdir()}
    assert not list((place / out).glob("**/.*"))


def wait_until(phase, process, out, chance):
    """Wait for the moment to kill in, at most until the process ends by itself."""
    if phase == "planning":  # imports, the plan, the survey, the workers' start
        time.sleep(chance.uniform(0.0, 2.5))
        return
    cells = chance.randrange(12)
    while process.poll() is None and len(list(out.glob("cells/[!.]*.npz"))) < cells:
        time.sleep(0.002)
    if phase == "computing":
        time.sleep(chance.uniform(0.0, 0.2))
    while phase == "writing" and process.poll() is None and not list(out.glob("**/.*.tmp")):
        time.sleep(0.001)


def kill(process, who, chance):
    """SIGKILL; returns the processes that must be gone for what was killed to be gone."""
    if process.poll() is not None:  # it was faster
        return []
    workers = children(process.pid)
    at_work = [pid for pid in workers if alive(pid)]
    if who == "a worker" and at_work:
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.kill(chance.choice(at_work), signal.SIGKILL)
        return []
    if who == "both":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    return [process.pid, *workers]


def trial(place, number):
    chance = random.Random(number)
    who, phase, jobs = WHO[number % 3], PHASES[number // 3 % 3], "1" if number % 3 and number % 2 else "2"
    out = f"killed-{number}"
    process = start(place, out, "-j", jobs)
    wait_until(phase, process, place / out, chance)
    gone = kill(process, who, chance)
    said, _ = process.communicate(timeout=120)
    wait_for(lambda: not any(map(alive, gone)), 30)
    if not gone:  # the others have gone on
        assert process.returncode == 0, said
    resumed = start(place, out, "-j", jobs)
    said, _ = resumed.communicate(timeout=120)
    assert resumed.returncode == 0, said
    assert_undisturbed(place, out)


@pytest.mark.parametrize("number", [3, 4, 8])
def test_killed_at_a_random_point(place, number):
    trial(place, number)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(9, 59))
def test_killed_at_many_random_points(place, number):
    trial(place, number)


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="distributed is not installed")
def test_a_dask_worker_is_killed_in_a_cell(place):
    process = start(place, "dask", "--executor", "dask", "-j", "2")
    try:
        wait_for(lambda: list((place / "dask").glob("cells/*.npz")), 120)
        wait_for(lambda: markers(place / "dask"), 60)
        os.kill(markers(place / "dask")[0].pid, signal.SIGKILL)
        said, _ = process.communicate(timeout=200)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, said
    assert_undisturbed(place, "dask")


@pytest.mark.parametrize("after", [1, 5, 13])
def test_a_full_disk(place, monkeypatch, capsys, after):
    """The sweep ends with one line, what was stored stays, and it goes on when there is room again."""
    out, calls, real = place / f"full-{after}", [], os.fsync

    def full(number):
        calls.append(number)
        if len(calls) > after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(number)

    monkeypatch.setattr(files.os, "fsync", full)
    sweep = ["sweep", str(place / "sweep.toml"), "--out", str(out)]
    assert main(sweep) == 2
    error = unwrapped(capsys.readouterr().err)
    assert error.count("error: ") == 1 and "No space left on device" in error and str(out) in error
    monkeypatch.undo()
    there, whole = open_folder(out), results(place / "whole")
    assert len(there.results) == after - 1 and not there.faults and not list(out.glob("**/.*"))
    assert all(same_bits(result.stats, whole[result.key].stats) for result in there.results)
    assert main(sweep) == 0
    assert_same(out, place / "whole")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs a folder that is read-only for everybody")
def test_a_folder_that_takes_no_files(place, capsys):
    assert main(["sweep", str(place / "sweep.toml"), "--out", "/proc/self/results"]) == 2
    error = unwrapped(capsys.readouterr().err)
    assert error.startswith("error: can't write to /proc/self/results") and "--out" in error


def test_a_killed_process_that_lingers_leaves_nothing_past_one_resume(place):
    """Its parent doesn't ask how it ended, so that it stays a zombie while the sweep is resumed."""
    process = start(place, "zombie", "-j", "1")
    wait_for(lambda: list((place / "zombie").glob("cells/*.npz")), 120)
    wait_for(lambda: list((place / "zombie").glob("**/.*.tmp")) or process.poll() is not None, 60)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    resumed = start(place, "zombie", "-j", "1")
    said, _ = resumed.communicate(timeout=120)
    assert resumed.returncode == 0, said
    assert_undisturbed(place, "zombie")
    process.communicate()
