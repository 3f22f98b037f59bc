"""Sweeps: what is done is not done again, and an interruption at any point changes no bit of the results."""

import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from cells import made_up, same_bits
from unwrap import unwrapped

from simulator.cli import main
from simulator.engines.resolve import resolve
from simulator.lab.cost import cell_seconds, combination, total_seconds
from simulator.lab.executors.inline import opened
from simulator.lab.folder import open_folder
from simulator.lab.plan import Due
from simulator.lab.store import Store
from simulator.lab.survey import batches, survey
from simulator.lab.sweepfile import load_plan

SMALL = """
replicas = 2
[[sweep]]
problem = "rational"
optimizer = ["sgd", "adamw"]
dim = [3, 16]
steps = [10, 20]
quick = { steps = 10 }
"""
# the cells take some 0.1 s each, so that there is time to kill a sweep between two of them
LONG = """
replicas = 8
[[sweep]]
problem = "quadratic"
optimizer = "sgd"
dim = 64
steps = 200000
seed = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
"""


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A sweep file in an empty current folder, and a function that runs it with the reference engine."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(SMALL)
    return lambda *options: main(["sweep", "small.toml", "--backend", "reference", *options])


def cell_files(folder):
    return {path.name: path.stat().st_mtime_ns for path in (folder / "cells").glob("*.npz")}


def results(folder):
    return {resolve(result.spec).key: result for result in open_folder(folder).results}


def assert_same(folder, other):
    ours, theirs = results(folder), results(other)
    assert ours.keys() == theirs.keys() and ours
    assert all(same_bits(ours[key].stats, theirs[key].stats) for key in ours)


def test_sweep_and_again(small, tmp_path, capsys):
    assert small() == 0
    assert "8 cells, 0 done, 8 to do, about" in capsys.readouterr().out
    folder = open_folder("results")
    assert len(folder.results) == 8 and folder.partial == "" and not folder.faults
    assert [r.spec for r in folder.results] == list(load_plan("small.toml").specs)
    before = cell_files(tmp_path / "results")
    assert small() == 0
    assert "8 cells, 8 done, 0 to do" in capsys.readouterr().out
    assert cell_files(tmp_path / "results") == before
    assert small("--quick") == 0
    assert "4 cells, 4 done" in capsys.readouterr().out
    assert open_folder("results").others == 4
    assert small("--seed", "5") == 0
    assert "8 cells, 0 done" in capsys.readouterr().out


def test_fresh_computes_again(small, tmp_path, capsys):
    small("--quick")
    before = cell_files(tmp_path / "results")
    capsys.readouterr()
    assert small("--fresh") == 0
    assert "8 cells, 0 done, 8 to do" in capsys.readouterr().out
    after = cell_files(tmp_path / "results")
    assert len(after) == 8 and all(after[name] > before[name] for name in before)


def test_dry_run_writes_nothing(small, tmp_path, capsys):
    assert small("--dry-run", "--fresh") == 0
    out = capsys.readouterr().out
    assert "8 to do, about" in out and "adamw" in out and "10, 20" in out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["small.toml"]


def test_corrupt_cells_are_reported_and_computed_again(small, tmp_path, capsys):
    small()
    good = results("results")
    files = sorted((tmp_path / "results" / "cells").iterdir())
    files[0].write_bytes(files[0].read_bytes()[:-100])
    files[1].write_bytes(files[2].read_bytes())
    files[3].write_text("no cell")
    capsys.readouterr()
    folder = open_folder("results")
    assert len(folder.results) == 5 and len(folder.faults) == 3
    assert folder.partial == "partial: 3 of 8 cells are missing"
    assert small() == 0
    shown = capsys.readouterr()
    assert "8 cells, 5 done, 3 to do" in shown.out
    assert shown.err.count("it will be computed again") == 3
    assert all(file.name in shown.err for file in (files[0], files[1], files[3]))
    again = results("results")
    assert again.keys() == good.keys() and all(same_bits(good[key].stats, again[key].stats) for key in good)


def test_two_workers_give_the_same_bits(small, tmp_path):
    assert small("--out", "one") == 0
    assert small("--out", "two", "-j", "2") == 0
    assert_same("one", "two")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    (folder / "long.toml").write_text(LONG)
    assert main(["sweep", str(folder / "long.toml"), "--out", str(folder / "whole")]) == 0
    return folder


