"""A user's theorems in figures, tables and CSV: the right quantity, bound and labels, whatever they measure."""

from __future__ import annotations

import ast
import csv
import io
import math
from pathlib import Path

import numpy as np
import pytest
from figure_results import cell, grid, norm_rows
from ratecheck import reading, theorem
from ratecheck.simulator.cells.quantities import Quantity
from ratecheck.simulator.optimizers import OPTIMIZERS
from ratecheck.simulator.report.cell_tables import cell_table
from ratecheck.simulator.report.figures import Drawing, Material, draw
from ratecheck.simulator.report.results_csv import tidy_csv
from ratecheck.simulator.report.shown import show
from ratecheck.simulator.report.tables import constant_table
from ratecheck.simulator.sample_theorem import SampleTheorem
from ratecheck.simulator.theorems import THEOREMS
from test_plots import panel, points, words

REPORT = Path(__file__).parents[1] / "simulator" / "report"
STEPS = (1000, 4000, 16000)
NO_THEOREM = {"schedule": "constant", "optimizer_args": {"lr": 0.1}}  # with adam


@theorem(optimizer="adamw", measures="mean_grad_l2", rule=THEOREMS["adamw-l1"].rule, rate_tex=r"C/K^{1/4}")
def mine_l2(c):
    """(1/K) Σ E‖∇f‖₂ ≤ O(C/K^(1/4))."""
    return c.c * c.steps**-0.25


@theorem(optimizer="adamw", measures="mean_grad_l2_squared", rule=THEOREMS["adamw-l1"].rule)
def mine_squared(c):
    """(1/K) Σ E‖∇f‖₂² ≤ O(C²/√K)."""
    return c.c**2 * c.steps**-0.5


@theorem(optimizer="adamw", measures="mean_grad_l2", rule=THEOREMS["adamw-l1"].rule, bound_tex=r"3\sqrt{d}\,C/K^{1/4}")
def mine_explicit(c):
    """(1/K) Σ E‖∇f‖₂ ≤ 3 √d C/K^(1/4)."""
    return c.c * c.steps**-0.25


@mine_explicit.proved
def _(c, h):
    return 3 * math.sqrt(c.dim) * c.c * c.steps**-0.25


@theorem(optimizer="adamw", measures="max_grad_linf", rule=THEOREMS["adamw-l1"].rule)
def mine_linf(c):
    """E max_k ‖∇f(x^k)‖∞ ≤ O(L)."""
    return c.smoothness


@theorem(optimizer="adamw", measures="last_f_gap", rule=THEOREMS["adamw-l1"].rule, rate_tex=r"\Delta/\sqrt{K}")
def mine_gap(c):
    """E f(x^K) − f* ≤ O(Δ/√K)."""
    return c.gap / math.sqrt(c.steps)


MINE = {  # theorem → (label of its axis, exponent of its rate in K, what is divided by)
    mine_l2: (r"\frac{1}{K}\sum_k\,\mathrm{E}\,\|\nabla f(x^k)\|_2", "−1/4", lambda s: s.steps**-0.25),
    mine_squared: (r"\frac{1}{K}\sum_k\,\mathrm{E}\,\|\nabla f(x^k)\|_2^2", "−1/2", lambda s: s.steps**-0.5),
    mine_explicit: (
        r"\frac{1}{K}\sum_k\,\mathrm{E}\,\|\nabla f(x^k)\|_2",
        "−1/4",
        lambda s: 3 * math.sqrt(s.dim) * s.steps**-0.25,
    ),
    mine_linf: (r"\mathrm{E}\,\max_k\,\|\nabla f(x^k)\|_\infty", "0", lambda s: 1.0),
    mine_gap: (r"\mathrm{E}\,(f(x^K)-f^*)", "−1/2", lambda s: s.steps**-0.5),
}


def cells() -> list:
    """AdamW on rational at three d and K, with quantities that not every run has."""
    found = []
    for i, (d, k) in enumerate((d, k) for d in (16, 64, 256) for k in STEPS):
        noise = 1 + 0.02 * np.random.default_rng(i).standard_normal(8)
        further = {"max_grad_linf": 0.7 * noise, "last_f_gap": 5.0 * k**-0.5 * noise}
        found.append(cell(dim=d, steps=k, further=further))
    return found


