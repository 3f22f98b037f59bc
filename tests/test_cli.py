"""The command line: what is printed, and the exit codes."""

import json
import math
import os
import subprocess
import sys
import xml.etree.ElementTree

import numpy as np
import pytest
from simulator.claims import CLAIMS
from simulator.schedules import SCHEDULES
from synthetic import rate, sweep

from problems import NOISES, PROBLEMS
from simulator.cells.spec import Spec
from simulator.cli import MODULES, main
from simulator.engines import run
from simulator.lab.folder import write_plan
from simulator.lab.plan import Plan
from simulator.lab.store import Store
from simulator.optimizers import OPTIMIZERS
from simulator.strict_json import dumps

RUN = ["run", "--problem", "rational", "--optimizer", "adamw", "--dim", "3", "--steps", "20", "--backend", "reference"]


def strict(text):
    """json.loads that refuses the words NaN and Infinity, as other parsers do."""

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture
def run_json(capsys):
    def call(*options):
        assert main([*RUN, "--json", *options]) == 0
        return strict(capsys.readouterr().out)

    return call


def test_run_json(run_json):
    out = run_json(
        "--replicas",
        "4",
        "--sigma",
        "0.5",
        "--gap",
        "2",
        "--smoothness",
        "3",
        "--seed",
        "9",
        "--problem-arg",
        "start=1.5",
        "--problem-arg",
        "spectrum=1",
        "--optimizer-arg",
        "beta1=0.5",
    )
    spec = Spec.of(
        "rational",
        "adamw",
        3,
        20,
        4,
        sigma=0.5,
        gap=2,
        smoothness=3,
        seed=9,
        problem_args={"start": 1.5, "spectrum": 1},
        optimizer_args={"beta1": 0.5},
    )
    result = run(spec, backend="reference")
    assert Spec.from_dict(out["spec"]) == spec
    c = (0.25 * 3 * 2) ** 0.25
    assert out["constants"] == {"smoothness": 3, "gap": 2, "sigma": 0.5, "C": pytest.approx(c, rel=1e-15)}
    assert out["hyperparameters"] == {**result.hyper} and out["hyperparameters"]["beta1"] == 0.5
    for name, bound in (("l1", math.sqrt(3) * c * 20**-0.25), ("l2", c * 20**-0.25)):
        values = getattr(result.stats, f"mean_grad_{name}")
        measured = out[f"mean_grad_{name}"]
        assert measured["values"] == values.tolist()
        assert measured["mean"] == pytest.approx(np.mean(values), rel=1e-15)
        assert measured["sem"] == pytest.approx(np.std(values, ddof=1) / 2, rel=1e-12)
        assert out[f"ratio_{name}"] == pytest.approx(np.mean(values) / bound, rel=1e-14)
    assert out["max_abs_x"] == result.stats.max_abs_x.max() and out["status"] == "ok" and out["seconds"] > 0


def test_one_replica_has_no_error_and_sgd_no_beta(run_json):
    out = run_json("--replicas", "1", "--optimizer", "sgd")
    assert out["mean_grad_l1"]["sem"] is None and len(out["mean_grad_l1"]["values"]) == 1
    assert out["hyperparameters"]["lr"] > 0
    assert [out["hyperparameters"][name] for name in ("beta1", "beta2", "eps", "weight_decay")] == [None] * 4


def test_infinite_variance_in_json(run_json):
    out = run_json("--replicas", "2", "--noise", "student", "--noise-arg", "nu=1.5")
    assert out["constants"]["sigma"] == math.inf and out["constants"]["C"] == math.inf
    assert out["ratio_l1"] is None and out["ratio_l2"] is None


def test_a_diverged_run_in_json(run_json):
    out = run_json("--replicas", "2", "--problem", "quadratic", "--optimizer", "sgd", "--optimizer-arg", "lr=1e200")
    assert out["status"] == "diverged"
    assert out["mean_grad_l1"] == {"mean": math.inf, "sem": None, "values": [math.inf] * 2}
    assert out["ratio_l1"] == out["max_abs_x"] == math.inf


def test_run_for_people(capsys):
    assert main([*RUN, "--replicas", "2"]) == 0
    out = capsys.readouterr().out
    assert "adamw on rational" in out and "±" in out and "weight_decay" in out and "ok" in out


@pytest.mark.parametrize(
    "value, text",
    [
        ({}, "{}"),
        ([], "[]"),
        (math.nan, "null"),
        (math.inf, "1e999"),
        (-math.inf, "-1e999"),
        (True, "true"),
        (0.1, "0.1"),
        (np.float64(0.1), "0.1"),
        (np.int64(3), "3"),
        (np.array([1.0, np.inf]), "[1.0, 1e999]"),
        ('σ\n"', '"σ\\n\\""'),
        ((1, None), "[1, null]"),
    ],
)
def test_strict_json(value, text):
    assert dumps(value) == text
    strict(text)


def test_strict_json_nested():
    value = {"a": [{"b": [1.5, 2]}, []], "c": {}, "d": [[1], [2.0]]}
    assert strict(dumps(value)) == strict(dumps(value, indent=0)) == value
    with pytest.raises(TypeError):
        dumps({"a": {1, 2}})


