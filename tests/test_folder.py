"""What is in a results folder is counted, compared with its digest, and read only if it is a file of a sane size."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from cells import made_up, same_bits
from unwrap import unwrapped

from simulator.cli import main
from simulator.engines.resolve import resolve
from simulator.lab import rounds
from simulator.lab.cell_task import compute_cells
from simulator.lab.folder import open_folder, read_plan
from simulator.lab.plan import plan_of, tables_of
from simulator.lab.planfile import FORMAT
from simulator.lab.store import Store
from simulator.lab.sweep import Vanished, Way, sweep
from simulator.sealed import MOST, write_sealed
from simulator.theorems import THEOREMS

SWEEP = """
replicas = 2
[[sweep]]
problem = "rational"
optimizer = ["sgd", "adamw"]
dim = [3, 16]
steps = [100, 200]
[norms]
laws = ["gaussian"]
dims = [1, 3]
samples = 100
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    (folder / "small.toml").write_text(SWEEP)
    assert main(["sweep", str(folder / "small.toml"), "--out", str(folder / "r"), "--backend", "reference"]) == 0
    return folder / "r"


@pytest.fixture
def copy(whole, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(whole, tmp_path / "r")
    shutil.copy(whole.parent / "small.toml", tmp_path)
    capsys.readouterr()
    return tmp_path / "r"


def again(*options):
    return main(["sweep", "small.toml", "--out", "r", "--backend", "reference", *options])


@pytest.mark.parametrize("gone", ["one cell", "all cells", "norms.json", "sweep.json", "the folder", "a damaged cell"])
def test_what_vanishes_is_told(copy, monkeypatch, capsys, gone):
    def and_then(batch, *arguments):
        lines = compute_cells(batch, *arguments)
        cells = sorted(copy.glob("cells/*.npz"))
        if len(cells) == 8 or gone == "the folder":
            {
                "one cell": lambda: cells[0].unlink(),
                "all cells": lambda: [cell.unlink() for cell in cells],
                "norms.json": lambda: (copy / "norms.json").unlink(missing_ok=True),
                "sweep.json": lambda: (copy / "sweep.json").unlink(missing_ok=True),
                "the folder": lambda: shutil.rmtree(copy, ignore_errors=True),
                "a damaged cell": lambda: cells[0].write_bytes(b"x"),
            }[gone]()
        return lines

    monkeypatch.setattr(rounds, "compute_cells", and_then)
    code = again("--fresh")
    shown = capsys.readouterr()
    if gone == "norms.json":  # they are made after the cells
        assert code == 0 and (copy / "norms.json").exists()
        return
    # where the whole folder goes, the next write may fail first, which is told as well
    assert code == (2 if gone == "the folder" and "can't write" in shown.err else 1)
    assert (
        "done:" not in shown.out and shown.err.splitlines()[-1].startswith("error: ") and "Traceback" not in shown.err
    )
    if gone == "one cell":
        assert "1 of 8 cells is missing" in shown.err and "run the sweep again" in shown.err
    monkeypatch.undo()
    monkeypatch.chdir(copy.parent)
    assert again() == 0


def test_a_flipped_bit_of_the_plan_is_found(copy):
    content, plan = (copy / "sweep.json").read_bytes(), read_plan(copy)
    rng = np.random.default_rng(0)
    found = 0
    for place in rng.integers(len(content), size=300):
        broken = bytearray(content)
        broken[place] ^= 1 << int(rng.integers(8))
        (copy / "sweep.json").write_bytes(bytes(broken))
        try:
            assert read_plan(copy) == plan
        except ValueError as error:
            found += 1
            assert "run the sweep again" in str(error)
    assert found > 250


@pytest.mark.parametrize("change", [("seed", 1), ("steps", 10**400), ("dim", [1]), ("problem", 3), ("problem", {})])
def test_an_edited_plan_is_found(copy, capsys, change):
    data = json.loads((copy / "sweep.json").read_text())
    data["cells"][0]["spec"][change[0]] = change[1]
    (copy / "sweep.json").write_text(json.dumps(data))
    for command in ("verify", "report"):
        assert main([command, "r"]) == 2
        assert "sweep.json is damaged" in capsys.readouterr().err
    del data["digest"]
    write_sealed(copy / "sweep.json", FORMAT, {k: v for k, v in data.items() if k != "format"})
    assert main(["verify", "r"]) == (3 if change == ("seed", 1) else 2)  # the key is what counts
    assert capsys.readouterr().err.count("\n") == (0 if change == ("seed", 1) else 1)
    assert again() == 0 and "8 done" in capsys.readouterr().out


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "0" * 31, "G" * 32, 3, None, "0" * 31 + "\n"])
def test_a_key_is_no_path(copy, capsys, key):
    data = json.loads((copy / "sweep.json").read_text())
    data["cells"][0]["key"] = key
    write_sealed(copy / "sweep.json", FORMAT, {k: v for k, v in data.items() if k not in ("format", "digest")})
    assert main(["verify", "r"]) == 2
    assert "32 hexadecimal digits" in capsys.readouterr().err


