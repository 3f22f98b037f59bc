"""Cells that fail: written down with their reason, tried again up to a limit, and the others go on."""

import os
import signal
import time
from functools import partial

import pytest
from cells import same_bits
from test_sweep import SMALL
from unwrap import unwrapped

from simulator.cli import main
from simulator.engines import run
from simulator.lab import cell_task, failures, rounds
from simulator.lab.asks import quantities
from simulator.lab.cell_task import compute_cells
from simulator.lab.compute import CellsFailed, compute
from simulator.lab.executors.place import Place
from simulator.lab.folder import open_folder
from simulator.lab.rounds import SweepError
from simulator.lab.store import Store
from simulator.lab.sweepfile import load_plan


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(SMALL)
    return lambda *options: main(["sweep", "small.toml", "--backend", "reference", *options])


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "results")
    store.prepare()
    return store


def failing(times, spec, *arguments, tried, **options):
    """An engine that fails at the cells of dim = 16, K = 20 the first *times* times."""
    if (spec.dim, spec.steps) == (16, 20):
        tried.append(spec.optimizer)
        if tried.count(spec.optimizer) <= times:
            raise RuntimeError("the engine\nfailed")
    return run(spec, *arguments, **options)


def test_the_others_go_on_and_the_end_says_so(small, store, monkeypatch, capsys):
    tried = []
    monkeypatch.setattr(cell_task, "run", partial(failing, 99, tried=tried))
    assert small() == 1
    error = unwrapped(capsys.readouterr().err)
    assert "error: 2 of 8 cells failed, the others are stored." in error and "(tried 3 times)" in error
    assert "on rational, d = 16, K = 20: RuntimeError: the engine failed" in error and "status results" in error
    assert sorted(tried) == ["adamw"] * failures.ATTEMPTS + ["sgd"] * failures.ATTEMPTS
    assert open_folder("results").partial == "partial: 2 of 8 cells are missing"
    found, _ = failures.failures(store.directory)
    assert {each.error for each in found.values()} == {"RuntimeError: the engine failed"} and len(found) == 2
    monkeypatch.setattr(cell_task, "run", run)
    assert small() == 0
    assert "8 cells, 6 done, 2 to do" in capsys.readouterr().out
    assert failures.failures(store.directory) == ({}, []) and not (store.directory / failures.FOLDER).exists()


def test_what_fails_once_is_tried_again(small, monkeypatch):
    tried = []
    monkeypatch.setattr(cell_task, "run", partial(failing, 1, tried=tried))
    assert small() == 0 and len(tried) == 4


def test_wrong_input_is_not_tried_again(small, store, monkeypatch):
    from problems.errors import InputError

    tried = []

    def refused(spec, *arguments, **options):
        tried.append(spec)
        raise InputError("choose another dim")

    monkeypatch.setattr(cell_task, "run", refused)
    assert small() == 1 and len(tried) == 8
    found, _ = failures.failures(store.directory)
    assert len(found) == 8 and all(
        str(each).endswith("K = 10: choose another dim") for each in found.values() if "10" in each.cell
    )


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-30], lambda text: text.replace("engine", "motor"), lambda _: "[]"]
)
def test_a_damaged_record_is_none_and_is_named(small, store, monkeypatch, capsys, damage):
    monkeypatch.setattr(cell_task, "run", partial(failing, 99, tried=[]))
    small()
    path = next((store.directory / failures.FOLDER).iterdir())
    assert failures.failure(store.directory, path.stem)
    path.write_text(damage(path.read_text()))
    found, faults = failures.failures(store.directory)
    assert failures.failure(store.directory, path.stem) is None and len(found) == 1 and path.name in faults[0]
    capsys.readouterr()
    assert main(["status", "results"]) == 1
    said = capsys.readouterr()
    assert "1 failed, 1 missing" in unwrapped(said.out) and f"{path.name} is damaged" in unwrapped(said.err)


def test_two_sweeps_that_fail_at_one_cell_both_come_to_an_end(small, store):
    """Each counts its own attempts, however often the other one comes between."""
    due = load_plan("small.toml").cells[0]
    found = [failures.record(store.directory, due.key, due.spec, OSError("no"), sweep) for sweep in "ababab"]
    assert [each.attempts for each in found] == [1, 1, 2, 2, 3, 3]
    assert [each.final for each in found] == [False] * 4 + [True] * 2
    for sweep in map(str, range(100)):
        failures.record(store.directory, due.key, due.spec, OSError("no"), sweep)
    assert len(failures.failure(store.directory, due.key).tries) == failures.MOST_SWEEPS


def _killed(batch, how):
    """What a worker does that is killed at the cells of sgd with dim = 16, and at one of adamw the first time."""
    once = how.directory / "killed"
    for due in batch:
        guilty = due.spec.dim == 16 and (due.spec.optimizer == "sgd" or not once.exists())
        with cell_task.marked(how.directory, due.key, how.sweep):
            time.sleep(0.05)  # so that the other worker is in the middle of something as well
            if guilty:
                once.touch()
                os.kill(os.getpid(), signal.SIGKILL)
    return compute_cells(batch, how)


def test_a_cell_that_kills_its_worker_is_found_out(small, store, monkeypatch):
    """Each death ends all workers of the pool; yet only the cells that deserve it are given up."""
    monkeypatch.setattr(rounds, "compute_cells", _killed)
    todo = load_plan("small.toml").cells
    with pytest.raises(CellsFailed, match=r"2 of 8 cells failed.* sgd on rational, d = 16.*died, perhaps for want of"):
        compute(todo, store, backend="reference", place=Place.of(jobs=2))
    monkeypatch.undo()
    assert len(store.keys()) == 6 and len(failures.failures(store.directory)[0]) == 2
    for due in todo:
        if due.key in store.keys():
            expected = run(due.spec, "reference", quantities=quantities(due.asks))
            assert same_bits(store.load(due.key).stats, expected.stats)


def _die(batch, how):
    os.kill(os.getpid(), signal.SIGKILL)


def test_workers_that_die_at_once_end_the_sweep(small, store, monkeypatch):
    monkeypatch.setattr(rounds, "compute_cells", _die)
    with pytest.raises(SweepError, match="end before they begin a cell"):
        compute(load_plan("small.toml").cells, store, backend="reference", place=Place.of(jobs=2))
