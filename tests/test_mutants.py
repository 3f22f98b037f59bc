"""Mutants fit the code as it is, and what runs them tells caught from not caught."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from problems.errors import InputError
from tests.mutants import command, workers
from tests.mutants.mutant import Misfit, chosen, load
from tests.mutants.page import table, write
from tests.mutants.quick import Swept, moved, noticed
from tests.mutants.record import Catch, Contents, Notice, Record, Records

ROOT = Path(__file__).parents[1]
MUTANTS = load()
FUNCTIONS = {"double": "2 * x", "triple": "3 * x", "half": "x / 2"}
TOY = "".join(f"def {name}(x):\n    return {value}\n\n\n" for name, value in FUNCTIONS.items())
TESTS = "from problems import double, half\n\n\ndef test_{0}():\n    assert {0}(2) == {1}\n"
LISTED = """
[[mutant]]
name = "double is more"
file = "problems/__init__.py"
old = "return 2 * x"
new = "return 5 * x"
tests = ["tests/test_double.py"]

[[mutant]]
name = "half is whole"
file = "problems/__init__.py"
old = "return x / 2"
new = "return x"
tests = ["tests/test_double.py"]

[[mutant]]
name = "nobody tries triple"
file = "problems/__init__.py"
old = "return 3 * x"
new = "return 4 * x"
tests = ["tests/test_double.py"]

