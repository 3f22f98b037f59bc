"""What commands print fits a terminal, or 79 columns: nothing is cut, no word is broken, plurals are real."""

from __future__ import annotations

import io
import re
import shlex
import sys

import pytest

from simulator.cells.spec import Spec
from simulator.cli import MODULES, main
from simulator.lab.progress import Monitor, simple_bar

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
