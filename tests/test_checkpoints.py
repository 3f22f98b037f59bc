"""A cell that takes long is saved on its way, goes on from there with the same bits, and leaves nothing behind."""

import json
import shutil
import signal
import subprocess
import sys

import pytest
from cells import same_bits
from test_sweep import alive, assert_same, children, wait_for

from problems.errors import InputError
from simulator.cells.spec import Spec
from simulator.cli import main
from simulator.engines import AUTO, run
from simulator.engines.resolve import resolve
from simulator.lab import checkpoints
from simulator.lab.cell_task import How, State, compute_cells
from simulator.lab.checkpoints import Checkpoints
from simulator.lab.cutting import Item
from simulator.lab.plan import Due
from simulator.lab.store import Store

# enough steps that a cell takes some seconds, which one alone tells
LONG = """
replicas = 8
[[sweep]]
problem = "quadratic"
optimizer = "sgd"
dim = 64
steps = 4_000_000
"""
# the reference engine takes about 1000 steps at a time at this size
SPEC = Spec.of("rational", "adamw", 1500, 3000, 2)


class Stopped(Exception):
    pass


@pytest.fixture(scope="module")
def due():
    cell = resolve(SPEC)
    return Due(cell.key, cell.spec)


@pytest.fixture(scope="module")
def whole():
    return run(SPEC, "reference")


def stopping(after):
    """A progress that stops the run at its call number *after*."""
    calls = []

    def progress(amount):
        calls.append(amount)
        if len(calls) == after:
            raise Stopped

    return progress, calls


def kept(folder, due, **options):
    return Checkpoints(folder, due.key, "reference", 0.0, **options)


@pytest.mark.parametrize("after", [2, 3])
def test_a_run_goes_on_where_it_was_saved(tmp_path, due, whole, monkeypatch, after):
    monkeypatch.setattr(checkpoints, "SHARE", 0.0)
    progress, calls = stopping(after)
    with pytest.raises(Stopped):
        run(SPEC, "reference", progress=progress, keep=kept(tmp_path, due))
    steps = sum(calls[:-1]) // (SPEC.dim * SPEC.replicas)
    assert len(list((tmp_path / checkpoints.FOLDER).iterdir())) == 1 and 0 < steps < SPEC.steps
    done = []
    keep = kept(tmp_path, due)
    result = run(SPEC, "reference", progress=done.append, keep=keep)
    assert same_bits(result.stats, whole.stats)
    assert done[0] == sum(calls[:-1]) and sum(done) == SPEC.dim * SPEC.replicas * SPEC.steps and keep.seconds > 0


def test_nothing_is_saved_before_the_interval(tmp_path, due):
    run(SPEC, "reference", keep=Checkpoints(tmp_path, due.key, "reference", 3600.0))
    assert not (tmp_path / checkpoints.FOLDER).exists()


@pytest.fixture
def saved(tmp_path, due):
    """A folder with the saved run of a cell, and its file."""
    with pytest.raises(Stopped):
        run(SPEC, "reference", progress=stopping(3)[0], keep=kept(tmp_path, due))
    return tmp_path, next((tmp_path / checkpoints.FOLDER).iterdir())


def steps_saved(folder, due):
    from simulator.engines.parts import Part
    from simulator.engines.reference import Engine

    run = kept(folder, due).resumed(Engine(), resolve(SPEC), Part.whole(SPEC), ())
    return None if run is None else run.step


