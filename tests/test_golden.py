"""The CPU engine gives the numbers it always gave: golden/make_bits.py says which, and when they may be others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from golden.compute import entry, name, rounding

GOLDEN = json.loads((Path(__file__).parent / "golden" / "bits.json").read_text())
SUMS, MAXIMA = 1e-14, 0.0
FLOAT32_SUMS = 1e-6  # a float32 cell's gradients are summed in float32, in an order that is the processor's
ELSEWHERE = 1e-5  # where other last digits go into the engine


def tolerance(curve: str, dtype: str) -> float:
    if curve in ("grad_linf", "max_abs_x"):
        return MAXIMA
    return FLOAT32_SUMS if dtype == "float32" and curve != "f_gap" else SUMS


@pytest.mark.parametrize("golden", GOLDEN["cells"], ids=lambda golden: name(golden["arguments"]))
def test_cell_keeps_its_bits(golden):
    got, dtype = entry(golden["arguments"]), golden["arguments"].get("dtype", "float64")
    here = rounding() == GOLDEN["rounding"]
    assert got["hyper"] == golden["hyper"]
    assert got["state"] == golden["state"] or not here, "x and state have other bits"
    assert list(got["stats"]) == list(golden["stats"])
    for statistic, values in golden["stats"].items():
        relative = tolerance(statistic.split()[0], dtype) if here else ELSEWHERE
        assert got["stats"][statistic] == pytest.approx([float(v) for v in values], rel=relative, abs=0.0), statistic
    if got["state"] != golden["state"]:
        pytest.skip("pow, exp, log or sin have other last digits here than where bits.json was written")


def test_cells_have_names_of_their_own():
    assert len({name(golden["arguments"]) for golden in GOLDEN["cells"]}) == len(GOLDEN["cells"]) >= 60
