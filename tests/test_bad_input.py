"""Bad input gets one line that says what was given, what is allowed and the nearest name; exit code 2."""

import subprocess
import sys

import pytest
from cells import made_up

from simulator.cli import main
from simulator.lab.planfile import FORMAT
from simulator.lab.store import Store
from simulator.sealed import sealed

RUN = {
    "--problem": "rational",
    "--optimizer": "adamw",
    "--dim": "4",
    "--steps": "10",
    "--replicas": "2",
    "--backend": "reference",
}


def run(**changes):
    options = {**RUN, **{"--" + name.replace("_", "-"): value for name, value in changes.items()}}
    return ["run", *[text for pair in options.items() for text in pair if text is not None]]


@pytest.fixture
def refused(capsys):
    """Check that a command line is refused with one line that has all the words."""

    def check(argv, *words):
        assert main(argv) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        lines = shown.err.splitlines()
        assert len(lines) == 1 and lines[0].startswith("error: "), shown.err
        assert "Traceback" not in shown.err
        assert all(word in lines[0] for word in words), lines[0]

    return check


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"problem": "racional"}, ["'racional'", "did you mean 'rational'?", "cosine"]),
        ({"optimizer": "adam2"}, ["'adam2'", "did you mean 'adam'?", "sgd"]),
        ({"noise": "gausian"}, ["'gausian'", "did you mean 'gaussian'?", "laplace"]),
        ({"schedule": "horizont"}, ["'horizont'", "did you mean 'horizon'?", "constant"]),
        ({"backend": "cpus"}, ["'cpus'", "did you mean 'cpu'?", "reference"]),
        ({"dtype": "float46"}, ["'float46'", "did you mean 'float64'?", "float32"]),
        ({"dim": "0"}, ["dim", "from 1", "got 0"]),
        ({"dim": "-3"}, ["dim", "got -3"]),
        ({"dim": "2.5"}, ["dim", "integer", "2.5"]),
        ({"dim": "many"}, ["--dim", "number", "'many'"]),
        ({"steps": "0"}, ["steps", "from 1", "got 0"]),
        ({"steps": str(2**32 + 1)}, ["steps", str(2**32), str(2**32 + 1)]),
        ({"replicas": "0"}, ["replicas", "got 0"]),
        ({"replicas": "nan"}, ["replicas", "nan"]),
        ({"sigma": "-1"}, ["sigma", "≥ 0", "-1"]),
        ({"sigma": "nan"}, ["sigma", "finite", "nan"]),
        ({"sigma": "inf"}, ["sigma", "finite", "inf"]),
        ({"smoothness": "0"}, ["smoothness", "> 0", "got 0"]),
        ({"gap": "-2"}, ["gap", "> 0", "-2"]),
        ({"gap": "nan"}, ["gap", "nan"]),
        ({"seed": "-1"}, ["seed", "-1"]),
        ({"seed": str(2**64)}, ["seed", str(2**64)]),
        ({"problem_arg": "strat=2"}, ["'strat'", "did you mean 'start'?", "spectrum"]),
        ({"problem_arg": "start"}, ["name=number", "'start'"]),
        ({"problem_arg": "start=two"}, ["number", "'two'"]),
        ({"problem_arg": "start=nan"}, ["start", "nan"]),
        ({"problem_arg": "start=0"}, ["start", "another start"]),
        ({"optimizer_arg": "betta1=0.5"}, ["'betta1'", "did you mean 'beta1'?", "lr"]),
        ({"optimizer_arg": "beta1=1"}, ["beta1", "below 1"]),
        ({"optimizer_arg": "lr=nan"}, ["lr", "nan"]),
        ({"noise_arg": "nu=3"}, ["'nu'", "gaussian", "none"]),
        ({"noise": "student", "noise_arg": "nu=0.5"}, ["nu", "0.5"]),
        ({"noise": "sparse", "noise_arg": "q=2"}, ["q", "2"]),
        ({"optimizer": "adam"}, ["'adam'", "no theorem", "constant"]),
        ({"optimizer": "adam", "schedule": "constant"}, ["lr"]),
        ({"sigma": "0"}, ["sigma > 0", "constant"]),
        ({"dim": str(2**32), "replicas": "1000"}, ["GiB", "smaller dim"]),
        ({"sigma": "1" + "0" * 400}, ["sigma", "finite"]),
        ({"noise": "student", "noise_arg": "nu=1e17"}, ["nu", "1e6", "gaussian"]),
        ({"problem": "ramp", "problem_arg": "steepness=1e-200"}, ["'ramp'", "steepness"]),
        ({"problem": "ramp", "problem_arg": "steepness=1e200"}, ["'ramp'", "steepness"]),
        ({"sigma": "1e-200"}, ["the rule for 'adamw'", "sigma=1e-200"]),
        ({"sigma": "1e200", "smoothness": "1e200"}, ["the rule for 'adamw'", "1e+200"]),
        ({"smoothness": "1e-300", "gap": "1e-300"}, ["the rule for 'adamw'", "beta1=1"]),
        ({"problem": "ramp", "sigma": "0", "optimizer": "sgd"}, ["ramp", "finite C"]),
        ({"problem": "ramp", "noise": "student", "noise_arg": "nu=2"}, ["ramp", "finite C", "finite variance"]),
        ({"problem": "nothing.py:well"}, ["nothing.py", "No such file"]),
    ],
)
def test_run(refused, changes, words):
    refused(run(**changes), *words)


