"""docs/python.md and docs/pytest.md as written: their files are written, their commands are run in order."""

from __future__ import annotations

import importlib.metadata
import os
import tomllib

import pytest
from documents import ROOT, blocks, commands, execute, file_name

PLUGIN = "ratecheck.simulator.testing.plugin"
PAGES = {name: blocks(ROOT / "docs" / f"{name}.md") for name in ("python", "pytest")}
COMMANDS = [
    (page, command, code)
    for page, found in PAGES.items()
    for kind, text in found
    if kind == "console"
    for command, code in commands(text)
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder for each page, with its files."""
    made = {}
    for page, found in PAGES.items():
        made[page] = tmp_path_factory.mktemp(page)
        for kind, text in found:
            if kind == "python":
                (made[page] / file_name(text)).write_text(text, encoding="utf-8")
    (made["pytest"] / "pytest.ini").write_text("[pytest]\n")
    return made


def run(command: str, folder):
    """*command* with this clone's ratecheck; where the entry point is not installed, pytest is told of the plugin."""
    known = any(e.value == PLUGIN for e in importlib.metadata.entry_points(group="pytest11"))
    paths = os.pathsep.join([str(ROOT), str(ROOT / "simulator")])
    return execute(["bash", "-c", command], folder, PYTHONPATH=paths, PYTEST_ADDOPTS="" if known else f"-p {PLUGIN}")


@pytest.mark.parametrize(("page", "command", "code"), COMMANDS)
def test_command_ends_as_the_page_says(folders, page, command, code):
    done = run(command, folders[page])
    assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    if code == 1:
        assert "test_theorem_2 - AssertionError" in done.stdout and "1 failed, 1 passed" in done.stdout
        assert "ratecheck run --theorem" in done.stdout and "= theorems =" in done.stdout
    if command == "pytest test_settings.py":
        assert "1 passed, 1 xfailed" in done.stdout


def test_arrays_are_judged_as_the_page_says(folders):
    done = run("python arrays.py", folders["python"])
    assert done.returncode == 0, done.stderr


def test_the_entry_points_are_toml_with_known_groups():
    from simulator.offered import GROUPS

    [text] = [text for kind, text in PAGES["python"] if kind == "toml"]
    assert set(tomllib.loads(text)["project"]["entry-points"]) <= set(GROUPS.values())


def test_every_call_is_on_the_page():
    import ratecheck

    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    calls = {name for name, where in ratecheck._PUBLIC.items() if where.startswith("simulator.calls")}
    assert all(f"`ratecheck.{name}(" in page for name in calls) and len(calls) == 6
