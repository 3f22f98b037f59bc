"""Figures at the sizes of a paper: legible, whole, and the same bytes from run to run."""

from __future__ import annotations

import itertools
import re

import matplotlib as mpl
import pytest
from figure_results import cell, grid, norm_rows
from matplotlib.backends.backend_agg import FigureCanvasAgg
from test_plots import SWEEP, material

from simulator.cli import main
from simulator.commands.report import EPILOG
from simulator.lab.folder import write_plan
from simulator.lab.plan import Due, Plan
from simulator.lab.store import Store
from simulator.report.figures import FIGURES, Drawing, draw
from simulator.report.figures.paper import remove_paper, write_paper

WIDTHS = (3.25, 6.75)
LEAST = 7.0  # points


@pytest.fixture(scope="module")
def drawings() -> dict[str, Drawing]:
    return {d.name: d for d in draw(material(grid() + SWEEP, norm_rows())) if isinstance(d, Drawing)}


@pytest.fixture(scope="module")
def sheets(drawings):
    return {(name, width): drawings[name].at(width) for name in drawings for width in WIDTHS}


def seen(figure) -> list:
    """The texts that are drawn."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    shown = [t for t in figure.findobj(mpl.text.Text) if t.get_visible() and t.get_text().strip()]
    hidden = [t for ax in figure.axes if not ax.axison for t in ax.findobj(mpl.text.Text)]
    hidden += [t for ax in figure.axes for t in _unlabelled(ax)]
    return [t for t in shown if t not in hidden]


def _unlabelled(ax) -> list:
    return [
        label
        for axis in (ax.xaxis, ax.yaxis)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        for label in (tick.label1, tick.label2)
        if tick not in axis._update_ticks()
    ]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", FIGURES)
def test_every_text_is_legible_and_inside(sheets, name, width):
    figure = sheets[name, width]
    assert figure.get_figwidth() == width
    for text in seen(figure):
        assert text.get_fontsize() >= LEAST, text.get_text()
    renderer = FigureCanvasAgg(figure).get_renderer()
    box, slack = figure.get_tightbbox(renderer), 0.02  # inches
    assert box.x0 >= -slack and box.y0 >= -slack
    assert box.x1 <= width + slack and box.y1 <= figure.get_figheight() + slack


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", FIGURES)
def test_no_text_lies_on_another(sheets, name, width):
    figure = sheets[name, width]
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in seen(figure)]
    for (one, a), (two, b) in itertools.combinations(boxes, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        up = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across <= 1.5 or up <= 1.5, (one, two)  # pixels; empty margins of letters touch


def test_files_are_the_same_from_run_to_run_and_fonts_are_within(drawings):
    again = {d.name: d for d in draw(material(grid() + SWEEP, norm_rows()))}["envelope"]
    files = drawings["envelope"].paper()
    assert files == again.paper()
    assert set(files) == {f"envelope-{w}in.{kind}" for w in WIDTHS for kind in ("pdf", "svg", "png")}
    for name, content in files.items():
        if name.endswith(".pdf"):
            assert content.startswith(b"%PDF") and b"CreationDate" not in content
            assert b"/FontFile2" in content and b"/Type3" not in content  # TrueType, embedded
            (box,) = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) [\d.]+ \]", content)
            assert float(box) == pytest.approx(72 * float(name[9:13]), abs=0.5)


def test_the_folder_has_every_figure_and_nothing_old(tmp_path):
    folder = tmp_path / "figures" / "paper"
    folder.mkdir(parents=True)
    (folder / "curves-3.25in.pdf").write_text("of other results")
    (folder / "mine.pdf").write_text("the user's own")
    results = grid(("ramp",), ("adamw",), factor=1.5)
    written = write_paper(tmp_path, [d for d in draw(material(results)) if isinstance(d, Drawing)])
    assert {p.name for p in folder.iterdir()} == {p.name for p in written} | {"mine.pdf"}
    assert {p.suffix for p in written} == {".pdf", ".svg", ".png"}
    remove_paper(tmp_path)
    assert [p.name for p in folder.iterdir()] == ["mine.pdf"]


def test_report_writes_them_where_they_are_asked_for_and_says_so(tmp_path, capsys):
    store = Store(tmp_path)
    store.prepare()
    results = [cell("ramp", "sgd", steps=steps) for steps in (1000, 4000)]
    for result in results:
        store.save(result)
    write_plan(store.directory, Plan("test", False, tuple(Due(r.key, r.spec) for r in results), ("sgd-l2",)))
    paper = tmp_path / "figures" / "paper"
    assert main(["report", str(tmp_path), "--paper"]) == 0
    assert f"{paper}/ (" in capsys.readouterr().out
    assert (paper / "envelope-3.25in.pdf").read_bytes().startswith(b"%PDF")
    assert main(["report", str(tmp_path)]) == 0
    assert not list(paper.iterdir())


def test_the_help_fits_a_terminal():
    assert max(map(len, EPILOG.splitlines())) <= 79 and "ratecheck report results --paper" in EPILOG