@pytest.mark.parametrize("command", MODULES)
def test_help(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert f"ratecheck {command}" in capsys.readouterr().out.split("examples:")[1]


def test_list(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = {line.split()[0] for line in lines if line.startswith("  ")}
    names = {*PROBLEMS, *NOISES, *OPTIMIZERS, *SCHEDULES, *CLAIMS}
    assert heads == names
    assert all(len(line.split()) > 2 for line in lines if line.startswith("  "))


@pytest.fixture
def folder(tmp_path):
    """A function that makes a results folder of 25 cells with a law of ours, and a plan that names adamw-l1."""

    def make(law, replicas=8, **options):
        results = sweep(law, replicas=replicas)
        store = Store(tmp_path / "results")
        store.prepare()
        for result in results:
            store.save(with_curves(result))
        write_plan(store.directory, Plan("test", False, tuple(r.spec for r in results), ("adamw-l1",)))
        return store.directory

    return make


def with_curves(result):
    from dataclasses import replace

    from cells import made_up

    stats = made_up(dim=result.spec.dim, steps=result.spec.steps, replicas=result.spec.replicas).stats
    return replace(result, stats=replace(stats, measured=result.stats.measured))


@pytest.mark.parametrize(
    "law, replicas, outcome, code",
    [
        (rate(0.5), 8, "TIGHT", 0),
        (rate(0.5, steps=-0.35), 8, "HOLDS", 0),
        (rate(0.5, steps=-0.1), 8, "VIOLATED", 1),
        (rate(0.5), 3, "INCONCLUSIVE", 3),
    ],
)
def test_verify(folder, capsys, law, replicas, outcome, code):
    assert main(["verify", str(folder(law, replicas))]) == code
    out = capsys.readouterr().out
    line = next(line for line in out.splitlines() if line.startswith("  adamw-l1"))
    assert line.split()[1] == outcome
    assert out.count("adamw-l1") >= 1 and "sgd-l2" not in out  # the plan asks for one claim
    assert out.splitlines()[-1].endswith("25 cells")


def test_verify_says_how_partial(folder, capsys):
    directory = folder(rate(0.5))
    files = sorted((directory / "cells").iterdir())
    files[0].unlink()
    files[1].write_text("nothing")
    assert main(["verify", str(directory)]) == 3  # nothing is wrong, but not all is there
    shown = capsys.readouterr()
    assert "23 cells; partial: 2 of 25 cells are missing" in shown.out
    assert files[1].name in shown.err
    for file in files[2:]:
        file.unlink()
    assert main(["verify", str(directory)]) == 3
    assert "partial: 25 of 25" in capsys.readouterr().out


def test_verify_without_a_plan_takes_all_cells(folder, capsys):
    directory = folder(rate(0.5))
    (directory / "sweep.json").unlink()
    main(["verify", str(directory)])
    out = capsys.readouterr().out
    assert "25 cells" in out and "partial" not in out and "control-rate" in out


def test_verdicts_are_not_cut_off_in_a_pipe(folder):
    out = subprocess.run(
        [sys.executable, "-m", "simulator", "verify", str(folder(rate(0.5)))],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "40"},
    ).stdout
    assert CLAIMS["adamw-l1"].statement in out and "…" not in out and "\x1b" not in out


def test_report(folder, capsys):
    directory = folder(rate(0.5))
    broken = min((directory / "cells").iterdir())
    broken.write_text("no cell")
    assert main(["report", str(directory)]) == 0
    out = capsys.readouterr().out
    assert "TIGHT" in out and "partial: 1 of 25" in out and str(directory / "figures") in out
    assert broken.name in (directory / "report.md").read_text()
    for name in ("report.html", "report.md", "results.csv", "verdicts.json"):
        assert (directory / name).stat().st_size > 100 and name in out
    verdicts = strict((directory / "verdicts.json").read_text())
    assert "adamw-l1" in json.dumps(verdicts)
    for figure in directory.glob("**/*.svg"):
        xml.etree.ElementTree.parse(figure)


def test_norms(tmp_path, capsys):
    code = main(["norms", "--laws", "gaussian", "--dims", "1,16,1e2", "--samples", "512", "--out", str(tmp_path / "n")])
    out = capsys.readouterr().out
    assert code == 0 and "HOLDS" in out and "gaussian" in out
    rows = strict((tmp_path / "n" / "norms.json").read_text())["rows"]
    assert [row["dim"] for row in rows] == [1, 16, 100]
    xml.etree.ElementTree.parse(tmp_path / "n" / "norms.svg")
    assert (tmp_path / "n" / "norms.png").read_bytes().startswith(b"\x89PNG")


GOOD = '''
from problems import profile


@profile(curvature=1.0, start=2.0)
def well(u):
    """u²/2."""
    return 0.5 * u * u


@well.derivative
def _well(u):
    return u
'''


def test_check(tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text(GOOD)
    assert main(["check", str(file)]) == 0
    assert "well" in capsys.readouterr().out
    file.write_text(GOOD.replace("    return u\n", "    return 1.01 * u\n"))
    assert main(["check", str(file)]) == 1
    out = capsys.readouterr().out
    assert "WRONG derivative" in out and "ok    finite" in out


def test_head_may_stop_reading():
    text = f"{sys.executable} -m simulator list | head -n 1"
    done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "problems:\n" and "Traceback" not in done.stderr
