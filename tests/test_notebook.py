"""docs/notebook.ipynb as it stands: every cell is run by a kernel, in an empty folder."""

from __future__ import annotations

import os
import re

import pytest
from documents import ROOT

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
PAGE = ROOT / "docs" / "notebook.ipynb"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("notebook")


@pytest.fixture(scope="module")
def page(folder):
    """The notebook after all its cells have run."""
    with pytest.MonkeyPatch.context() as patch:
        paths = [str(ROOT), str(ROOT / "simulator"), *filter(None, [os.environ.get("PYTHONPATH")])]
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        book = nbformat.read(PAGE, as_version=4)
        client = nbclient.NotebookClient(book, timeout=300, resources={"metadata": {"path": str(folder)}})
        return client.execute()


def outputs(page, part: str) -> dict[str, str]:
    """What the cell whose source has *part* shows, by kind."""
    [cell] = [cell for cell in page.cells if cell.cell_type == "code" and part in cell.source]
    shown: dict[str, str] = {}
    for output in cell.outputs:
        data = {output.name: output.text} if output.output_type == "stream" else dict(output.get("data", {}))
        for kind, text in data.items():
            shown[kind] = shown.get(kind, "") + text
    return shown


def test_no_outputs_are_stored_that_could_be_of_another_version():
    stored = nbformat.read(PAGE, as_version=4)
    nbformat.validate(stored)
    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in stored.cells)


def test_the_verdict_shows_itself_beside_the_progress(page):
    shown = outputs(page, "verdict = ratecheck.verify")["text/html"]
    assert re.search(r">(HOLDS|TIGHT)</span> <b>squared</b>", shown) and "squared-tenth: <b>VIOLATED</b>" in shown
    assert re.search(r"<pre>.*8 of 8 cells", shown, re.DOTALL)


def test_words_figure_and_table(page):
    assert "False control squared-tenth: VIOLATED" in outputs(page, "verdict.explain()")["stdout"]
    assert outputs(page, "verdict.figure()")["image/png"]
    assert r"\begin{tabular}" in outputs(page, "verdict.to_latex()")["stdout"]


def test_a_false_bound_is_shown_again_by_a_command(page):
    text = outputs(page, "def too_good")["stdout"]
    assert "too-good is VIOLATED, and should hold." in text
    assert re.search(r"ratecheck run --theorem notebook-wrong/plugins/__main__\.[0-9a-f]{12}\.py:too_good ", text)


def test_cells_values_and_the_folders(page, folder):
    assert "triangle" in outputs(page, "cells.to_pandas()")["text/html"]
    assert "noise=triangle, steps=1000" in outputs(page, "cells.curves")["stdout"]
    assert ">HOLDS</span>" in outputs(page, "ratecheck.judge_values")["text/html"]
    [copy] = (folder / "notebook" / "plugins").iterdir()
    assert "def descent(x, g, lr)" in copy.read_text(encoding="utf-8")
