"""docs/refresh_networks.py: the page says what the recordings say. Without torch."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from test_ladders import VECTORS

from simulator.cli import main
from simulator.lab.folder import open_folder

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "networks.md"

KEPT = ("ladder.json", "verdicts.json", "report.html", "report.md", "recordings.csv", "figures")

sys.path.insert(0, str(ROOT / "docs"))
import refresh_networks  # noqa: E402


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A folder in whose docs/ a copy of the page is brought up to date, and none of its figures are there."""
    (tmp_path / "docs" / "figures").mkdir(parents=True)
    page = tmp_path / "docs" / "networks.md"
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(refresh_networks, "ROOT", tmp_path)
    monkeypatch.setattr(refresh_networks, "PAGE", page)
    monkeypatch.setattr(refresh_networks, "KEPT", tmp_path / "docs" / "networks-full")
    monkeypatch.setattr(refresh_networks, "FIGURES", ("ladders.svg",))
    return tmp_path


def climbed(folder, name):
    """The results folder of a ladder file of that name."""
    (folder / name).write_text(VECTORS, encoding="utf-8")
    assert main(["networks", str(folder / name), "--out", str(folder / "o")]) == 0
    assert main(["report", str(folder / "o")]) == 0
    return folder / "o"


def test_the_page_is_brought_up_to_date(copied):
    out = climbed(copied, "vectors.toml")
    refresh_networks.main(out)
    after = (copied / "docs" / "networks.md").read_text(encoding="utf-8")
    assert "| theta-sparse | v sparse |" in after and "v sparse" not in PAGE.read_text(encoding="utf-8")
    assert (copied / "docs" / "figures" / "networks-ladders.svg").exists()
    assert not (copied / "docs" / "networks-full").exists()
    next((out / "recordings").iterdir()).unlink()
    with pytest.raises(SystemExit, match="finish the ladder first"):
        refresh_networks.main(out)


def test_the_full_ladder_has_its_own_part_and_its_recordings_are_kept(copied):
    out = climbed(copied, "full.toml")
    before = parts(PAGE)
    refresh_networks.main(out)
    written = parts(copied / "docs" / "networks.md")
    changed = {name for name in before if written[name] != before[name]}
    assert changed == {"full-verdicts", "full-exponents", "full-readout", "full-depth"}
    assert "v sparse" in written["full-exponents"]
    assert not list((copied / "docs" / "figures").iterdir())
    kept = copied / "docs" / "networks-full"
    assert {path.name for path in kept.iterdir()} == {*KEPT, "recordings"}
    assert (kept / "figures" / "ladders.svg").exists()
    assert open_folder(kept).partial == "" and len(open_folder(kept).recordings) == 40
    refresh_networks.main(out)
    assert len(open_folder(kept).recordings) == 40


def test_the_page_says_what_the_recordings_that_are_kept_say():
    folder = open_folder(refresh_networks.KEPT)
    assert folder.partial == "" and not folder.faults
    written = parts(PAGE)
    for name, text in refresh_networks.blocks(folder).items():
        assert written[name] == text, f"{name}: python docs/refresh_networks.py {refresh_networks.KEPT}"


def test_what_the_page_and_the_report_name_is_there():
    kept = refresh_networks.KEPT
    named = re.findall(r'href="([^"#:]+)"', (kept / "report.html").read_text(encoding="utf-8"))
    assert {"recordings.csv", "verdicts.json", "report.md"} <= set(named)
    assert all((kept / name).exists() for name in named)
    shown = re.findall(r"\((networks-full/[^)]+)\)", PAGE.read_text(encoding="utf-8"))
    assert len(shown) == 3 and all((PAGE.parent / name).exists() for name in shown)


def test_the_readouts_shares_are_those_of_the_recordings():
    table = refresh_networks.blocks(open_folder(refresh_networks.KEPT))["full-readout"]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    assert cells[0][3:] == ["before step 1", "after 1 %", "after 10 %", "after 30 %", "after 100 %"]
    own = [r for r in open_folder(refresh_networks.KEPT).recordings if r.family == "resnet"]
    largest = [r for r in own if r.dim(0) == max(r.dim(0) for r in own)]
    j = largest[0].layers.index("readout")
    (line,) = (line for line in cells if line[:2] == ["resnet", "1.2 million"])
    assert line[2] == f"{100 * largest[0].sizes[0, j] / largest[0].dim(0):.1f} %"
    for k, cell in zip((1, 2, 11, 31, 101), line[3:], strict=True):
        squares = [np.square(r.l2[r.steps == k][0]) for r in largest]  # of layers
        assert cell == f"{100 * np.mean([s[j] / s.sum() for s in squares]):.1f} %"


def parts(page: Path) -> dict[str, str]:
    """The text between the page's markers, by their names."""
    found = refresh_networks.BLOCK.finditer(page.read_text(encoding="utf-8"))
    return {m["name"]: m[0][len(m[1]) : -len(m[3])] for m in found}
