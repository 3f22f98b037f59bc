"""Runs that escaped: which are marked, and that they may convict a theorem and never acquit it."""

from __future__ import annotations

import itertools
import json
import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from cells import CURVES, always
from figure_results import cell
from rate_only import adamw_rate
from ratecheck import theorem
from ratecheck.problems import PROBLEMS
from synthetic import rate, sweep
from test_plots import panel

from simulator.cells.spec import Spec
from simulator.cells.stats import FIELDS, Stats
from simulator.commands.cell_summary import show as show_summary
from simulator.commands.cell_summary import summary
from simulator.engines import run
from simulator.judge import Cells, Outcome, judge
from simulator.judge import eligible as eligible_module
from simulator.judge.stored import to_dict
from simulator.judge.stored_theorem import from_dict
from simulator.lab.verdicts import write_verdicts
from simulator.report import write_report
from simulator.report.cell_tables import cell_table, run_table
from simulator.report.claims import claim_groups
from simulator.report.figures import Material, draw
from simulator.report.figures.style import RING
from simulator.report.results_csv import tidy_rows
from simulator.report.shown import show
from simulator.theorems import THEOREMS

ACQUITTED = (Outcome.HOLDS, Outcome.TIGHT)
CONSTANT = {"schedule": "constant", "optimizer_args": {"lr": 0.01}}


def stats(f_gap=None, max_abs_x=None, mean=1.0) -> Stats:
    """One replica with these curves, shape (P,); what isn't given is 1 throughout."""
    given = {"f_gap": f_gap, "max_abs_x": max_abs_x}
    size = next(len(curve) for curve in (f_gap, max_abs_x) if curve is not None)
    curves = {name: np.ones((1, size)) for name in CURVES}
    curves |= {name: np.array([curve], dtype=float) for name, curve in given.items() if curve is not None}
    means = np.array([mean])
    return Stats.of(always(means, means), np.arange(1, size + 1), **curves)


@pytest.mark.parametrize(
    ("f_gap", "marked"),
    [
        ([1, 1, 1, 1], False),  # never moved
        ([0.1] * 7, False),  # nor here, where the mean of equal numbers is rounded
        ([1, 9, 0.5, 0.5], False),  # up, and back down
        ([1, 0.5, 0.5, 1.4], False),  # the last value alone decides nothing
        ([1, 0.1, 0.8, 1.4], True),
        ([1, 9, 0.1, 1.4, 1.4], False),  # the last half of five are three
        ([1, 1.0000001], True),
        ([1], False),  # one step: the start is all there is
        ([0, 0, 0], False),
        ([1, 1e308, 1e308, 1e308, 1e308], True),  # the sum overflows
    ],
)
def test_f_alone(f_gap, marked):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert stats(f_gap=f_gap).escaped.tolist() == [marked]


@pytest.mark.parametrize(
    ("sizes", "marked"),
    [
        ([2, 1.9e6, 1], False),
        ([2, 2.1e6, 1], True),  # it came back, and was there all the same
        ([0, 1e300], False),  # no size to compare with
        ([0, math.inf], True),
        ([1e305, 1e307], False),  # 10⁶ times the start overflows
        ([1e-320, 1e-316], False),
        ([1e-320, 1e-313], True),
        ([1, math.inf], True),
    ],
)
def test_size_alone(sizes, marked):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert stats(max_abs_x=sizes).escaped.tolist() == [marked]


def test_a_diverged_replica_did_not_escape():
    lost = [stats(f_gap=[1, 2, math.inf]), stats(f_gap=[1, 2, 2], max_abs_x=[1, 1, 1e9], mean=math.inf)]
    assert [s.escaped.tolist() for s in lost] == [[False]] * 2 and all(s.diverged.all() for s in lost)


