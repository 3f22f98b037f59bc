"""How lines, tables, lists, help texts and verdicts are laid out in a given number of columns."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from test_terminal import assert_fits

from simulator.commands.tables import list_lines, table_lines, without_constants
from simulator.commands.verdicts import show_verdicts
from simulator.help_text import reflow
from simulator.judge.outcome import Outcome, Verdict
from simulator.lines import say, width, wrap
from simulator.present.words import explain
from simulator.testing.table import table


@pytest.fixture(autouse=True)
def whole_lines() -> None:
    """Here lines are as they are printed."""


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
            rows = [
                {**row, "theorem": name, "tone": "good", "bare": True, "test": test} for test in ("a.py::t", "b.py::t")
            ]
            lines = [line for line, _ in table(rows)]
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