@pytest.mark.parametrize("mine", MINE, ids=lambda t: t.name)
def test_a_users_theorem_is_drawn_with_its_quantity_bound_and_labels(mine):
    label, exponent, limit = MINE[mine]
    results = cells()
    drawings = {d.name: d for d in draw(Material(show(results, [mine])))}
    ax = panel(drawings["rates"], "adamw · rational")
    assert ax.get_ylabel() == f"${label}$"
    x, y = points(ax)[0]
    np.testing.assert_allclose(y, [np.mean(r.stats.measured[mine.measures.name]) for r in results[:3]])
    dashed = [line.get_ydata() for line in ax.lines if line.get_linestyle() == "--"]
    assert any(np.allclose(line, [mine.rate(r.constants) for r in results[:3]]) for line in dashed)
    assert f"slope of the rate, {exponent}" in words(drawings["slopes"])
    ratios = [y for ax in drawings["ratios"].figure.axes for line in ax.lines for y in line.get_ydata()]
    for result in results:
        expected = np.mean(result.stats.measured[mine.measures.name]) / limit(result.spec)
        assert np.isclose(ratios, expected).any()
    assert f"{mine.measures.text} ({mine.name})" in drawings["rates"].caption
    for drawing in drawings.values():
        if isinstance(drawing, Drawing):
            assert drawing.png


def test_labels_of_rates_and_bounds_and_what_stands_for_them():
    texts = {t.name: words({d.name: d for d in draw(Material(show(cells(), [t])))}["rates"]) for t in MINE}
    assert "rate $C/K^{1/4}$ (no constant)" in texts["mine-l2"]
    assert "rate of mine-squared (no constant)" in texts["mine-squared"]
    assert r"bound $3\sqrt{d}\,C/K^{1/4}$" in texts["mine-explicit"]
    assert "bound" not in texts["mine-gap"]


def test_a_bound_that_depends_on_the_dimension_has_a_line_for_each():
    ax = panel({d.name: d for d in draw(Material(show(cells(), [mine_explicit])))}["rates"], "adamw · rational")
    own = [line for line in ax.lines if line.get_linestyle() == "-."]
    assert len(own) == len({line.get_color() for line in own}) == 3
    rates = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert len(rates) == 1  # C K^(−1/4) is the same for every d


@pytest.mark.parametrize("mine", MINE, ids=lambda t: t.name)
def test_results_csv_has_the_theorems_own_ratio(mine):
    results = cells()
    rows = list(csv.DictReader(io.StringIO(tidy_csv(show(results, [mine])))))
    for row, result in zip(rows, results, strict=True):
        values = result.stats.measured[mine.measures.name]
        assert (row["theorem"], row["quantity"], row["void"]) == (mine.name, mine.measures.name, "")
        assert float(row["measured"]) == pytest.approx(values.mean())
        assert float(row["measured_sem"]) == pytest.approx(values.std(ddof=1) / math.sqrt(8))
        assert float(row["ratio"]) == pytest.approx(values.mean() / MINE[mine][2](result.spec))
        assert float(row["ratio_low"]) < float(row["ratio"]) < float(row["ratio_high"])
        assert float(row["rate"]) == mine.rate(result.constants)
        assert row["bound"] == ("" if mine.kind == "none" else repr(mine.bound(result.constants, result.hyper)))
        assert float(row["ratio_l2"]) == pytest.approx(result.stats.mean_grad_l2.mean() * result.spec.steps**0.25)
        assert float(row["max_grad_linf"]) == pytest.approx(result.stats.measured["max_grad_linf"].mean())
        assert float(row["last_f_gap"]) == pytest.approx(result.stats.measured["last_f_gap"].mean())


