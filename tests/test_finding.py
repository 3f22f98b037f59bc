"""The first screen's words: the finding, the line of each theorem, numbers and powers as a reader wants them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from figure_results import cell, grid, norm_rows

from simulator.judge import judge
from simulator.judge.outcome import Cells, Outcome, Verdict
from simulator.report.claims import claim_groups, claim_row
from simulator.report.figures import Material, draw
from simulator.report.finding import explanations, finding, scope, sources, tone
from simulator.report.shown import show
from simulator.report.wording import number, powers, signed
from simulator.theorems import THEOREMS

HOLDS = Verdict("a", Outcome.HOLDS, "holds", "s", numbers={"bound": "explicit"})
RATE = Verdict("r", Outcome.HOLDS, "holds", "s", numbers={"bound": "O(·)"})
TIGHT = Verdict(
    "t",
    Outcome.TIGHT,
    "holds",
    "s",
    ("not exceeded",),
    {
        "bound": "explicit",
        "attained": [{"where": "ramp (steepness=0.75)", "ratio": 1.5}, {"where": "bowl", "ratio": 0.99}],
    },
)
CAUGHT = Verdict("c", Outcome.VIOLATED, "fails", "s")
MISSED = Verdict("m", Outcome.HOLDS, "fails", "s")
OPEN = Verdict("i", Outcome.INCONCLUSIVE, "holds", "s")


def failing(bound: str, *cells: tuple, factor: float = 1.0, constants: dict | None = None, name: str = "f") -> Verdict:
    """A theorem that fails at *cells*, (family, d, K, ratio) each."""
    case = {
        "where": "w",
        "places": [{"family": family, "dim": dim, "steps": steps} for family, dim, steps, _ in cells],
        "cells": ["k"] * len(cells),
        "ratios": [ratio for *_, ratio in cells],
        "constants": constants,
        "factor": factor,
    }
    return Verdict(name, Outcome.VIOLATED, "holds", "s", numbers={"bound": bound, "smallest_failing": case})


GROWS = failing("O(·)", ("ramp", 16, 1000, 3.61), ("ramp", 16, 64000, 10.23), name="g")
FAILS = failing("explicit", ("ramp", 16, 1000, 1.25))


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ([], "Nothing was judged"),
        ([HOLDS], "a: not exceeded"),
        ([RATE], "r: not contradicted"),
        ([TIGHT], "t: not exceeded, and its rate attained on ramp (steepness=0.75) and bowl"),
        ([HOLDS, CAUGHT], "a: not exceeded, its false control caught"),
        ([HOLDS, CAUGHT, CAUGHT], "a: not exceeded, all 2 false controls caught"),
        ([HOLDS, RATE, CAUGHT], "2 theorems not contradicted, 1 false control caught"),
        ([HOLDS, TIGHT], "2 theorems not contradicted, 1 of their rates attained"),
        (
            [TIGHT, TIGHT, CAUGHT, CAUGHT],
            "2 theorems not contradicted, all of their rates attained, all 2 false controls caught",
        ),
        ([CAUGHT], "1 false control caught"),
        ([HOLDS, FAILS], "f is violated: 1.25 times the bound was measured on ramp at d = 16, K = 1k"),
        ([GROWS], "g is violated: measured over rate grows from 3.61 at K = 1k to 10.2 at K = 64k, on ramp at d = 16"),
        (
            [failing("O(·)", ("a", 16, 1000, 3.0), ("b", 64, 1000, 2.0))],
            "f is violated: measured over rate falls from 3 on a at d = 16, K = 1k to 2 on b at d = 64, K = 1k",
        ),
        (
            [failing("O(·)", ("a", 16, 1000, 3.0), ("a", 64, 4000, 4.0))],
            "f is violated: measured over rate grows from 3 at d = 16, K = 1k to 4 at d = 64, K = 4k, on a",
        ),
        (
            [failing("explicit", ("a", 4, 10, 1.0012))],
            "f is violated: 1.001 times the bound was measured on a at d = 4, K = 10",
        ),
        (
            [failing("explicit", ("a", 4, 10, 0.5), factor=3.0, constants={"sigma": 1.0})],
            "f is violated: 1.5 times the bound was measured on a at d = 4, K = 10, in other units",
        ),
        (
            [failing("O(·)", ("a", 4, 10, 0.5), factor=1e6, constants={"sigma": 1.0})],
            "f is violated: measured over rate has no limit as units change, on a at d = 4, K = 10",
        ),
        (
            [failing("explicit", ("a", 4, 10, float("inf")))],
            "f is violated: measured over bound is infinite on a at d = 4, K = 10",
        ),
        ([HOLDS, MISSED], "m is false and was not caught: HOLDS"),
        (
            [OPEN, FAILS],
            "f is violated: 1.25 times the bound was measured on ramp at d = 16, K = 1k; "
            "i is INCONCLUSIVE: these runs can't settle it",
        ),
        ([OPEN, HOLDS], "i is INCONCLUSIVE: these runs can't settle it"),
        ([OPEN, MISSED, FAILS], "3 of 3 verdicts are not as expected: m HOLDS, f VIOLATED and 1 more"),
    ],
)
def test_the_finding_is_a_sentence_made_from_the_verdicts(verdicts, said):
    assert finding(verdicts) == said
    wrong = any(not v.as_expected for v in verdicts)
    assert finding(verdicts, "1 of 2 cells are missing") == (said if wrong or not verdicts else f"So far: {said}")


def test_the_tone_is_that_of_the_exit_code_and_open_where_something_is_missing():
    assert [tone(v, "") for v in ([HOLDS, CAUGHT], [FAILS], [OPEN], [])] == ["good", "bad", "open", "open"]
    assert [tone(v, "some") for v in ([HOLDS], [FAILS])] == ["open", "bad"]


def test_the_finding_of_real_verdicts_names_the_witness():
    results = grid(("uneven-ramp",), ("adamw",), (16, 64, 256), (1000, 4000, 16000, 64000), factor=1.2)
    (verdict,) = judge(results, theorems=["adamw-l1"])
    assert verdict.outcome is Outcome.TIGHT
    assert finding([verdict]) == "adamw-l1: not exceeded, and its rate attained on uneven-ramp"
    (at,) = verdict.numbers["attained"]
    assert at["where"] == "uneven-ramp" and 0 < at["ratio"] < 1


def test_the_finding_of_a_real_failure_is_made_of_its_cells():
    results = grid(("uneven-ramp",), ("adamw",), (16, 64, 256), (1000, 4000, 16000, 64000), factor=1.2)
    (verdict,) = judge(results, theorems=["control-rate"])
    case = verdict.numbers["smallest_failing"]
    by_key = {result.key: result.spec for result in results}
    assert [(p["dim"], p["steps"]) for p in case["places"]] == [(by_key[k].dim, by_key[k].steps) for k in case["cells"]]
    first, last = case["ratios"]
    said = finding([replace(verdict, expected="holds")])
    assert said.startswith(
        f"control-rate is violated: measured over rate grows from {first:.3g} at K = 1k to {last:.3g}"
    )
    assert said.endswith("at K = 64k, on uneven-ramp at d = 16")


def test_what_the_reasons_take_for_known_is_explained_where_there_is_any():
    results = grid(("uneven-ramp",), ("adamw",), (16, 64, 256), (1000, 4000, 16000, 64000), factor=1.2)
    (verdict,) = judge(results, theorems=["adamw-l1"])
    growth, level = explanations([verdict])
    assert "over a theorem's witnesses" in growth and "star" not in growth
    assert level.startswith("In the reasons a level is the value")
    (fixed,) = judge(grid(("rational",), ("adamw",)), theorems=["control-rate"])
    assert claim_row(fixed, None, [])["steps"].endswith(" *") and "with a star" in explanations([fixed])[0]
    assert explanations([HOLDS]) == []


def test_the_reasons_name_what_is_a_diamond_in_the_figure_of_growth():
    results = grid(("uneven-ramp",), ("adamw",), (16, 64, 256), (1000, 4000, 16000, 64000), factor=1.2)
    (false,), (true,) = (judge(results, theorems=[name]) for name in ("control-rate", "adamw-l1"))
    told = [r for r in claim_row(false, THEOREMS["control-rate"], results)["reasons"] if "diamond" in r]
    assert told == ["growth that shows the rate false, a diamond each in the figure of growth: uneven-ramp in K"]
    drawing = next(
        d for d in draw(Material(show(results), (), [false], [THEOREMS["control-rate"]])) if d.name == "forest"
    )
    diamonds = [line for ax in drawing.figure.axes for line in ax.lines if line.get_marker() == "D"]
    assert len(diamonds) == 1
    assert not any("diamond" in r for r in claim_row(true, THEOREMS["adamw-l1"], results)["reasons"])


def test_the_scope_counts_cells_runs_and_vectors():
    assert scope(show(grid()), ()) == "36 cells × 8 runs, d = 16…256, K = 1k…16k"
    assert scope(show([cell(replicas=1)]), ()) == "1 cell × 1 run, d = 16, K = 1k"
    assert scope([], norm_rows()) == "6000 random vectors of 2 laws"
    assert scope([], ()) == ""


def test_sources_are_the_theorems_own():
    verdict = Verdict("adamw-l1", Outcome.HOLDS, "holds", "s")
    assert sources([verdict, CAUGHT], THEOREMS) == [(THEOREMS["adamw-l1"].source, ["adamw-l1"])]
    assert sources([HOLDS], THEOREMS) == []


def top(value: float, upper: float) -> dict:
    return {"value": value, "upper": upper, "where": "w", "problem": "ramp", "dim": 16, "steps": 1000}


def test_a_line_says_of_what_the_ratio_is_and_a_limit_only_where_it_is_another_number():
    row = claim_row(
        Verdict("a", Outcome.HOLDS, "holds", "s", (), {"bound": "O(·)", "max_ratio": top(1.5, 1.50001)}), None, []
    )
    assert (row["ratio"], row["over"], row["upper"], row["constant"], row["share"]) == ("1.500", "rate", "", "none", "")
    row = claim_row(
        Verdict("a", Outcome.HOLDS, "holds", "s", (), {"bound": "explicit", "max_ratio": top(0.5, 0.501)}), None, []
    )
    assert (row["ratio"], row["over"], row["upper"], row["share"]) == ("0.5000", "bound", "0.5010", "50 %")


def test_the_constant_is_that_of_the_cell_with_the_largest_ratio():
    results = grid(("rational", "ramp"), ("sgd",))
    (verdict,) = judge(results, theorems=["sgd-l2"])
    theorem, largest = THEOREMS["sgd-l2"], verdict.numbers["max_ratio"]
    (own,) = [
        r
        for r in results
        if (r.spec.problem, r.spec.dim, r.spec.steps) == tuple(largest[k] for k in ("problem", "dim", "steps"))
    ]
    constant = theorem.bound(own.constants, own.hyper) / theorem.rate(own.constants, own.hyper)
    assert claim_row(verdict, theorem, results)["constant"] == f"{number(constant)} proved"
    assert claim_row(verdict, theorem, [])["constant"] == "proved"  # no cells: its kind is known all the same


def test_growth_is_that_of_the_witnesses_where_there_are_any():
    def group(value: float, witness: bool) -> dict:
        return {"steps": {"exponent": value, "evidence": witness}, "dim": {"why": "few"}}

    def growth(*groups: dict) -> tuple[str, str]:
        row = claim_row(Verdict("a", Outcome.HOLDS, "holds", "s", (), {"groups": list(groups)}), None, [])
        return row["steps"], row["dim"]

    assert growth(group(0.3, False), group(-0.1, True), group(0.0004, True)) == ("0.000", "")
    assert growth(group(0.3, False), group(-0.1, False)) == ("+0.300 *", "")
    assert growth() == ("", "")


def test_theorems_come_before_controls_each_under_its_head():
    groups = claim_groups([CAUGHT, HOLDS, MISSED], {}, [])
    assert [(g["head"], [r["theorem"] for r in g["rows"]]) for g in groups] == [
        ("Theorems", ["a"]),
        ("False controls", ["c", "m"]),
    ]
    words = [
        (r["tone"], r["word"]) for g in claim_groups([HOLDS, FAILS, OPEN, CAUGHT, MISSED], {}, []) for r in g["rows"]
    ]
    assert words == [
        ("good", "as expected"),
        ("bad", "NOT as expected"),
        ("open", "open"),
        ("good", "caught"),
        ("bad", "NOT caught"),
    ]


def test_cells_are_counted_in_words():
    counted = Verdict("a", Outcome.HOLDS, "holds", "s", cells=Cells(1, {"x": 2, "y": 1}, 4))
    assert claim_row(counted, None, [])["cells"] == "1 cell judged, 4 escaped, 3 left out"
    rows = Verdict("a", Outcome.HOLDS, "holds", "s", numbers={"samples": 5}, cells=Cells(42))
    assert claim_row(rows, None, [])["cells"] == "42 rows judged"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("K^(1/4)", "K<sup>1/4</sup>"),
        ("K^0.250 d^-0.500", "K<sup>0.250</sup> d<sup>−0.500</sup>"),
        ("‖∇f(x^k)‖₁ ≤ O(C²/√K)", "‖∇f(x<sup>k</sup>)‖₁ ≤ O(C²/√K)"),
        ("R^d. x^", "R<sup>d</sup>. x^"),
        ("K^(1/2)^(<b>)", "K<sup>1/2</sup>^(&lt;b&gt;)"),
        ("Lησ_s² > N(0, I_d) of noise_q", "Lησ<sub>s</sub>² &gt; N(0, I<sub>d</sub>) of noise_q"),
        ("`quadratic` shows `<b>` it`", "<code>quadratic</code> shows <code>&lt;b&gt;</code> it`"),
        ("<script>a^b</script>", "&lt;script&gt;a<sup>b</sup>&lt;/script&gt;"),
    ],
)
def test_powers_are_set_and_nothing_else_becomes_markup(text, html):
    assert str(powers(text)) == html


def test_numbers():
    assert [number(v) for v in (1.5, 33.738, 715.02, 12345.6, float("inf"))] == [
        "1.500",
        "33.74",
        "715.0",
        "1.235e+04",
        "∞",
    ]
    assert [signed(v) for v in (0.25, -0.1389, -0.0001, 0.0)] == ["+0.250", "−0.139", "0.000", "0.000"]
