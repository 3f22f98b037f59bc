"""Figures: what is in them, on whole, partial and odd results. Looks are for eyes; these read the drawn artists."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from figure_results import cell, grid, norm_rows
from recorded import loops

from simulator.judge import judge
from simulator.judge.intervals import mean
from simulator.judge.ladders import judge_ladders
from simulator.networks.claims import LADDER_THEOREMS
from simulator.report.figures import FIGURES, MAIN, Drawing, Material, Skipped, draw, left_out
from simulator.report.figures.inline import COLORS, css, inline
from simulator.report.figures.pages import MOST_PAGES
from simulator.report.figures.pages import pages as grouped
from simulator.report.figures.slopes import local_slope, rate_slope
from simulator.report.figures.style import ordered
from simulator.report.figures.text import broken
from simulator.report.shown import show
from simulator.theorems import THEOREMS

LOOPS = loops()
SWEEP = [cell("ramp", "adamw", 64, 4000, sigma=s, factor=1.5) for s in (0.5, 1.0, 2.0)]


def figure(name, results, rows=()) -> list:
    return FIGURES[name](Material(show(results), rows))


def pages(results):
    return grouped(show(results))


def panel(drawing: Drawing, title: str):
    return next(ax for ax in drawing.figure.axes if ax.get_title() == title)


def points(ax) -> list[tuple[np.ndarray, np.ndarray]]:
    """(x, y) of the measured series of an axes."""
    return [tuple(np.array(data, dtype=float) for data in c.lines[0].get_data()) for c in ax.containers]


def words(drawing: Drawing) -> str:
    return " ".join(text.get_text() for text in drawing.figure.findobj(mpl.text.Text))


def material(results, rows=()) -> Material:
    """As the report has it: judged under the theorems of SGD and AdamW and their false controls; and training loops."""
    theorems = [t for name in ("sgd-l2", "adamw-l1") for t in (THEOREMS[name], *THEOREMS[name].controls)]
    verdicts = [*judge(results, rows, theorems=theorems), *judge_ladders(LOOPS, LADDER_THEOREMS.values())]
    return Material(show(results), rows, verdicts, theorems, LOOPS)


@pytest.fixture(scope="module")
def whole() -> dict[str, Drawing]:
    return {d.name: d for d in draw(material(grid() + SWEEP, norm_rows()))}


def test_every_figure_is_drawn_and_says_n_and_intervals(whole):
    assert set(FIGURES) == set(whole)
    assert tuple(FIGURES)[: len(MAIN)] == MAIN
    for drawing in whole.values():
        assert isinstance(drawing, Drawing)
        for text in (drawing.caption, words(drawing)):
            assert drawing.name == "forest" or re.search(r"n = \d", text), drawing.name
            assert "95 %" in text, drawing.name
        assert re.search(r"\d", drawing.result) and drawing.result.endswith("."), drawing.name
        assert "Expected" in drawing.caption
        for ax in drawing.figure.axes:
            assert not ax.axison or ax.get_xlabel() or ax.get_shared_x_axes().get_siblings(ax)[1:], drawing.name


def test_points_are_the_means_with_their_t_intervals(whole):
    cells = {r.spec.steps: r for r in grid() if (r.spec.problem, r.spec.optimizer, r.spec.dim) == ("ramp", "adamw", 16)}
    ax = panel(whole["rates"], "adamw · ramp")
    x, y = points(ax)[0]
    assert list(x) == [1000, 4000, 16000]
    estimates = [mean(cells[k].stats.mean_grad_l1) for k in x]
    np.testing.assert_allclose(y, [e.value for e in estimates])
    bars = ax.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose([s[1][1] for s in bars], [e.high(0.025) for e in estimates])
    np.testing.assert_allclose([s[0][1] for s in bars], [e.low(0.025) for e in estimates])


def sgd_bound(steps):
    """√B(η), L = Δ = σ = 1 and η = √(2/K)."""
    lr = math.sqrt(2 / steps)
    return math.sqrt((1 / (lr * steps) + lr / 2) / (1 - lr / 2))


def test_bounds_are_drawn_where_they_are(whole):
    sgd = panel(whole["rates"], "sgd · rational")
    explicit = [line for line in sgd.lines if line.get_linestyle() == "-" and line.get_marker() == "None"]
    assert any(np.allclose(line.get_ydata(), [sgd_bound(k) for k in (1000, 4000, 16000)]) for line in explicit)
    adamw = panel(whole["rates"], "adamw · rational")
    rates = [line.get_ydata() for line in adamw.lines if line.get_linestyle() == "--"]
    assert any(np.allclose(rate, [math.sqrt(256) * k**-0.25 for k in (1000, 4000, 16000)]) for rate in rates)
    across = panel(whole["dimension"], "adamw · rational")
    assert any(
        np.allclose(line.get_ydata(), [math.sqrt(d) * 1000**-0.25 for d in (16, 64, 256)])
        for line in across.lines
        if line.get_linestyle() == "--"
    )


@pytest.mark.parametrize("name", ["rates", "dimension", "slopes"])
def test_each_row_is_labelled_with_its_own_quantity(whole, name):
    labels = {norm: panel(whole[name], f"{row} · ramp").get_ylabel() for row, norm in (("sgd", 2), ("adamw", 1))}
    assert all(label.endswith(rf"\|\nabla f(x^k)\|_{norm}$") for norm, label in labels.items())


def test_the_limit_is_the_bound_and_else_the_rate():
    sgd, momentum = show([cell("rational", "sgd"), cell("rational", "momentum")])
    assert sgd.limit == pytest.approx(sgd_bound(1000))
    assert momentum.rate == pytest.approx(1000**-0.5) and momentum.limit > momentum.rate  # C²/√K, of the squared norm
    np.testing.assert_array_equal(momentum.values, momentum.result.stats.mean_grad_l2_squared)


def test_local_slopes_are_of_a_known_power():
    a, b = cell(steps=1000, factor=2.0), cell(steps=4000, factor=2.0)
    shown = show([a, b])
    slope = local_slope(*shown)
    assert rate_slope(*shown) == pytest.approx(-0.25)
    assert slope.low(1e-4) < -0.25 < slope.high(1e-4)
    assert slope.error < 0.02
    drawn = figure("slopes", [a, b])[0]
    (x,), (y,) = points(drawn.figure.axes[0])[0]
    assert x == pytest.approx(2000)
    assert y == pytest.approx(slope.value)


def test_density_marks_one_and_the_gaussian_value(whole):
    heights = [line.get_ydata()[0] for line in panel(whole["density"], "adamw · ramp").lines]
    for value in (1.0, math.sqrt(2 / math.pi)):
        assert any(h == pytest.approx(value) for h in heights)


def test_diverged_replicas_are_shown():
    results = [cell(steps=1000), cell(steps=4000, diverged=1), cell(steps=16000)]
    drawings = {d.name: d for d in draw(Material(show(results)))}
    ax = panel(drawings["rates"], "adamw · rational")
    assert list(points(ax)[0][0]) == [1000, 16000]
    arrows = [line for line in ax.lines if line.get_marker() == r"$\uparrow$"]
    assert [list(line.get_xdata()) for line in arrows] == [[4000]]
    for name in ("rates", "envelope", "ratios"):
        assert "1 cell with a diverged replica" in drawings[name].caption
    assert isinstance(drawings["slopes"], Skipped)
    lost = figure("curves", [cell(steps=4000, diverged=1)])[0]
    crosses = [line for ax in lost.figure.axes for line in ax.lines if line.get_marker() == "x"]
    assert len(crosses) == 3  # where the mean ends, in each of the three panels
    assert "cross" in lost.caption


def test_a_curve_ends_where_a_replica_is_lost():
    result = cell(steps=4000, diverged=2)
    half = result.stats.checkpoints[result.stats.checkpoints.size // 2]
    drawn = figure("curves", [result])[0]
    mean_line = drawn.figure.axes[0].lines[0]
    assert mean_line.get_xdata()[-1] < half <= result.stats.checkpoints[-1]
    assert np.isfinite(mean_line.get_ydata()).all()


@pytest.mark.parametrize(
    "results",
    [
        [cell()],
        [cell(replicas=1)],
        [cell(dim=1, steps=1)],
        [cell(optimizer="sgd", dim=1, steps=2, replicas=2)],
        [cell(diverged=8)],
        [cell(steps=k, noise="student", noise_args={"nu": 1.5}, sigma=1.0) for k in (1000, 4000)],
        grid(("rational",), ("sgd",), steps=(1000,)),
        grid(("rational",), ("adamw",), dims=(16,)),
        [cell("rational", "sgd", sigma=0.0)],
        grid(dims=(16,))[:5],
    ],
    ids=[
        "one cell",
        "one replica",
        "d = K = 1",
        "two steps",
        "all diverged",
        "infinite C",
        "single K",
        "single d",
        "no noise",
        "partial",
    ],
)
def test_odd_results_are_drawn_or_refused_with_a_reason(results):
    for drawing in draw(material(results)):
        if isinstance(drawing, Skipped):
            assert drawing.reason
        else:
            ElementTree.fromstring(drawing.svg)


def test_a_void_cell_says_why():
    results = [cell(steps=k, noise="student", noise_args={"nu": 1.5}) for k in (1000, 4000)]
    drawings = {d.name: d for d in draw(Material(show(results)))}
    assert "void: the noise has infinite variance" in words(drawings["rates"]).replace("\n", " ")
    for name in ("envelope", "ratios"):
        assert isinstance(drawings[name], Skipped)
        assert "infinite variance" in drawings[name].reason


def test_some_void_cells_of_a_panel_are_counted():
    far = [cell(steps=k, dim=16, problem_args={"start": 60.0}) for k in (250, 1000, 64000)]
    (drawing,) = figure("rates", far)
    assert [bool(shown.void) for shown in show(far)] == [True, True, False]
    assert "2 of 3 cells void: the decay is too strong for this horizon and start" in words(drawing).replace("\n", " ")


def test_nothing_at_all_is_refused_with_reasons():
    assert all(isinstance(d, Skipped) and d.reason for d in draw(Material(())))
    assert len(draw(Material(()))) == len(FIGURES)


def test_files_are_equal_from_run_to_run_whatever_the_order_of_the_cells():
    results = grid(("rational",), ("adamw",), dims=(16, 64))
    for name in ("envelope", "ratios", "rates", "slopes", "curves"):
        one, two = figure(name, results)[0], figure(name, results[::-1])[0]
        assert one.svg == two.svg, name
    assert one.png == two.png
    assert one.png.startswith(b"\x89PNG")


def test_settings_have_pages_of_their_own():
    main = grid(("rational",), ("adamw",))
    other = [cell(steps=k, schedule="constant", optimizer_args={"lr": 0.01}) for k in (1000, 4000, 16000)]
    results = other + main + [cell(steps=1000, sigma=2.0)]
    found, rest = pages(results)
    assert [page.settings["schedule"] for page in found] == ["horizon", "constant"]
    assert [page.name("rates") for page in found] == ["rates", "rates-2"]
    assert found[1].rows == ["adamw, lr = 0.01"]
    assert found[1].panels[0].theorem.name == "control-constant-lr"
    assert "False controls, known to be wrong: control-constant-lr." in found[1].false_controls
    assert rest.startswith("1 further setting, ") and left_out(Material(show(results))) == rest
    assert not any("further setting" in d.caption for d in draw(Material(show(results))) if isinstance(d, Drawing))
    many = [cell(steps=k, sigma=float(s)) for s in range(1, 8) for k in (1000, 4000, 16000)]
    assert len(pages(many)[0]) == MOST_PAGES


def test_problem_arguments_are_named_where_they_tell_panels_apart():
    results = [cell(steps=k, problem_args={"spectrum": s}) for s in (0.0, 1.0) for k in (1000, 4000, 16000)]
    page = pages(results)[0][0]
    assert page.columns == ["rational", "rational, spectrum = 1"]
    assert pages(results[:3])[0][0].columns == ["rational"]


def test_the_cell_with_more_replicas_is_drawn():
    found = pages([cell(replicas=8), cell(replicas=12), cell(replicas=4)])[0][0]
    assert [c.spec.replicas for c in found.cells] == [12]


def test_series_can_be_told_apart_without_colour():
    looks = ordered([16, 64, 256, 1024, 4096])
    assert len({look.marker for look in looks.values()}) == len({look.color for look in looks.values()}) == 5
    assert len({str(look.dash) for look in looks.values()}) == 5


def test_inline_figures_share_a_page_and_follow_its_colours(whole):
    texts = {name: inline(whole[name], whole[name].svg) for name in ("rates", "envelope")}
    ids = [set(re.findall(r'\bid="([^"]+)"', text)) for text in texts.values()]
    assert ids[0] and not ids[0] & ids[1]
    for text, own in zip(texts.values(), ids, strict=True):
        assert set(re.findall(r'href="#([^"]+)"', text)) <= own
        assert set(re.findall(r"url\(#([^)]+)\)", text)) <= own
        ElementTree.fromstring(text)
        assert "#1c1c21" not in text
    used = {v for text in texts.values() for v in re.findall(r"var\(--(\w+)\)", text)}
    for dark in (False, True):
        assert used <= set(re.findall(r"--(\w+):", css(dark)))


def test_every_marker_of_a_value_says_it(whole):
    """Hover, keyboard and screen reader get the value that was drawn, at the marker that was drawn there."""
    for drawing in whole.values():
        root = ElementTree.fromstring(inline(drawing, drawing.svg))
        svg = "{http://www.w3.org/2000/svg}"
        said = [title.text for use in root.iter(f"{svg}use") for title in use.iter(f"{svg}title")]
        assert sorted(said) == sorted(text for texts in drawing.figure.told.values() for text in texts), drawing.name
        assert len(said) == len(list(root.iter(f"{svg}title")))
        assert drawing.figure.told or drawing.name in ("density", "curves")
        about = root.get("role"), root.get("aria-label"), root.get("aria-describedby")
        assert about == ("img", drawing.title, f"caption-{drawing.name}")
    told = [text for texts in whole["envelope"].figure.told.values() for text in texts]
    ramp = next(s for s in show(grid()) if (s.spec.problem, s.spec.optimizer) == ("ramp", "sgd"))
    spoken = [text.split(": ")[1].split(" ± ") for text in told if text.startswith("ramp, d = 16, K = 1000: ")]
    half = ramp.measured.high(0.025) - ramp.measured.value  # C is 1
    assert any(
        float(value) == pytest.approx(ramp.measured.value, rel=1e-3) and float(width) == pytest.approx(half, rel=0.05)
        for value, width in spoken
    )


def luminance(color: str) -> float:
    """As WCAG 2 defines it."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_colour_stands_out_from_its_page(dark):
    paper = luminance(COLORS["#ffffff"][1 + dark])
    for name, *pair in COLORS.values():
        if name != "paper":
            high, low = sorted((luminance(pair[dark]), paper), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 3, name


def test_in_folded_columns_every_panel_says_which_problem_it_shows():
    names = ("ramp", "rational", "welsch", "cauchy")
    drawn = figure("curves", [cell(name, "sgd") for name in names])[0]
    wide, narrow = ([ax.get_title() for ax in drawn.at(width).axes] for width in (6.75, 3.25))
    assert len(wide) == 12 and sum(map(bool, wide)) == 4
    assert len(narrow) == 12 and all(narrow) and sum(title.startswith("cauchy") for title in narrow) == 3


def test_lines_break_between_facts():
    assert broken("σ = 1, seed 1; bars: 95 % limits", 14) == ["σ = 1, seed 1;", "bars: 95 %", "limits"]
    assert broken("σ = 1, seed 1; bars: 95 % limits", 12) == ["σ = 1,", "seed 1;", "bars: 95 %", "limits"]