def test_the_cell_table_shows_the_theorems_numbers():
    table = cell_table(show(cells()[:1], [mine_squared]))
    (row,) = table.rows
    assert row["theorem"] == "mine-squared"
    assert "mean over k of ‖∇f(x^k)‖₂² (mine-squared)" in table.note
    assert row["ratio"].startswith(f"{cells()[0].stats.mean_grad_l2_squared.mean() * math.sqrt(1000):.3f}")


def test_exponents_are_those_of_the_theorems_quantity_and_rate():
    results = [cell("ramp", dim=64, steps=4000, sigma=s, factor=0.5) for s in (0.25, 1.0, 4.0)]
    (row,) = constant_table(show(results, [mine_squared])).rows
    assert (row["constant"], row["theorem"], row["expected"]) == ("σ", "mine-squared", "1")
    assert float(row["exponent"]) == pytest.approx(1.0, abs=0.02)
    (row,) = constant_table(show(results, [mine_l2])).rows
    assert row["expected"] == "0.5"
    assert not constant_table(show(results, []))


def test_the_first_true_theorem_is_shown_and_a_control_only_alone():
    @mine_l2.control
    def half(c):
        """FALSE: half."""
        return mine_l2.rate(c) / 2

    def name(theorems):
        (shown,) = show([cell()], theorems)
        return shown.theorem and shown.theorem.name

    assert name([half, mine_squared, mine_l2]) == "mine-squared"
    assert name([half]) == "mine-l2-half"
    assert name([mine_linf, mine_l2]) == "mine-l2"  # the cell has no max_grad_linf
    assert name([THEOREMS["sgd-l2"], *(t for t in THEOREMS.values() if isinstance(t, SampleTheorem))]) is None
    of_none = cell(optimizer="adam", **NO_THEOREM)
    (shown,) = show([of_none])
    assert shown.theorem is None and shown.why == "no theorem: no bound"
    np.testing.assert_array_equal(shown.values, of_none.stats.mean_grad_l1)


def test_a_cell_of_which_a_theorem_says_nothing_is_anothers_or_shown_with_the_reason():
    constant = cell(schedule="constant", optimizer_args={"lr": 0.01})
    assert [s.theorem.name for s in show([constant])] == ["control-constant-lr"]  # adamw-l1 is void for it
    (shown,) = show([cell(optimizer_args={"lr": 0.5})])
    assert shown.theorem is THEOREMS["adamw-l1"] and shown.why.startswith("void: the step is too long for the proof")


def test_rows_name_the_theorem_where_two_are_about_one_optimizer():
    @theorem(optimizer="adamw", rule=mine_l2.rule, measures="mean_grad_l2", assumes=("smooth",))
    def only_ramps(c):
        """A theorem that is about no cell without a steepness."""
        return c.steps**-0.25

    class OnlyRamps:
        def __getattr__(self, name):
            return getattr(only_ramps, name)

        def on(self, result):
            return only_ramps.on(result) if result.spec.problem == "ramp" else None

    results = grid(("rational", "ramp"), ("adamw",))
    drawing = {d.name: d for d in draw(Material(show(results, [OnlyRamps(), mine_squared])))}["rates"]
    titles = {ax.get_title() for ax in drawing.figure.axes if ax.axison}
    assert titles == {"adamw (mine-squared) · rational", "adamw (only-ramps) · ramp"}


def test_cells_without_a_theorem_are_drawn_by_their_l1_norm():
    results = [cell(optimizer="adam", steps=k, **NO_THEOREM) for k in STEPS]
    drawings = {d.name: d for d in draw(Material(show(results)))}
    assert "no theorem: no bound" in words(drawings["rates"])
    assert "_1$" in drawings["rates"].figure.axes[0].get_ylabel()
    rows = list(csv.DictReader(io.StringIO(tidy_csv(show(results)))))
    assert {(row["theorem"], row["bound"], row["rate"], row["ratio"]) for row in rows} == {("", "", "", "")}
    assert float(rows[0]["measured"]) == pytest.approx(results[0].stats.mean_grad_l1.mean())


