"""The pytest plugin in a project that is not this one, and has folders problems and simulator of its own."""

from __future__ import annotations

import importlib.metadata
import re
import shlex
from pathlib import Path

import pytest
from documents import ROOT

from simulator.testing.table import table as summary

pytest_plugins = ("pytester",)
PLUGIN = "ratecheck.simulator.testing.plugin"
ENTRY = {"name": "ratecheck", "group": "pytest11", "value": PLUGIN}

PAPER = '''
"""A paper's theorems: a true bound, one that is too small, and a rate."""
import math

from ratecheck import optimizer, theorem


@optimizer()
def plain(x, g, lr):
    return x - lr * g


def rule(c):
    return {"lr": min(1 / c.smoothness, math.sqrt(2 * c.gap / (c.smoothness * c.steps)) / c.sigma)}


def sgd_bound(c):
    return math.sqrt(2 * c.smoothness * c.gap / c.steps + 2 * math.sqrt(2) * c.c**2 / math.sqrt(c.steps))


@theorem(optimizer=plain, rule=rule, measures="mean_grad_l2")
def true(c):
    """(1/K) Σ E‖∇f‖₂ ≤ SGD's bound."""
    return c.c * c.steps**-0.25


@true.proved
def _(c):
    return sgd_bound(c)


@theorem(optimizer=plain, rule=rule, measures="mean_grad_l2")
def false(c):
    """(1/K) Σ E‖∇f‖₂ ≤ a tenth of SGD's bound."""
    return c.c * c.steps**-0.25


@false.declared
def _(c):
    return sgd_bound(c) / 10


@theorem(optimizer=plain, rule=rule, measures="mean_grad_l2")
def rate(c):
    """(1/K) Σ E‖∇f‖₂ ≤ O(C/K^(1/4))."""
    return c.c * c.steps**-0.25


@theorem(optimizer=plain, rule=rule, measures="mean_grad_l2", assumes=("noiseless",))
def nothing(c):
    """Says nothing where there is noise."""
    return 1.0


@theorem(optimizer=plain, rule=rule, measures="mean_grad_l2")
def lax(c):
    """A true bound with a control that is true as well."""
    return c.c * c.steps**-0.25


@lax.declared
def _(c):
    return 4 * sgd_bound(c)


@lax.control
def half(c):
    """FALSE: half of that, says its author."""
    return 2 * sgd_bound(c)
'''
CAUGHT = """

@theorem(optimizer=plain, rule=rule, measures="mean_grad_l2")
def caught(c):
    "SGD's bound, with a control."
    return c.c * c.steps**-0.25


@caught.declared
def _(c):
    return sgd_bound(c)


@caught.control
def tenth(c):
    "FALSE: a tenth."
    return sgd_bound(c) / 10
"""
WELLS = """
import math

from ratecheck import profile


@profile(curvature=2.0, start=1.0)
def well(u):
    t = math.tanh(u)
    return t * t


@well.derivative
def _well(u):
    t = math.tanh(u)
    return 2.0 * t * (1.0 - t * t)
"""
TESTS = """
import sys

import paper
import pytest
import simulator
from problems.wells import well

SIZES = {"dim": [2, 4], "steps": [50, 100]}


def test_true(ratecheck):
    verdict = ratecheck.holds(paper.true, problem=[well, "quadratic"], **SIZES)
    assert verdict.cells.judged == 8 and simulator.OWN


def test_false(ratecheck):
    ratecheck.holds(paper.false, problem=well, **SIZES)


def test_counterexample(ratecheck):
    ratecheck.fails(paper.false, problem="quadratic", **SIZES)


def test_open(ratecheck):
    ratecheck.holds(paper.rate, problem="quadratic", **SIZES)


@pytest.mark.ratecheck(inconclusive="xfail", problem="quadratic", **SIZES)
def test_open_by_a_marker(ratecheck):
    ratecheck.holds(paper.rate)


def test_void(ratecheck):
    ratecheck.holds(paper.nothing, problem="quadratic", sigma=1.0, **SIZES)


def test_control(ratecheck):
    ratecheck.holds(paper.lax, problem="quadratic", **SIZES)


def test_file(ratecheck):
    ratecheck.holds("theory/alone.py:true", problem="quadratic", **SIZES)
"""
OUTCOMES = {"passed": 3, "failed": 3, "xfailed": 1, "errors": 1}


