"""``status`` and ``merge``: how far folders are, and what becomes of several."""

import os
import shutil

import numpy as np
import pytest
from cells import same_bits
from test_sweep import assert_same
from unwrap import unwrapped

from simulator.cli import main
from simulator.files import host
from simulator.lab import cell_task, failures, running
from simulator.lab.checkpoints import Checkpoints
from simulator.lab.folder import open_folder
from simulator.lab.status import status
from simulator.lab.store import Store
from simulator.lab.sweepfile import load_plan

SMALL = """
replicas = 2
theorems = ["sgd-l2"]
[norms]
laws = ["gaussian"]
dims = [2]
samples = 10
[[sweep]]
problem = ["rational", "own.py:bowl"]
optimizer = "sgd"
dim = [3, 16]
steps = [10, 20]
"""


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    from test_executors import OWN

    folder, before = tmp_path_factory.mktemp("status"), os.getcwd()
    (folder / "small.toml").write_text(SMALL)
    (folder / "own.py").write_text(OWN)
    os.chdir(folder)
    try:
        assert main(["sweep", "small.toml", "--backend", "reference"]) in (0, 3)
        for i in (1, 2):
            assert main(["sweep", "small.toml", "--backend", "reference", f"--shard={i}/2", f"--out=shard{i}"]) == 0
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def copy(swept, tmp_path, monkeypatch):
    folder = tmp_path / "copy"
    shutil.copytree(swept, folder)
    monkeypatch.chdir(folder)
    return folder


def test_all_is_there(copy, capsys):
    assert main(["status", "results"]) == 0
    assert capsys.readouterr().out == "results: 8 cells, 8 done\n"


def test_what_is_running_failed_and_missing(copy, capsys):
    store, cells = Store(copy / "results"), load_plan("small.toml").cells
    store.remove(due.key for due in cells[:4])
    running_now, saved, failed, torso = cells[:4]
    with running.marked(store.directory, running_now.key, "a-sweep") as marker:
        marker.report(30)
        begun = cell_task.run(saved.spec, "reference", keep=Saving(store, saved))
        failures.record(store.directory, failed.key, failed.spec, ValueError("no\nluck"), "a-sweep")
        store.path(torso.key).write_bytes(b"torso")
        assert main(["status", "results"]) == 1
    out = unwrapped(capsys.readouterr().out)
    assert out.startswith("results: 8 cells, 4 done, 1 running, 1 begun and saved, 1 failed, 1 missing")
    assert f"{host()} {os.getpid()}" in out and "50 %" in out and "nobody" in out and "ValueError: no luck" in out
    assert begun.spec == saved.spec
    failures.clear(store.directory, failed.key)
    assert status("results").code == 3


class Saving(Checkpoints):
    """Saves at once, and for good."""

    def __init__(self, store, due):
        super().__init__(store.directory, due.key, "reference", 0.0)


def test_a_dead_process_is_not_running(copy):
    store, due = Store(copy / "results"), load_plan("small.toml").cells[0]
    store.remove([due.key])
    (store.directory / running.FOLDER).mkdir()
    mark = store.directory / running.FOLDER / f"{due.key}.{host()}.999999999.a-sweep.0"
    mark.touch()
    assert status("results").at_work == () and status("results").missing == 1
    store.tidy()
    assert not mark.parent.exists()


def test_no_plan(tmp_path, capsys):
    assert main(["status", str(tmp_path)]) == 2
    assert "has no plan of a sweep" in capsys.readouterr().err


def test_shards_are_merged(copy, capsys):
    assert main(["merge", "all", "shard1", "shard2"]) == 0
    assert "all: 8 cells taken over" in capsys.readouterr().out
    assert_same("all", "results")
    merged, whole = open_folder("all"), open_folder("results")
    assert merged.plan == whole.plan and merged.norm_rows == whole.norm_rows and not merged.faults
    assert sorted(p.name for p in (copy / "all" / "plugins").iterdir()) == sorted(
        p.name for p in (copy / "results" / "plugins").iterdir()
    )
    assert main(["merge", "all", "results"]) == 0
    assert "0 cells taken over, 8 cells were there with the same numbers" in unwrapped(capsys.readouterr().out)


def test_two_different_results_are_told(copy, capsys):
    main(["merge", "all", "shard1"])
    store, other = Store(copy / "shard1"), Store(copy / "all")
    key = other.keys()[0]
    result = store.load(key)
    result.stats.f_gap[0, -1] *= 1 + 1e-15
    result.stats.f_gap[0, -1] = np.nextafter(result.stats.f_gap[0, -1], np.inf)
    store.save(result)
    before = other.load(key)
    capsys.readouterr()
    assert main(["merge", "all", "shard1"]) == 1
    error = unwrapped(capsys.readouterr().err)
    assert f"error: {key}: shard1/cells/{key}.npz and all/cells/{key}.npz differ in f_gap" in error
    assert same_bits(other.load(key).stats, before.stats)


def test_damaged_cells_are_left_out_or_replaced(copy, capsys):
    main(["merge", "all", "shard1"])
    theirs, ours = Store(copy / "shard1"), Store(copy / "all")
    first, second = theirs.keys()[:2]
    theirs.path(first).write_bytes(theirs.path(first).read_bytes()[:-100])
    ours.path(second).write_bytes(b"nothing")
    capsys.readouterr()
    assert main(["merge", "all", "shard1", "shard2"]) == 0
    error = unwrapped(capsys.readouterr().err)
    assert error.count("it is left out") == 1 and error.count("it is replaced") == 1
    assert_same("all", "results")


def test_a_folder_that_is_none(copy, capsys):
    assert main(["merge", "all", "nowhere"]) == 2
    assert "nowhere is not a folder" in capsys.readouterr().err and not (copy / "all").exists()


def test_the_cells_of_a_user_are_merged_without_running_anything(copy):
    (copy / "own.py").write_text("raise SystemExit('it ran')")
    assert main(["merge", "all", "shard1", "shard2"]) == 0
    assert len(open_folder("all").results) == 8