def test_a_rate_that_is_no_power_has_the_slope_of_its_neighbours():
    @theorem(optimizer="adamw", rule=mine_l2.rule, measures="mean_grad_l2")
    def logarithmic(c):
        """O(log K · √d / √K)."""
        return math.log(c.steps) * math.sqrt(c.dim) / math.sqrt(c.steps)

    drawing = {d.name: d for d in draw(Material(show(cells(), [logarithmic])))}["slopes"]
    (dashed,) = [line for line in panel(drawing, "adamw · rational").lines if line.get_linestyle() == "--"]
    own = [math.log(math.log(b) / math.log(a)) / math.log(b / a) - 0.5 for a, b in ((1000, 4000), (4000, 16000))]
    np.testing.assert_allclose(dashed.get_ydata(), own)
    np.testing.assert_allclose(dashed.get_xdata(), [2000, 8000])
    assert "slope of the rate" in words(drawing) and "slope of the rate," not in words(drawing)


BAD = r"$\frac{$"


def test_no_text_from_data_is_read_as_mathtext():
    @reading(fold="sum", degrees=(1.0, -1.0), text=BAD, tex=BAD)
    def odd(gradient):
        return gradient

    measures = Quantity(f"{BAD}q", odd, "mean")

    @theorem(optimizer="adamw", measures=measures, rate_tex=r"\frac{", bound_tex=BAD, name=BAD, assumes=())
    def hostile(c):
        """Nothing."""
        return 1.0

    @hostile.proved
    def _(c, h):
        return 2.0

    results = [
        cell(dim=d, steps=k, sigma=s, further={measures: np.full(8, 0.5) + 0.01 * np.arange(8)})
        for d in (16, 64)
        for k in STEPS
        for s in (1.0, 2.0, 4.0)
    ]
    for result in results:
        for name in ("problem", "noise", "schedule"):
            object.__setattr__(result.spec, name, f"a.py:{BAD}")
        object.__setattr__(result.spec, "problem_args", {BAD: f"{BAD}{result.spec.dim % 2}", "b": 1.0})
        object.__setattr__(result.spec, "noise_args", {BAD: BAD})
    rows = norm_rows()
    for row in rows:
        object.__setattr__(row, "law", BAD)
    drawn = draw(Material(show(results, [hostile]), rows, (), [hostile]))
    names = {d.name for d in drawn if isinstance(d, Drawing)}
    assert names >= {"envelope", "rates", "ratios", "slopes", "exponents", "norms"}
    for drawing in drawn:
        if isinstance(drawing, Drawing):
            assert drawing.svg
    shown = words({d.name: d for d in drawn}["rates"])
    assert rf"rate of \{BAD[:-1]}\$" in shown


def named_in(path: Path) -> set:
    """Names and constants in the code of a file, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docs:
            found.add(node.value)
        elif isinstance(node, (ast.Name, ast.Attribute)):
            found.add(node.id if isinstance(node, ast.Name) else node.attr)
    return found


@pytest.mark.parametrize("path", sorted(REPORT.rglob("*.py")), ids=lambda path: path.stem)
def test_the_report_names_no_shipped_theorem_optimizer_or_bound(path):
    found = named_in(path)
    theorems = {name for name, t in THEOREMS.items() if not isinstance(t, SampleTheorem)}
    forbidden = theorems | {name.replace("-", "_") for name in theorems} | set(OPTIMIZERS)
    assert not found & (forbidden | {"bound_l1", "bound_l2", "L2_OPTIMIZERS", "EXPECTED"})
    texts = " ".join(value for value in found if isinstance(value, str))
    for formula in ("K^{", "K^(", "K}", "C/K", "CK", "σ²LΔ", "SGD", "AdamW"):
        assert formula not in texts
    if path.name != "results_csv.py":  # its ratio_l1 and ratio_l2 are in units of C K^(−1/4), whatever the theorem
        assert 0.25 not in found


def test_the_check_above_sees_what_it_forbids(tmp_path):
    (tmp_path / "a.py").write_text('"""sgd"""\nx = y.bound_l1 * -0.25 if z == "sgd" else r"C/K^{1/4}"\n')
    assert {"bound_l1", 0.25, "sgd", r"C/K^{1/4}"} <= named_in(tmp_path / "a.py")
