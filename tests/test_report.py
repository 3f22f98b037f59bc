"""The report: complete, self-contained, right about what is missing, and the same numbers in every file."""

from __future__ import annotations

import csv
import html
import html.parser
import io
import math
import re
from dataclasses import dataclass

import numpy as np
import pytest
from figure_results import cell, grid, norm_rows

from problems.errors import InputError
from simulator.judge import judge
from simulator.judge.outcome import Outcome, Verdict
from simulator.lab.folder import missing_parts
from simulator.lab.plan import Due, Norms, Plan
from simulator.lab.verdicts import write_verdicts
from simulator.report import write_report
from simulator.report.cell_tables import cell_table, interval, run_rows, run_table
from simulator.report.figures import FIGURES
from simulator.report.provenance import provenance
from simulator.report.render import escape_markdown, plain_file
from simulator.report.results_csv import tidy_csv, tidy_rows
from simulator.report.shown import show
from simulator.theorems import THEOREMS

NORMS = Norms(("gaussian",), (1, 10), None, 0)
RESULTS = grid(("ramp",), ("sgd", "adamw"), factor=0.5)


def due(results) -> tuple[Due, ...]:
    return tuple(Due(result.key, result.spec) for result in results)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    directory = tmp_path_factory.mktemp("report")
    rows = norm_rows()
    plan = Plan("rates.toml", False, due(grid(("ramp", "cosine"), ("sgd", "adamw"))), None, NORMS)
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
    files.append(write_verdicts(directory, verdicts, {}, RESULTS, rows))  # what the page links to
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
        "figures/rates.svg",
        "figures/rates.png",
        "figures/norms.png",
    } <= names
    assert len(names) == len(files) == len([p for p in directory.rglob("*") if p.is_file()])


