"""Bad input gets one line that says what was given, what is allowed and the nearest name; exit code 2."""

import functools
import re
import subprocess
import sys

import pytest
from cells import made_up
from refusal import assert_refused, run
from unwrap import unwrapped

from problems import PROBLEMS
from simulator.cli import main
from simulator.lab.planfile import FORMAT
from simulator.lab.store import Store
from simulator.sealed import sealed
from simulator.theorems import THEOREMS


@pytest.fixture
def refused(capsys):
    return functools.partial(assert_refused, capsys)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"problem": "racional"}, ["'racional'", "did you mean 'rational'? (see: ratecheck list problems)"]),
        ({"optimizer": "adam2"}, ["'adam2'", "did you mean 'adam'? (see: ratecheck list optimizers)"]),
        ({"noise": "gausian"}, ["'gausian'", "did you mean 'gaussian'? (see: ratecheck list noises)"]),
        ({"schedule": "horizont"}, ["'horizont'", "did you mean 'horizon'? (see: ratecheck list schedules)"]),
        ({"backend": "cpus"}, ["'cpus'", "did you mean 'cpu'?"]),
        ({"dtype": "float46"}, ["'float46'", "did you mean 'float64'?"]),
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
        ({"problem_arg": "strat=2"}, ["'strat'", "did you mean 'start'?"]),
        ({"problem_arg": "start"}, ["name=value", "'start'"]),
        ({"problem_arg": "start="}, ["name=value", "'start='"]),
        ({"problem_arg": "start=two"}, ["number", "'two'"]),
        ({"problem_arg": "start=0.5 -1"}, ["start", "number", "'0.5 -1'"]),
        ({"problem_arg": "start=0.5 x"}, ["start", "'0.5 x'"]),
        ({"problem_arg": "dim=3"}, ["no argument 'dim'", "start"]),
        ({"optimizer_arg": "lr=fast"}, ["number", "'fast'"]),
        ({"noise": "student", "noise_arg": "nu=many"}, ["nu", "number", "'many'"]),
        ({"problem_arg": "start=nan"}, ["start", "nan"]),
        ({"problem_arg": "start=0"}, ["start", "another start"]),
        ({"optimizer_arg": "betta1=0.5"}, ["'betta1'", "did you mean 'beta1'?"]),
        ({"optimizer_arg": "beta1=1"}, ["beta1", "below 1"]),
        ({"optimizer_arg": "lr=nan"}, ["lr", "nan"]),
        ({"noise_arg": "nu=3"}, ["'nu'", "gaussian", "none"]),
        ({"noise": "student", "noise_arg": "nu=0.5"}, ["nu", "0.5"]),
        ({"noise": "sparse", "noise_arg": "q=2"}, ["q", "2"]),
        ({"optimizer": "adam"}, ["'adam'", "no theorem", "constant"]),
        ({"optimizer": "adam", "schedule": "constant"}, ["lr"]),
        ({"dim": str(2**32), "replicas": "1000"}, ["GiB", "smaller dim"]),
        ({"sigma": "1" + "0" * 400}, ["sigma", "finite"]),
        ({"noise": "student", "noise_arg": "nu=1e17"}, ["nu", "1e6", "gaussian"]),
        ({"problem": "ramp", "problem_arg": "steepness=1e-200"}, ["'ramp'", "steepness"]),
        ({"problem": "ramp", "problem_arg": "steepness=1e200"}, ["'ramp'", "steepness"]),
        (
            {"sigma": "1e200", "smoothness": "1e200"},
            ["the rule for 'adamw' gives", "at d = 4, K = 10, L = 1e+200, Δ = 1, σ = 1e+200"],
        ),
        ({"smoothness": "1e-300", "gap": "1e-300"}, ["the rule for 'adamw'", "beta1=1"]),
        ({"smoothness": "5e-324"}, ["'rational'", "smoothness", "nearer to 1"]),
        ({"smoothness": "5e-324", "problem": "ramp", "optimizer": "sgd"}, ["'ramp'", "smoothness", "ordinary size"]),
        ({"smoothness": "1e308"}, ["'rational'", "smoothness=1e+308", "nearer to 1"]),
        ({"smoothness": "1e308", "gap": "1e308", "sigma": "1e150"}, ["'rational'", "nearer to 1"]),
        ({"gap": "1e308", "optimizer": "sgd"}, ["'rational'", "gap=1e+308"]),
        ({"gap": "5e-324"}, ["the rule for 'adamw'", "beta1=1"]),
        ({"sigma": "1e308"}, ["the rule for 'adamw'", "σ = 1e+308"]),
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
        (["swep"], ["'swep'", "did you mean 'sweep'? (see: ratecheck --help)"]),
        (["run", "--dim"], ["--dim", "ratecheck run --help"]),
        (["run"], ["--dim", "required", "ratecheck run --help"]),
        (run(problem=None), ["--problem is required", "ratecheck run --help"]),
        (run(optimizer=None), ["--optimizer is required", "--theorem"]),
        (["list", "theorem"], ["'theorem'", "did you mean 'theorems'?"]),
        ([*run(), "--replica", "3"], ["'--replica'", "did you mean '--replicas'?"]),
        ([*run(), "more"], ["unknown argument 'more'"]),
        (["sweep"], ["FILE.toml"]),
        (["sweep", "nothing.toml"], ["nothing.toml", "No such file"]),
        (["sweep", "--seeds", "3", "x.toml"], ["'--seeds'", "did you mean '--seed'?"]),
        (["verify", "nowhere"], ["nowhere", "neither a folder that a sweep wrote nor a theorem"]),
        (["report", "nowhere"], ["nowhere", "not a folder"]),
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


def test_without_a_guess_a_handful_of_names_is_told(refused, capsys):
    assert main(run(problem="zzz")) == 2
    told = unwrapped(capsys.readouterr().err)
    listed = re.search(r"\(known: (.*) and (\d+) more; see: ratecheck list problems\)", told)
    assert len(listed[1].split(", ")) == 5 and 5 + int(listed[2]) == len(PROBLEMS)
    refused(run(backend="zzz"), "(known: cpu, gpu, reference, auto)")  # a handful is told whole
    refused(run(optimizer="adam"), "and others, see: ratecheck list theorems")


def test_false_controls_are_not_suggested_or_listed(capsys):
    controls = [name for name, found in THEOREMS.items() if found.expected == "fails"]
    for name in controls:
        for argv in (run(theorem=f"{name}-2", optimizer=None), ["verify", f"{name}-2"], run(schedule=f"{name}-2")):
            assert main(argv) == 2
            told = unwrapped(capsys.readouterr().err)
            assert f"{name}-2" in told and not any(f"'{control}'" in told for control in controls)


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
        (["good.toml", "--backend", "gpuu"], ["'gpuu'", "did you mean 'gpu'?"]),
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
    refused([command, str(tmp_path)], "not a results folder", "sweep.json")


def test_the_process_exits_with_2_and_one_message():
    done = subprocess.run(
        [sys.executable, "-m", "simulator", *run(problem="rationl")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and done.stdout == ""
    assert len(unwrapped(done.stderr).splitlines()) == 1 and "did you mean 'rational'?" in done.stderr


def test_unexpected_exceptions_keep_their_traceback(monkeypatch):
    def broken(*arguments, **options):
        raise RuntimeError("a bug")

    monkeypatch.setattr("simulator.engines.run", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        main(run())


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
