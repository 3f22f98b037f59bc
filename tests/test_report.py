"""The report: complete, self-contained, right about what is missing, and the same numbers in every file."""

from __future__ import annotations

import csv
import html.parser
import json
import math
import re
from dataclasses import dataclass

import numpy as np
import pytest
from figure_results import cell, grid, norm_rows

from problems.errors import InputError
from simulator.engines.resolve import resolve
from simulator.judge import judge
from simulator.judge.outcome import Outcome, Verdict
from simulator.lab.folder import missing_parts
from simulator.lab.plan import Norms, Plan
from simulator.report import escape_markdown, summary, write_report
from simulator.report.results_csv import tidy_rows
from simulator.report.tables import interval, provenance, run_table, verdict_table

NORMS = Norms(("gaussian",), (1, 10), None, 0)
RESULTS = grid(("ramp",), ("sgd", "adamw"), factor=0.5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    directory = tmp_path_factory.mktemp("report")
    rows = norm_rows()
    plan = Plan("rates.toml", False, tuple(r.spec for r in grid(("ramp", "cosine"), ("sgd", "adamw"))), None, NORMS)
    odd = Verdict(
        "odd|<claim>",
        Outcome.VIOLATED,
        "holds",
        "a < b & *c* | d",
        ("because",),
        {"max_ratio": {"value": math.inf, "upper": math.inf}, "nan": math.nan},
    )
    verdicts = [*judge(RESULTS, rows), odd]
    files = write_report(directory, RESULTS, verdicts, rows, plan, notes=["cells/x.npz: damaged"])
    return directory, files, verdicts


class Page(html.parser.HTMLParser):
    """Checks that elements are closed in order; collects what a browser would fetch, ids and the text."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.fetched, self.ids, self.tags = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append(tag)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.fetched += [attributes[a] for a in ("src", "data") if a in attributes] + [
            attributes["href"] for _ in [0] if tag in ("link", "image") and "href" in attributes
        ]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_all_files_are_there_and_named(folder):
    directory, files, _ = folder
    assert all(path.exists() for path in files)
    names = {str(path.relative_to(directory)) for path in files}
    assert {
        "report.html",
        "report.md",
        "results.csv",
        "verdicts.json",
        "figures/rates.svg",
        "figures/rates.png",
        "figures/ratio.svg",
        "figures/norms.png",
    } <= names
    assert len(names) == len(files) == len([p for p in directory.rglob("*") if p.is_file()])


def test_page_is_whole_and_fetches_nothing(folder):
    text = (folder[0] / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert page.fetched == []
    assert "script" not in page.tags
    assert len(page.ids) == len(set(page.ids))
    assert not re.search(r"@import|url\((?!#)", text)
    assert page.tags.count("figure") == page.tags.count("svg") == text.count("<figcaption>")


def test_first_screen_has_verdicts_and_what_is_missing(folder):
    directory, _, verdicts = folder
    text = (directory / "report.html").read_text(encoding="utf-8")
    head = text[: text.index("<h2>")]
    assert "18 of 36 cells are missing" in head
    assert "cells/x.npz: damaged" in head
    assert "not as expected" in head
    for v in verdicts:
        assert f">{v.outcome.value}</span>" in head
    assert "odd|&lt;claim&gt;" in head
    assert "a &lt; b &amp; *c* | d" in head


def test_markdown_has_the_same_and_its_tables_are_rectangular(folder):
    directory, _, verdicts = folder
    text = (directory / "report.md").read_text(encoding="utf-8")
    assert "18 of 36 cells are missing" in text
    for v in verdicts:
        assert f"**{v.outcome.value}**" in text
    for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(widths) == 1, block
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (directory / link).exists(), link


def test_verdicts_are_strict_json_with_infinities(folder):
    directory, _, verdicts = folder
    text = (directory / "verdicts.json").read_text(encoding="utf-8")

    def refuse(word):
        raise AssertionError(word)

    data = json.loads(text, parse_constant=refuse)
    assert [v["claim"] for v in data["verdicts"]] == [v.claim for v in verdicts]
    odd = data["verdicts"][-1]
    assert odd["numbers"]["max_ratio"]["value"] == math.inf
    assert odd["numbers"]["nan"] is None
    assert data["exit_code"] == 1
    assert "18 of 36" in data["partial"]


def test_csv_has_a_row_per_cell_with_the_numbers(folder):
    with open(folder[0] / "results.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(RESULTS)
    for row, result in zip(rows, RESULTS, strict=True):
        assert row["key"] == resolve(result.spec).key
        spec = result.spec
        assert (row["problem"], int(row["dim"]), int(row["steps"])) == (spec.problem, spec.dim, spec.steps)
        values = result.stats.mean_grad_l1
        assert float(row["mean_grad_l1"]) == pytest.approx(values.mean())
        assert float(row["mean_grad_l1_sem"]) == pytest.approx(values.std(ddof=1) / math.sqrt(values.size))
        assert float(row["ratio_l1"]) == pytest.approx(values.mean() / result.bound_l1)
        assert float(row["ratio_l2_high"]) > float(row["ratio_l2"]) > float(row["ratio_l2_low"])
        assert float(row["used_lr"]) == result.hyper["lr"]
        assert float(row["problem_arg_steepness"]) == 1.5
        assert row["status"] == "ok"
    assert {row["used_beta1"] == "" for row in rows if row["optimizer"] == "sgd"} == {True}


def test_odd_cells_in_the_table():
    rows = tidy_rows([cell(diverged=1), cell(replicas=1), cell(noise="student", noise_args={"nu": 1.5})])
    assert [row["mean_grad_l1"] == math.inf for row in rows] == [True, False, False]
    assert rows[0]["ratio_l1_high"] == math.inf
    assert (rows[0]["status"], rows[0]["replicas_diverged"]) == ("diverged", 1)
    assert rows[1]["mean_grad_l1_sem"] is None
    assert rows[2]["C"] == math.inf
    assert rows[2]["ratio_l1"] is None
    assert rows[2]["noise_arg_nu"] == 1.5
    assert rows[0]["noise_arg_nu"] is None
    assert len({tuple(row) for row in rows}) == 1


def test_nothing_to_report_is_reported(tmp_path):
    plan = Plan("none.toml", True, tuple(r.spec for r in RESULTS), None, NORMS)
    files = write_report(tmp_path / "new", [], [], (), plan)
    text = (tmp_path / "new" / "report.html").read_text(encoding="utf-8")
    assert "18 of 18 cells are missing and the norm checks are missing" in text
    assert "Nothing was judged" in text
    assert text.count("Not drawn:") == 8
    assert len(files) == 4


def test_a_second_report_leaves_no_figures_of_the_first(tmp_path):
    write_report(tmp_path, RESULTS[:2], [], norm_rows())
    (tmp_path / "figures" / "mine.svg").write_text("kept")
    assert (tmp_path / "figures" / "norms.svg").exists()
    write_report(tmp_path, RESULTS[:2], [])
    assert not (tmp_path / "figures" / "norms.svg").exists()
    assert not (tmp_path / "figures" / "norms.png").exists()
    assert (tmp_path / "figures" / "mine.svg").exists()


def test_unwritable_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="choose another folder"):
        write_report(tmp_path / "file", [], [])


def test_summary_counts_and_names():
    holds = Verdict("a", Outcome.HOLDS, "holds", "s")
    control = Verdict("c", Outcome.VIOLATED, "fails", "s")
    assert summary([holds, control]) == "As expected: 1 of 1 claims hold and 1 of 1 false controls are violated."
    assert summary([holds], "1 of 2 cells are missing").startswith("So far as expected: 1 of 1")
    passed = Verdict("c", Outcome.HOLDS, "fails", "s")
    assert "c (HOLDS)" in summary([holds, passed])
    assert "1 of 2" in summary([holds, passed])
    unsettled = Verdict("i", Outcome.INCONCLUSIVE, "holds", "s")
    tones = [row["tone"] for row in verdict_table([holds, control, passed, unsettled])]
    assert tones == ["good", "good", "bad", "open"]


def test_partial_needs_a_plan():
    @dataclass
    class Some:
        specs: tuple
        norms: object = None

    assert missing_parts(None, RESULTS, ()) == ""
    assert missing_parts(Some(tuple(r.spec for r in RESULTS)), RESULTS, ()) == ""
    assert "1 of 18 cells are missing" in missing_parts(Some(tuple(r.spec for r in RESULTS)), RESULTS[1:], ())
    rows = run_table(RESULTS[1:], Some(tuple(r.spec for r in RESULTS)))
    assert [row["cells"] for row in rows] == ["8 of 9", "9 of 9"]


def test_provenance_names_versions_and_time_but_no_host():
    rows = dict(provenance(RESULTS, None))
    assert rows["numpy"] == "2.1.0"
    assert rows["engine time"] == f"{0.25 * len(RESULTS):.1f} s over {len(RESULTS)} cells"
    assert "secret-host" not in str(rows)


def test_intervals_and_markdown_as_text():
    from simulator.judge.intervals import mean

    values = np.array([1.0, 1.1, 0.9, 1.0])
    e = mean(values)
    assert interval(e) == f"1.000 [{e.low(0.025):#.4g}, {e.high(0.025):#.4g}]"
    assert interval(mean([1.0, math.inf])) == "∞"
    assert interval(mean([2.0])) == "2.000"
    assert escape_markdown("a|b_c\n<d>") == r"a\|b\_c \<d\>"
