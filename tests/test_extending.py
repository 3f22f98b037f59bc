"""docs/extending.md as written: its files are written, its Python is run, its commands are run in order."""

from __future__ import annotations

import re
import sys

import pytest
from documents import ROOT, blocks, commands, execute, file_name

BLOCKS = blocks(ROOT / "docs" / "extending.md")
COMMANDS = [pair for kind, text in BLOCKS if kind == "console" for pair in commands(text)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("extending")
    for kind, text in BLOCKS:
        if kind in ("python", "toml"):
            (path / file_name(text)).write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def printed() -> dict[str, str]:
    """What each command printed; filled by the tests below, which run in the order of the page."""
    return {}


@pytest.mark.parametrize("name", [file_name(text) for kind, text in BLOCKS if kind == "python"])
def test_file_runs_by_itself(folder, name):
    done = execute([sys.executable, name], folder)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("command", "code"), COMMANDS)
def test_command_ends_as_the_page_says(folder, printed, command, code):
    assert command.startswith("ratecheck ")
    done = execute(["bash", "-c", command], folder)
    assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    printed[command] = done.stdout


def output(printed, command):
    if command not in printed:
        pytest.skip("the command itself failed, or was not run")
    return printed[command]


def test_check_names_the_mistake(printed):
    for name in ("lion", "descent", "rooted", "plateau", "triangle", "tent"):
        assert "WRONG" not in output(printed, f"ratecheck check {name}.py")
    wrong = [line for line in output(printed, "ratecheck check wrong.py").splitlines() if "WRONG" in line]
    assert wrong and any("curvature" in line or " L" in line for line in wrong)


def test_a_proved_bound_is_kept(printed):
    for command, _ in COMMANDS:
        if "--theorem descent" in command or "--theorem rooted" in command:
            assert "measured ≤ bound" in output(printed, command)


def test_theorem_holds_and_its_control_fails(printed):
    for command in ("ratecheck verify mine", "ratecheck verify lion.py:lion_l1 --quick --out lion"):
        verdicts = output(printed, command)
        assert re.search(r"lion[-_]l1\W+(HOLDS|TIGHT)", verdicts)
        assert re.search(r"too[-_]fast\W+VIOLATED", verdicts)


def test_every_name_the_package_offers_is_on_the_page():
    import ratecheck

    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    imported = set(re.findall(r"\w+", " ".join(re.findall(r"from ratecheck import (.+)", page))))
    elsewhere = ("simulator.calls", "simulator.record")  # docs/python.md and docs/networks.md
    calls = {name for name, where in ratecheck._PUBLIC.items() if where.startswith(elsewhere)}
    assert imported >= set(ratecheck.__all__) - calls - {"__version__", "InputError", "sample_theorem"}
