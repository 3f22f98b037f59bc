"""What commands print fits a terminal, or 79 columns: nothing is cut, no word is broken, plurals are real."""

from __future__ import annotations

import io
import re
import shlex
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from simulator.cells.spec import Spec
from simulator.cli import MODULES, main
from simulator.commands.tables import list_lines, table_lines, without_constants
from simulator.commands.verdicts import show_verdicts
from simulator.help_text import reflow
from simulator.judge.outcome import Outcome, Verdict
from simulator.lab.progress import Monitor, simple_bar
from simulator.lines import say, width, wrap
from simulator.present.words import explain
from simulator.testing.table import table

COLUMNS = ("60", "79", "200", "")  # the last: a pipe, where nobody says how wide
RUN = "run --problem rational --optimizer adamw --dim 4 --steps 9 --replicas 2 --backend reference"
GRID = """
theorems = ["sgd-l2", "adamw-l1", "lie.py:lie", "norms"]

[norms]
laws = ["gaussian", "rademacher"]
dims = [1, 4]
samples = 64

[[sweep]]
problem = ["quadratic", "ramp"]
optimizer = ["sgd", "adamw"]
dim = [2, 4, 8]
steps = [4, 8, 16]
replicas = 8
"""
LIE = '''
from ratecheck import theorem


GRID = {"problem": ["quadratic"], "optimizer_args": {"lr": [0.1]}, "dim": [2, 4, 8], "steps": [4, 8]}


@theorem(optimizer="sgd", measures="mean_grad_l2", grid=GRID)
def lie(c, h):
    """The mean norm is below a hundredth of √(LΔ), on whatever function and with whatever step, as nobody believes."""
    return (c.smoothness * c.gap) ** 0.5 / 100


@lie.declared
def _(c, h):
    return lie.rate(c, h)
'''


@pytest.fixture(autouse=True)
def whole_lines() -> None:
    """Here lines are as they are printed."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a sweep file, a false theorem and the results of both."""
    made = tmp_path_factory.mktemp("t")
    (made / "lie.py").write_text(LIE)
    (made / "grid.toml").write_text(GRID)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made)
        assert main(["sweep", "grid.toml", "--backend", "reference"]) == 0
    return made


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def shown(monkeypatch, folder, capsys):
    """A function that runs a command at a width and gives back its lines, on a terminal or not; they are checked."""
    monkeypatch.chdir(folder)

    def run(command: str, columns: str, terminal: bool = False) -> list[str]:
        monkeypatch.setenv("COLUMNS", columns) if columns else monkeypatch.delenv("COLUMNS", raising=False)
        monkeypatch.setenv("TERM", "xterm")
        with monkeypatch.context() as patch:
            if terminal:
                for name in ("stdout", "stderr"):
                    patch.setattr(sys, name, Terminal())
            try:
                main(shlex.split(command))
            except SystemExit as end:
                assert end.code == 0
            said = [sys.stdout.getvalue(), sys.stderr.getvalue()] if terminal else capsys.readouterr()
        lines = [line for text in said for line in as_seen(text)]
        assert lines
        assert_fits(lines, int(columns or 79))
        return lines

    return run


def as_seen(text: str) -> list[str]:
    return re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", text).replace("\r", "\n").splitlines()


def assert_fits(lines: list[str], columns: int) -> None:
    for line in lines:
        whole = len(line.split()) == 1 or line.startswith("  ratecheck run ")  # a path, a command: to be copied
        assert len(line) <= min(79, columns) or whole, f"{len(line)} columns: {line}"
        assert not re.search(r"\S…$", line) and "(s)" not in line, line


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("command", ["", "--version", "--help", *(f"{name} --help" for name in MODULES)])
def test_help(shown, command, columns):
    lines = shown(command, columns)
    if command != "--version":
        assert lines[0].startswith("usage: ratecheck")


