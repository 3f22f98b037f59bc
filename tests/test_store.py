"""Cells on disk: what is written is read back bit for bit, and what is not a whole cell is never read."""

import importlib.util
import io
import json
import math
import os
import socket
import subprocess
import sys
import time
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cells import made_up, same_bits

from problems.errors import InputError
from simulator import files, processes
from simulator.cells.spec import Spec, canonical_json
from simulator.engines.resolve import resolve
from simulator.lab import store as store_module
from simulator.lab.cellfile import decode, encode, require_room
from simulator.lab.store import CellError, Store

GOLDEN = Path(__file__).parent / "golden" / "keys.json"


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "results")
    store.prepare()
    return store


def rewrite(path, **changes):
    """Replace entries of a cell file, keeping it a well-formed one."""
    with np.load(path) as archive:
        entries = {name: archive[name] for name in archive.files}
    entries.update(changes)
    content = io.BytesIO()
    np.savez(content, **{name: value for name, value in entries.items() if value is not None})
    path.write_bytes(content.getvalue())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"replicas": 1, "steps": 1},
        {"means": [1.0, np.inf, 2.0]},
        {"noise": "student", "noise_args": {"nu": 1.5}},
        {"problem": "ramp", "dtype": "float32", "seed": 2**64 - 1},
    ],
)
def test_round_trip(store, changes):
    result = made_up(**changes)
    path = store.save(result)
    assert path.name == f"{resolve(result.spec).key}.npz"
    read = store.load(resolve(result.spec).key)
    assert same_bits(read.stats, result.stats)
    assert (read.spec, read.constants, read.hyper) == (result.spec, result.constants, result.hyper)
    assert read.provenance == result.provenance and read.status == result.status
    assert [p.name for p in store.cells.iterdir()] == [path.name]


def test_missing_is_none(store):
    assert store.load("0" * 32) is None


BOWL = """from ratecheck.problems import profile

@profile(curvature=1.0, start=2.0)
def bowl(u):
    return 0.5 * u * u

@bowl.derivative
def _bowl(u):
    return u
"""


def test_a_cell_of_a_users_file_is_read_without_the_file(store, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(BOWL)
    result = made_up(problem=f"{file}:bowl")
    store.save(result)
    file.write_text(BOWL.replace("return u\n", "return 1.0 * u\n"))
    assert resolve(Spec.of(**result.spec.to_dict())).key != result.key
    file.write_text("raise RuntimeError('this file ran')\n")
    read = store.load(result.key)
    assert same_bits(read.stats, result.stats) and read.spec == result.spec
    file.unlink()
    assert same_bits(store.load(result.key).stats, result.stats)


def test_a_key_knows_nothing_of_where_a_file_lies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "p.py").write_text(BOWL)
    spellings = ["./p.py", "p.py", str(tmp_path / "p.py"), "sub/../p.py"]
    keys = {made_up(problem=f"{spelling}:bowl").key for spelling in spellings}
    (tmp_path / "p.py").rename(tmp_path / "sub" / "moved.py")
    keys.add(made_up(problem="sub/moved.py:bowl").key)
    assert len(keys) == 1


def test_truncated_anywhere(store):
    result = made_up()
    path = store.save(result)
    content = path.read_bytes()
    for size in [0, 1, 3, 10, 100, *range(500, len(content), 997), len(content) - 1]:
        path.write_bytes(content[:size])
        with pytest.raises(CellError, match=path.name):
            store.load(result.key)


def test_truncated_at_every_byte():
    result = made_up(steps=4, replicas=1)
    content = encode(result)
    assert same_bits(decode(io.BytesIO(content), result.key).stats, result.stats)
    for size in range(len(content)):
        with pytest.raises(CellError):
            decode(io.BytesIO(content[:size]), result.key)


def test_a_cell_of_another_version_is_not_read(store):
    told = json.loads(made_up().identity)
    other = replace(made_up(), identity=canonical_json({**told, "numerics": told["numerics"] + 1}))
    store.save(other)
    with pytest.raises(CellError, match="another version of ratecheck"):
        store.load(other.key)
    assert store.load(made_up().key) is None


