"""README.md as written: its files are written, its Python and its commands are run in order."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest
from documents import ROOT, blocks, commands, execute, file_name

from simulator.theorems import THEOREMS

sys.path.insert(0, str(ROOT / "docs"))
from refresh_readme import ANSWER, telling  # noqa: E402 (a script beside the page)

README = ROOT / "README.md"
BLOCKS = blocks(README)
CODES = dict(pair for kind, text in BLOCKS if kind == "console" for pair in commands(text))
COMMANDS = list(CODES)
MAKE = [command for command in COMMANDS if command.startswith("make ")]
OTHERS = [command for command in COMMANDS if not command.startswith("make ")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("readme")
    for kind, text in BLOCKS:
        if kind == "toml" or text.startswith("# "):
            (path / file_name(text)).write_text(text, encoding="utf-8")
    return path


def test_there_are_the_two_commands_and_others():
    assert MAKE[:2] == ["make sweep", "make test"] and len(OTHERS) >= 5


@pytest.mark.parametrize("text", [text for kind, text in BLOCKS if kind == "python"])
def test_python(text, tmp_path):
    done = execute([sys.executable, "-c", text], tmp_path)
    assert done.returncode == 0, done.stderr


def test_commands(folder):
    for command in OTHERS:
        done = execute(["bash", "-c", command], folder)
        allowed = {CODES[command], 3} if " verify " in command and not CODES[command] else {CODES[command]}
        assert done.returncode in allowed, f"{command}\n{done.stdout}{done.stderr}"
    assert (folder / "mine" / "report.html").stat().st_size > 10_000


def test_the_first_theorem_gets_the_answer_that_is_printed(folder):
    """To the digit: numbers are the same on every machine."""
    text = README.read_text(encoding="utf-8")
    [first] = [command for command in OTHERS if "signum.py" in command]
    done = execute(["bash", "-c", first], folder, COLUMNS="79")
    assert done.returncode == 1 and telling(done.stdout) == ANSWER.search(text)[2]
    assert "VIOLATED" in ANSWER.search(text)[2] and "ratecheck run --theorem signum.py:" in ANSWER.search(text)[2]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone of the working tree's files, with the environment that runs this test in the place of its own."""
    path = tmp_path_factory.mktemp("clone") / "ratecheck"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: there is nothing to clone")
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).exists():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, path / name)
    environment = path / ".venv"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (environment / "bin" / "python").chmod(0o755)
    for stamp in (".ready", ".ready-test"):
        (environment / stamp).touch()
    return path


@pytest.mark.parametrize("command", MAKE)
def test_make_commands_name_what_is_there(clone, command):
    """Without running them: every recipe of the target can be made, and the files it names exist."""
    done = execute([*command.split(), "--dry-run"], clone)
    assert done.returncode == 0, done.stderr
    for name in re.findall(r"\S+\.(?:toml|py)\b", done.stdout):
        assert (clone / name).exists(), name


def test_make_quick(clone):
    done = execute(["make", "quick"], clone, PYTHONPATH=str(clone))
    assert done.returncode == 0, done.stdout + done.stderr
    for claim in ("adamw-l1", "nadamw-l1", "sgd-l2", "norms", "gaussian"):
        assert re.search(rf"{claim}\W+(HOLDS|TIGHT)", done.stdout), done.stdout
    for control in ("constant-lr", "rate", "dimension"):
        assert re.search(rf"control-{control}\W+VIOLATED", done.stdout), done.stdout
    assert (clone / "results" / "quick" / "report.html").exists()


def test_make_alone_prints_the_targets(clone):
    done = execute(["make"], clone)
    targets = set(re.findall(r"^\s+make ([\w-]+)\s", done.stdout, re.MULTILINE))
    assert targets == {
        "help",
        "sweep",
        "quick",
        "norms",
        "networks",
        "networks-full",
        "networks-gpu",
        "test",
        "test-all",
        "parity",
        "lint",
        "bench",
        "calibrate",
        "mutants",
        "zoo",
        "gpu-check",
        "clean",
    }


def test_verdict_table_has_every_theorem_of_the_shipped_sweep():

    table = re.search(
        r"<!-- verdicts: .*? -->\n(.*?)<!-- end of verdicts -->", README.read_text(encoding="utf-8"), re.S
    )
    named = re.findall(r"^\| `([\w-]+)` \|", table[1], re.MULTILINE)
    assert named[:6] == ["adamw-l1", "nadamw-l1", "sgd-l2", "sgd-l2-squared", "norms", "gaussian"]
    assert {"control-constant-lr", "control-rate", "control-dimension"} <= set(named[6:]) <= set(THEOREMS)


def test_links_lead_somewhere():
    for page in (README, *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