def test_page_is_whole_and_fetches_nothing(folder):
    text = (folder[0] / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert page.fetched == []
    assert page.tags.count("script") == 1
    assert len(page.ids) == len(set(page.ids))
    assert not re.search(r"@import|url\((?!#)", text)
    assert page.tags.count("figure") == text.count("<figcaption>") == page.tags.count("svg") - 1  # one has the outlines
    for described in re.findall(r'aria-describedby="([^"]+)"', text):
        assert described in page.ids


def test_tables_say_what_they_are_and_which_cells_are_heads(folder):
    text = (folder[0] / "report.html").read_text(encoding="utf-8")
    tables = re.findall(r"<table.*?</table>", text, flags=re.DOTALL)
    assert len(tables) >= 4
    for table in tables:
        assert table.count("<caption") == 1
        head = table[table.index("<thead>") : table.index("</thead>")]
        assert head.count("<th ") == head.count('scope="col"') > 1
        body = table[table.index("<tbody>") :]
        assert body.count("<tr") == len(re.findall(r'<th[^>]* scope="?row', body))
        assert "<a " not in "".join(re.findall(r"<summary>.*?</summary>", table))


def test_the_script_is_small():
    assert 1000 < len(plain_file("report.js").encode()) <= 4096


def test_first_screen_has_verdicts_and_what_is_missing(folder):
    directory, _, verdicts = folder
    text = (directory / "report.html").read_text(encoding="utf-8")
    head = text[: text.index("<figure")]
    assert "18 of 36 cells are missing" in head
    assert "cells/x.npz: damaged" in head
    assert "<h1 class=bad>odd|&lt;claim&gt; is VIOLATED: because" in head
    assert "18 cells × 8 runs, d = 16…256, K = 1k…16k; 6000 random vectors of 2 laws" in head
    for v in verdicts:
        row = head[head.index(f">{html.escape(v.claim)}</code>") :]
        row = row[: row.index("</tr>")]
        assert f">{v.outcome.value} <span" in row
        assert ("✓" in row) == v.as_expected
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


def test_csv_has_a_row_per_cell_with_the_numbers(folder):
    with open(folder[0] / "results.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(RESULTS)
    for row, result in zip(rows, RESULTS, strict=True):
        assert row["key"] == result.key
        spec = result.spec
        assert (row["problem"], int(row["dim"]), int(row["steps"])) == (spec.problem, spec.dim, spec.steps)
        values = result.stats.mean_grad_l1
        assert float(row["mean_grad_l1"]) == pytest.approx(values.mean())
        assert float(row["mean_grad_l1_sem"]) == pytest.approx(values.std(ddof=1) / math.sqrt(values.size))
        assert float(row["ratio_l1"]) == pytest.approx(values.mean() / (math.sqrt(spec.dim) * spec.steps**-0.25))
        assert float(row["ratio_l2_high"]) > float(row["ratio_l2"]) > float(row["ratio_l2_low"])
        assert float(row["used_lr"]) == result.hyper["lr"]
        assert float(row["problem_arg_steepness"]) == 1.5
        assert row["status"] == "ok"
    assert {row["used_beta1"] == "" for row in rows if row["optimizer"] == "sgd"} == {True}


def test_odd_cells_in_the_table():
    rows = tidy_rows(show([cell(diverged=1), cell(replicas=1), cell(noise="student", noise_args={"nu": 1.5})]))
    assert [row["mean_grad_l1"] == math.inf for row in rows] == [True, False, False]
    assert rows[0]["ratio_l1_high"] == math.inf
    assert (rows[0]["status"], rows[0]["replicas_diverged"]) == ("diverged", 1)
    assert rows[1]["mean_grad_l1_sem"] is None
    assert rows[2]["C"] is None
    assert "infinite variance" in rows[2]["void"]
    assert rows[0]["void"] is None
    assert rows[2]["ratio"] is None
    assert rows[2]["ratio_l1"] is None
    assert rows[2]["noise_arg_nu"] == 1.5
    assert rows[0]["noise_arg_nu"] is None
    assert len({tuple(row) for row in rows}) == 1


def test_nothing_to_report_is_reported(tmp_path):
    plan = Plan("none.toml", True, due(RESULTS), None, NORMS)
    files = write_report(tmp_path / "new", [], [], (), plan)
    text = (tmp_path / "new" / "report.html").read_text(encoding="utf-8")
    assert "18 of 18 cells are missing and the norm checks are missing" in text
    assert "Nothing was judged" in text
    assert text.count("Not drawn:") == len(FIGURES)
    assert len(files) == 3


def test_a_second_report_leaves_no_figures_of_the_first(tmp_path):
    write_report(tmp_path, RESULTS[:2], [], norm_rows())
    (tmp_path / "figures" / "mine.svg").write_text("kept")
    assert (tmp_path / "figures" / "norms.svg").exists()
    write_report(tmp_path, RESULTS[:2], [])
    assert not (tmp_path / "figures" / "norms.svg").exists()
    assert not (tmp_path / "figures" / "norms.png").exists()
    assert (tmp_path / "figures" / "mine.svg").exists()


def test_a_folder_in_the_place_of_an_old_figure_stays(tmp_path):
    (tmp_path / "figures" / "norms-9.svg").mkdir(parents=True)
    (tmp_path / "figures" / "norms-8.svg").write_text("old")
    write_report(tmp_path, RESULTS[:2], [])
    assert (tmp_path / "figures" / "norms-9.svg").is_dir()
    assert not (tmp_path / "figures" / "norms-8.svg").exists()


def test_a_folder_in_the_place_of_a_new_figure_is_one_line(tmp_path):
    (tmp_path / "figures" / "rates.svg").mkdir(parents=True)
    with pytest.raises(InputError, match=r"can't write .*rates.svg: Is a directory"):
        write_report(tmp_path, RESULTS[:2], [])


ATTACKS = ("a\r=1", "=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1")


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_in_the_csv_is_a_formula(attack):
    hostile = cell(further={attack: np.ones(8)}, provenance={"backend": attack, "seconds": attack})
    for name in ("problem", "optimizer", "noise", "schedule", "dtype"):
        object.__setattr__(hostile.spec, name, attack)
    object.__setattr__(hostile.spec, "problem_args", {attack: attack})
    object.__setattr__(hostile, "hyper", {attack: attack, "lr": -0.5})
    rows = list(csv.reader(io.StringIO(tidy_csv(show([hostile], [])), newline="")))
    for row in rows:
        for text in row:
            assert not text.startswith(("=", "+", "@", "\t", "\r")), text
            assert not text.startswith("-") or float(text) < 0
    row = dict(zip(*rows, strict=True))
    mark = "" if attack.startswith("a") else "'"
    assert {row[name] for name in ("problem", "optimizer", "backend", "seconds")} == {mark + attack.replace("\r", " ")}
    assert row["used_lr"] == "-0.5"
    assert row[mark + attack.replace("\r", " ")] == "1.0"


def test_a_quantity_named_like_a_column_has_its_own():
    (row,) = tidy_rows(show([cell(further={"status": np.full(8, 2.0), "ratio": np.full(8, 3.0)})]))
    assert (row["status"], row["measured_status"], row["measured_ratio"]) == ("ok", 2.0, 3.0)


@pytest.mark.parametrize("versions", ["abc", ["a"], 3, None, {"<script>x</script>|y": "1"}, {"a": 1, "b": ["c"]}])
def test_a_strangers_versions_neither_stop_the_report_nor_are_markup(tmp_path, versions):
    hostile = [cell(steps=k, provenance={"versions": versions}) for k in (1000, 4000)]
    write_report(tmp_path, hostile, [])
    for name, own in (("report.md", 0), ("report.html", 1)):  # the page has a script of its own
        text = (tmp_path / name).read_text(encoding="utf-8").replace(r"\<script\>", "")
        assert text.count("<script") == own
    if isinstance(versions, dict) and len(versions) == 1:
        assert r"\<script\>x\</script\>\|y" in (tmp_path / "report.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("told", ["text", ["backend"], {"seconds": 10**400, "date": 3}, {"seconds": True}, {}])
def test_a_strangers_provenance_is_taken_with_care(told):
    hostile = cell(provenance=told)
    assert "engine time" not in dict(provenance([hostile], None))
    assert len(tidy_csv(show([hostile])).splitlines()) == 2


def test_unwritable_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="choose another folder"):
        write_report(tmp_path / "file", [], [])


def test_partial_needs_a_plan():
    @dataclass
    class Some:
        specs: tuple
        norms: object = None

    assert missing_parts(None, RESULTS, ()) == ""
    assert missing_parts(Some(tuple(r.spec for r in RESULTS)), RESULTS, ()) == ""
    assert "1 of 18 cells are missing" in missing_parts(Some(tuple(r.spec for r in RESULTS)), RESULTS[1:], ())
    rows = run_rows(show(RESULTS[1:]), Some(tuple(r.spec for r in RESULTS)))
    assert [row["cells"] for row in rows] == ["8 of 9", "9 of 9"]
    assert [row["theorem"] for row in rows] == ["sgd-l2", "adamw-l1"]


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


def test_a_theorem_is_asked_once_of_each_cell(tmp_path):
    """Figures, tables and CSV take the cells as they are shown."""
    asked = []

    class Counted:
        def __getattr__(self, name):
            return getattr(THEOREMS["adamw-l1"], name)

        def on(self, result):
            asked.append(result.key)
            return THEOREMS["adamw-l1"].on(result)

    cells = [cell(dim=d, steps=k) for d in (16, 64) for k in (1000, 4000)]
    write_report(tmp_path, cells, [], theorems=[Counted()])
    assert sorted(asked) == sorted(result.key for result in cells)


def test_what_is_the_same_in_all_rows_is_said_once():
    table = run_table(show(RESULTS), None)
    keys = [column.key for column in table.columns]
    assert "noise" not in keys and "escaped" not in keys
    assert keys[:2] == ["optimizer", "theorem"]
    for told in ("noise gaussian", "8 replicas", "none diverged", "σ = 1", "problem ramp"):
        assert told in table.same
    (alone,) = run_rows(show(RESULTS[:9]), None)
    assert not run_table(show(RESULTS[:9]), None).same and alone["noise"] == "gaussian"  # one row is no repetition
    mixed = run_table(show([*RESULTS, cell(noise="sparse")]), None)
    assert "noise" in [column.key for column in mixed.columns] and "noise gaussian" not in mixed.same


def test_cells_are_sorted_by_numbers_and_none_is_left_out_unsaid(monkeypatch):
    cells = show(grid(("ramp",), ("sgd",), dims=(1024, 16, 256), steps=(16000, 1000, 4000)))
    table = cell_table(cells)
    assert [(r["dim"], r["steps"]) for r in table.rows] == [
        (d, k) for d in (16, 256, 1024) for k in (1000, 4000, 16000)
    ]
    assert table.left_out == ""
    monkeypatch.setattr("ratecheck.simulator.report.cell_tables.MOST_CELLS", 8)
    monkeypatch.setattr("simulator.report.cell_tables.MOST_CELLS", 8)
    assert cell_table(cells).left_out == "1 further cell is in results.csv only."