def test_flipped_bits_never_change_data(store):
    """A flip is found, or it was in a part of the file that means nothing, such as a time stamp."""
    result = made_up()
    path = store.save(result)
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    found = 0
    for place in rng.integers(len(content), size=300):
        broken = bytearray(content)
        broken[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(bytes(broken))
        try:
            read = store.load(resolve(result.spec).key)
        except CellError:
            found += 1
        else:
            assert same_bits(read.stats, result.stats) and read.hyper == result.hyper and read.spec == result.spec
    assert found > 250


def _spec_text(**changes):
    return np.array(json.dumps({**made_up().spec.to_dict(), **changes}))


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"measured.mean_grad_l1": np.ones(2)}, "mean_grad_l1 is float64 (2,), expected float64 (3,)"),
        ({"measured.mean_grad_l1": np.ones(3, np.float32)}, "float32"),
        ({"measured.mean_grad_l1": np.array([1.0, np.nan, 1.0])}, "no averages"),
        ({"measured.mean_grad_l2": np.array([1.0, -1.0, 1.0])}, "no averages"),
        ({"f_gap": np.ones((3, 2))}, "f_gap"),
        ({"f_gap": np.full(made_up().stats.f_gap.shape, np.nan)}, "no numbers"),
        ({"grad_l1": None}, "entries"),
        ({"extra": np.ones(1)}, "entries"),
        ({"checkpoints": np.array([1, 999])}, "checkpoints"),
        ({"checkpoints": np.array([1.0, 1000.0])}, "checkpoints"),
        ({"checkpoints": np.array([[1, 1000]])}, "checkpoints"),
        ({"spec": _spec_text(seed=1)}, "its spec has seed=1"),
        ({"spec": _spec_text(optimizer="sgd")}, "its spec has optimizer='sgd'"),
        ({"identity": np.array('{"numerics":2}')}, "another cell"),
        ({"spec": _spec_text(problem_args={"start": 3.0, "spectrum": 1.0}, sigma=3)}, "its spec has sigma=3.0"),
        ({"spec": _spec_text(optimizer_args={"lr": 3.0})}, "its spec has optimizer_args"),
        ({"constants": np.array('{"values": {"dim": 17}, "missing": {}}')}, "its constants have dim=17"),
        ({"spec": _spec_text(problem="stranger.py:racional")}, "its spec has problem='racional'"),
        ({"spec": _spec_text(dim=0)}, "dim must be"),
        ({"spec": _spec_text(problem="racional")}, "its spec has problem='racional'"),
        ({"spec": _spec_text(colour="red")}, "exactly the entries"),
        ({"spec": np.array("[]")}, "exactly the entries"),
        ({"spec": np.array("{")}, "damaged"),
        ({"spec": np.array(["a", {}], dtype=object)}, "damaged"),
        ({"hyper": np.array('{"lr": 0.1}')}, "hyper-parameters"),
        ({"hyper": np.array("3")}, "damaged"),
        ({"provenance": np.array("3")}, "provenance"),
        ({"provenance": np.array('{"versions": "abc"}')}, "versions"),
        ({"provenance": np.array('{"versions": {"numpy": 2}}')}, "versions"),
        ({"provenance": np.array('{"seconds": "long"}')}, "seconds"),
        ({"constants": np.array('{"values": {"dim": "x"}, "missing": {}}')}, "damaged"),
        ({"checkpoints": np.arange(1, 100_001)}, "expected at most"),
        ({"measured.mean_grad_l1": None}, "lacks the entries measured.mean_grad_l1"),
        ({"measured.more": np.ones((3, 2))}, "measured.more is float64 (3, 2)"),
    ],
)
def test_wrong_content(store, changes, words):
    result = made_up()
    path = store.save(result)
    rewrite(path, **changes)
    with pytest.raises(CellError) as error:
        store.load(resolve(result.spec).key)
    assert words in str(error.value) and str(path) in str(error.value)


@pytest.mark.parametrize("content", [b"hello\n", b"\x93NUMPY", b"PK\x05\x06" + bytes(18), b"\x80\x04K\x01."])
def test_foreign_file(store, content):
    key = made_up().key
    store.path(key).write_bytes(content)
    with pytest.raises(CellError):
        store.load(key)


def test_renamed_cell(store):
    path = store.save(made_up())
    other = made_up(seed=0, dim=17).key
    path.rename(store.path(other))
    with pytest.raises(CellError, match="another cell"):
        store.load(other)