def test_an_edited_norm_check_is_found(copy, capsys):
    path = copy / "norms.json"
    assert main(["verify", "r", "--theorem", "norms"]) == 0
    path.write_text(path.read_text().replace('"violations": 0', '"violations": 8', 1))
    capsys.readouterr()
    assert main(["verify", "r", "--theorem", "norms"]) == 3
    shown = capsys.readouterr()
    assert "norms.json is damaged" in shown.err and "VIOLATED" not in shown.out
    assert again() == 0 and "they are made again" in capsys.readouterr().err
    assert main(["verify", "r", "--theorem", "norms"]) == 0


def replaced_by(kind, path):
    if path.is_file():
        path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "loop":
        path.symlink_to(path)
    else:
        path.touch()
        os.truncate(path, 2**40 if kind == "hole" else MOST + 1)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "loop", "hole", "large"])
@pytest.mark.parametrize("name", ["cell", "sweep.json", "norms.json", "verdicts.json"])
def test_what_is_no_file_stops_nobody(copy, capsys, name, kind):
    path = sorted(copy.glob("cells/*.npz"))[0] if name == "cell" else copy / name
    replaced_by(kind, path)
    for command in ("verify", "report") if kind == "pipe" else ("verify",):
        code = main([command, "r"])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err and path.name in shown.err and len(shown.err.splitlines()) == 1
        assert code == (2 if name == "sweep.json" else 0 if command == "report" else 3)
    code = again()
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    if kind == "folder":
        assert code == 2 and str(path.name) in shown.err.splitlines()[-1]
    else:
        assert code == 0 and again() == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_hangs_no_process(copy):
    for name in ("sweep.json", "norms.json", "verdicts.json", *(f"cells/{p.name}" for p in copy.glob("cells/*.npz"))):
        replaced_by("pipe", copy / name)
    command = [sys.executable, "-m", "simulator", "verify", "r"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 2 and unwrapped(done.stderr).count("\n") == 1
    assert done.stderr.count("can't be read") == 1


def test_names_that_are_no_utf8(copy, capsys):
    name = os.fsdecode(b"\xff.toml")
    try:
        shutil.copy("small.toml", name)
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    out = os.fsdecode(b"r\xfe")
    assert main(["sweep", name, "--out", out, "--backend", "reference"]) == 0
    assert main(["sweep", name, "--out", out, "--backend", "reference"]) == 0
    assert "8 done" in capsys.readouterr().out
    assert open_folder(out).plan.source == "\\udcff.toml"
    assert main(["verify", out]) == 3 and main(["report", out]) == 0


def test_a_sweep_as_a_call(tmp_path):
    theorem = THEOREMS["sgd-l2"]
    sizes = {"dim": [2, 4], "steps": [10, 40], "replicas": 8, "quick": {"steps": 10}}
    small = [{**table, **sizes} for table in tables_of(theorem, "sgd", "horizon")]
    plan = plan_of(small, [theorem, *theorem.controls], "theorem sgd-l2", quick=True)
    names = ["sgd-l2", *(control.name for control in theorem.controls)]
    assert list(plan.theorems) == names and {due.spec.steps for due in plan.cells} == {10}
    assert list(dict.fromkeys(due.spec.problem for due in plan.cells)) == [
        "rational",
        "cosine",
        "uneven-ramp",
        "slope-and-bowl",
        "ramp",
    ]
    assert {due.spec.problem_args.get("steepness") for due in plan.cells} == {None, 0.5, 0.75}
    out, seen = tmp_path / "r", []
    folder, judgement = sweep(plan, out, Way("reference", begin=lambda found: seen.append(len(found.todo))))
    assert [v.claim for v in judgement.verdicts] == names and seen == [len(plan.cells)]
    assert len(folder.results) == len(plan.cells) and open_folder(out).plan == plan
    with pytest.raises(Vanished):
        sweep(plan, out, Way("reference", begin=lambda found: shutil.rmtree(out / "cells")))


def test_equal_numbers_wherever_they_are_stored(copy):
    store = Store(copy)
    for result in open_folder(copy).results:
        assert same_bits(store.load(resolve(result.spec).key).stats, result.stats)
    assert store.load(made_up().key) is None
