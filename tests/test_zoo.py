"""The zoo's pages: every shipped theorem has its row and its page, and the pages say what was found."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from zoo.__main__ import surprises
from zoo.figure import envelope, figure
from zoo.pages import page, row, write
from zoo.verified import TRUE, Verified

from simulator.cells.spec import Spec
from simulator.engines import run
from simulator.judge import Outcome, judge
from simulator.theorem import Theorem
from simulator.theorems import THEOREMS
from simulator.theorems.naming import spec_names

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def found() -> Verified:
    """sgd-l2-squared with its controls, on six small cells."""
    theorem = THEOREMS["sgd-l2-squared"]
    results = [
        run(Spec.of(problem, "sgd", dim, steps, 8), quantities=theorem.quantities)
        for problem, dim, steps in (("ramp", 4, 100), ("ramp", 4, 200), ("ramp", 8, 100), ("rational", 4, 100))
    ]
    optimizer, schedule, _ = spec_names("sgd-l2-squared-too-long")
    results.append(run(Spec.of("quadratic", optimizer, 4, 400, 8, schedule=schedule)))
    first, *controls = judge(results, theorems=[theorem, *theorem.controls])
    return Verified(first, tuple(controls), tuple(results), 1.0)


def test_the_envelope_is_of_the_cells_that_the_theorem_says_something_of(found):
    drawing = envelope(found)
    told = [text for texts in drawing.figure.told.values() for text in texts]
    assert len(told) == 4  # η = 2.1/L is outside
    first = found.results[0]
    value = first.stats.mean_grad_l2_squared.mean() / found.theorem.on(first).rate / math.sqrt(100)  # rate: C²/√K
    said = next(text for text in told if text.startswith("ramp, d = 4, K = 100: "))
    number = said.split(": ")[1].split(" ± ")[0]
    assert number == f"{value:.{len(number.partition('.')[2])}f}" and len(number) >= 5


def test_the_figure_is_small_and_the_same_twice(found):
    drawn = figure(found)
    assert drawn == figure(found) and len(drawn) < 40_000
    text = drawn.decode()
    assert text.startswith("<?xml") and "ramp" in text and "proved bound" in text and not re.search(r"[ \t]\n", text)


def test_row_and_page_say_what_was_found(found, tmp_path):
    line, text = row(found), page(found)
    top = found.verdict.numbers["max_ratio"]
    caught = sum(v.outcome is Outcome.VIOLATED for v in found.controls)
    assert line.count("\n") == 1 and f"| {top['value']:.3g} | {top['where']} |" in line
    assert f"{caught} of {len(found.controls)} |" in line and found.theorem.statement in line
    assert found.theorem.source in text and all(f"`{v.claim}`" in text for v in found.controls)
    (tmp_path / "zoo").mkdir()
    (tmp_path / "zoo" / "gone.md").write_text("of a theorem that is no more")
    write([found], tmp_path)
    assert {p.name for p in (tmp_path / "zoo").iterdir()} == {"sgd-l2-squared.md", "sgd-l2-squared.svg"}
    assert (tmp_path / "zoo.md").read_text().endswith(line)


def test_what_is_not_as_expected_is_said(found):
    missed = [v for v in found.controls if v.outcome is not Outcome.VIOLATED]
    assert missed and [line.split(":")[0] for line in surprises([found])][-len(missed) :] == [v.claim for v in missed]


def test_the_zoo_page_has_a_row_for_every_theorem():
    """Written by make zoo after the last change of a statement, and nothing in it is a surprise."""
    rows = re.findall(
        r"^\| \[`([^`]+)`\]\(zoo/([^)]+)\.md\) \| (.+)$", (DOCS / "zoo.md").read_text(encoding="utf-8"), re.M
    )
    assert [name for name, _, _ in rows] == TRUE == [link for _, link, _ in rows]
    for name, _, rest in rows:
        statement, kind, verdict, largest, _, controls = rest.rstrip(" |").split(" | ")
        theorem = THEOREMS[name]
        assert isinstance(theorem, Theorem) and statement == theorem.statement.replace("|", "\\|")
        assert kind == theorem.kind and verdict in ("HOLDS", "TIGHT") and 0 < float(largest) <= 1.01
        assert controls == f"{len(theorem.controls)} of {len(theorem.controls)}"
        assert all((DOCS / "zoo" / f"{name}.{kind}").is_file() for kind in ("md", "svg"))


def test_every_proof_is_written_down():
    proofs = (DOCS / "proofs.md").read_text(encoding="utf-8")
    theory = (DOCS / "theory.md").read_text(encoding="utf-8")
    for name in TRUE:
        theorem = THEOREMS[name]
        assert f"`{name}`" in theory or f"`{name}`" in proofs, name
        assert theorem.kind != "proved" or theorem._bound.__doc__  # the idea in a sentence stands at the bound
