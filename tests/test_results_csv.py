"""results.csv: a row for each cell, numbers as they are, and nothing that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
from figure_results import cell, grid

from simulator.report.provenance import provenance
from simulator.report.results_csv import tidy_csv, tidy_rows
from simulator.report.shown import show

RESULTS = grid(("ramp",), ("sgd", "adamw"), factor=0.5)


def test_csv_has_a_row_per_cell_with_the_numbers():
    rows = list(csv.DictReader(io.StringIO(tidy_csv(show(RESULTS)), newline="")))
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


@pytest.mark.parametrize("told", ["text", ["backend"], {"seconds": 10**400, "date": 3}, {"seconds": True}, {}])
def test_a_strangers_provenance_is_taken_with_care(told):
    hostile = cell(provenance=told)
    assert "engine time" not in dict(provenance([hostile], None))
    assert len(tidy_csv(show([hostile])).splitlines()) == 2