[[mutant]]
name = "all functions at once"
file = "problems/__init__.py"
old = "return"
new = "return 1 +"
tests = ["tests/test_double.py"]
"""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.title)
def test_it_fits(mutant):
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    planted = mutant.planted(text)
    assert planted != text
    if mutant.file.endswith(".py"):
        compile(planted, mutant.file, "exec")
    for test in mutant.tests:
        file, *names = test.split("::")
        text = (ROOT / file).read_text(encoding="utf-8")
        for depth, name in enumerate(names):  # a name that pytest doesn't find would count as a failure
            assert re.search(rf"^{' ' * 4 * depth}(def|class) {name}\b", text, re.MULTILINE), test


def test_every_area_has_some_and_both_ways_to_the_verdicts_are_tried():
    assert {mutant.area for mutant in MUTANTS} >= {"optimizers", "rules", "engines", "noise", "problems", "judge"}
    assert {mutant.reaches for mutant in MUTANTS} == {"", "cells", "judge"}


@pytest.fixture
def toy(tmp_path):
    """A project of three functions, of which two are tested, one by its own test file; and its mutants."""
    root = tmp_path / "toy"
    files = {"problems/__init__.py": TOY, "setup.cfg": "[tool:pytest]\nmarkers =\n    slow: as here\n"}
    files |= {f"tests/test_{name}.py": TESTS.format(name, value) for name, value in {"double": 4, "half": 1}.items()}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for arguments in (["init", "-q"], ["add", "-A"]):
        if subprocess.run(["git", *arguments], cwd=root, check=False).returncode:
            pytest.skip("there is no git")
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "toy.toml").write_text(LISTED)
    return tmp_path


def run(toy: Path, *more: str) -> int:
    page = toy / "page.md"
    page.write_text("<!-- mutants: made by a test -->\n<!-- end of mutants -->\n")
    options = ["--out", str(toy / "out"), "--page", str(page), "-j", "2", *more]
    return command.main(options, root=toy / "toy", planted=toy / "planted")


def test_caught_survived_and_unfit(toy, capfd):
    assert run(toy) == 1
    printed = capfd.readouterr()
    assert "toy: nobody tries triple: no test catches it" in printed.err
    assert "expected its text once in problems/__init__.py, found it 3 times" in printed.err
    assert "double is more" not in printed.err and "half is whole" not in printed.err
    rows = dict(row.split(" | ")[1:3] for row in (toy / "page.md").read_text().splitlines() if row.startswith("| toy"))
    assert rows["double is more"] == "`test_double.py::test_double`"
    assert rows["half is whole"] == "`test_half.py::test_half`" and rows["nobody tries triple"] == "**nothing**"
    assert (toy / "toy" / "problems" / "__init__.py").read_text() == TOY  # nothing is planted but in a copy

    assert run(toy) == 1
    assert "0 runs of tests or of the quick sweep to do" in capfd.readouterr().out

    half = toy / "toy" / "tests" / "test_half.py"  # what no listed test catches depends on every test
    half.write_text(
        half.read_text() + "\n\ndef test_triple():\n    from problems import triple\n    assert triple(1) == 3"
    )
    assert run(toy, "--only", "toy: nobody") == 0 and run(toy, "--only", "double is") == 0
    told = capfd.readouterr().out
    assert "caught by tests/test_half.py::test_triple" in told and told.count("0 runs") == 1


def test_a_test_that_fails_by_itself_catches_nothing(toy, capfd):
    (toy / "toy" / "tests" / "test_double.py").write_text(TESTS.format("double", 5))
    assert run(toy, "--only", "triple") == 1
    assert "tests/test_double.py::test_double fails without it too" in capfd.readouterr().err


def test_nothing_is_begun_after_the_minutes(toy, capfd):
    assert run(toy, "--minutes", "0") == 0
    assert "0 planted" in capfd.readouterr().out


def test_an_interrupted_run_goes_on(toy, capfd, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(workers, "line", interrupt)
        assert run(toy, "-j", "1") == 130
    printed = capfd.readouterr()
    assert "4 runs" in printed.out and "interrupted: 1 of 4 runs are done; run the same command again" in printed.err
    assert run(toy, "--only", "double is") == 0
    assert "1 mutants, 0 runs" in capfd.readouterr().out


def test_wrong_usage(capsys):
    assert command.main(["--only", "no such mutant"]) == 2
    assert "no mutant has 'no such mutant'" in capsys.readouterr().err
    assert command.main(["-j", "0"]) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a [[mutant]] table"),
        ('[[mutant]]\nname = "a"\n', "file must be a text"),
        (LISTED + LISTED, "two mutants are named"),
        (LISTED.replace("tests =", "reaches = true\ntests ="), "reaches must be one of cells, judge"),
        (LISTED.replace('tests = ["tests/test_double.py"]', "tests = []"), "tests must be a list"),
    ],
)
def test_wrong_lists(tmp_path, text, message):
    (tmp_path / "toy.toml").write_text(text)
    with pytest.raises(InputError, match=message.replace("[", r"\[")):
        load(tmp_path)


def test_a_mutant_that_changes_nothing_is_unfit():
    mutant = chosen(MUTANTS, MUTANTS[0].title)[0]
    same = type(mutant)(mutant.area, mutant.name, mutant.file, mutant.old, mutant.old, mutant.tests)
    with pytest.raises(Misfit, match="changes nothing"):
        same.planted((ROOT / mutant.file).read_text(encoding="utf-8"))


SOUND = Swept({"a": "HOLDS", "b": "TIGHT"}, [], {"a": 0.5, "b": 0.9}, 0)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (SOUND, ""),
        (Swept({"a": "VIOLATED", "b": "TIGHT"}, [], {}, 1), "a VIOLATED for HOLDS"),
        (Swept({"b": "HOLDS"}, [], {}, 0), "a left out for HOLDS, and 1 more"),
        (Swept(SOUND.words, ["b"], {}, 1), "b: a known level is not met"),
        (Swept(SOUND.words, [], {}, 3), "exit code 3 for 0"),
        (Swept(code=1, failed="out of memory"), "the sweep fails: out of memory"),
    ],
)
def test_what_verdicts_notice(found, told):
    assert noticed(found, SOUND) == told


def test_what_a_ratio_notices():
    assert moved(Swept(SOUND.words, [], {"a": 0.5024, "b": 0.9}, 0), SOUND) == ""
    assert moved(Swept(SOUND.words, [], {"a": 0.49, "b": 0.8}, 0), SOUND) == "b 0.8 for 0.9"


def test_the_page(tmp_path):
    first, second = (next(m for m in MUTANTS if m.reaches == reaches) for reaches in ("cells", "judge"))
    found = [(first, Record(Catch("tests/test_a.py::test_b", True), Notice(moved="a 1 for 2")))]
    found.append((second, Record(Catch(), Notice("a | b"))))
    made = table(found, 2)
    assert "yet" not in made
    assert "- 2 planted, 1 caught by a test, 1 of them by a test of their area." in made
    assert ": verdicts notice 0, a ratio moves for 1 more" in made
    assert "alone: verdicts notice 1," in made and r"verdict: a \| b |" in made
    (tmp_path / "page.md").write_text("no markers")
    with pytest.raises(InputError, match="has no markers"):
        write(found, tmp_path / "page.md", 2)


def test_the_page_says_what_was_not_tried():
    first = next(m for m in MUTANTS if m.reaches == "cells")
    made = table([(first, Record(Catch("tests/test_a.py::test_b", True)))], 3)
    assert made.startswith("- 2 of 3 are not tried yet.\n- 1 of those that reach the quick sweep are not swept yet.\n")


def test_the_page_of_the_documentation_has_a_place_for_the_table():
    assert "<!-- end of mutants -->" in command.PAGE.read_text(encoding="utf-8")


def test_findings_depend_on_the_code_and_on_what_tests_share(tmp_path):
    names = [
        "problems/a.py",
        "tests/shared.py",
        "tests/test_a.py",
        "tests/test_b.py",
        "docs/a.md",
        "tests/mutants/a.py",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("0")
    mutant = chosen(MUTANTS, MUTANTS[0].title)[0]
    mutant = type(mutant)(mutant.area, "x", "problems/a.py", "0", "1", ("tests/test_a.py::test_x",))

    def known():
        records = Records(tmp_path / "records", Contents(tmp_path, names))
        return records.catch(mutant) is not None, records.notice(mutant) is not None

    def keep(catch):
        records = Records(tmp_path / "records", Contents(tmp_path, names))
        records.keep(mutant, catch), records.keep(mutant, Notice())

    assert known() == (False, False)
    for name, stay in {
        "docs/a.md": (True, True),
        "tests/mutants/a.py": (True, True),
        "tests/test_b.py": (True, True),
        "tests/test_a.py": (False, True),
        "tests/shared.py": (False, True),
        "problems/a.py": (False, False),
    }.items():
        keep(Catch("tests/test_a.py::test_x", listed=True))
        assert known() == (True, True)
        (tmp_path / name).write_text((tmp_path / name).read_text() + "1")
        assert known() == stay, name
    keep(Catch("tests/test_b.py::test_y", listed=False))
    (tmp_path / "tests/test_b.py").write_text("other")
    assert known() == (False, True)