@pytest.fixture
def project(pytester, monkeypatch):
    """The project, with this clone's ratecheck on the path of the pytest that runs it in a process of its own."""
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'simulator'}")
    pytester.makeini("[pytest]\npythonpath = .\naddopts = --strict-markers\n")
    for name, files in {
        ".": {"paper.py": PAPER},
        "problems": {"__init__.py": "", "wells.py": WELLS},
        "simulator": {"__init__.py": "OWN = True\n"},
        "theory": {"alone.py": PAPER},
        "tests": {
            "test_theory.py": TESTS,
            "test_z.py": "import sys\ndef test_last():\n    print('modules:', *sys.modules)\n",
        },
    }.items():
        folder = pytester.path / name
        folder.mkdir(exist_ok=True)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
    return pytester


def run(project, *words: str):
    """pytest on the project; an environment in which the entry point is not installed yet names the plug-in."""
    installed = [e for e in importlib.metadata.entry_points(group="pytest11") if e.value == PLUGIN]
    return project.runpytest_subprocess(
        *([] if installed else ["-p", PLUGIN]), "-p", "no:randomly", *words, timeout=500
    )


def table(result) -> dict[str, str]:
    """The summary's line for each theorem, the last where there are several."""
    lines = result.outlines[next(i for i, line in enumerate(result.outlines) if re.match(r"=+ theorems =+", line)) :]
    end = next(i for i, line in enumerate(lines[1:], start=1) if line.startswith("="))
    return {line.split()[0]: line for line in lines[2:end]}


def imported(result) -> set[str]:
    """The modules that the last test found imported."""
    return set(next(line for line in result.outlines if "modules: " in line).split())


@pytest.mark.slow
def test_a_project_of_somebody_else(project, monkeypatch):
    first = run(project, "tests")
    first.assert_outcomes(**OUTCOMES | {"passed": 4})
    text = first.stdout.str()

    failed = text[text.index("_ test_false _") : text.index("_ test_open _")]
    assert "AssertionError: false is VIOLATED, and should hold." in failed and "measured/bound is" in failed
    [command] = [line.removeprefix("E").strip() for line in failed.splitlines() if "ratecheck run --theorem" in line]
    told = [line.removeprefix("E").strip() for line in failed.splitlines() if line.startswith("E ")]
    assert "pytest tests/test_theory.py::test_false" in told and "in _judged" not in failed  # a line of its own
    wide = [line for line in failed.splitlines() if line.startswith("E ") and len(line) > 79]
    assert all(line.removeprefix("E").strip().startswith(("ratecheck run ", "Results: ")) for line in wide), wide

    opened = text[text.index("_ test_open _") : text.index("_ test_control _")]
    told = re.sub(r"\nE\s+", " ", opened)
    assert "rate is INCONCLUSIVE" in told and re.search(r"these data allow any of [\d.]+ or more", told)
    assert "lax: the judge can't fail what is false" in text and "lax-half is HOLDS, and should fail" in text
    assert "ERROR at call of test_void" in text and "Void: nothing is VOID" in text
    lines = table(first)
    assert "VIOLATED" in lines["false"] and "4 (4 new)" in lines["false"] and "HOLDS" in lines["true"]
    assert all(len(line) <= 79 for line in lines.values())

    cache = project.path / ".pytest_cache" / "d" / "ratecheck"
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("cells/*.npz")}
    assert before and not (project.path / "results").exists()

    inner = project.path / "problems"
    monkeypatch.chdir(inner)  # from another folder, and with nothing to compute
    second = run(project, str(project.path / "tests"), "-rA", "--rootdir", str(project.path))
    second.assert_outcomes(**OUTCOMES | {"passed": 4})
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("cells/*.npz")} == before
    modules = imported(second)
    assert "ratecheck.simulator.lab.sweep" in modules and "numba" not in modules and "matplotlib" not in modules
    assert " new)" not in "\n".join(table(second).values())

    monkeypatch.chdir(project.path)
    shown = project.run(*_here(command))
    assert shown.ret == 0 and "measured > bound" in shown.stdout.str()

    spread = run(project, "tests", "-n", "2")
    spread.assert_outcomes(**OUTCOMES | {"passed": 4})
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("cells/*.npz")} == before
    assert set(table(spread)) == set(table(first))


def _here(command: str) -> list[str]:
    """A command line with this Python's ratecheck."""
    import sys

    return [sys.executable, "-m", "ratecheck.simulator", *shlex.split(command)[1:]]


