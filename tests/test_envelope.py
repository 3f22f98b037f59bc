"""Envelope, forest, ratios and controls: what is drawn are the results' numbers, the theorem's and the judge's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from figure_results import cell, grid
from ratecheck import theorem
from synthetic import rate, sweep
from test_plots import words

from simulator.judge import judge
from simulator.report.figures import FIGURES, Drawing, Material, Skipped
from simulator.report.figures.claims import claims
from simulator.report.figures.ends import spread
from simulator.report.figures.powers import exponent_tex, power_of, without_horizon
from simulator.report.figures.style import INK
from simulator.report.shown import show
from simulator.theorems import THEOREMS

STEPS = (1000, 4000, 16000, 64000)
RULE = THEOREMS["adamw-l1"].rule


@theorem(optimizer="adamw", measures="mean_grad_l1", rule=RULE, rate_tex=r"\sqrt{d}\,C/K^{1/4}")
def only_a_rate(c):
    """(1/K) Σ E‖∇f‖₁ ≤ O(√d C/K^(1/4))."""
    return math.sqrt(c.dim) * c.c * c.steps**-0.25


@only_a_rate.control(axes=("steps",))
def too_fast(c):
    """FALSE: O(√d C/√K)."""
    return math.sqrt(c.dim) * c.c * c.steps**-0.5


@theorem(optimizer="adamw", measures="mean_grad_l1", rule=RULE, rate_tex=r"\sqrt{d}\,C/K^{1/4}", assumes=("smooth",))
def broken(c):
    """(1/K) Σ E‖∇f‖₁ ≤ 1.2 √d C/K^(1/4)."""
    return math.sqrt(c.dim) * c.c * c.steps**-0.25


@broken.declared
def _(c):
    return 1.2 * math.sqrt(c.dim) * c.c * c.steps**-0.25


def material(results, *theorems) -> Material:
    return Material(show(results, theorems), (), judge(results, theorems=theorems), theorems)


def drawn(name, results, *theorems) -> Drawing:
    (drawing,) = FIGURES[name](material(results, *theorems))
    assert isinstance(drawing, Drawing), drawing
    return drawing


def markers(ax) -> list[tuple[float, float]]:
    """(x, y) of the markers that say a value."""
    lines = [line for line in ax.lines if line.get_gid() is not None]
    return [(float(x), float(y)) for line in lines for x, y in zip(*line.get_data(), strict=True)]


def at(marks, x) -> list[float]:
    return sorted(y for a, y in marks if a == x)


def verdict_results() -> list:
    """Cells on which a rate is judged: on ramps the gradient stays as large as at the start."""
    level = sweep(rate(1.5), problem="uneven-ramp", dims=(16, 64, 256), steps=STEPS, spread=0.005)
    return level + sweep(rate(1.0, steps=-0.4), dims=(16, 64, 256), steps=STEPS, spread=0.005)


RESULTS = grid(("ramp",), ("adamw",), steps=STEPS, factor=1.5) + grid(("rational",), ("adamw",), steps=STEPS)


def test_the_envelope_has_every_cell_over_its_rate_without_the_power_of_k():
    ax = drawn("envelope", RESULTS, only_a_rate).figure.axes[0]
    marks = markers(ax)
    assert len(marks) == len(RESULTS)
    for k in STEPS:
        own = [r.stats.mean_grad_l1.mean() / math.sqrt(r.spec.dim) for r in RESULTS if r.spec.steps == k]  # C = 1
        np.testing.assert_allclose(at(marks, k), sorted(own))
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert ax.get_ylabel().endswith(r"\,/\,(\sqrt{d}\,C)$")


def test_the_line_is_the_largest_constant_that_was_measured_and_says_so():
    drawing = drawn("envelope", RESULTS, only_a_rate)
    top = max(r.stats.mean_grad_l1.mean() / only_a_rate.rate(r.constants) for r in RESULTS)
    (line,) = [line for line in drawing.figure.axes[0].lines if line.get_linestyle() == "--" and line.get_gid() is None]
    x, y = line.get_data()
    np.testing.assert_allclose(y, top * np.asarray(x) ** -0.25)
    assert f"{top:.2f}$\\,K^{{-1/4}}$, attained\n(measured)" in words(drawing)
    assert "measured and not proved" in drawing.caption
    assert f"{top:.4g}" in drawing.result and "on ramp" in drawing.result


def test_a_bound_is_drawn_where_the_theorem_says_and_cells_above_it_are_told():
    drawing = drawn("envelope", RESULTS, broken)
    ax = drawing.figure.axes[0]
    bounds = [line for line in ax.lines if line.get_linestyle() == "-" and list(line.get_xdata()) == list(STEPS)]
    bounds = [line for line in bounds if line.get_gid() is None]
    np.testing.assert_allclose(bounds[0].get_ydata(), [1.2 * k**-0.25 for k in STEPS])
    shaded = ax.collections[0].get_paths()[0]
    above = [r for r in RESULTS if r.stats.mean_grad_l1.mean() > broken.bound(r.constants, r.hyper)]
    assert 12 <= len(above) < len(RESULTS)
    for r in RESULTS:
        spot = r.spec.steps, r.stats.mean_grad_l1.mean() / math.sqrt(r.spec.dim)
        assert shaded.contains_point(spot) == (r in above)
    diamonds = [line for line in ax.lines if line.get_marker() == "D" and line.get_gid() is None]
    assert len(diamonds) == len(above)
    assert f"{len(above)} cells above the bound, in the shaded region" in drawing.caption
    assert f"{len(above)} cells of {len(RESULTS)} above it" in drawing.result
    assert "declared bound" in words(drawing)
    quiet = drawn("envelope", grid(("ramp",), ("adamw",), steps=STEPS, factor=1.0), broken)
    assert "Diamonds" not in quiet.caption and "above" not in quiet.result


def test_cells_with_other_hyper_parameters_have_another_bound_and_are_among_the_ratios_alone():
    sgd = THEOREMS["sgd-l2"]
    own = grid(("ramp",), ("sgd",), steps=STEPS)
    settings = {"schedule": "constant", "optimizer_args": {"lr": 1.0}}  # its bound, about 1, is no power of K
    other = [cell("ramp", "sgd", steps=k, factor=0.9 * k**0.25, **settings) for k in STEPS]
    drawing = drawn("envelope", own + other, sgd)
    assert len(markers(drawing.figure.axes[0])) == len(own)
    assert "4 cells run with other hyper-parameters" in drawing.caption
    assert len(markers(drawn("ratios", own + other, sgd).figure.axes[0])) == len(own) + len(other)
    wrong = [cell("ramp", "sgd", steps=k, factor=1.1 * k**0.25, **settings) for k in STEPS]
    told = drawn("envelope", own + wrong, sgd)
    assert len(markers(told.figure.axes[0])) == len(own) + len(wrong) and "4 cells above the bound" in told.caption


def test_optimizers_that_agree_are_drawn_once_and_others_twice():
    one = grid(("ramp",), ("adamw",), steps=STEPS, factor=1.5)
    two = grid(("ramp",), ("nadamw",), steps=STEPS, factor=1.5)
    both = THEOREMS["adamw-l1"], THEOREMS["nadamw-l1"]
    (claim,) = claims(Material(show(one + two, both)))
    bounds = [
        abs(both[1].bound(b.constants, b.hyper) / both[0].bound(a.constants, a.hyper) - 1)
        for a, b in zip(one, two, strict=True)
    ]
    ((name, said),) = claim.same.items()
    assert name == "nadamw-l1" and claim.title.endswith(" and nadamw-l1")
    assert said.startswith("to 0 % in all of its 12 cells, its bound to ")
    assert f"nadamw-l1, which isn't drawn, agrees with adamw-l1 {said}. " in drawn("envelope", one + two, *both).caption
    assert float(said.split()[-2]) == pytest.approx(100 * max(bounds), rel=0.06)
    other = grid(("ramp",), ("nadamw",), steps=STEPS, factor=1.6)
    assert len(claims(Material(show(one + other, both)))) == 2
    assert len(claims(Material(show(one[1:] + two, both)))) == 2  # one more cell than there is to compare with


def test_the_forest_has_the_exponents_of_the_verdicts():
    theorems = only_a_rate, too_fast
    results = verdict_results()
    drawing = drawn("forest", results, *theorems)
    verdicts = {v.claim: v for v in judge(results, theorems=theorems)}
    for ax, axis in zip(drawing.figure.axes, ("steps", "dim"), strict=True):
        expected = [
            g[axis]["exponent"] for v in verdicts.values() for g in v.numbers["groups"] if "exponent" in g[axis]
        ]
        np.testing.assert_allclose(sorted(x for x, _ in markers(ax)), sorted(expected))
        margin = verdicts["only-a-rate"].numbers["margin"]
        assert any(
            np.isclose(patch.get_extents().transformed(ax.transData.inverted()).x1, margin) for patch in ax.patches
        )
    assert verdicts["only-a-rate-too-fast"].outcome.value == "VIOLATED"
    diamonds = [line for line in drawing.figure.axes[0].lines if line.get_marker() == "D"]
    growth = [g["steps"]["exponent"] for g in verdicts["only-a-rate-too-fast"].numbers["groups"]]
    assert diamonds and all(any(np.isclose(line.get_xdata()[0], g) for g in growth) for line in diamonds)
    assert not [line for line in drawing.figure.axes[1].lines if line.get_marker() == "D"]  # it is about K alone
    assert f"{max(growth):+.3f} ± " in words(drawing) or f"{max(growth):+.4f} ± " in words(drawing)


def test_ratios_are_over_the_bound_and_the_known_level_is_marked():
    proved = THEOREMS["adamw-l1"]
    drawing = drawn("ratios", RESULTS, proved)
    ax = drawing.figure.axes[0]
    for k in STEPS:
        own = [r.stats.mean_grad_l1.mean() / proved.bound(r.constants, r.hyper) for r in RESULTS if r.spec.steps == k]
        np.testing.assert_allclose(at(markers(ax), k), sorted(own))
    (dotted,) = [line for line in ax.lines if line.get_gid() is None and list(line.get_xdata()) == list(STEPS)]
    level = [1.5 * proved.rate(r.constants) / r2 for r, r2 in _largest_dim(proved)]
    np.testing.assert_allclose(dotted.get_ydata(), level)
    assert ax.get_yscale() == "linear" and ax.get_ylim()[0] == 0
    assert ax.get_ylabel() == "measured/bound"
    assert drawn("ratios", RESULTS, only_a_rate).figure.axes[0].get_ylabel() == "measured/rate"


def _largest_dim(proved):
    own = [r for r in RESULTS if r.spec.problem == "ramp" and r.spec.dim == 256]
    return [(r, proved.bound(r.constants, r.hyper)) for r in sorted(own, key=lambda r: r.spec.steps)]


def test_a_control_is_drawn_over_its_own_false_rate_with_the_exponent_that_was_judged():
    results = verdict_results()
    drawing = drawn("controls", results, only_a_rate, too_fast)
    ax = drawing.figure.axes[0]
    assert "VIOLATED" in ax.get_title().replace("\n", " ") and "too-fast" in ax.get_title().replace("\n", "")
    for k in STEPS:
        own = [r.stats.mean_grad_l1.mean() / too_fast.rate(r.constants) for r in results if r.spec.steps == k]
        np.testing.assert_allclose(at(markers(ax), k), sorted(own))
    (verdict,) = judge(results, theorems=(too_fast,))
    for group in verdict.numbers["groups"]:
        assert f"K^{{{group['steps']['exponent']:.3f}}}" in words(drawing)
    assert "1 of 1 caught" in drawing.caption
    (none,) = FIGURES["controls"](material(RESULTS, only_a_rate))
    assert isinstance(none, Skipped)


def test_powers_of_rates():
    def line(power, d=1.0):
        return [(k, d * k**power) for k in STEPS]

    assert power_of([line(-0.25), line(-0.25, 4.0)]) == -0.25
    assert power_of([line(-0.25), line(-0.5)]) == 0.0
    assert power_of([[(k, math.log(k) / k) for k in STEPS]]) == 0.0
    assert power_of([[(1000, 2.0)]]) == 0.0
    assert [exponent_tex(p) for p in (-0.25, 1.0, 1 / 3, 0.2345678)] == ["^{-1/4}", "", "^{1/3}", "^{0.235}"]
    assert without_horizon(r"\sqrt{d}\,C/K^{1/4}", -0.25) == r"\sqrt{d}\,C"
    assert without_horizon(r"C/\sqrt{K}", -0.5) == "C"
    assert without_horizon(r"C/K", -1.0) == "C"
    assert without_horizon(r"C/K^{1/4}", -0.5) == ""  # not what the numbers say
    assert without_horizon(r"\Delta/K+C/K", -1.0) == ""
    assert without_horizon("", -0.25) == without_horizon("C", -0.25) == ""


def test_labels_are_spread_in_their_order_and_stay_inside():
    places = spread([0.5, 0.5, 0.52, 0.9, 0.02], [0.1] * 5)
    assert np.all(np.diff(sorted(places)) >= 0.1 - 1e-12)
    assert np.argsort(places, kind="stable").tolist() == [4, 0, 1, 2, 3]
    assert places[3] == pytest.approx(0.9) and places[4] == pytest.approx(0.05)
    assert min(places) >= 0.05 - 1e-12 and max(places) <= 0.95 + 1e-12


def test_panels_stand_in_the_order_of_the_verdicts():
    """Whatever order their cells are stored in."""
    results = sweep(rate(0.9), optimizer="sgd", dims=(16, 64), steps=(1000, 4000)) + sweep(
        rate(0.9), dims=(16, 64), steps=(1000, 4000)
    )
    verdicts = judge(results)
    for ordered in (verdicts, list(reversed(verdicts))):
        names = [claim.theorem.name for claim in claims(Material(show(results), (), ordered))]
        judged = [v.claim for v in ordered]
        assert len(names) > 1 and names == sorted(names, key=judged.index)


def test_no_constant_is_drawn_for_a_rate_that_was_shown_wrong():
    """A line above all points, and shading above that, would look like a bound that holds."""
    results = verdict_results()
    lines = {}
    for claimed in (only_a_rate, too_fast):
        drawing = drawn("envelope", results, claimed)
        ax = drawing.figure.axes[0]
        lines[claimed] = [line for line in ax.lines if line.get_linestyle() == "--" and line.get_color() == INK]
        assert bool(ax.collections) is bool(lines[claimed])  # what is shaded
        assert ("no constant is true" in drawing.caption) is (claimed is too_fast)
    assert len(lines[only_a_rate]) == 1 and not lines[too_fast]