@pytest.mark.parametrize("jobs, how", [(1, signal.SIGKILL), (2, signal.SIGKILL), (1, signal.SIGINT)])
def test_killed_and_resumed(undisturbed, jobs, how, capsys):
    out = undisturbed / f"{jobs}-{how.name}"
    command = [sys.executable, "-m", "simulator", "sweep", "long.toml", "--out", str(out), "-j", str(jobs)]
    process = subprocess.Popen(command, cwd=undisturbed, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: len(list(out.glob("cells/*.npz"))) >= 2, 60)
    workers = children(process.pid)
    process.send_signal(how)
    _, error = process.communicate(timeout=30)
    done = len(list(out.glob("cells/*.npz")))
    assert 2 <= done < 16
    if how is signal.SIGINT:
        assert process.returncode == 130, error
        assert unwrapped(error).splitlines()[-1].startswith(f"interrupted: {done} of 16 cells") and "again" in error
        assert "Traceback" not in error
    else:
        assert process.returncode == -signal.SIGKILL
        assert len(workers) >= jobs - 1
        wait_for(lambda: not any(map(alive, workers)), 30)
    assert "partial: " in open_folder(out).partial
    assert main(["sweep", str(undisturbed / "long.toml"), "--out", str(out)]) == 0
    assert f"16 cells, {done} done" in capsys.readouterr().out
    assert_same(out, undisturbed / "whole")
    assert not list(out.glob("**/*.tmp"))


def test_an_interrupt_before_the_first_cell_starts(monkeypatch):
    def interrupted(thread):
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt), opened() as (executor, _):
        list(executor.as_completed([executor.submit(int)]))


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def children(pid):
    """The processes that any thread of *pid* has started."""
    threads = list(Path(f"/proc/{pid}/task").glob("*/children"))
    if not threads:
        pytest.skip("needs Linux's /proc to see the workers")
    return [int(child) for thread in threads for child in thread.read_text().split()]


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def due(spec):
    return Due(resolve(spec).key, spec)


def cells(**lists):
    made = [
        due(made_up(dim=dim, steps=steps, problem=problem).spec)
        for problem in lists["problem"]
        for dim in lists["dim"]
        for steps in lists["steps"]
    ]
    np.random.default_rng(0).shuffle(made)
    return made


GRID = {"problem": ["rational", "cosine"], "dim": [16, 256, 4096], "steps": [1000, 100_000]}


@pytest.mark.parametrize("jobs", [1, 4])
def test_batches_have_every_cell_once(jobs):
    made = cells(**GRID)
    flat = [due for batch in batches(made, jobs=jobs) for due in batch]
    assert sorted(due.key for due in flat) == sorted(due.key for due in made)


def test_one_worker_groups_what_is_compiled():
    flat = [combination(due.spec) for batch in batches(cells(**GRID)) for due in batch]
    changes = sum(a != b for a, b in pairwise(flat))
    assert changes == len(set(flat)) - 1


def test_more_workers_begin_with_the_biggest():
    made = batches(cells(**GRID), jobs=4)
    costs = [sum(cell_seconds(due.spec) for due in batch) for batch in made]
    assert costs == sorted(costs, reverse=True)
    assert all(len({combination(due.spec) for due in batch}) == 1 for batch in made)
    assert any(len(batch) > 1 for batch in made)
    biggest = max(cell_seconds(due.spec) for due in cells(**GRID))
    assert any(cell_seconds(due.spec) == biggest for due in made[0])


def test_the_estimate_grows_with_the_work_and_falls_with_the_workers():
    small, big = made_up(dim=64, steps=1000).spec, made_up(dim=4096, steps=100_000).spec
    assert cell_seconds(big) > 1000 * (cell_seconds(small) - 0.02)
    assert total_seconds([big], threads=2) < total_seconds([big])
    assert total_seconds([big, big], jobs=2) < total_seconds([big, big])
    assert total_seconds([]) == 0


def test_survey_of_an_empty_place(small, tmp_path):
    plan = load_plan("small.toml")
    found = survey(plan, Store(tmp_path / "nowhere"))
    assert found.todo == plan.cells and not found.done and not found.faults