@pytest.mark.parametrize(("columns", "terminal"), [("60", False), ("79", True), ("200", True), ("", False)])
@pytest.mark.parametrize(
    "command",
    [
        "list",
        "check lie.py",
        RUN,
        "run --theorem sgd-l2 --problem quadratic --dim 4 --steps 9 --replicas 2 --backend reference",
        "sweep grid.toml --dry-run --fresh",
        "sweep grid.toml --backend reference",
        "verify results",
        "verify lie.py:lie --theorem x",
        "verify no-theorem-of-this-name-and-no-folder-either",
        "run --problm rational",
        "nonsense",
        "sweep nowhere.toml",
        "norms --laws gaussian --dims 1,4 --samples 64 --out norms --backend nothing",
    ],
)
def test_commands(shown, command, columns, terminal):
    shown(command, columns, terminal)


@pytest.mark.parametrize("columns", ["60", ""])
def test_what_takes_longer(shown, columns):
    lines = shown("verify lie.py --out lie --backend reference --fresh", columns)
    assert any(line.startswith("  ratecheck run --theorem lie.py:lie") for line in lines)  # whole
    shown("report results", columns)


def test_reasons_hang(shown):
    lines = shown("verify results", "60")
    start = next(i for i, line in enumerate(lines) if line.startswith("lie: "))
    assert lines[start + 1].startswith("    ") and "after Holm over" in " ".join(lines)


def test_columns_that_are_constant_are_a_sentence(shown):
    lines = shown("sweep grid.toml --dry-run --fresh", "")
    assert lines[1].split() == ["problem", "optimizer", "cells", "to", "do", "time"]
    said = next(line for line in lines if line.startswith("  in each: "))
    assert said == "  in each: noise gaussian, schedule horizon, d 2…8 (3), K 4…16 (3), replicas 8"


def test_the_width(monkeypatch):
    for given, expected in (("60", 60), ("79", 79), ("80", 79), ("200", 79), ("5", 40)):
        monkeypatch.setenv("COLUMNS", given)
        assert width() == expected


def test_wrapping_keeps_words_and_short_equations_whole(capsys):
    path = "/" + "x" * 100
    assert wrap(f"see {path} for more", "", "  ", 60) == ["see", f"  {path}", "  for more"]
    text = "on a problem that has a rather long name it is at d = 64, K = 4000"
    for columns in range(40, 70):
        lines = wrap(text, columns=columns)
        assert max(map(len, lines)) <= columns and " ".join(lines) == text
        assert not any(line.endswith(("d", "K", "=")) for line in lines)
    say(text)
    assert capsys.readouterr().out == f"{text}\n"


def test_tables_wrap_as_a_last_resort():
    rows = [["adamw-l1", "HOLDS", "one and two and three and four and five"], ["sgd", "TIGHT", "short"]]
    [head], first, [last] = table_lines(["theorem", "verdict", "statement"], rows, 79)
    assert head == "  theorem   verdict  statement" and last == "  sgd       TIGHT    short" and len(first) == 1
    _, first, _ = table_lines(["theorem", "verdict", "statement"], rows, 40)
    assert len(first) == 3 and max(map(len, first)) <= 40 and first[1].startswith(" " * 21)
    heads = [f"a-head-{i}" for i in range(9)]
    _, paragraph = table_lines(heads, [[f"a-cell-{i}" for i in range(9)]], 60)
    assert max(map(len, paragraph)) <= 60 and "a-head-8 a-cell-8" in " ".join(" ".join(paragraph).split())


def test_lists_have_long_names_on_a_line_of_their_own():
    rows = [("short", "some words"), ("a-name-of-more-than-26-letters", "other words")]
    assert list(list_lines(rows, 79)) == [
        "  short  some words",
        "  a-name-of-more-than-26-letters",
        "         other words",
    ]


def test_a_single_row_keeps_its_columns():
    assert without_constants(["a", "b"], [["x", "y"]], ["b"]) == (["a", "b"], [["x", "y"]], "")
    assert without_constants(["a", "b"], [["x", "y"], ["z", "y"]], ["a", "b"]) == (["a"], [["x"], ["z"]], "b y")


