"""Reading a results folder runs no code of it, whatever its files name; a user's theorem is judged all the same."""

import json
import shutil
from dataclasses import replace

import pytest
from cells import made_up

from simulator import plugins
from simulator.cli import main
from simulator.lab.folder import open_folder
from simulator.lab.planfile import FORMAT, write_plan
from simulator.lab.store import Store
from simulator.lab.sweepfile import load_plan
from simulator.lab.verdicts import FORMAT as VERDICTS
from simulator.sealed import write_sealed

MINE = """from ratecheck import theorem
from ratecheck.problems import profile

@profile(curvature=1.0, start=2.0)
def bowl(u):
    return 0.5 * u * u

@bowl.derivative
def _bowl(u):
    return u

@theorem(optimizer="sgd", rule=lambda c: {"lr": 0.1 / c.smoothness}, measures="mean_grad_l2")
def bound(c):
    '''The mean norm is at most 100 √(LΔ).'''
    return 100.0 * (c.smoothness * c.gap) ** 0.5

@bound.declared
def _(c):
    return 100.0 * (c.smoothness * c.gap) ** 0.5
"""
SWEEP = """theorems = ["mine.py:bound"]
replicas = 8
[[sweep]]
problem = "mine.py:bowl"
optimizer = "sgd"
schedule = "mine.py:bound"
dim = [2, 4]
steps = [40, 80]
"""
TRAP = "import pathlib\npathlib.Path({marker!r}).write_text('a stranger was here')\n"


@pytest.fixture
def trap(tmp_path, monkeypatch):
    """A Python file that leaves a mark when it runs; the mark must not be there at the end."""
    monkeypatch.chdir(tmp_path)
    marker = tmp_path / "marker"
    path = tmp_path / "evil.py"
    path.write_text(TRAP.format(marker=str(marker)) + MINE.replace("bowl", "rational"))
    yield path
    assert not marker.exists()


def folder_with(directory, result=None, *, cells=(), theorems=None, plan=True):
    """A results folder as a stranger may make it."""
    store = Store(directory)
    store.prepare()
    if result is not None:
        store.save(result)
    if plan:
        content = {"source": "x", "quick": False, "theorems": theorems, "norms": None, "plugins": []}
        write_sealed(directory / "sweep.json", FORMAT, {**content, "cells": list(cells)})
    return store


def disguised(name="evil.py:rational", **changes):
    """A whole cell whose spec names a stranger's file, under the key of a shipped problem's."""
    result = made_up(**changes)
    return replace(result, spec=replace(result.spec, problem=name))


def entry(result):
    return {"key": result.key, "spec": result.spec.to_dict()}


@pytest.mark.parametrize("command", ["verify", "report"])
@pytest.mark.parametrize("where", ["cells", "theorems", "a cell without a plan"])
def test_a_strangers_file_is_not_run(trap, tmp_path, command, where, capsys):
    result = disguised(f"{trap}:rational")
    folder = tmp_path / "s"
    if where == "cells":
        folder_with(folder, result, cells=[entry(result)])
    elif where == "theorems":
        folder_with(folder, result, cells=[entry(result)], theorems=[f"{trap}:bound", "adamw-l1"])
    else:
        folder_with(folder, result, plan=False)
    assert main([command, str(folder)]) == (0 if command == "report" else 3)
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err and "1 cell" in shown.out
    if where == "theorems":
        assert f"{trap}:bound: not judged" in shown.err and f"--allow-code {trap}" in shown.err
        assert shown.err.count("\n") == 1


def test_nor_from_within_the_folder(trap, tmp_path, monkeypatch):
    result = disguised("./evil.py:rational")
    folder_with(tmp_path, result, cells=[entry(result)], theorems=["evil.py:bound"])
    for command in ("verify", "report"):
        main([command, "."])
        main([command, "../" + tmp_path.name])


def test_nor_when_a_harmless_sweep_is_resumed(trap, tmp_path):
    text = '[[sweep]]\nproblem = "rational"\noptimizer = "adamw"\ndim = 16\nsteps = [1000, 10]\nreplicas = 3\n'
    (tmp_path / "harmless.toml").write_text(text)
    folder_with(tmp_path / "s", disguised(), cells=[entry(disguised())], theorems=["evil.py:bound"])
    assert made_up().key in [due.key for due in load_plan(tmp_path / "harmless.toml").cells]
    assert main(["sweep", "harmless.toml", "--out", "s", "--backend", "reference"]) == 0
    assert open_folder("s").plan.theorems is None


def test_nor_because_it_lies_among_the_copies(trap, tmp_path):
    result = disguised("evil.py:rational")
    folder_with(tmp_path / "s", result, cells=[entry(result)], theorems=["evil.py:bound"])
    (tmp_path / "s" / "plugins").mkdir()
    shutil.copy(trap, tmp_path / "s" / "plugins" / "evil.py")
    assert main(["verify", "s"]) == 3
    assert main(["verify", "s", "--theorem", "adamw-l1"]) == 3


