"""Where the package is found: in a clone that is not installed, and beside a project with folders of the same names."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from simulator.cli import main
from simulator.version import version

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def dependencies(tmp_path_factory) -> Path:
    """Installed packages but for this one: links to all else, for a Python that is started without its own (-S)."""
    folder = tmp_path_factory.mktemp("dependencies")
    for site in {sysconfig.get_path(name) for name in ("purelib", "platlib")}:
        for path in Path(site).iterdir():
            ours = path.name.startswith(("ratecheck", "__editable__", "problems", "simulator"))
            if not ours and path.suffix != ".pth":
                (folder / path.name).symlink_to(path)
    return folder


@pytest.fixture
def clone(tmp_path) -> Path:
    """This clone's files, without the traces that an installation in place leaves beside them."""
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in ("problems", "simulator", "setup.cfg"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def python(*arguments: str, folder: Path, path: list[Path]) -> str:
    """What Python prints in *folder* with *path* as PYTHONPATH."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-S", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout


def test_the_version_is_that_of_setup_cfg(capsys):
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert not ended.value.code
    assert capsys.readouterr().out == f"ratecheck {config['metadata']['version']}\n" == f"ratecheck {version()}\n"


def test_a_clone_that_is_not_installed_runs(clone, dependencies):
    assert python("-m", "simulator", "--version", folder=clone, path=[dependencies]) == f"ratecheck {version()}\n"
    assert "adamw" in python("-m", "simulator", "list", folder=clone, path=[dependencies])
    program = "from simulator.engines import _versions; print(_versions()['ratecheck'])"
    assert python("-c", program, folder=clone, path=[dependencies]) == f"{version()}\n"
    program = "import problems, ratecheck; print(ratecheck.__version__)"
    assert python("-c", program, folder=clone, path=[dependencies]) == f"{version()}\n"
    program = "import ratecheck; print(ratecheck.__version__)"  # in any folder
    assert python("-c", program, folder=clone.parent, path=[clone / "simulator", dependencies]) == f"{version()}\n"


@pytest.mark.parametrize("text", [None, "no setup.cfg", "[metadata]\nname = other\nversion = 9\n"])
def test_files_of_no_version_are_of_an_unknown_one(clone, dependencies, text):
    (clone / "setup.cfg").unlink()
    if text:
        (clone / "setup.cfg").write_text(text)
    assert python("-m", "simulator", "--version", folder=clone, path=[dependencies]) == "ratecheck unknown\n"


@pytest.mark.parametrize("first", ["ratecheck", "problems", "simulator"])
def test_modules_are_one_object_under_both_names(clone, dependencies, first):
    program = f"""
import {first}
import sys, problems.noise, simulator.optimizers, ratecheck
import ratecheck.problems.noise, ratecheck.simulator.optimizers
for name in ("problems", "problems.noise", "simulator", "simulator.optimizers"):
    assert sys.modules[name] is sys.modules["ratecheck." + name], name
assert problems.noise is ratecheck.problems.noise
assert problems.InputError is ratecheck.InputError
assert ratecheck.problems.__name__ == "ratecheck.problems"
"""
    python("-c", program, folder=clone, path=[clone / "simulator", dependencies])  # which an installation sets


@pytest.mark.parametrize("first", ["ratecheck", "problems", "simulator"])
def test_a_project_keeps_its_own_folders(tmp_path, dependencies, first):
    """In one process: ratecheck's, under its name, and the project's, under theirs."""
    for name in ("problems", "simulator"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"OWN = {name!r}\n")
    (tmp_path / "problems" / "noise.py").write_text("LOUD = True\n")
    program = f"""
import {first}
import problems, simulator, ratecheck, problems.noise
from ratecheck.problems import rational
from ratecheck.simulator.engines import run
assert (problems.OWN, simulator.OWN, problems.noise.LOUD) == ("problems", "simulator", True)
assert ratecheck.problems.noise is not problems.noise
assert rational.__module__.startswith("ratecheck.problems")
assert issubclass(ratecheck.InputError, Exception)
"""
    python("-c", program, folder=tmp_path, path=[ROOT / "simulator", dependencies])
