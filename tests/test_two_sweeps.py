"""Two sweeps of one folder at once share its cells."""

import os
import subprocess
import sys
import threading
import time

import pytest
from cells import same_bits
from test_sweep import assert_same

from simulator.cli import main
from simulator.lab import rounds, running
from simulator.lab.cell_task import How, State, compute_cells
from simulator.lab.compute import compute
from simulator.lab.cutting import Item
from simulator.lab.store import Store
from simulator.lab.sweepfile import load_plan
from simulator.processes import host, host_name, this

MANY = """
replicas = 4
[[sweep]]
problem = "quadratic"
optimizer = "sgd"
dim = 64
steps = 40_000
seed = [{}]
""".format(", ".join(map(str, range(60))))


def test_both_finish_and_share_the_work(tmp_path):
    (tmp_path / "many.toml").write_text(MANY)
    command = [sys.executable, "-m", "simulator", "sweep", "many.toml", "--out", "both"]
    watched = "import os; from simulator.lab import cell_task; from simulator.cli import main; import sys\n" + (
        "run = cell_task.run\n"
        "def counting(*arguments, **options):\n"
        "    with open('computed', 'a') as file: file.write(f'{arguments[0].seed}\\n')\n"
        "    return run(*arguments, **options)\n"
        "cell_task.run = counting\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", watched, *command[3:]]
    both = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in "ab"]
    said = [process.communicate(timeout=300)[0].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    computed = (tmp_path / "computed").read_text().split()
    assert set(computed) == set(map(str, range(60))) and len(computed) <= 63
    assert main(["sweep", str(tmp_path / "many.toml"), "--out", str(tmp_path / "one")]) == 0
    assert_same(tmp_path / "both", tmp_path / "one")
    assert {p.name for p in (tmp_path / "both").iterdir()} == {p.name for p in (tmp_path / "one").iterdir()}
    assert not list((tmp_path / "both").glob("**/.*"))


def cells(tmp_path):
    (tmp_path / "two.toml").write_text(MANY.replace("steps = 40_000", "steps = 40"))
    store = Store(tmp_path / "r")
    store.prepare()
    return store, load_plan(tmp_path / "two.toml").cells[:2]


def test_a_cell_that_another_sweep_has_is_left_to_it(tmp_path):
    store, (first, second) = cells(tmp_path)
    how = How(store.directory, "reference", sweep="mine")
    with running.marked(store.directory, first.key, "other"):
        told = compute_cells([Item(first), Item(second)], how)
        assert [each.state for each in told] == [State.ELSEWHERE, State.DONE]
        with running.marked(store.directory, first.key, "third") as marker:
            assert marker is None
    assert [each.state for each in compute_cells([Item(first)], how)] == [State.DONE]
    assert running.markers(store.directory) == []


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="needs Linux's /proc")
def test_the_number_of_a_dead_process_is_no_sign_of_life(tmp_path):
    """Numbers are given again: what began at another time is another process."""
    store, (first, _) = cells(tmp_path)
    for process, alive in ((this(), True), (f"{os.getpid()}-1", False), (f"{os.getpid()}", True), ("999999999", False)):
        (store.directory / running.FOLDER).mkdir(exist_ok=True)
        mark = store.directory / running.FOLDER / f"{first.key}.{host()}.{process}.other.0"
        mark.touch()
        assert running.others(store.directory, "mine") == ({first.key} if alive else set())
        store.tidy()
        assert mark.exists() == alive
        mark.unlink(missing_ok=True)


@pytest.mark.parametrize("hours", [-24, 24])
def test_the_clock_of_another_host_may_be_wrong(tmp_path, hours):
    store, (first, _) = cells(tmp_path)
    (store.directory / running.FOLDER).mkdir()
    mark = store.directory / running.FOLDER / f"{first.key}.elsewhere.77.other.0"
    mark.touch()
    assert running.others(store.directory, "mine") == {first.key}
    os.utime(mark, (time.time() + 3600 * hours,) * 2)
    assert running.others(store.directory, "mine") == set()


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's namespaces")
def test_processes_of_other_namespaces_are_of_another_host(tmp_path):
    """Containers of one machine often have its name, and process numbers of their own."""
    show = [sys.executable, "-c", "from simulator.processes import host; print(host())"]
    inside = subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", *show], capture_output=True, text=True)
    if inside.returncode:
        pytest.skip(f"namespaces can't be made here: {inside.stderr.strip():.100}")
    outside = subprocess.run(show, capture_output=True, text=True)
    assert outside.stdout.strip() == host() != inside.stdout.strip()
    assert host_name(inside.stdout.strip()) == host_name(host())


def test_waiting_for_another_sweep_is_said(tmp_path, monkeypatch):
    store, (first, _) = cells(tmp_path)
    monkeypatch.setattr(rounds, "PATIENCE", 0.0)
    told = []
    with running.marked(store.directory, first.key, "other") as marker:
        timer = threading.Timer(1.0, marker.path.unlink)
        timer.start()
        rounds.Rounds(None, How(store.directory, sweep="mine"), store, told.append)._wait([Item(first)])
    assert len(told) == 1 and "waiting for 1 cell that another sweep" in told[0]


def test_what_another_sweep_gives_up_is_done_here(tmp_path, monkeypatch):
    """The other one is gone for good while this one waits for it."""
    store, two = cells(tmp_path)
    other = running.marked(store.directory, two[0].key, "other")
    other.__enter__()
    waited = []

    def sleep(seconds):
        waited.append(seconds)
        if len(waited) == 3:
            other.__exit__(None, None, None)

    monkeypatch.setattr("simulator.lab.rounds.time.sleep", sleep)
    compute(two, store, backend="reference", quiet=True)
    assert len(waited) >= 3 and set(store.keys()) == {due.key for due in two}


def test_a_stored_cell_is_not_computed_again(tmp_path, monkeypatch):
    store, two = cells(tmp_path)
    compute(two, store, backend="reference", quiet=True)
    before = {key: store.load(key) for key in store.keys()}
    monkeypatch.setattr("simulator.lab.cell_task.run", None)
    compute(two, store, backend="reference", quiet=True)
    assert all(same_bits(store.load(key).stats, result.stats) for key, result in before.items())