def test_the_status_is_the_worst_of_the_replicas():
    result = cell(replicas=3)
    assert result.status == "ok"
    high = away(result, replicas=1)
    assert high.status == "escaped" and high.stats.escaped.tolist() == [True, False, False]
    assert away(cell(replicas=3, diverged=1), replicas=3).status == "diverged"


def away(result, replicas=None):
    """*result*, whose first *replicas* (all by default) have flown off; what was measured is as it was."""
    old = result.stats
    curves = {name: np.repeat(getattr(old, name), 2, axis=1) for name in CURVES}
    curves["max_abs_x"][:replicas, -1] = 1e30
    return replace(result, stats=Stats(old.measured, np.repeat(old.checkpoints, 2), **curves))


def test_what_is_stored_suffices():
    """No new arrays: a folder of before has all that it takes."""
    again = Stats.from_arrays(away(cell()).stats.arrays())
    assert again.escaped.all() and "escaped" not in again.arrays()
    assert set(FIELDS) == {"checkpoints", *CURVES}


@pytest.fixture(scope="module", params=[{}, {"weight_decay": 0.0}], ids=["decay", "no decay"])
def flown(request):
    """AdamW with a step of 10 on a function whose gradient vanishes at infinity."""
    arguments = {"lr": 10.0, **request.param}
    sizes = itertools.product((16, 64), (250, 1000, 4000))
    return [run(Spec.of("rational", "adamw", d, k, 8, schedule="constant", optimizer_args=arguments)) for d, k in sizes]


@theorem(optimizer="adamw", rule=None, measures="mean_grad_l1", name="false-by-level")
def by_level(c):
    """FALSE, and true far out: (1/K) Σ E‖∇f(x^k)‖₁ ≤ √d C K^(−1/4)."""
    return math.sqrt(c.dim) * c.c * c.steps**-0.25


by_level.declared(by_level.function)


def test_a_run_that_flew_off_is_marked_and_acquits_nothing(flown):
    assert {result.status for result in flown} == {"escaped"}
    assert all(result.stats.escaped.all() for result in flown)
    [level] = judge(flown, theorems=[by_level])
    assert level.outcome is Outcome.INCONCLUSIVE and level.cells == Cells(6, {}, 6)
    assert level.numbers["max_ratio"]["upper"] < 0.2  # far below its bound, and no evidence
    [control] = judge(flown, theorems=["control-constant-lr"])
    assert control.outcome not in ACQUITTED


def test_a_judge_that_forgets_it_acquits(flown, monkeypatch):
    """The opposite, planted: without the mark the same runs would show a false statement true."""
    monkeypatch.setattr(eligible_module.Judged, "escaped", False)
    assert judge(flown, theorems=[by_level])[0].outcome in ACQUITTED


SIZES = [(16, 1000), (64, 250), (64, 4000)]


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
@pytest.mark.parametrize("problem", [name for name in PROBLEMS if name != "cosh"])  # which has no L for the rules
def test_no_run_that_descends_is_marked(problem, optimizer):
    for (dim, steps), sigma in itertools.product(SIZES, (0.25, 1.0)):
        result = run(Spec.of(problem, optimizer, dim, steps, 8, sigma=sigma))
        assert result.stats.f_gap[:, -1].mean() < result.stats.f_gap[:, 0].mean()
        assert result.status == "ok", (dim, steps, sigma)


def test_a_stalled_run_is_not_marked():
    result = run(Spec.of("rational", "sgd", 16, 1000, 8, schedule="constant", optimizer_args={"lr": 1e-30}))
    assert result.status == "ok"


# The judge, on numbers of a known law.


def verdict(results, name):
    [found] = judge(results, theorems=[name])
    json.dumps(found.to_dict(), allow_nan=False)
    return found


def marked(results, which):
    return [away(result) if which(result.spec) else result for result in results]


BEYOND = 256_000  # the longest horizon of ``sweep``


