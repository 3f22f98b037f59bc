"""The command line: what is printed, and the exit codes."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree

import pytest
from synthetic import rate, sweep
from test_run import strict
from unwrap import entries

from problems import NOISES, PROBLEMS
from simulator.assumptions import ASSUMPTIONS
from simulator.cells.hyper import Hyper
from simulator.cells.quantities import QUANTITIES
from simulator.cli import MODULES, main
from simulator.commands.list import KINDS
from simulator.engines.schedules import SCHEDULES
from simulator.lab.folder import write_plan
from simulator.lab.plan import Due, Plan
from simulator.lab.store import Store
from simulator.optimizers import OPTIMIZERS
from simulator.theorems import THEOREMS
from simulator.theorems.adam_bound import l1_bound
from simulator.theorems.adamw_l1 import rule as adamw_rule


@pytest.mark.parametrize("command", MODULES)
def test_help(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert f"ratecheck {command}" in capsys.readouterr().out.split("examples:")[1]


def names(out):
    return [line.split()[0] for line in out.splitlines() if line.startswith("  ")]


def test_list(capsys):
    assert main(["list"]) == 0
    out = entries(capsys.readouterr().out)
    registries = (PROBLEMS, NOISES, OPTIMIZERS, SCHEDULES, THEOREMS, QUANTITIES, ASSUMPTIONS)
    assert names(out) == [name for registry in registries for name in registry]
    assert [line for line in out.splitlines() if line.endswith(":")] == [f"{kind}:" for kind in KINDS]
    assert all(len(line.split()) > 2 for line in out.splitlines() if line.startswith("  "))


def test_list_of_one_kind_with_controls_marked(capsys):
    assert main(["list", "theorems"]) == 0
    out = entries(capsys.readouterr().out)
    assert names(out) == list(THEOREMS) and out.startswith("theorems:\n")
    marked = {line.split()[0] for line in out.splitlines() if " (control) " in line}
    assert marked == {name for name, theorem in THEOREMS.items() if theorem.expected == "fails"}
    for kind in KINDS:
        assert main(["list", kind]) == 0 and capsys.readouterr().out.startswith(f"{kind}:\n")


@pytest.fixture
def folder(tmp_path):
    """A function that makes a results folder of 25 cells with a law of ours, and a plan that names adamw-l1."""

    def make(law, replicas=8, **options):
        results = sweep(law, replicas=replicas, problem="uneven-ramp")
        store = Store(tmp_path / "results")
        store.prepare()
        for result in results:
            store.save(with_curves(result))
        write_plan(store.directory, Plan("test", False, tuple(Due(r.key, r.spec) for r in results), ("adamw-l1",)))
        return store.directory

    return make


def with_curves(result):
    from dataclasses import replace

    from cells import made_up

    stats = made_up(dim=result.spec.dim, steps=result.spec.steps, replicas=result.spec.replicas).stats
    for name in ("grad_l1", "grad_l2"):  # it starts on the hard part, where it stays
        getattr(stats, name)[:, 0] = getattr(result.stats, name)[:, 0]
    stats.f_gap[:, 0] = 1.0  # and goes down
    return replace(result, stats=replace(stats, measured=result.stats.measured))


def half_of_the_bound(c):
    return 0.5 * l1_bound(c, Hyper(adamw_rule(c)))


@pytest.mark.parametrize(
    "law, replicas, outcome, code",
    [
        (half_of_the_bound, 8, "HOLDS", 0),  # copies of one coordinate show no rate to be attained
        (rate(0.5), 8, "HOLDS", 0),
        (rate(7.0), 8, "VIOLATED", 1),
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
    words = out.replace("\n", " ").split()
    assert all(word in words for word in THEOREMS["adamw-l1"].statement.split())
    assert "…" not in out and "\x1b" not in out and max(map(len, out.splitlines()[:3])) <= 40


def test_report(folder, capsys):
    directory = folder(rate(0.5))
    broken = min((directory / "cells").iterdir())
    broken.write_text("no cell")
    assert main(["report", str(directory)]) == 0
    out = capsys.readouterr().out
    assert "HOLDS" in out and "partial: 1 of 25" in out and str(directory / "figures") in out
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


def test_head_may_stop_reading():
    text = f"{sys.executable} -m simulator list | head -n 1"
    done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "problems:\n" and "Traceback" not in done.stderr