def test_the_command_that_shows_a_case_again_names_the_users_file_and_works(project):
    """Pasted where pytest was started; the file is named, and not its copy in the cache."""
    (project.path / "tests" / "test_theory.py").write_text(
        "import paper\nSIZES = {'dim': [2, 4], 'steps': [50, 100]}\n"
        "def test_false(ratecheck):\n    ratecheck.holds(paper.false, problem='quadratic', **SIZES)\n"
    )
    result = run(project, "tests")
    result.assert_outcomes(failed=1, passed=1)
    told = [line.removeprefix("E").strip() for line in result.outlines if line.startswith("E ")]
    [command] = [line for line in told if line.startswith("ratecheck run ")]
    assert (
        command.startswith("ratecheck run --theorem paper.py:false --problem quadratic ") and ".pytest" not in command
    )
    shown = project.run(*_here(command))
    assert shown.ret == 0 and "measured > bound" in shown.stdout.str()
    [again] = [line for line in told if line.startswith("pytest ")]
    assert run(project, *shlex.split(again)[1:]).parseoutcomes() == {"failed": 1}


def test_the_table_says_what_has_no_control_and_names_the_tests_of_equal_rows(project):
    (project.path / "tests" / "test_theory.py").write_text(
        "import paper\nSIZES = {'dim': [2, 4], 'steps': [50, 100], 'problem': 'quadratic'}\n"
        "def test_one(ratecheck):\n    ratecheck.holds(paper.true, **SIZES)\n"
        "def test_two(ratecheck):\n    ratecheck.holds(paper.true, **SIZES)\n"
        "def test_three(ratecheck):\n    ratecheck.fails(paper.false, **SIZES)\n"
        "def test_four(ratecheck):\n    ratecheck.holds(paper.caught, **SIZES)\n"
    )
    with (project.path / "paper.py").open("a", encoding="utf-8") as file:
        file.write(CAUGHT)
    result = run(project, "tests")
    result.assert_outcomes(passed=5)
    shown = re.sub(r"\n +", " ", result.stdout.str())
    assert "true has no false control, so that nothing here shows that the check can fail" in shown
    assert "caught has no" not in shown and "false has no" not in shown  # a counterexample needs none
    shown = result.stdout.str().partition("= theorems =")[2]
    assert re.search(r"^true .*\n  in test_one\ntrue .*\n  in test_two\n", shown, re.M)
    assert "test_three" not in shown and "test_four" not in shown


def test_rows_of_one_test_name_are_told_apart_by_their_files():
    row = {"theorem": "t", "outcome": "HOLDS", "ratio": "0.5", "place": "x", "cells": "4", "tone": "good", "bare": True}
    rows = [{**row, "test": test} for test in ("a.py::test", "b.py::test")]
    shown = "\n".join(line for line, _ in summary([*rows, {**rows[0], "ratio": "0.6"}]))
    assert "\n  in a.py::test\n" in shown and "\n  in b.py::test\n" in shown and shown.count("::test") == 2
    assert shown.count("t has no false control") == 1


def test_who_does_not_use_it_pays_nothing(project):
    (project.path / "tests" / "test_theory.py").unlink()
    result = run(project, "tests", "-s")
    result.assert_outcomes(passed=1)
    modules = imported(result)
    assert "ratecheck.simulator.testing.plugin" in modules
    assert not modules & {"numpy", "numba", "scipy", "matplotlib", "rich", "ratecheck.simulator.testing.checker"}
    assert "theorems" not in result.stdout.str()


def test_tests_with_the_fixture_have_the_marker(project):
    chosen = run(project, "tests", "-m", "not ratecheck", "--collect-only", "-q")
    assert "test_last" in chosen.stdout.str() and "test_theory" not in chosen.stdout.str()
    shown = run(project, "--markers").stdout.str()
    assert "@pytest.mark.ratecheck(**settings)" in shown


def test_without_a_cache_it_works_too(project):
    result = run(project, "tests", "-k", "test_counterexample", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, deselected=8)
    assert not (project.path / ".pytest_cache").exists()


def test_wrong_settings_are_said(project):
    (project.path / "tests" / "test_theory.py").write_text(
        "import paper\n"
        "def test_word(ratecheck):\n    ratecheck.holds(paper.true, inconclusive='pass')\n"
        "def test_name(ratecheck):\n    ratecheck.holds('adamw-l2')\n"
        "def test_file(ratecheck):\n    ratecheck.holds('nowhere.py:true')\n"
    )
    result = run(project, "tests")
    result.assert_outcomes(failed=3, passed=1)
    for words in ('inconclusive must be "fail" or "xfail"', "did you mean 'adamw-l1'", "nowhere.py can't be read"):
        assert words in result.stdout.str()
    assert "Traceback" not in result.stdout.str() and "verify.py" not in result.stdout.str()  # the messages alone


def test_it_is_an_entry_point():
    import configparser

    setup = configparser.ConfigParser()
    setup.read(Path(ROOT) / "setup.cfg", encoding="utf-8")
    assert setup["options.entry_points"]["pytest11"].split() == ["ratecheck", "=", PLUGIN]