def test_a_folder_in_the_place_of_a_cell(store):
    key = made_up().key
    store.path(key).mkdir()
    with pytest.raises(CellError, match="a folder, no regular file"):
        store.load(key)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_a_socket_or_a_device_in_the_place_of_a_cell(store, tmp_path, monkeypatch):
    key = made_up().key
    os.mkfifo(store.path(key))
    with pytest.raises(CellError, match="a pipe, no regular file"):
        store.load(key)
    store.path(key).unlink()
    store.path(key).symlink_to("/dev/zero")
    with pytest.raises(CellError, match="a device, no regular file"):
        store.load(key)
    store.path(key).unlink()
    monkeypatch.chdir(store.cells)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as place:
        place.bind(store.path(key).name)
        with pytest.raises(CellError, match="a socket, no regular file"):
            store.load(key)


def repacked(path, compression=zipfile.ZIP_STORED, **contents):
    """Write a cell file anew, with other bytes for some entries."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries.update({f"{name}.npy": content for name, content in contents.items()})
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def array_header(shape, kind="<f8"):
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    text = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    "contents, words",
    [
        ({"f_gap": array_header("(3, 300000000000)")}, "f_gap has 0 bytes"),
        ({"f_gap": array_header("(3, -1)")}, "f_gap"),
        ({"f_gap": array_header("(" + "9" * 60 + ", 9)")}, "f_gap"),
        ({"f_gap": array_header("(0, 99999999999)")}, "f_gap"),
        ({"f_gap": array_header("()", "|O")}, "f_gap"),
        ({"spec": array_header("()", "<U500000000")}, "spec has 0 bytes"),
        ({"f_gap": b"\x93NUMPY\x02\x00\xff\xff\xff\x7f"}, "f_gap"),
        ({"f_gap": bytes(3 * 8 * 5000)}, "expected at most"),
        ({"identity": bytes(5_000_000)}, "expected at most"),
    ],
)
def test_a_file_that_asks_for_memory(store, contents, words):
    path = store.save(made_up())
    repacked(path, **contents)
    tracemalloc.start()
    with pytest.raises(CellError) as error:
        store.load(made_up().key)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert words in str(error.value) and peak < 20e6


def test_a_file_that_unpacks_to_much_or_is_mostly_hole(store):
    path = store.save(made_up())
    content = path.read_bytes()
    repacked(path, zipfile.ZIP_DEFLATED, f_gap=array_header("(3, 10000000)") + bytes(240_000_000))
    assert path.stat().st_size < 1e6
    with pytest.raises(CellError, match="compressed"):
        store.load(made_up().key)
    path.write_bytes(content)
    os.truncate(path, 2**36)  # a hole takes no room on the disk
    with pytest.raises(CellError, match="are the most"):
        store.load(made_up().key)
    os.truncate(path, 2**31)
    with pytest.raises(CellError, match="truncated or no cell file"):
        store.load(made_up().key)


def test_a_cell_that_could_not_be_read_again_is_refused_before_it_runs():
    with pytest.raises(InputError, match="fewer replicas"):
        require_room(Spec.of("rational", "sgd", 1, 1000, 2_000_000))


def test_load_many_goes_on_after_a_fault(store):
    results = [made_up(seed=i, dim=16 + i) for i in range(3)]
    paths = [store.save(result) for result in results]
    paths[1].write_bytes(b"x")
    found, faults = store.load_many([resolve(r.spec).key for r in results] + ["0" * 32])
    assert list(found) == [results[0].key, results[2].key]
    assert len(faults) == 1 and paths[1].name in faults[0]


def test_failed_write_leaves_nothing(store, monkeypatch):
    old = made_up(means=[1, 1, 1])
    store.save(old)

    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(InputError, match="No space left"):
        store.save(made_up(means=[2, 2, 2]))
    assert [p.name for p in store.cells.iterdir()] == [f"{resolve(old.spec).key}.npz"]
    assert same_bits(store.load(resolve(old.spec).key).stats, old.stats)


def test_abandoned_temporary_files_are_removed(store):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()

    def unfinished(host, pid):
        path = store.cells / f".{'a' * 32}.{host}.{pid}.0badc0de.tmp"
        path.write_bytes(b"half")
        return path

    host = processes.host()
    dead, alive = unfinished(host, child.pid), unfinished(host, os.getpid())
    elsewhere, ancient = unfinished("elsewhere", 1), unfinished("elsewhere", 2)
    os.utime(ancient, (time.time() - 2 * store_module.OLD,) * 2)
    store.prepare()
    assert [p.exists() for p in (dead, alive, elsewhere, ancient)] == [False, True, True, False]
    assert store.keys() == []


@pytest.mark.parametrize("place", ["", "cells", "plugins", "recordings", "saved", "failed"])
def test_torsos_are_removed_wherever_files_are_written(store, place):
    folder = store.directory / place
    folder.mkdir(exist_ok=True)
    torsos = [folder / f".{name}.{processes.host()}.999999999-1.0badc0de.tmp" for name in ("a" * 32, "probe")]
    mine = folder / f".mine.{processes.host()}.{processes.this()}.0badc0de.tmp"
    for path in (*torsos, mine):
        path.write_bytes(b"half")
    store.tidy()
    assert [path.exists() for path in (*torsos, mine)] == [False, False, True]


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="needs Linux's /proc")
def test_a_writer_that_is_a_zombie_is_dead(store):
    child = subprocess.Popen([sys.executable, "-c", ""])
    while processes.running(str(child.pid)):  # it ends, and nobody asks how
        time.sleep(0.01)
    os.kill(child.pid, 0)
    path = store.cells / f".{'a' * 32}.{processes.host()}.{child.pid}.0badc0de.tmp"
    path.write_bytes(b"half")
    # not ours, and no reason to fail
    (store.cells / f".{'b' * 32}.{processes.host()}.{child.pid}.0badc0de.tmp").mkdir()
    store.tidy()
    assert not path.exists()
    child.wait()


def test_keys_are_stable():
    """Another key loses everybody's stored results. If it must change: golden/make_keys.py says how."""
    loader = importlib.util.spec_from_file_location("make_keys", GOLDEN.with_name("make_keys.py"))
    make_keys = importlib.util.module_from_spec(loader)
    loader.loader.exec_module(make_keys)
    golden = json.loads(GOLDEN.read_text())
    assert [make_keys.entry(cell["arguments"]) for cell in golden] == golden
    assert len({cell["key"] for cell in golden}) == len(golden) >= 6


