"""The report page in a browser: offline, accessible, whole without its script, and right about what it shows."""

from __future__ import annotations

import csv
import io
import re

import numpy as np
import pytest
from browser import found, opened, sheets, started
from figure_results import cell, grid, norm_rows
from PIL import Image

from simulator.judge import judge
from simulator.judge.outcome import Outcome, Verdict
from simulator.report import write_report
from simulator.report.compact import compact
from simulator.report.figures import Material, draw
from simulator.report.figures.inline import css, inline
from simulator.report.render import plain_file
from simulator.report.shown import show

CHROMIUM = found()
LONG = "a-theorem-whose-name-somebody-has-written-out-in-full-" + "x" * 12
PRINTED = 6  # the verdicts, then two figures a page: more than that are the appendix


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small report: theorems, false controls, norms, a wrong theorem with a long name, an odd cell."""
    directory = tmp_path_factory.mktemp("page")
    results = [
        *grid(("rational", "ramp"), ("sgd", "adamw"), factor=0.5),
        cell(optimizer="adamw", diverged=1, sigma=2.0),
    ]
    rows = norm_rows()
    failing = {"cells": [results[0].key], "ratios": [1.31], "constants": None, "factor": 1.0}
    failing |= {"where": "w", "places": [{"family": "rational", "dim": 16, "steps": 1000}]}
    odd = Verdict(
        LONG,
        Outcome.VIOLATED,
        "holds",
        "a < b ≤ O(1/K^(1/4))",
        ("p < 10⁻¹⁵",),
        {"smallest_failing": failing, "bound": "explicit"},
    )
    write_report(directory, results, [*judge(results, rows), odd], rows)
    return directory


@pytest.fixture(scope="module")
def browser():
    with started(CHROMIUM) as running:
        yield running


@pytest.fixture(scope="module")
def rows(folder):
    with open(folder / "results.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_leaves_the_page_and_axe_finds_nothing_folded_or_not(browser, folder, scheme):
    with opened(browser, folder / "report.html", color_scheme=scheme) as seen:
        assert seen.breaches() == []
        seen.unfold()
        assert seen.breaches() == []
        assert [url for url in seen.asked if not url.startswith("file:")] == []
        assert len(seen.asked) == 1  # not even a file beside it
        assert seen.said == []


def test_axe_and_the_routes_see_what_is_wrong(browser, tmp_path):
    (tmp_path / "bad.html").write_text(
        "<p style='color:#ccc'>faint<img src='https://example.org/a.png'><script>a.b</script>"
    )
    with opened(browser, tmp_path / "bad.html") as seen:
        seen.page.wait_for_timeout(300)
        assert any(breach.startswith("color-contrast") for breach in seen.breaches())
        assert "https://example.org/a.png" in seen.asked
        assert any("a is not defined" in said for said in seen.said)


@pytest.mark.parametrize("width", [1200, 390])
def test_the_document_is_no_wider_than_its_window(browser, folder, width):
    with opened(browser, folder / "report.html", width) as seen:
        assert seen.too_wide() <= 0
        seen.unfold()
        assert seen.too_wide() <= 0


def test_the_first_screen_has_the_finding_and_every_verdict(browser, folder):
    with opened(browser, folder / "report.html") as seen:
        title = seen.page.locator("h1")
        assert title.inner_text().startswith(
            f"{LONG} is violated: 1.31 times the bound was measured on rational at d = 16, K = 1k"
        )
        verdicts = seen.page.locator(".claims .verdict")
        assert verdicts.count() > 5
        for i in range(verdicts.count()):
            box = verdicts.nth(i).bounding_box()
            assert box["y"] + box["height"] <= 900
            assert verdicts.nth(i).inner_text().split()[0] in set(Outcome)


def test_a_reason_is_unfolded_by_keys(browser, folder):
    with opened(browser, folder / "report.html") as seen:
        reasons = seen.page.locator(".claims details", has_text="a < b").locator("li").first
        assert not reasons.is_visible()
        seen.page.locator(".claims summary", has_text="a < b").focus()
        seen.page.keyboard.press("Enter")
        assert reasons.is_visible() and reasons.inner_text() == "p < 10⁻¹⁵"
        assert seen.page.locator(".claims summary", has_text="a < b").locator("sup").inner_text() == "1/4"


def told_of(value: str, rows: list[dict]) -> tuple[float, float, float]:
    """Of 'ramp, d = 16, K = 1000: 0.2 ± 0.1' the value, how exact it is, and what results.csv has for such a cell."""
    place = re.search(r"d = (\d+), K = (\d+)(k?).*: ([\d.]+) ± ([\d.]+)", value)
    assert place, value
    dim, steps = int(place[1]), int(place[2]) * (1000 if place[3] else 1)
    digits = len(place[4].partition(".")[2])
    same = [row for row in rows if (int(row["dim"]), int(row["steps"])) == (dim, steps) and row["status"] == "ok"]
    own = [float(row["measured"]) for row in same]
    return float(place[4]), 0.51 * 10.0**-digits, min(own, key=lambda number: abs(number - float(place[4])))


def pointed_at(seen, mark, tip) -> str:
    """What the page says where the pointer is put on *mark*: again, where the page moved under it meanwhile."""
    for _ in range(20):
        mark.hover(force=True)
        if said := tip.inner_text():
            return said
        seen.page.mouse.move(2, 2)
    return ""


def test_a_marker_tells_its_value_on_hover_and_by_keys(browser, folder, rows):
    with opened(browser, folder / "report.html") as seen:
        seen.unfold()
        tip, box = seen.page.locator("#tip"), seen.page.locator("#figure-rates .wide")
        marks = box.locator("[data-value]")
        assert tip.get_attribute("aria-live") == "polite" and tip.inner_text() == ""
        box.scroll_into_view_if_needed()
        said = pointed_at(seen, marks.nth(3), tip)
        assert said in [marks.nth(i).get_attribute("data-value") for i in range(marks.count())]
        seen.page.mouse.move(2, 2)
        seen.page.wait_for_function("document.querySelector('#tip').innerText === ''")
        box.focus()
        seen.page.keyboard.press("Home")
        heard = [tip.inner_text()]
        for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "End"):
            seen.page.keyboard.press(key)
            heard.append(tip.inner_text())
        values = [marks.nth(i).get_attribute("data-value") for i in (0, 1, 2, 1, marks.count() - 1)]
        assert heard == values
        for value in [said, *heard]:
            shown, exact, measured = told_of(value, rows)
            assert shown == pytest.approx(measured, abs=exact)
        seen.page.keyboard.press("Escape")
        assert tip.inner_text() == ""
        assert seen.said == []


def test_cells_are_sorted_by_numbers_and_back(browser, folder, rows):
    with opened(browser, folder / "report.html") as seen:
        seen.unfold()
        head = seen.page.locator("#cells th", has_text=re.compile("^K"))
        column = "#cells tbody tr td:nth-child({})".format(
            1 + [re.sub(r"\W", "", text) for text in seen.texts("#cells thead th")].index("K")
        )
        before = seen.texts(column)
        assert len(before) == len(rows)
        states = []
        for _ in range(3):
            head.get_by_role("button").press("Enter")
            states.append((head.get_attribute("aria-sort"), seen.texts(column)))
        up = sorted(before, key=int)
        assert states == [("ascending", up), ("descending", up[::-1]), (None, before)]
        assert up != sorted(before) and up != before


def test_rows_are_filtered_and_back(browser, folder, rows):
    with opened(browser, folder / "report.html") as seen:
        seen.unfold()
        field = seen.page.get_by_label("Rows with")
        lines = seen.page.locator("#cells tbody tr")
        field.fill("ramp 16 sgd")  # 16 is a number: neither 160 nor 16000 is it
        left = [i for i in range(lines.count()) if lines.nth(i).is_visible()]
        wanted = sum((r["problem"], r["dim"], r["optimizer"]) == ("ramp", "16", "sgd") for r in rows)
        assert len(left) == wanted > 0
        assert seen.page.get_by_text(f"{wanted} of {len(rows)} rows").is_visible()
        field.fill("")
        assert all(lines.nth(i).is_visible() for i in range(lines.count()))


def test_without_its_script_the_page_is_whole(browser, folder, rows):
    with opened(browser, folder / "report.html", script=False) as seen:
        seen.page.locator("summary", has_text="Cells").click()
        lines = seen.page.locator("#cells tbody tr")
        assert lines.count() == len(rows) and lines.last.is_visible()
        seen.page.locator("summary", has_text="More figures").click()
        figures = seen.page.locator("figure svg")
        assert figures.count() > 3 and all(figures.nth(i).is_visible() for i in range(figures.count()))
        assert seen.page.locator("use title").count() > 0  # a browser's own hint
        assert seen.page.locator("button, input").count() == 0


def test_printed_it_has_no_appendix_and_nothing_is_cut(browser, folder):
    with opened(browser, folder / "report.html", width=700) as seen:
        pages = sheets(seen.page.pdf(format="Letter"))
        assert 1 < pages <= PRINTED
        seen.page.emulate_media(media="print")
        assert seen.too_wide() <= 0
        assert not any(fold.is_visible() for fold in seen.page.locator(".fold").all())
        assert seen.page.locator("figure .wide").evaluate_all(
            "all => all.every(e => e.scrollWidth <= e.clientWidth + 1)"
        )
        seen.unfold()
        assert seen.page.locator("#cells").is_visible()  # what is open is wanted


def test_shared_outlines_and_styles_look_as_each_figures_own(browser, tmp_path):
    cells = show(grid(("ramp",), ("sgd",), factor=0.5))
    (drawing,) = [d for d in draw(Material(cells)) if d.name == "rates"]
    own = inline(drawing, drawing.svg)
    (svg,), sheets = compact([own])
    style = f"<style>:root {{ {css(dark=False)} }} svg {{ display: block; width: 900px }} {plain_file('report.css')} "
    pictures = []
    for name, more, body in (("own", "", own), ("shared", sheets.css, sheets.svg + svg)):
        (tmp_path / f"{name}.html").write_text(f"<meta charset=utf-8>{style}{more}</style>{body}", encoding="utf-8")
        with opened(browser, tmp_path / f"{name}.html") as seen:
            pictures.append(np.asarray(Image.open(io.BytesIO(seen.page.screenshot())).convert("L"), float))
    # An edge is sampled at quarters of a pixel, and a hundredth of a point may take it past one: squares of 4 × 4
    # pixels are compared. A line that lacks its style, or is twice as wide, changes some by more than 50.
    one, other = (picture.reshape(225, 4, 300, 4).mean(axis=(1, 3)) for picture in pictures)
    assert one.std() > 5  # there is something to see
    assert np.abs(one - other).max() < 24