def test_the_other_cells_acquit_where_they_are_enough():
    cells = marked(sweep(rate(0.6), problem="uneven-ramp"), lambda spec: spec.steps == 1000)
    found = verdict(cells, adamw_rate)
    assert found.outcome is Outcome.TIGHT and found.cells == Cells(25, {}, 5)
    assert [c.key for c in cells if c.status == "escaped"] == found.numbers["escaped"]["cells"]
    assert found.numbers["escaped"]["where"][0] == "uneven-ramp, d = 16, K = 1000"
    assert found.numbers["groups"][0]["cells"] == 20
    assert "5 cell(s) escaped: uneven-ramp, d = 16, K = 1000; " in found.reasons[-1] and "1 more" in found.reasons[-1]


def test_too_few_others_are_inconclusive():
    cells = marked(sweep(rate(0.6), problem="uneven-ramp"), lambda spec: spec.steps > 4000)
    found = verdict(cells, adamw_rate)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "15 cell(s) escaped" in found.reasons[0] and "shows nothing" in found.reasons[0]
    assert "no growth exponent in K: 2 value(s)" in found.reasons[1]  # and so nothing to convict it


@pytest.mark.parametrize(("name", "optimizer"), [("adamw-l1", "adamw"), ("sgd-l2", "sgd")])
def test_all_escaped_is_inconclusive(name, optimizer):
    found = verdict(marked(sweep(rate(0.5), optimizer=optimizer), lambda spec: True), name)
    assert found.outcome is Outcome.INCONCLUSIVE and "25 cell(s) escaped" in found.reasons[0]
    assert found.cells == Cells(25, {}, 25)


@pytest.mark.parametrize("which", [lambda s: True, lambda s: s.steps > 4000, lambda s: s.dim == 16, lambda s: False])
@pytest.mark.parametrize(
    ("name", "law", "settings"),
    [
        ("control-constant-lr", rate(steps=0), CONSTANT),
        (adamw_rate, rate(steps=-0.2), {"problem": "uneven-ramp"}),
        ("sgd-l2", rate(9.0), {"optimizer": "sgd"}),
    ],
)
def test_an_escaped_cell_convicts(which, name, law, settings):
    """What is false is VIOLATED whatever escapes."""
    found = verdict(marked(sweep(law, **settings), which), name)
    assert found.outcome is Outcome.VIOLATED
    assert found.cells.escaped == len(found.numbers["escaped"]["cells"])
    assert any("escaped" in reason for reason in found.reasons) == (found.cells.escaped > 0)


def test_the_second_look_never_convicts():
    """Where the others grow and all together don't, nothing is settled: one level of error is spent on all cells."""

    def law(c):  # grows like K^(1/4) over the rate, but at the longest horizon, where it sinks as if far out
        return rate(steps=0)(c) if c.steps < BEYOND else rate(1e-6)(c)

    found = verdict(marked(sweep(law, **CONSTANT), lambda spec: spec.steps == BEYOND), "control-constant-lr")
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "5 cell(s) escaped" in found.reasons[0] and "goes like K^0.2" in found.reasons[1]


def test_an_escaped_cell_that_may_lie_above_its_bound_is_a_doubt():
    """Far from vanishing, it only lacks replicas to convict."""
    cells = sweep(rate(0.1), dims=(16,), steps=(1000, 4000), optimizer="sgd")
    values = cells[0].stats.mean_grad_l2 / cells[0].stats.mean_grad_l2.mean()
    wide = THEOREMS["sgd-l2"].bound(cells[0].constants, cells[0].hyper) * (1 + 50 * (values - 1))
    high = replace(cells[0].stats, measured=always(wide * 4, wide))
    found = verdict([away(replace(cells[0], stats=high)), cells[1]], "sgd-l2")
    assert found.outcome is Outcome.INCONCLUSIVE and "more replicas" in found.reasons[1]