def test_a_damaged_one_is_as_good_as_none(saved, due):
    folder, path = saved
    content = path.read_bytes()
    assert steps_saved(folder, due) > 0
    head, _, rest = content.partition(b"\n")
    told = json.loads(head)
    other = json.dumps({**told, "format": "ratecheck saved run 0"}).encode()
    longer = json.dumps({**told, "seconds": told["seconds"] + 1}).encode()
    damaged = [content[:n] for n in (0, 1, len(head), len(head) + 1, len(content) // 2, len(content) - 1)]
    damaged += [content[:n] + bytes([content[n] ^ 1]) + content[n + 1 :] for n in range(len(head), len(content), 7919)]
    damaged += [content + b"\0", other + b"\n" + rest, longer + b"\n" + rest, b"[]\n" + rest, b"{}\n" + rest]
    damaged += [b"[" * 999 + b"\n" + rest]
    for each in damaged:
        path.write_bytes(each)
        assert steps_saved(folder, due) is None
    path.write_bytes(content)
    assert steps_saved(folder, due) > 0


def test_a_damaged_one_is_named(saved, due):
    folder, path = saved
    path.write_bytes(path.read_bytes()[:-1])
    Store(folder).prepare()
    [told] = compute_cells([Item(due)], How(folder, "reference"))
    assert told.state is State.DONE and len(told.warnings) == 1 and f"{path} is damaged" in told.warnings[0]


def test_one_of_another_cell_or_backend_is_as_good_as_none(saved, due):
    folder, path = saved
    other = resolve(Spec.of("rational", "adamw", 1500, 3000, 2, seed=1))
    shutil.copy(path, path.with_name(path.name.replace(due.key, other.key)))
    keep = Checkpoints(folder, other.key, "reference", 0.0)
    from simulator.engines.parts import Part
    from simulator.engines.reference import Engine

    assert keep.resumed(Engine(), other, Part.whole(SPEC), ()) is None
    assert Checkpoints(folder, due.key, "cpu", 0.0).resumed(Engine(), resolve(SPEC), Part.whole(SPEC), ()) is None


def test_a_disk_that_refuses_costs_only_the_saving(tmp_path, due, whole, monkeypatch):
    def refuse(*arguments):
        raise InputError("can't write: No space left on device")

    monkeypatch.setattr(checkpoints, "write_whole", refuse)
    assert same_bits(run(SPEC, "reference", keep=kept(tmp_path, due)).stats, whole.stats)


def test_a_worker_resumes_and_deletes_it(saved, due, whole):
    folder, path = saved
    store = Store(folder)
    store.prepare()
    assert path.exists()
    [told] = compute_cells([Item(due)], How(folder, "reference"))
    assert told.state is State.DONE and not path.exists()
    assert same_bits(store.load(due.key).stats, whole.stats)
    store.tidy()
    assert sorted(p.name for p in folder.iterdir()) == ["cells"]


def test_auto_saves_under_the_backend_that_runs(tmp_path, due):
    store = Store(tmp_path)
    store.prepare()
    compute_cells([Item(due)], How(tmp_path, AUTO, 1))
    assert store.load(due.key).provenance["backend"] in ("cpu", "gpu")


def test_killed_in_a_cell_and_resumed_elsewhere(tmp_path, capsys):
    (tmp_path / "long.toml").write_text(LONG)
    out = tmp_path / "out"
    options = ["--checkpoint", "0.2", "-j", "2"]
    command = [sys.executable, "-m", "simulator", "sweep", "long.toml", "--out", "out", *options]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: list(out.glob("saved/[!.]*.run")), 120)
    workers = children(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_for(lambda: not any(map(alive, workers)), 30)
    assert not list(out.glob("cells/*.npz"))
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(out, elsewhere)
    assert main(["status", str(elsewhere)]) == 3
    assert "1 begun and saved" in capsys.readouterr().out
    assert main(["sweep", str(tmp_path / "long.toml"), "--out", str(elsewhere)]) == 0
    assert main(["sweep", str(tmp_path / "long.toml"), "--out", str(tmp_path / "whole")]) == 0
    assert_same(elsewhere, tmp_path / "whole")
    left = {path.name for path in elsewhere.iterdir()}
    assert left == {path.name for path in (tmp_path / "whole").iterdir()} and "saved" not in left


def test_fresh_begins_at_the_beginning(tmp_path, monkeypatch, capsys):
    from simulator.lab.sweepfile import load_plan

    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.toml").write_text(LONG.replace("4_000_000", "3000").replace("64", "1500"))
    [due] = load_plan("one.toml").cells
    with pytest.raises(Stopped):
        run(due.spec, "reference", progress=stopping(3)[0], keep=kept(tmp_path / "results", due))
    seen = []
    monkeypatch.setattr(Checkpoints, "resumed", lambda self, *others: seen.append(self._path(others[2]).exists()))
    assert main(["sweep", "one.toml", "--backend", "reference", "--fresh"]) == 0 and seen == [False]