def test_a_help_text_in_fewer_columns():
    command = "  ratecheck run --problem rational \\\n      --dim 64 --steps 4000"
    text = f"some prose\nthat goes on\n{command}\n  name    what it is\n\nend"
    assert reflow(text, 79) == text.replace("\nthat", " that")
    text = text.replace(" \\\n     ", "")
    assert reflow(text, 40).splitlines() == [
        "some prose that goes on",
        "  ratecheck run --problem rational \\",
        "      --dim 64 --steps 4000",
        "  name    what it is",
        "",
        "end",
    ]
    name = ["  name    what it is,", "          and more of it"]
    assert reflow("  name    what it is, and more\n          of it", 24).splitlines() == name
    assert reflow("  name\n          what it is, and more\n          of it", 24).splitlines() == [
        "  name",
        *(" " * 10 + words for words in ("what it is,", "and more of it")),
    ]
    assert reflow("  x = 1   # one", 10).splitlines() == ["  # one", "  x = 1"]


@pytest.mark.parametrize("columns", ["60", "79", "200"])
def test_bars(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    specs = [Spec.of("rational", "adamw", 64, 100_000, 8, seed=seed) for seed in range(459)]
    with Monitor(specs, "reference", 1, 1) as monitor:
        monitor.finished(specs[:14])
    with simple_bar("norm checks of 8 laws at 12 dimensions") as update:
        update(3, 12)
    lines = as_seen(sys.stderr.getvalue())
    assert_fits(lines, int(columns))
    assert any("14 of 459 cells, 3 % of the work, about " in line and line.rstrip().endswith(" left") for line in lines)
    assert any("norm checks of 8 laws at 12 dimensions, 25 %" in line for line in lines)


@pytest.mark.parametrize("columns", [52, 71, 79])
def test_a_verdict_in_words(columns):
    again = ("bound fails on a problem of some name, d = 4, K = 16. To see it again:", "  ratecheck run " + "x" * 99)
    reasons = (
        "measured/bound is 2 on a problem of a rather long name, d = 64, K = 4000 " * 3,
        "and 4 more of this kind",
    )
    verdict = Verdict("bound", Outcome.VIOLATED, "holds", "E‖∇f‖₂ ≤ 1 for all that one can think of " * 4, reasons)
    rests = SimpleNamespace(again=again, controls=(), directory=None, least_constant=None)
    text = explain(replace(verdict, grounds=rests), columns)
    assert " ".join(reasons[0].split()) in " ".join(text.split()) and again[1] in text.splitlines()[-1]
    assert all(len(line) <= columns or line.startswith("    ratecheck run ") for line in text.splitlines())


def test_the_pytest_table(monkeypatch):
    row = {"theorem": "a-theorem", "outcome": "HOLDS", "ratio": "0.357", "place": "ramp d=64 K=4000", "cells": "96"}
    for columns in ("60", "79"):
        monkeypatch.setenv("COLUMNS", columns)
        for name in ("a-theorem", "a-theorem-of-a-long-name-that-has-no-place-in-columns"):
            lines = [line for line, _ in table([{**row, "theorem": name, "tone": "good"}])]
            assert_fits(lines, int(columns))


@pytest.mark.parametrize(
    ("columns", "claim", "beside"), [("79", "a", True), ("79", "a" * 40, False), ("60", "a", False)]
)
def test_statements_stand_where_they_can_be_read(monkeypatch, capsys, columns, claim, beside):
    monkeypatch.setenv("COLUMNS", columns)
    statement = "E‖∇f‖₂ ≤ 1 for all that one can think of"
    show_verdicts([Verdict(claim, Outcome.VIOLATED, "holds", statement, ("a reason",))])
    out = capsys.readouterr().out
    assert (f"{claim}: {statement}" in " ".join(out.split())) == (not beside) and f"{claim}: a reason\n" in out
    assert re.search(rf"  {claim} +VIOLATED ", out)
    assert_fits(out.splitlines(), int(columns))