CHANGES = {
    "dtype": {"dtype": "float32"},
    "seed": {"seed": 1},
    "dim": {"dim": 5},
    "steps": {"steps": 21},
    "replicas": {"replicas": 3},
    "smoothness": {"smoothness": 2.0},
    "gap": {"gap": 2.0},
    "sigma": {"sigma": 2.0},
    "start": {"problem_args": {"start": 2.5}},
    "spectrum": {"problem_args": {"spectrum": 1.0}},
    "hyper-parameter": {"optimizer_args": {"beta2": 0.5}},
    "noise": {"noise": "uniform"},
    "schedule": {"schedule": "constant", "optimizer_args": {"lr": 0.1}},
}


@pytest.mark.parametrize("change", CHANGES)
def test_key_changes_with(change):
    plain = {"problem": "rational", "optimizer": "adamw", "dim": 4, "steps": 20, "replicas": 2}
    assert resolve(Spec.of(**plain)).key != resolve(Spec.of(**{**plain, **CHANGES[change]})).key


def test_key_changes_with_what_the_names_mean():
    cell = resolve(Spec.of("rational", "adamw", 4, 20, 2))
    others = [
        replace(cell, problem=replace(cell.problem, **{name: 1.25 * getattr(cell.problem, name) + 0.5}))
        for name in ("scale", "start", "center", "spectrum", "curvature", "minimum")
    ]
    others += [
        replace(cell, problem=replace(cell.problem, dphi=cell.problem.phi)),
        replace(cell, noise=replace(cell.noise, variance=math.inf)),
        replace(cell, noise=replace(cell.noise, formula_arguments=(np.float32(1),))),
        replace(cell, noise=replace(cell.noise, formula=cell.problem.phi)),
        replace(cell, optimizer=replace(cell.optimizer, update=cell.problem.phi)),
        replace(cell, hyper={**cell.hyper, "lr": 0.5}),
    ]
    assert len({cell.key, *(other.key for other in others)}) == 1 + len(others)
