"""docs/extending.md as written: its files are written, its Python is run, its commands are run in order."""

from __future__ import annotations

import re
import sys

import pytest
from documents import ROOT, blocks, commands, execute, file_name

BLOCKS = blocks(ROOT / "docs" / "extending.md")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("extending")
    for kind, text in BLOCKS:
        if kind in ("python", "toml"):
            (path / file_name(text)).write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", [file_name(text) for kind, text in BLOCKS if kind == "python"])
def test_file_runs_by_itself(folder, name):
    done = execute([sys.executable, name], folder)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def outputs(folder) -> dict[str, str]:
    """What every command printed, after all of them ran in the order of the page."""
    found = {}
    for kind, text in BLOCKS:
        for command, code in commands(text) if kind == "console" else ():
            assert command.startswith("ratecheck ")
            done = execute(["bash", "-c", command], folder)
            assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
            found[command] = done.stdout
    return found


def test_commands_end_as_the_page_says(outputs):
    assert len(outputs) == sum(len(commands(text)) for kind, text in BLOCKS if kind == "console")


def test_check_names_the_mistake(outputs):
    assert "WRONG" not in outputs["ratecheck check plateau.py"]
    wrong = [line for line in outputs["ratecheck check wrong.py"].splitlines() if "WRONG" in line]
    assert wrong and any("curvature" in line or " L" in line for line in wrong)


def test_claim_holds_and_its_false_neighbour_fails(outputs):
    verdicts = outputs["ratecheck verify mine"]
    assert re.search(r"lion-l1\W+(HOLDS|TIGHT)", verdicts) and re.search(r"lion-too-fast\W+VIOLATED", verdicts)
