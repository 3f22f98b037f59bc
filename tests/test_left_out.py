"""Cells for which a rule asks for a constant that is not there: they are left out, counted, and said to be."""

import html

import pytest
from refusal import assert_refused

from simulator.cli import main
from simulator.lab.planfile import read_plan

GRID = '{"problem": ["quadratic", "rational"], "dim": [2, 4], "steps": [50, 100], "replicas": 8}'
FILE = f"""
from ratecheck import theorem


@theorem(optimizer="sgd", rule=lambda c: {{"lr": c.pl / c.steps**0.5}}, measures="mean_grad_l2", grid={GRID})
def needy(c):
    '''A rate whose rule needs μ.'''
    return c.steps**-0.25


@theorem(optimizer="sgd", rule=lambda c: {{"lr": c.muh}}, grid={GRID})
def nobody(c):
    '''A rate whose rule needs what nobody has.'''
    return c.steps**-0.25
"""
REASON = "the rule for 'sgd' needs a constant that is not there: the problem supplies no {}; use the constant schedule"
LINE = "4 cells left out: " + REASON.format("pl (μ)")


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "own.py"
    path.write_text(FILE, encoding="utf-8")
    return path.name


def test_they_are_said_kept_in_the_plan_and_shown_again(file, tmp_path, capsys):
    assert main(["verify", f"{file}:needy", "--out", "out"]) != 2
    shown = capsys.readouterr().out
    assert LINE in shown and "own.py:needy: 4 cells, 0 done" in shown and "partial" not in shown
    plan = read_plan(tmp_path / "out")
    assert plan.left_out == {REASON.format("pl (μ)"): 4} and len(plan.cells) == 4
    main(["verify", "out"])
    shown = capsys.readouterr().out
    assert shown.count(LINE) == 1 and "partial" not in shown
    assert main(["report", "out"]) == 0
    assert LINE in capsys.readouterr().out
    assert LINE in html.unescape((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))


def test_a_sweep_says_it_before_it_starts(file, tmp_path, capsys):
    table = f'[[sweep]]\nproblem = ["quadratic", "rational"]\noptimizer = "sgd"\nschedule = "{file}:needy"\n'
    (tmp_path / "a.toml").write_text(f'theorems = ["sgd-l2"]\n{table}dim = [2, 4]\nsteps = [5, 6]\nreplicas = 2\n')
    assert main(["sweep", "a.toml", "--dry-run"]) == 0
    assert LINE in capsys.readouterr().out


def test_where_none_is_left_it_is_refused(file, capsys):
    assert_refused(capsys, ["verify", f"{file}:nobody"], f"all 8 are left out: {REASON.format('muh')}")
