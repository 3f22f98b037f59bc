"""The tables of the report: what was run, all cells, where the numbers come from, and what is missing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from figure_results import cell, grid

from simulator.judge.intervals import mean
from simulator.lab.folder import missing_parts
from simulator.report.cell_tables import cell_table, interval, run_rows, run_table
from simulator.report.provenance import provenance
from simulator.report.render import escape_markdown
from simulator.report.shown import show

RESULTS = grid(("ramp",), ("sgd", "adamw"), factor=0.5)


def test_partial_needs_a_plan():
    @dataclass
    class Some:
        specs: tuple
        norms: object = None

    assert missing_parts(None, RESULTS, ()) == ""
    assert missing_parts(Some(tuple(r.spec for r in RESULTS)), RESULTS, ()) == ""
    assert "1 of 18 cells is missing" in missing_parts(Some(tuple(r.spec for r in RESULTS)), RESULTS[1:], ())
    rows = run_rows(show(RESULTS[1:]), Some(tuple(r.spec for r in RESULTS)))
    assert [row["cells"] for row in rows] == ["8 of 9", "9 of 9"]
    assert [row["theorem"] for row in rows] == ["sgd-l2", "adamw-l1"]


def test_provenance_names_versions_and_time_but_no_host():
    rows = dict(provenance(RESULTS, None))
    assert rows["numpy"] == "2.1.0"
    assert rows["engine time"] == f"{0.25 * len(RESULTS):.1f} s over {len(RESULTS)} cells"
    assert "secret-host" not in str(rows)


def test_intervals_and_markdown_as_text():
    values = np.array([1.0, 1.1, 0.9, 1.0])
    e = mean(values)
    assert interval(e) == f"1.000 [{e.low(0.025):#.4g}, {e.high(0.025):#.4g}]"
    assert interval(mean([1.0, math.inf])) == "∞"
    assert interval(mean([2.0])) == "2.000"
    assert escape_markdown("a|b_c\n<d>") == r"a\|b\_c \<d\>"


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
