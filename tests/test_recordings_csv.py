"""recordings.csv: every number of every gradient, of the whole and by layer; and the report that names it."""

from __future__ import annotations

import csv
import io
import re
from itertools import pairwise

import numpy as np
import pytest
from recorded import family, loops, of_rho, row

from simulator.cells.recording import BATCH, gathered, identity
from simulator.judge.ladders import judge_ladders
from simulator.networks.claims import LADDER_THEOREMS
from simulator.report import write_report
from simulator.report.recordings_csv import recordings_csv


def read(recordings) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(recordings_csv(recordings), newline="")))


def noisy(**settings):
    """Two layers, an exact gradient and a minibatch's with its noise."""
    exact = row([[3.0, -4.0], [12.0]], 1, samples=50, loss=0.25)
    batch = row([[1.0, 0.0], [2.0]], 1, BATCH, samples=8, noise_l1=[3.0, 1.0], noise_l2=[4.0, 3.0])
    return gathered(identity({"family": "f", "seed": 3, **settings}), ("a", "b"), [exact, batch], {})


def test_whole_gradients_are_sums_of_their_layers():
    whole, a, b, batch = read([noisy()])
    assert [r["layer"] for r in (whole, a, b, batch)] == ["all", "a", "b", "all"]
    assert [r["gradient"] for r in (whole, batch)] == ["exact", "minibatch"]
    assert (whole["family"], whole["seed"], whole["before_step"], whole["samples"]) == ("f", "3", "1", "50")
    told = {name: float(whole[name]) for name in ("d", "zeros", "l1", "l2", "rho", "loss")}
    assert told == pytest.approx({"d": 3, "zeros": 0, "l1": 19, "l2": 13, "rho": 19 / (3**0.5 * 13), "loss": 0.25})
    assert (float(a["l2"]), float(a["rho"]), float(b["d"])) == pytest.approx((5, 7 / (2**0.5 * 5), 1))
    assert (float(batch["noise_l1"]), float(batch["noise_l2"]), float(batch["zeros"])) == (4, 5, 1)


def test_what_was_not_measured_stays_empty():
    whole, *_, batch = read([noisy()])
    assert (whole["noise_l1"], whole["noise_l2"], batch["loss"]) == ("", "", "")
    for name in ("population_l2_squared", "population_l1_at_least", "noise_trace"):
        assert whole[name] == batch[name] == ""
    zero = read([gathered(identity({"family": "f"}), ("a",), [row([[0.0, 0.0]])], {})])
    assert [r["rho"] for r in zero] == ["", ""] and zero[0]["samples"] == ""


def test_settings_of_all_recordings_are_columns_and_hide_none_of_the_numbers():
    rows = read([noisy(width=16, loss="mine", key="other"), of_rho(0.5, 100, 0, lr=0.1)])
    assert [(r["width"], r["lr"]) for r in (rows[0], rows[-1])] == [("16", ""), ("", "0.1")]
    assert (rows[0]["setting_loss"], rows[0]["setting_key"]) == ("mine", "other") and rows[0]["loss"] == "0.25"
    assert len(rows[0]["key"]) == 32


def test_no_spreadsheet_runs_a_family():
    (first, *_) = read([of_rho(0.5, 100, 0, family="=1+1")])
    assert first["family"] == "'=1+1"


def written(folder, recordings, results=()):
    verdicts = judge_ladders(recordings, LADDER_THEOREMS.values())
    write_report(folder, results, verdicts, recordings=recordings)
    return (folder / "report.html").read_text(encoding="utf-8")


def test_the_report_of_loops_names_their_numbers_and_shows_every_table(tmp_path):
    recordings = [*loops(), noisy(), *family(-0.1, parametrization="standard")]
    page = written(tmp_path, recordings)
    assert len(read(recordings)) == len((tmp_path / "recordings.csv").read_text(encoding="utf-8").splitlines()) - 1
    assert 'href="recordings.csv"' in page and "results.csv" not in page and not (tmp_path / "results.csv").exists()
    captions = re.findall(r'<details class="fold"><summary>([^<]*?) \(', page)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    for caption in ("Exponents of ρ", "Layers", "The noise of minibatches"):
        assert any(c.startswith(caption) for c in captions) and f"## {caption}" in text


def test_the_table_of_verdicts_has_the_columns_that_something_is_in(tmp_path):
    recordings = [r for exponent in (-0.1, -0.25) for r in family(exponent, family=f"{exponent}")]
    page = written(tmp_path, recordings)
    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page[: page.index("</thead>")])
    assert heads == [
        "theorem",
        "statement, with reasons inside",
        "verdict",
        "exponents<br>of ρ",
        "predicted<br>exponent",
    ]
    told = re.findall(r'<td class="n" data-head="exponents of ρ">(.*?)</td>', page)
    (low, high) = (float(end.replace("−", "-")) for end in told[0].split("…"))
    assert (low, high) == pytest.approx((-0.25, -0.1), abs=0.01)


def test_reasons_begin_with_the_exponent_that_is_farthest_from_zero():
    recordings = [r for e in (-0.1, 0.3, -0.2) for r in family(e, family=f"f{e}", parametrization="standard")]
    (verdict,) = (v for v in judge_ladders(recordings, LADDER_THEOREMS.values()) if v.claim == "theta-d")
    found = [abs(float(re.search(r"d\^(\S+)", reason)[1])) for reason in verdict.reasons]
    assert len(found) == 3 and all(a > b for a, b in pairwise(found))
    assert np.isclose(found[0], 0.3, atol=0.02)