@pytest.mark.parametrize(
    "argv, words",
    [
        ([], ["COMMAND"]),
        (["swep"], ["'swep'", "did you mean 'sweep'?", "verify"]),
        (["run", "--dim"], ["--dim", "ratecheck run --help"]),
        (["run"], ["--problem", "required", "ratecheck run --help"]),
        ([*run(), "--replica", "3"], ["'--replica'", "did you mean '--replicas'?"]),
        ([*run(), "more"], ["unknown argument 'more'"]),
        (["sweep"], ["FILE.toml"]),
        (["sweep", "nothing.toml"], ["nothing.toml", "No such file"]),
        (["sweep", "--seeds", "3", "x.toml"], ["'--seeds'", "did you mean '--seed'?"]),
        (["verify", "nowhere"], ["nowhere", "no folder"]),
        (["report", "nowhere"], ["nowhere", "no folder"]),
        (["check", "nothing.py"], ["nothing.py", "No such file"]),
        (["check", "file.txt"], ["FILE.py", "file.txt"]),
        (["norms", "--laws", "gausian"], ["'gausian'", "did you mean 'gaussian'?"]),
        (["norms", "--dims", "0"], ["dims", "got 0"]),
        (["norms", "--dims", "1,x"], ["--dims", "number", "'x'"]),
        (["norms", "--samples", "1"], ["samples", "got 1"]),
    ],
)
def test_usage(refused, tmp_path, monkeypatch, argv, words):
    monkeypatch.chdir(tmp_path)
    refused(argv, *words)


