"""What an installed package offers: found by plain names, run from there, and kept in the results as source text."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from documents import ROOT, execute
from paper_package import install
from unwrap import unwrapped

PATHS = [ROOT, ROOT / "simulator"]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    return install(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def results(tmp_path_factory, site) -> Path:
    """What ``verify paper-descent`` wrote."""
    out = tmp_path_factory.mktemp("offered") / "out"
    done = ratecheck(site, "verify", "paper-descent", "--out", str(out))
    assert done.returncode == 0, done.stderr
    return out


def ratecheck(site: Path | None, *words: str, folder: Path = ROOT):
    paths = [*PATHS, *([site] if site else [])]
    command = [sys.executable, "-m", "ratecheck.simulator", *words]
    return execute(command, folder, PYTHONPATH=os.pathsep.join(map(str, paths)))


def test_list_says_what_packages_offer(site):
    shown = ratecheck(site, "list").stdout
    for name, attribute in (("descent", "descent"), ("plain", "plain"), ("well", "well"), ("triangle", "triangle")):
        assert any(f"paper-{name} " in line and f"a_paper.theorems:{attribute}" in line for line in shown.splitlines())
    assert "paper-" not in ratecheck(None, "list").stdout


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_cell_of_all_that_a_package_offers(site, tmp_path, jobs):
    (tmp_path / "mine.toml").write_text(
        'replicas = 8\ntheorems = ["paper-descent"]\n[[sweep]]\nproblem = "paper-well"\noptimizer = "paper-plain"\n'
        'noise = "paper-triangle"\nschedule = "paper-descent"\ndim = 4\nsteps = [50, 100]\n'
    )
    done = ratecheck(site, "sweep", "mine.toml", "-j", jobs, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 cells, 0 done, 2 to do" in done.stdout


def test_a_run_shows_its_theorem(site):
    shown = ratecheck(site, *"run --theorem paper-descent --problem paper-well --dim 4 --steps 50 --replicas 8".split())
    assert "measured ≤ bound" in shown.stdout, shown.stderr


def test_an_unknown_name_gets_the_nearest_of_a_package(site):
    said = ratecheck(site, *"run --optimizer paper-plan --problem quadratic --dim 4 --steps 50 --replicas 8".split())
    assert said.returncode == 2 and "did you mean 'paper-plain'?" in unwrapped(said.stderr)


def test_the_theorem_holds_and_its_control_fails(results, site):
    shown = ratecheck(site, "verify", str(results)).stdout
    assert "descent-tenth" in shown and "VIOLATED" in shown


def test_the_folder_is_judged_where_the_package_is_not_installed(results, tmp_path):
    done = ratecheck(None, "verify", str(results))
    assert done.returncode == 0 and "judged from the bounds that the folder holds" in unwrapped(done.stdout)


def test_the_copy_in_the_folder_runs_without_the_package(results):
    [copy] = (results / "plugins").glob("a_paper_theorems.*.py")
    words = f"run --theorem {copy}:descent --problem {copy}:well --dim 4 --steps 50 --replicas 8"
    done = ratecheck(None, *words.split())
    assert done.returncode == 0 and "measured ≤ bound" in done.stdout, done.stderr
    done = ratecheck(None, "verify", str(results), "--allow-code", str(copy))
    assert done.returncode == 0 and "judged from the bounds" not in unwrapped(done.stdout), done.stderr


def test_reading_a_folder_imports_no_module(results, site, tmp_path):
    """The package is there and would run; a folder that names it is no reason to."""
    marked = install(tmp_path / "site")
    ran = tmp_path / "ran"
    source = marked / "a_paper" / "theorems.py"
    source.write_text(f"open({str(ran)!r}, 'w')\n" + source.read_text(encoding="utf-8"), encoding="utf-8")
    for words in (("verify", str(results)), ("report", str(results))):
        assert ratecheck(marked, *words).returncode == 0
        assert not ran.exists()
    assert ratecheck(marked, "verify", str(results), "--theorem", "paper-descent").returncode == 0
    assert ran.exists()


def test_a_package_that_is_broken_is_one_line(tmp_path):
    broken = install(tmp_path / "site")
    (broken / "a_paper" / "theorems.py").write_text("import nothing_of_that_name\n")
    said = ratecheck(broken, "verify", "paper-descent", "--out", str(tmp_path / "out"))
    assert said.returncode == 2 and "a_paper.theorems" in said.stderr and len(unwrapped(said.stderr).splitlines()) == 1