def test_few_replicas_and_broken_assumptions_stay_what_they_are():
    few = verdict(marked(sweep(rate(0.5), replicas=7), lambda spec: True), "adamw-l1")
    assert few.outcome is Outcome.INCONCLUSIVE and few.cells == Cells(0, {"too few replicas (fewer than 8)": 25}, 25)
    heavy = sweep(lambda c: 0.5, noise="student", noise_args={"nu": 1.5})
    found = verdict(marked(heavy, lambda spec: True), "adamw-l1")
    assert found.outcome is Outcome.VOID and found.cells.escaped == 0


def test_a_folder_judges_as_the_code_does(tmp_path):
    """Verdicts from stored bounds have the mark from the stored curves, and verdicts.json names the cells."""
    cells = marked(sweep(rate(0.6)), lambda spec: spec.steps > 4000)
    own = adamw_rate
    stored = from_dict(json.loads(json.dumps(to_dict(own, cells))))
    verdicts = judge(cells, theorems=[own])
    assert judge(cells, theorems=[stored]) == verdicts and verdicts[0].cells.escaped == 15
    data = json.loads(write_verdicts(tmp_path, verdicts, {"adamw-l1": own}, cells, ()).read_text(encoding="utf-8"))
    [told] = data["verdicts"]
    assert told["cells"] == {"judged": 25, "escaped": 15, "aside": {}}
    assert told["numbers"]["escaped"]["cells"] == [c.key for c in cells if c.status == "escaped"]


# Where it is shown.


def test_run_says_so(flown, capsys):
    content = summary(flown[0], by_level)
    assert (content["status"], content["replicas_escaped"]) == ("escaped", 8)
    show_summary(content, by_level)
    out = capsys.readouterr().out
    assert "in 8 of 8 replicas f stayed above its start's" in out and "can't show a theorem true" in out
    show_summary(summary(cell()), None)
    assert "replicas f stayed" not in capsys.readouterr().out


def test_the_page_and_the_csv_say_so(tmp_path):
    results = [cell(steps=1000), away(cell(steps=4000), replicas=3), cell(steps=16000, diverged=1)]
    cells = show(results)
    assert [(r["status"], r["replicas_escaped"], r["replicas_diverged"]) for r in tidy_rows(cells)] == [
        ("ok", 0, 0),
        ("escaped", 3, 0),
        ("diverged", 0, 1),
    ]
    assert {row["status"] for row in cell_table(cells).rows} == {"ok", "3 escaped", "1 diverged"}
    assert [(row["escaped"], row["diverged"]) for row in run_table(cells, None).rows] == [(1, 1)]
    verdicts = judge(results)
    rows = [row for group in claim_groups(verdicts, THEOREMS, results) for row in group["rows"]]
    assert "1 escaped" in next(row["cells"] for row in rows if row["theorem"] == "adamw-l1")
    write_report(tmp_path, results, verdicts)
    for name in ("report.html", "report.md"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "1 cell escaped: rational, d = 16, K = 4000" in text


def test_figures_mark_escaped_cells():
    results = [cell(steps=1000), away(cell(steps=4000), replicas=3), cell(steps=16000)]
    drawings = {d.name: d for d in draw(Material(show(results)))}
    rings = [
        line for line in panel(drawings["rates"], "adamw · rational").lines if line.get_markerfacecolor() == "none"
    ]
    assert [list(line.get_xdata()) for line in rings] == [[4000]]
    assert "Ringed" in drawings["rates"].caption and "1 cell escaped" in drawings["slopes"].caption
    for name in ("envelope", "ratios"):
        lines = [line for line in drawings[name].figure.axes[0].lines if line.get_markersize() == RING["markersize"]]
        assert [list(line.get_xdata()) for line in lines] == [[4000]]
        assert "Ringed" in drawings[name].caption
    plain = {d.name: d for d in draw(Material(show([cell(steps=k) for k in (1000, 4000, 16000)])))}
    assert not any("escaped" in getattr(d, "caption", "") for d in plain.values())
