"""verdicts.json: strict JSON, and all that a theorem says of each cell."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest
from figure_results import cell, grid, norm_rows
from ratecheck import theorem

from simulator.judge import judge
from simulator.judge.outcome import Outcome, Verdict
from simulator.lab.verdicts import write_verdicts
from simulator.theorems import THEOREMS

RESULTS = grid(("ramp",), ("sgd", "adamw"), factor=0.5)
JUDGED = [v.claim for v in judge(RESULTS, norm_rows())]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The text of the file, and the verdicts in it: those on RESULTS, and one with infinite numbers."""
    rows = norm_rows()
    numbers = {"max_ratio": {"value": math.inf, "upper": math.inf}, "nan": math.nan}
    odd = Verdict("odd", Outcome.VIOLATED, "holds", "a statement", ("because",), numbers)
    verdicts = [*judge(RESULTS, rows), odd]
    told = {name: THEOREMS[name] for name in JUDGED}
    partial, directory = "18 of 36 cells are missing", tmp_path_factory.mktemp("verdicts")
    return write_verdicts(directory, verdicts, told, RESULTS, rows, partial).read_text(encoding="utf-8"), verdicts


def test_verdicts_are_strict_json_with_infinities(written):
    text, verdicts = written

    def refuse(word):
        raise AssertionError(word)

    data = json.loads(text, parse_constant=refuse)
    assert [v["claim"] for v in data["verdicts"]] == [v.claim for v in verdicts]
    odd = data["verdicts"][-1]
    assert odd["numbers"]["max_ratio"]["value"] == math.inf
    assert odd["numbers"]["nan"] is None
    assert data["exit_code"] == 1
    assert "18 of 36" in data["partial"]
    assert data["format"] == "ratecheck verdicts 3"


def test_verdicts_hold_what_the_theorems_say_of_each_cell(written):
    data = json.loads(written[0])
    told = {theorem["name"]: theorem for theorem in data["theorems"] if theorem["kind"] != "samples"}
    assert set(told) == {name for name in JUDGED if name not in ("norms", "gaussian")}
    for name, entry in told.items():
        theorem = THEOREMS[name]
        assert entry["statement"] == theorem.statement
        assert (entry["kind"], entry["expected"], entry["axes"]) == (theorem.kind, theorem.expected, [*theorem.axes])
        quantity = theorem.measures
        assert entry["quantity"] == {what: getattr(quantity, what) for what in ("name", "digest", "text", "tex")}
        assert (entry["rate_tex"], entry["bound_tex"], entry["source"]) == (
            theorem.rate_tex,
            theorem.bound_tex,
            theorem.source,
        )
        bearings = {result.key: b for result in RESULTS if (b := theorem.on(result)) is not None}
        assert entry["cells"] == {
            key: {"bound": b.bound, "rate": b.rate, "void": b.void, "aside": b.aside} for key, b in bearings.items()
        }
        assert len(bearings) == 9


def test_void_and_infinite_bounds_in_verdicts(tmp_path):
    @theorem(optimizer="sgd", measures="mean_grad_l2", rule=THEOREMS["sgd-l2"].rule, assumes=("variance",))
    def vacuous(c):
        """Nothing at all."""
        return math.inf

    results = [cell(optimizer="sgd"), cell(optimizer="sgd", noise="student", noise_args={"nu": 1.5}), cell()]
    verdicts = judge(results, (), [vacuous])
    path = write_verdicts(tmp_path, verdicts, {"mine.py:vacuous": vacuous}, results, (), "1 of 4", incomplete=True)
    data = json.loads(path.read_text(encoding="utf-8"))
    (told,) = data["theorems"]
    assert told["cells"] == {
        results[0].key: {"bound": None, "rate": math.inf, "void": "", "aside": ""},
        results[1].key: {
            "bound": None,
            "rate": None,
            "void": vacuous.on(results[1]).void,
            "aside": "",
        },
    }
    assert (data["partial"], data["exit_code"]) == ("1 of 4", 1)


def test_verdicts_are_written_without_matplotlib(tmp_path):
    code = (
        "import pathlib, sys, ratecheck.simulator.lab.verdicts as v; "
        "v.write_verdicts(pathlib.Path(sys.argv[1]), [], {}, [], []); sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 0
