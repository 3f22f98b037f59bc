"""docs/extending.md as written: its files are written, its Python is run, its commands are run in order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "extending.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
EXIT = re.compile(r"\s+# exit code (\d+)$")


def file_name(text: str) -> str:
    """The name in the first comment line of a block."""
    found = re.match(r"# ([\w.]+\.(?:py|toml))\n", text)
    assert found, f"the block does not begin with '# NAME.py': {text[:60]!r}"
    return found[1]


def commands(text: str) -> list[tuple[str, int]]:
    """The lines after '$ ', each with the exit code it is to have."""
    lines = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    return [(EXIT.sub("", line), int(found[1]) if (found := EXIT.search(line)) else 0) for line in lines]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("extending")
    for kind, text in BLOCKS:
        if kind in ("python", "toml"):
            (path / file_name(text)).write_text(text, encoding="utf-8")
    return path


def execute(command: list[str], folder: Path) -> subprocess.CompletedProcess:
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=300, check=False
    )


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
