"""Ctrl-C at a terminal, which all processes of a command hear: executors end theirs, and what is done stays."""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mpi import MPIEXEC, ranks
from test_sweep import LONG, alive, assert_same, children, wait_for
from unwrap import unwrapped

from simulator.cli import main

PACKAGES = {"pool": "multiprocessing", "dask": "distributed", "mpi": "mpi4py", "submitit:slurm.toml": "submitit"}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A folder with a sweep file and the sweep's results; a cell takes half a second."""
    folder = tmp_path_factory.mktemp("ctrl_c")
    (folder / "long.toml").write_text(LONG.replace("200000", "1000000"))
    (folder / "slurm.toml").write_text('cluster = "local"\ntimeout_min = 5\n')
    assert main(["sweep", str(folder / "long.toml"), "--out", str(folder / "whole")]) == 0
    return folder


@pytest.mark.parametrize("executor", PACKAGES)
def test_ctrl_c_ends_the_workers_and_what_is_done_stays(undisturbed, executor, capsys):
    if importlib.util.find_spec(PACKAGES[executor]) is None or executor == "mpi" and MPIEXEC is None:
        pytest.skip(f"needs {PACKAGES[executor]}" + " and mpiexec" * (executor == "mpi"))
    name = executor.partition(":")[0]
    out = undisturbed / name
    options = ["sweep", "long.toml", "--out", str(out)]
    if executor == "mpi":
        command, environment = ranks(3, *options)
    else:
        command = [sys.executable, "-m", "ratecheck.simulator", *options, "--executor", executor, "-j", "2"]
        environment = None
    process = subprocess.Popen(
        command, cwd=undisturbed, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    wait_for(lambda: len(list(out.glob("cells/*.npz"))) >= 2, 120)
    workers = descendants(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=60)
    done = len(list(out.glob("cells/*.npz")))
    assert process.returncode == (1 if executor == "mpi" else 130) and 2 <= done < 16, error  # mpiexec has its own
    assert f"interrupted: {done} of 16 cells" in unwrapped(error), error
    if executor != "submitit:slurm.toml":  # whose local stand-in for Slurm says that it was interrupted too
        assert "Traceback" not in error and "WARNING" not in error
    assert len(workers) >= 2
    wait_for(lambda: not any(map(alive, workers)), 30)
    assert not list(out.glob("**/*.tmp"))
    assert main(["sweep", str(undisturbed / "long.toml"), "--out", str(out)]) == 0
    assert f"16 cells, {done} done" in capsys.readouterr().out
    assert_same(out, undisturbed / "whole")


def descendants(pid):
    return [found for child in children(pid) if Path(f"/proc/{child}").exists() for found in (child, *below(child))]


def below(pid):
    try:
        return descendants(pid)
    except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        return []
