"""The report: complete, self-contained, right about what is missing, and the same numbers in every file."""

from __future__ import annotations

import html
import html.parser
import math
import re

import pytest
from figure_results import cell, grid, norm_rows

from problems.errors import InputError
from simulator.judge import judge
from simulator.judge.outcome import Outcome, Verdict
from simulator.lab.plan import Due, Norms, Plan
from simulator.lab.verdicts import write_verdicts
from simulator.report import write_report
from simulator.report.figures import FIGURES
from simulator.report.render import plain_file
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


def test_nothing_to_report_is_reported(tmp_path):
    plan = Plan("none.toml", True, due(RESULTS), None, NORMS)
    files = write_report(tmp_path / "new", [], [], (), plan)
    text = (tmp_path / "new" / "report.html").read_text(encoding="utf-8")
    assert "18 of 18 cells are missing and the norm checks are missing" in text
    assert "Nothing was judged" in text and "there is nothing to show yet" in text
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


@pytest.mark.parametrize("versions", ["abc", ["a"], 3, None, {"<script>x</script>|y": "1"}, {"a": 1, "b": ["c"]}])
def test_a_strangers_versions_neither_stop_the_report_nor_are_markup(tmp_path, versions):
    hostile = [cell(steps=k, provenance={"versions": versions}) for k in (1000, 4000)]
    write_report(tmp_path, hostile, [])
    for name, own in (("report.md", 0), ("report.html", 1)):  # the page has a script of its own
        text = (tmp_path / name).read_text(encoding="utf-8").replace(r"\<script\>", "")
        assert text.count("<script") == own
    if isinstance(versions, dict) and len(versions) == 1:
        assert r"\<script\>x\</script\>\|y" in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_unwritable_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="choose another folder"):
        write_report(tmp_path / "file", [], [])


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
