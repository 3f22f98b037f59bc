"""Executors: whatever computes the cells, and in whatever order, the bits are the same."""

import importlib.util
import os
import subprocess
import sys

import pytest
from mpi import MPIEXEC, ranks
from test_sweep import assert_same, results

from problems.errors import InputError
from simulator.cli import main
from simulator.lab.executors.place import MODULES, Place
from simulator.lab.shard import Shard
from simulator.lab.sweepfile import load_plan

SMALL = """
replicas = 2
[[sweep]]
problem = ["rational", "own.py:bowl"]
optimizer = ["sgd", "adamw"]
dim = [3, 16]
steps = [10, 20]
"""
OWN = """
from ratecheck import profile


@profile(curvature=1.0, minimum=0.0, start=1.0)
def bowl(x):
    return x * x / 2


@bowl.derivative
def _(x):
    return x
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a sweep file and a plug-in, and the sweep's results by this process."""
    folder = tmp_path_factory.mktemp("executors")
    (folder / "small.toml").write_text(SMALL)
    (folder / "own.py").write_text(OWN)
    return folder


@pytest.fixture(scope="module")
def inline(place):
    before = os.getcwd()
    os.chdir(place)
    try:
        assert main(["sweep", "small.toml", "--backend", "reference", "--out", "inline"]) == 0
    finally:
        os.chdir(before)
    return place / "inline"


@pytest.fixture
def swept(place, inline, monkeypatch):
    """A function that sweeps with other options and compares what comes out."""
    monkeypatch.chdir(place)

    def sweep(name, *options):
        out = place / name
        assert main(["sweep", "small.toml", "--backend", "reference", "--out", str(out), *options]) == 0
        assert_same(out, inline)
        assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in inline.iterdir())

    return sweep


def needs(package):
    return pytest.mark.skipif(importlib.util.find_spec(package) is None, reason=f"{package} is not installed")


def test_a_pool(swept):
    swept("pool", "-j", "2")


@needs("distributed")
def test_dask_on_this_machine(swept):
    swept("dask", "--executor", "dask", "-j", "2")


@needs("distributed")
def test_dask_listens_on_loopback_alone_and_tries_nothing_again():
    from distributed.scheduler import KilledWorker

    from simulator.lab.executors import dask

    with dask.opened("", 1) as (executor, _):
        told = executor._client.scheduler_info()
        assert told["address"].startswith("tcp://127.0.0.1:")
        assert all(address.startswith("tcp://127.0.0.1:") for address in told["workers"])
        with pytest.raises(KilledWorker, match="allowed_failures|died"):
            executor.submit(os._exit, 1).result()


@needs("distributed")
def test_a_dask_cluster_that_runs_already(swept, tmp_path):
    """Its workers begin in another folder, and find the user's file nevertheless."""
    file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    scheduler = subprocess.Popen(
        [*program("scheduler"), "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", file],
        **quiet,
    )
    options = ["--no-dashboard", "--no-nanny", "--nthreads", "2", "--scheduler-file", file]
    worker = subprocess.Popen([*program("worker"), *options], **quiet)
    try:
        import json

        from test_sweep import wait_for

        wait_for(lambda: file.exists() and file.read_text().rstrip().endswith("}"), 60)
        swept("joined", "--executor", f"dask:{json.loads(file.read_text())['address']}")
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait()


def program(what):
    return [sys.executable, "-m", f"distributed.cli.dask_{what}"]


@needs("mpi4py")
@pytest.mark.skipif(MPIEXEC is None, reason="there is no mpiexec")
def test_mpi_with_two_ranks(place, inline, monkeypatch):
    monkeypatch.chdir(place)
    command, environment = ranks(2, "sweep", "small.toml", "--backend", "reference", "--out", "mpi")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert_same(place / "mpi", inline)


