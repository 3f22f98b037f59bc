"""What an installation gets: setup.cfg lists every package and every file that one needs, and nothing of tests/."""

from __future__ import annotations

import ast
import configparser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("problems", "simulator")
ALSO = {"ratecheck": "simulator/ratecheck"}  # package → its folder, where setup.cfg's package_dir says so


@pytest.fixture(scope="module")
def setup() -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config


def packages(setup: configparser.ConfigParser) -> list[str]:
    return setup["options"]["packages"].split()


def folder(package: str) -> Path:
    return ROOT / ALSO.get(package, package.replace(".", "/"))


def test_every_package_is_listed(setup):
    """The list is explicit because ``find:`` would not map ratecheck; so a new folder is easily forgotten."""
    there = [path.parent for name in FOLDERS for path in (ROOT / name).rglob("__init__.py")]
    listed = packages(setup)
    assert sorted(map(folder, listed)) == sorted(there)
    assert len(listed) == len(set(listed))
    assert setup["options"]["package_dir"].split("\n") == ["", *(f"{name} = {where}" for name, where in ALSO.items())]


def test_modules_lie_in_packages():
    """A folder of modules without __init__.py works in a clone and is missing from an installation."""
    for name in FOLDERS:
        for path in (ROOT / name).rglob("*.py"):
            assert (path.parent / "__init__.py").exists(), f"{path.parent} has modules and no __init__.py"


def test_every_other_file_is_listed(setup):
    """Kernels, templates, the shipped sweep: all that is no Python must be named in package_data, and be there."""
    listed = set()
    for package, patterns in setup["options.package_data"].items():
        for pattern in patterns.replace(",", " ").split():
            found = set(folder(package).glob(pattern))
            assert found, f"package_data of {package}: nothing matches {pattern}"
            listed |= found
    there = {path for name in FOLDERS for path in (ROOT / name).rglob("*") if path.is_file()}
    assert listed == {path for path in there if path.suffix != ".py" and "__pycache__" not in path.parts}


def test_public_names_have_types():
    """They are looked up late, which a type checker can't see: it reads imports that say the same."""
    import ratecheck

    tree = ast.parse((folder("ratecheck") / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imported = {name.asname: f"{node.module}" for node in block.body for name in node.names}
    assert imported == ratecheck._PUBLIC