@pytest.fixture
def toml(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = '[[sweep]]\nproblem = "rational"\noptimizer = "sgd"\ndim = 2\nsteps = 5\nreplicas = 2\n'
    (tmp_path / "good.toml").write_text(text)
    (tmp_path / "key.toml").write_text(text + "stpes = 3\n")
    (tmp_path / "syntax.toml").write_text(text + "sigma = \n")
    (tmp_path / "dim.toml").write_text(text.replace("dim = 2", "dim = [2, 0]"))
    return tmp_path


@pytest.mark.parametrize(
    "argv, words",
    [
        (["key.toml"], ["key.toml", "'stpes'", "did you mean 'steps'?"]),
        (["syntax.toml"], ["syntax.toml", "line 7"]),
        (["dim.toml"], ["dim.toml", "[[sweep]] number 1", "dim", "got 0"]),
        (["good.toml", "--out", "good.toml"], ["can't write to good.toml", "--out"]),
        (["good.toml", "--out", "good.toml/deeper"], ["can't write to good.toml", "--out"]),
        (["good.toml", "--backend", "gpuu"], ["'gpuu'", "cpu"]),
        (["good.toml", "-j", "0"], ["-j", "got 0"]),
        (["good.toml", "-j", "1.5"], ["-j", "1.5"]),
        (["good.toml", "--set", "dims=3"], ["'dims'", "did you mean 'dim'?"]),
        (["good.toml", "--seed", "-1"], ["seed", "-1"]),
    ],
)
def test_sweep(refused, toml, argv, words):
    refused(["sweep", *argv], *words)


def test_a_disk_that_refuses(toml, monkeypatch, capsys):
    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("simulator.files.os.replace", full)
    assert main(["sweep", "good.toml", "--backend", "reference"]) == 2
    line = capsys.readouterr().err.strip()
    assert line.startswith("error: can't write results/") and line.endswith("No space left on device")


@pytest.mark.parametrize("command", ["verify", "report"])
@pytest.mark.parametrize(
    "content, words",
    [
        ("{", ["no JSON"]),
        ("[" * 100_000, ["no JSON"]),
        ("[]", ["not a plan"]),
        ('{"format": "other"}', ["not a plan"]),
        ('{"format": "ratecheck sweep 1"}', ["not a plan"]),
        ('{"format": "ratecheck sweep 2"}', ["damaged", "digest"]),
        (sealed(FORMAT, {}), ["damaged", "cells"]),
        (
            sealed(
                FORMAT,
                {
                    "norms": None,
                    "theorems": None,
                    "plugins": [],
                    "source": "",
                    "quick": False,
                    "cells": [{"key": "0" * 32, "spec": {"dim": 0}}],
                },
            ),
            ["damaged", "entries"],
        ),
    ],
)
def test_corrupt_plan(refused, tmp_path, command, content, words):
    store = Store(tmp_path)
    store.prepare()
    store.save(made_up())
    (tmp_path / "sweep.json").write_text(content)
    refused([command, str(tmp_path)], "sweep.json", "run the sweep again", *words)


@pytest.mark.parametrize("command", ["verify", "report"])
def test_a_folder_of_something_else(refused, tmp_path, command):
    (tmp_path / "holiday.jpg").write_bytes(b"")
    refused([command, str(tmp_path)], "no results folder", "sweep.json")


def test_a_file_with_nothing_to_check(refused, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("answer = 42\n")
    refused(["check", str(file)], "mine.py", "no problem", "@profile")
    file.write_text("1/0\n")
    refused(["check", str(file)], "mine.py", "ZeroDivisionError")
    file.write_text("def f(:\n")
    refused(["check", str(file)], "mine.py", "SyntaxError")


def test_a_formula_outside_the_language(refused, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        'from problems import profile\n\n\n@profile(curvature=1.0)\ndef well(u):\n    """A well."""\n'
        "    total = 0.0\n    for i in range(3):\n        total = total + u\n    return total\n"
    )
    refused(["check", str(file)], "mine.py:8", "loops")
    refused(run(problem=f"{file}:well"), "mine.py:8", "loops")


def test_an_unknown_name_in_a_users_file(refused, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from simulator.optimizers import optimizer\n\n\n@optimizer()\ndef signed(x, g, lr):\n"
        "    return x - lr * g\n\n\nnumber = 3\n"
    )
    refused(run(optimizer=f"{file}:sgined"), "mine.py", "did you mean 'signed'?")
    refused(run(optimizer=f"{file}:number"), "number", "no optimizer")


def test_the_process_exits_with_2_and_one_line():
    done = subprocess.run(
        [sys.executable, "-m", "simulator", *run(problem="rationl")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and "did you mean 'rational'?" in done.stderr


def test_unexpected_exceptions_keep_their_traceback(monkeypatch):
    def broken(*arguments, **options):
        raise RuntimeError("a bug")

    monkeypatch.setattr("simulator.engines.run", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        main(run())


def test_objects_of_the_wrong_kind_in_a_users_file(refused, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def plain(dim):\n    return dim\n\n\nclass Law:\n    pass\n\n\ndef empty():\n    return None\n")
    refused(run(problem=f"{path}:plain"), "mine.py:plain", "no problem")
    refused(run(noise=f"{path}:Law"), "mine.py:Law", "no noise")
    refused(run(noise=f"{path}:empty"), "mine.py:empty", "no noise")
    refused(run(optimizer=f"{path}:plain"), "mine.py:plain", "no optimizer")


def test_a_users_functions_that_fail(refused, tmp_path):
    path = tmp_path / "mine.py"
    text = "from problems import profile\n\n@profile(curvature=lambda: 1 / 0)\ndef p(u):\n    return u * u\n"
    path.write_text(text + "\n@p.derivative\ndef q(u):\n    return 2.0 * u\n")
    refused(run(problem=f"{path}:p"), "sup|φ''|", "ZeroDivisionError")
    path.write_text("import sys\n\nsys.exit(0)\n")
    refused(["check", str(path)], "mine.py", "SystemExit")
    for rule, word in (("lambda c: 3", "no numbers"), ("lambda c: {'lr': float('nan')}", "lr=nan")):
        head = "from ratecheck import optimizer, theorem\n\n@optimizer()\ndef own(x, g, lr):\n    return x - lr * g\n\n"
        tail = f"@theorem(optimizer=own, rule={rule})\ndef t(c):\n    'A statement.'\n    return 1.0\n"
        path.write_text(head + tail)
        refused(run(optimizer=f"{path}:own"), "the rule for 'own'", word)


def test_a_theorem_that_fails_is_named_and_the_cells_stay(tmp_path, capsys):
    path = tmp_path / "mine.py"
    path.write_text(
        "from ratecheck import theorem\n\n\n@theorem(optimizer='sgd')\ndef odd(c):\n"
        "    'A statement.'\n    return {}['nosuch']\n"
    )
    plan = tmp_path / "plan.toml"
    plan.write_text(
        f"theorems = ['{path}:odd']\n[[sweep]]\nproblem = 'quadratic'\noptimizer = 'sgd'\nschedule = 'constant'\n"
        "optimizer_args = {lr = 0.1}\ndim = 1\nsteps = 2\nreplicas = 2\n"
    )
    out = tmp_path / "out"
    assert main(["sweep", str(plan), "--out", str(out), "--backend", "reference"]) == 2
    shown = capsys.readouterr()
    assert "'odd'" in shown.err and "KeyError" in shown.err and "the cells are stored" in shown.err
    assert shown.err.count("\n") == 1 and len(list(out.glob("cells/*.npz"))) == 1


def test_a_reader_that_goes_away_or_a_full_disk_is_no_success():
    def code(command):
        return subprocess.run(["bash", "-c", command], capture_output=True, encoding="utf-8", check=False)

    gone = code(f"set -o pipefail; {sys.executable} -m simulator list | true")
    assert gone.returncode != 0 and "Traceback" not in gone.stderr
    full = code(f"{sys.executable} -m simulator list > /dev/full")
    assert full.returncode == 2 and full.stderr.startswith("error: ") and full.stderr.count("\n") == 1