@needs("submitit")
def test_submitit_on_this_machine(swept, place):
    (place / "slurm.toml").write_text('cluster = "local"\ntimeout_min = 5\n')
    swept("submitit", "--executor", "submitit:slurm.toml")


def test_shards(place, inline, monkeypatch, capsys):
    """Each in a folder of its own; all of them have every cell once, and together they are the sweep."""
    monkeypatch.chdir(place)
    sweep = ["sweep", "small.toml", "--backend", "reference"]
    for i in (1, 2, 3):
        assert main([*sweep, "--out", f"shard{i}", "--shard", f"{i}/3"]) == 0
    found = [results(place / f"shard{i}") for i in (1, 2, 3)]
    assert sorted(key for each in found for key in each) == sorted(results(inline)) and all(found)
    assert "This was the share 3/3" in capsys.readouterr().out
    assert not (place / "shard1" / "verdicts.json").exists()
    for i in (2, 3):
        assert main([*sweep, "--out", "shard1", "--shard", f"{i}/3"]) == 0
    assert "all cells are there" in capsys.readouterr().out
    assert main([*sweep, "--out", "shard1"]) == 0
    assert_same(place / "shard1", inline)


def test_every_cell_is_in_one_shard(place, monkeypatch):
    monkeypatch.chdir(place)
    cells = load_plan("small.toml").cells
    for n in (1, 2, 7):
        shares = [Shard.parse(f"{i}/{n}").mine(cells) for i in range(1, n + 1)]
        assert sorted(due.key for share in shares for due in share) == sorted(due.key for due in cells)


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "1/0", "a/b", "1/2/3", "-1/3", ""])
def test_what_is_no_shard(place, monkeypatch, capsys, text):
    monkeypatch.chdir(place)
    assert main(["sweep", "small.toml", f"--shard={text}"]) == 2
    assert "--shard takes i/n" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text, jobs, backend, words",
    [
        ("slurm", None, "cpu", "unknown executor 'slurm'"),
        ("submitit", None, "cpu", "submitit:slurm.toml"),
        ("pool:4", None, "cpu", "nothing behind a colon"),
        ("inline", 2, "cpu", "this process alone"),
        (None, 0, "cpu", "-j"),
        ("dask:tcp://127.0.0.1:1", None, "abacus", "backend"),
    ],
)
def test_what_is_no_place(text, jobs, backend, words):
    with pytest.raises(InputError, match=words):
        Place.of(text, jobs, backend)


@pytest.mark.parametrize("name, package", [("dask", "distributed"), ("mpi", "mpi4py"), ("submitit", "submitit")])
def test_a_missing_package_is_told_with_its_extra(place, monkeypatch, capsys, name, package):
    monkeypatch.chdir(place)
    (place / "slurm.toml").write_text("")
    for home in ("", "ratecheck."):
        monkeypatch.setitem(sys.modules, f"{home}simulator.lab.executors.{MODULES[name]}", None)
    text = f"{name}:slurm.toml" if name == "submitit" else name
    assert main(["sweep", "small.toml", "--out", str(place / "never"), "--executor", text]) == 2
    error = capsys.readouterr().err
    extra = "slurm" if name == "submitit" else name
    assert error.count("\n") == 1 and f"pip install 'ratecheck[{extra}]'" in error and package in error


@needs("distributed")
def test_a_cluster_that_is_not_there(place, monkeypatch, capsys):
    import dask

    monkeypatch.chdir(place)
    with dask.config.set({"distributed.comm.timeouts.connect": "200ms"}):
        code = main(["sweep", "small.toml", "--out", str(place / "never"), "--executor", "dask:tcp://127.0.0.1:1"])
    error = capsys.readouterr().err.splitlines()[-1]
    assert code == 2 and error.startswith("error: the executor dask can't be started (")


def test_each_executor_is_a_small_file():
    from simulator.lab import executors

    for module in MODULES.values():
        with open(os.path.join(executors.__path__[0], f"{module}.py")) as file:
            assert len(file.readlines()) <= 40
