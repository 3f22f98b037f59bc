"""A constant that a theorem misspells is an error before anything is run; one that other problems have is not."""

from __future__ import annotations

import pytest
import ratecheck
from refusal import assert_refused
from unwrap import unwrapped

from simulator.cli import main

FILE = """
import math

from ratecheck import Noise, assumption, noise, profile, theorem
from ratecheck.problems.noise import rademacher

GRID = {{"problem": ["quadratic", "rational"], "dim": [2, 4], "steps": [50, 100], "replicas": 8}}


@profile(curvature=1.0, start=1.0, supplies={{"bend": 2.0}})
def bowl(u):
    return 0.5 * u * u


@bowl.derivative
def _(u):
    return u


def law(size=1.0):
    return Noise("law", rademacher().formula, "double", 1.0, 1.0, 1.0, supplies={{"tail": size}})


@assumption("nothing")
def sound(result):
    return "" if result.constants.{assumed} > 0 else "it is not"


def allows(h):
    return {{"lr": (0.0, h.{allowed})}}


@theorem(optimizer="sgd", rule=lambda c: {{"lr": 0.1 / c.{ruled}}}, assumes=sound, allows=allows, grid=GRID)
def own(c):
    "A rate."
    return c.{rated} * c.steps**-0.25


@own.declared
def _(c, h):
    return 9 * c.{bounded} / h.{used}


@own.control
def small(c, h):
    "FALSE: a tiny bound."
    return 1e-9 * c.{controlled}
"""
RIGHT = {
    "assumed": "dim",
    "ruled": "dim",
    "allowed": "lr",
    "rated": "dim",
    "bounded": "dim",
    "used": "lr",
    "controlled": "dim",
}


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(**changes: str) -> str:
        (tmp_path / "own.py").write_text(FILE.format(**{**RIGHT, **changes}), encoding="utf-8")
        return "own.py:own"

    return write


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"rated": "dimension"}, ["'own': its rate asks for c.dimension, which nothing supplies; did you mean c.dim?"]),
        ({"bounded": "sigm"}, ["its bound asks for c.sigm, which nothing supplies; did you mean c.sigma?"]),
        ({"bounded": "xyz"}, ["c.xyz, which nothing supplies; docs/extending.md says which constants there are"]),
        ({"used": "lrr"}, ["its bound asks for h.lrr, and the optimizer has no lrr; did you mean h.lr?"]),
        ({"allowed": "lrr"}, ["its allows asks for h.lrr", "did you mean h.lr?"]),
        ({"assumed": "stepps"}, ["its assumption 'sound' asks for c.stepps", "did you mean c.steps?"]),
        ({"ruled": "dimm"}, ["supplies no dimm; did you mean 'dim'?"]),
        ({"controlled": "smothness"}, ["'own-small': its", "c.smothness", "did you mean c.smoothness?"]),
        ({"bounded": "pl * c.sigm"}, ["c.sigm, which nothing supplies"]),  # of the quadratic, which has pl
    ],
)
def test_a_typo_is_told_before_a_cell_is_run(file, tmp_path, capsys, changes, words):
    assert_refused(capsys, ["verify", file(**changes), "--out", "out"], *words)
    assert not list(tmp_path.glob("out/**/*.npz"))


def test_a_sweep_tells_it_too(file, tmp_path):
    with pytest.raises(ratecheck.InputError, match=r"c\.dimension, which nothing supplies; did you mean c\.dim\?"):
        ratecheck.sweep(
            problem="quadratic",
            optimizer="sgd",
            schedule="sgd-l2",
            dim=2,
            steps=5,
            theorems=[file(rated="dimension")],
            out=tmp_path / "out",
        )


@pytest.mark.parametrize("name", ["pl", "bend", "tail", "kurtosis", "smoothness_l1", "sigma_0"])
def test_what_some_problem_or_law_supplies_is_no_typo(file, capsys, name):
    """pl is of the quadratic alone, and the others of what is not swept, or not with these settings."""
    assert main(["verify", file(bounded=name), "--out", "out"]) != 2
    shown = unwrapped(capsys.readouterr().out)
    assert ("supplies no" in shown) == (name != "kurtosis")
