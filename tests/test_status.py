"""``status`` and ``merge``: how far folders are, and what becomes of several."""

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from cells import same_bits
from test_sweep import assert_same
from unwrap import unwrapped

from problems.errors import InputError
from simulator.cli import main
from simulator.lab import cell_task, checkpoints, failures, running
from simulator.lab.checkpoints import Checkpoints
from simulator.lab.folder import open_folder
from simulator.lab.joined_plan import MOST_LETTERS, joined_plan, joined_source
from simulator.lab.plan import MOST_CELLS
from simulator.lab.status import status
from simulator.lab.store import Store
from simulator.lab.sweepfile import load_plan
from simulator.processes import host, host_name

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
    assert f"{host_name(host())} {os.getpid()}" in out and "50 %" in out
    assert "nobody" in out and "ValueError: no luck" in out
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


def test_a_failed_cell_that_was_saved_is_failed(copy, capsys):
    """As one is that needs more memory than there is, each time."""
    store, due = Store(copy / "results"), load_plan("small.toml").cells[0]
    store.remove([due.key])
    cell_task.run(due.spec, "reference", keep=Saving(store, due))
    failures.record(store.directory, due.key, due.spec, MemoryError(), "a-sweep")
    assert main(["status", "results"]) == 1
    assert "7 done, 1 failed" in unwrapped(capsys.readouterr().out)
    with running.marked(store.directory, due.key, "b-sweep"):  # which tries again
        assert main(["status", "results"]) == 3
    assert "7 done, 1 running" in unwrapped(capsys.readouterr().out)


def test_entries_that_are_no_cells_count_for_nothing(copy):
    results = copy / "results"
    before = status(results)
    (results / "cells" / "dangling.npz").symlink_to("/nowhere")
    (results / "cells" / f"{'a' * 32}.npz").mkdir()
    (results / "running").mkdir()
    (results / "running" / f"{'a' * 32}.vm.²³.x.0").touch()
    (results / "saved").mkdir()
    (results / "saved" / f"{'a' * 32}.cpu.0-²-0-1.run").touch()
    assert status(results) == before
    assert main(["sweep", "small.toml", "--backend", "reference"]) in (0, 3)


def test_the_share_of_a_cut_cell_is_that_of_all_its_parts(copy):
    store, due = Store(copy / "results"), load_plan("small.toml").cells[0]
    store.remove([due.key])
    spec = replace(due.spec, steps=1000)
    (store.directory / "saved").mkdir()
    for replica, steps in ((0, 1000), (1, 500)):
        head = {"format": checkpoints.FORMAT, "seconds": 1.0, "share": steps / spec.steps / spec.replicas}
        path = store.directory / "saved" / f"{due.key}.cpu.{replica}-{replica + 1}-0-1.run"
        path.write_text(json.dumps(head) + "\n")
    marks = [store.directory / running.FOLDER / f"{due.key}.{host()}.{os.getpid()}.s.{n}" for n in (0, 1)]
    marks[0].parent.mkdir()
    for mark in marks:
        mark.touch()
    (found,) = status("results").at_work
    assert found.share == 0.75 and found.process.count(str(os.getpid())) == 2
    os.utime(next((store.directory / "saved").iterdir()), (2**31 + 10**8,) * 2)
    assert status("results").at_work[0].saved == 0


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


def test_what_is_unfinished_is_merged_too(copy, capsys):
    store, (saved, failed, done, *_) = Store(copy / "results"), load_plan("small.toml").cells
    store.remove([saved.key, failed.key])
    cell_task.run(saved.spec, "reference", keep=Saving(store, saved))
    failures.record(store.directory, failed.key, failed.spec, ValueError("no luck"), "a-sweep")
    cell_task.run(done.spec, "reference", keep=Saving(store, done))  # left by somebody who was killed
    assert main(["merge", "all", "results"]) == 0
    found = status("all")
    assert (found.done, len(found.at_work), len(found.failed), found.missing) == (6, 1, 1, 0)
    assert sorted(path.name.partition(".")[0] for path in (copy / "all" / "saved").iterdir()) == [saved.key]
    assert main(["merge", "all", "shard1", "shard2"]) == 0
    store = Store(copy / "all")
    store.tidy()  # as any sweep does
    assert status("all").done == 8 and not (copy / "all" / "saved").exists() and not (copy / "all" / "failed").exists()


def test_recordings_and_their_ladder_are_merged(tmp_path, monkeypatch, capsys):
    from test_ladders import VECTORS

    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.toml").write_text(VECTORS)
    (tmp_path / "b.toml").write_text(VECTORS.replace('"v"', '"w"'))
    for name in "ab":
        main(["networks", f"{name}.toml", "--out", name])
    capsys.readouterr()
    assert main(["merge", "all", "a", "b"]) == 0
    assert "0 cells and 80 recordings taken over" in unwrapped(capsys.readouterr().out)
    assert main(["merge", "all", "a"]) == 0 and "recordings" not in capsys.readouterr().out
    found = open_folder("all")
    assert len(found.recordings) == 80 and found.ladder.source == "a.toml, b.toml" and found.partial == ""
    assert main(["status", "all"]) == 0
    (tmp_path / "all" / "recordings" / f"{found.recordings[0].key}.npz").unlink()
    assert main(["status", "all"]) == 3 and "79 done, 1 missing" in capsys.readouterr().out


def test_two_different_recordings_are_told(tmp_path, capsys):
    from recorded import of_rho

    from simulator.lab import recordings

    recordings.save(tmp_path / "a", of_rho(0.5, 100, 0))
    recordings.save(tmp_path / "b", of_rho(0.6, 100, 0))
    assert main(["merge", str(tmp_path / "all"), str(tmp_path / "a"), str(tmp_path / "b")]) == 1
    assert "differ in l1; the latter is kept" in unwrapped(capsys.readouterr().err)
    (kept,), _ = recordings.load_all(tmp_path / "all")
    assert kept.rho(0) == pytest.approx(0.5)


def test_the_names_of_many_sweeps_are_counted():
    assert joined_source(["a", "b", "a, b", "c"]) == "a, b, c"
    many = [f"{n}-{'x' * 90}" for n in range(200)]
    told = joined_source(many)
    assert told == f"{many[0]} and 199 others" and len(joined_source([told, "b"])) < 2 * MOST_LETTERS


def test_a_theorem_that_no_plan_has_whole_stays_narrowed(copy):
    plan = load_plan("small.toml")
    one = replace(plan, theorems=("sgd-l2",), narrowed={"sgd-l2": "rational alone"})
    two = replace(one, narrowed={"sgd-l2": "cosine alone"})
    both, _ = joined_plan([one, two], [])
    assert both.narrowed == {"sgd-l2": "rational alone; cosine alone"}
    assert joined_plan([one, replace(one, narrowed={})], [])[0].narrowed == {}
    other = replace(one, theorems=("adamw-l1",), narrowed={}, left_out={"r": 2})
    whole, _ = joined_plan([one, other, replace(other, left_out={"r": 3})], [])
    assert whole.narrowed == one.narrowed and whole.left_out == {"r": 3}
    with pytest.raises(InputError, match="merge fewer"):
        joined_plan([replace(plan, cells=tuple(replace(plan.cells[0], key=str(n)) for n in range(MOST_CELLS + 1)))], [])


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