def test_the_second_wall(trap):
    """Should something that reads results ever ask for a file, it is not run either."""
    with plugins.only([]), pytest.raises(plugins.InputError, match="--allow-code"):
        plugins.load(trap)
    with plugins.only(["other.py"]), pytest.raises(plugins.InputError, match="--allow-code"):
        plugins.find({}, f"{trap}:bound", "theorem")


@pytest.mark.parametrize("options", [["--allow-code", "evil.py"], ["--allow-code", "s/../evil.py"]])
def test_only_a_file_that_the_plan_knows_is_allowed(trap, tmp_path, options, capsys):
    folder_with(tmp_path / "s", made_up(), cells=[entry(made_up())], theorems=["mine.py:bound"])
    for command in ("verify", "report"):
        assert main([command, "s", *options]) == 2
        error = capsys.readouterr().err
        assert "was not run" in error and "expected: mine.py" in error and error.count("\n") == 1
    folder_with(tmp_path / "s", made_up(), plan=True)
    assert main(["verify", "s", *options]) == 2


@pytest.fixture
def swept(tmp_path, monkeypatch, capsys):
    """A folder of a sweep with a theorem and a problem of the user's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "mine.toml").write_text(SWEEP)
    assert main(["sweep", "mine.toml", "--out", "r", "--backend", "reference"]) == 0
    capsys.readouterr()
    return tmp_path / "r"


def verdicts(capsys, *arguments, code=0):
    assert main(list(arguments)) == code
    return capsys.readouterr()


def test_a_folder_stands_alone(swept, tmp_path, capsys):
    (tmp_path / "mine.py").unlink()
    shown = verdicts(capsys, "verify", "r", code=0)
    assert "bound" in shown.out and "not exceeded on 4 cells" in shown.out and shown.err == ""
    assert "mine.py:bound: judged from the bounds that the folder holds" in shown.out
    assert main(["report", "r"]) == 0
    assert open_folder("r").stored["mine.py:bound"].name == "bound"  # a report leaves it there
    shutil.move("r", "elsewhere")
    shown = verdicts(capsys, "verify", "elsewhere")
    assert "not exceeded on 4 cells" in shown.out


def test_the_copies(swept, tmp_path):
    (copy,) = (swept / "plugins").iterdir()
    plan = json.loads((swept / "sweep.json").read_text())
    (told,) = plan["plugins"]
    assert told["given"] == "mine.py" and told["file"] == copy.name and copy.name == f"mine.{told['sha256'][:12]}.py"
    assert copy.read_text() == MINE
    copy.write_text("damaged")
    assert main(["sweep", "mine.toml", "--out", "r", "--backend", "reference"]) == 0
    assert copy.read_text() == MINE


def test_judged_anew_by_its_code(swept, tmp_path, capsys):
    (copy,) = (swept / "plugins").iterdir()
    for path in ("mine.py", str(tmp_path / "mine.py"), f"r/plugins/{copy.name}"):
        shown = verdicts(capsys, "verify", "r", "--allow-code", path)
        assert "not exceeded on 4 cells" in shown.out and "judged" not in shown.out
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.py").write_text(MINE.replace("100.0", "1e-9"))
    shown = verdicts(capsys, "verify", "r", "--allow-code", "other/mine.py", code=1)
    assert "VIOLATED" in shown.out
    assert "judged anew with other/mine.py, though other/mine.py is not what the sweep ran" in shown.out
    assert copy.name in shown.out
    verdicts(capsys, "verify", "r", "--allow-code", "nowhere.py", code=2)


def test_one_theorem(swept, tmp_path, capsys):
    shown = verdicts(capsys, "verify", "r", "--theorem", "adamw-l1", code=3)
    assert "bound:" not in shown.out and "adamw-l1: no cells to judge" in shown.out
    (tmp_path / "another.py").write_text(MINE.replace("100.0", "1e-9").replace("bound", "hope"))
    shown = verdicts(capsys, "verify", "r", "--theorem", "another.py:hope", code=1)
    assert "hope: " in shown.out and "VIOLATED" in shown.out  # its rule is the one that ran
    shown = verdicts(capsys, "verify", "r", "--theorem", "mine.py:bound")
    assert "not exceeded on 4 cells" in shown.out
    assert "did you mean" in verdicts(capsys, "verify", "r", "--theorem", "sgd-l3", code=2).err


def test_without_bounds_it_says_what_to_do(swept, capsys):
    (swept / "verdicts.json").unlink()
    shown = verdicts(capsys, "verify", "r", code=3)
    assert "mine.py:bound: not judged" in shown.err and "--allow-code mine.py" in shown.err
    assert "sha256" in shown.err and shown.err.count("\n") == 1
    verdicts(capsys, "verify", "r", "--allow-code", "mine.py")
    assert main(["report", "r", "--allow-code", "mine.py"]) == 0  # which writes them again
    capsys.readouterr()
    assert verdicts(capsys, "verify", "r").err == ""


def test_cells_that_came_later_are_not_passed_over(swept, tmp_path, capsys):
    (tmp_path / "mine.toml").write_text(SWEEP.replace("[2, 4]", "[2, 4, 8]"))
    old = (swept / "verdicts.json").read_bytes()
    assert main(["sweep", "mine.toml", "--out", "r", "--backend", "reference"]) == 0
    (swept / "verdicts.json").write_bytes(old)
    capsys.readouterr()
    shown = verdicts(capsys, "verify", "r", code=3)
    assert "2 cells came after its bounds were stored" in shown.err


def test_a_flipped_bit_in_the_verdicts_is_found(swept, capsys):
    path = swept / "verdicts.json"
    text = path.read_text()
    assert '"bound": 100.0' in text
    path.write_text(text.replace('"bound": 100.0', '"bound": 500.0'))
    shown = verdicts(capsys, "verify", "r", code=3)
    assert "verdicts.json is damaged" in shown.err and "it is left out" in shown.err


def change(content, place, value):
    *path, last = place
    for step in path:
        content = content[step]
    content[last] = value


RECORD = ("theorems", 0)


@pytest.mark.parametrize(
    "place, value",
    [
        ((*RECORD, "kind"), "certain"),
        ((*RECORD, "kind"), "samples"),
        ((*RECORD, "axes"), ["time"]),
        ((*RECORD, "expected"), "whatever"),
        ((*RECORD, "cells"), []),
        ((*RECORD, "cells"), {"x": {"bound": "1", "rate": 1.0, "void": "", "aside": ""}}),
        ((*RECORD, "cells"), {"x": {"bound": 10**400, "rate": 1.0, "void": "", "aside": ""}}),
        ((*RECORD, "cells"), {"x": {"bound": 1.0}}),
        ((*RECORD, "quantity"), "mean_grad_l1"),
        ((*RECORD, "statement"), "x" * 100_000),
        ((*RECORD, "statement"), {"a": 1}),
        ((*RECORD, "seen"), 3),
        ((*RECORD, "axes"), None),
        (("theorems",), None),
        (("theorems",), [1]),
    ],
)
def test_made_up_bounds_are_left_out_in_one_line(swept, capsys, place, value):
    content = json.loads((swept / "verdicts.json").read_text())
    change(content, place, value)
    del content["digest"]
    write_sealed(swept / "verdicts.json", VERDICTS, {k: v for k, v in content.items() if k != "format"})
    shown = verdicts(capsys, "verify", "r", code=3)
    assert "verdicts.json" in shown.err and "it is left out" in shown.err and len(shown.err.splitlines()) == 2
    assert len(shown.err) < 2000


def test_a_strangers_theorem_has_no_shipped_name(swept, capsys):
    content = json.loads((swept / "verdicts.json").read_text())
    change(content, (*RECORD, "name"), "adamw-l1")
    del content["digest"]
    write_sealed(swept / "verdicts.json", VERDICTS, {k: v for k, v in content.items() if k != "format"})
    assert open_folder(swept).stored["mine.py:bound"].name == "mine.py:bound"
    change(content, (*RECORD, "given"), "sgd-l2")
    write_sealed(swept / "verdicts.json", VERDICTS, {k: v for k, v in content.items() if k != "format"})
    assert "sgd-l2" not in open_folder(swept).stored  # that one is judged by this package's code


def test_a_theorem_about_samples_is_stored_too(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "from ratecheck import sample_theorem\n\n@sample_theorem()\ndef half(row):\n    '''E‖g‖₁ ≥ E‖g‖₂ / 2.'''\n"
        "    return row.mean_l1 - row.mean_l2 / 2, row.sem_l1 + row.sem_l2, None\n"
    )
    (tmp_path / "mine.toml").write_text(
        'theorems = ["mine.py:half"]\n[[sweep]]\nproblem = "rational"\noptimizer = "sgd"\ndim = 2\nsteps = 3\n'
        "replicas = 2\n[norms]\nlaws = ['gaussian']\ndims = [1, 3]\nsamples = 100\n"
    )
    assert main(["sweep", "mine.toml", "--out", "r", "--backend", "reference"]) == 0
    (tmp_path / "mine.py").unlink()
    capsys.readouterr()
    shown = verdicts(capsys, "verify", "r")
    assert "half: no exception in 2 rows" in shown.out
    assert main(["report", "r"]) == 0


def test_a_folder_whose_plug_in_record_is_made_up(swept, capsys):
    content = json.loads((swept / "sweep.json").read_text())
    del content["digest"]
    for file in ("../../evil.py", "/etc/passwd", "mine.py", "mine.0123456789ab.py"):
        content["plugins"][0]["file"] = file
        write_sealed(swept / "sweep.json", FORMAT, {k: v for k, v in content.items() if k != "format"})
        shown = verdicts(capsys, "verify", "r", code=2)
        assert "can't be named" in shown.err and "run the sweep again" in shown.err and shown.err.count("\n") == 1


def test_the_plan_is_written_whole(swept, tmp_path):
    plan = open_folder(swept).plan
    write_plan(tmp_path, plan)
    assert open_folder(tmp_path).plan == plan
