"""A user's law, FILE.py:NAME, in norm checks: on the command line, in a sweep file, in a theorem on random vectors."""

import math

import pytest
from refusal import assert_refused

from simulator.cli import main
from simulator.lab.folder import open_folder
from simulator.lab.planfile import read_plan
from simulator.plugins import only
from simulator.samples import load_rows, norm_check

FILE = """
from dataclasses import replace

from ratecheck import sample_theorem
from ratecheck.problems import Noise, gaussian, student, uniform

print("it runs")


def heavy() -> Noise:
    return student(nu=6.0)


def triangle() -> Noise:
    return replace(uniform(), name="triangle")


def fake() -> Noise:
    return replace(uniform(), name="gaussian")


@sample_theorem(law="laws.py:heavy")
def l2_below(row):
    '''E‖g‖₂ ≤ √d for the heavy law.'''
    root = row.dim**0.5
    return root - row.mean_l2, row.sem_l2, root - row.exact_l2
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "laws.py").write_text(FILE, encoding="utf-8")
    return tmp_path


def test_norms(folder, capsys):
    assert main(["norms", "--laws", "laws.py:heavy,gaussian", "--dims", "4", "--samples", "5000", "--out", "n"]) == 0
    assert "laws.py:heavy" in capsys.readouterr().out
    with only(()):
        heavy, gaussian = load_rows(folder / "n")
    assert heavy.law == "laws.py:heavy" and gaussian.law == "gaussian"
    assert heavy.exact_l1 == norm_check(["laws.py:heavy"], [4], 32)[0].exact_l1 != gaussian.exact_l1
    assert abs(heavy.z_l1) < 4 and abs(heavy.z_l2) < 4


def test_the_numbers_do_not_depend_on_the_path(folder):
    [near], [far] = (norm_check([f"{place}laws.py:heavy"], [3], 100) for place in ("", f"{folder}/"))
    assert near.mean_l1 == far.mean_l1 and math.isfinite(near.mean_l1)


@pytest.mark.parametrize("name", ["triangle", "fake"])
def test_what_has_no_exact_values_is_refused(folder, name, capsys):
    out = ["--dims", "4", "--out", "n"]
    assert main(["norms", "--laws", f"laws.py:{name}", *out]) == 2
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1 and f"no exact E‖g‖₂ is known for the noise law laws.py:{name}" in shown
    (folder / "a.toml").write_text(SWEEP.replace("heavy", name))
    assert main(["sweep", "a.toml"]) == 2
    assert f"a.toml, [norms]: no exact E‖g‖₂ is known for the noise law laws.py:{name}" in capsys.readouterr().err


def test_an_unknown_one_is_refused(capsys):
    assert_refused(capsys, ["norms", "--laws", "nolaws.py:heavy"], "nolaws.py can't be read")


SWEEP = """
theorems = ["norms", "laws.py:l2_below"]
[[sweep]]
problem = "rational"
optimizer = "sgd"
dim = 2
steps = 5
replicas = 2
[norms]
laws = ["laws.py:heavy"]
dims = [4]
samples = 2000
"""


def test_a_sweep_keeps_the_file_and_is_read_without_it(folder, capsys):
    (folder / "a.toml").write_text(SWEEP)
    assert main(["sweep", "a.toml", "--out", "out"]) == 0
    plan = read_plan(folder / "out")
    assert list(plan.plugins) == ["laws.py"] and plan.norms.laws == ("laws.py:heavy",)
    assert main(["sweep", "a.toml", "--out", "out"]) == 0
    assert "made again" not in capsys.readouterr().err
    (folder / "laws.py").unlink()
    with only(()):
        found = open_folder(folder / "out")
    assert not found.faults and [row.law for row in found.norm_rows] == ["laws.py:heavy"]
    assert main(["verify", "out"]) == 0
    shown = capsys.readouterr().out
    assert "it runs" not in shown and "l2-below  HOLDS" in shown


def test_other_contents_of_the_file_are_another_check(folder, capsys):
    (folder / "a.toml").write_text(SWEEP)
    assert main(["sweep", "a.toml", "--out", "out"]) == 0
    (folder / "laws.py").write_text(FILE.replace("nu=6.0", "nu=7.0"), encoding="utf-8")
    assert main(["sweep", "a.toml", "--out", "out"]) == 0
    assert "they are made again" in capsys.readouterr().err


def test_a_theorem_on_a_law_of_its_file(folder, capsys):
    assert main(["verify", "laws.py:l2_below", "--quick", "--out", "out"]) == 0
    assert "l2-below  HOLDS" in capsys.readouterr().out
    assert read_plan(folder / "out").norms.laws == ("laws.py:heavy",)


def test_a_shipped_law_with_arguments_is_its_name_s(folder, capsys):
    (folder / "laws.py").write_text(FILE.replace("laws.py:heavy", "sparse"), encoding="utf-8")
    assert main(["verify", "laws.py:l2_below", "--quick", "--out", "out"]) == 0
    assert "l2-below  HOLDS" in capsys.readouterr().out
