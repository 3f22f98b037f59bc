"""verify, sweep, run, judge and load from Python, with objects that lie in no file that was named."""

from __future__ import annotations

import json
import math
import shlex
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import ratecheck
from ratecheck import InputError, noise, optimizer, profile, theorem

from simulator.cli import main
from simulator.judge.outcome import Outcome
from simulator.lab.compute import SweepError
from simulator.lines import MOST
from simulator.plugins import load as load_file

GRID = {"problem": ["well"], "dim": [2, 4], "steps": [50, 100]}


@optimizer()
def plain(x, g, lr):
    """x ← x − η g."""
    return x - lr * g


@profile(curvature=2.0, start=1.0)
def well(u):
    """tanh²(u)."""
    t = math.tanh(u)
    return t * t


@well.derivative
def _well(u):
    t = math.tanh(u)
    return 2.0 * t * (1.0 - t * t)


@noise(draws="double", kurtosis=2.4, ratio=math.sqrt(6) / 3)
def triangle(sign_a, a, sign_b, b):
    return math.sqrt(1.5) * (sign_a * a + sign_b * b)


def rule(c):
    return {"lr": min(1 / c.smoothness, math.sqrt(2 * c.gap / (c.smoothness * c.steps)) / c.sigma)}


@theorem(optimizer=plain, rule=rule, measures="mean_grad_l2", grid=GRID)
def descent(c):
    """(1/K) Σ E‖∇f‖₂ ≤ SGD's bound, 1 < 2 & so on."""
    return c.c * c.steps**-0.25


@descent.proved
def _(c):
    return math.sqrt(2 * c.smoothness * c.gap / c.steps + 2 * math.sqrt(2) * c.c**2 / math.sqrt(c.steps))


@descent.control
def tenth(c):
    """FALSE: a tenth of that."""
    return descent.bound(c) / 10


@theorem(optimizer=plain, rule=rule, measures="mean_grad_l2", grid=GRID)
def short(c):
    """(1/K) Σ E‖∇f‖₂ ≤ a tenth of SGD's bound, which is too little."""
    return c.c * c.steps**-0.25


@short.declared
def _(c):
    return descent.bound(c) / 10


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("calls")


@pytest.fixture(scope="module")
def verdict(out):
    return ratecheck.verify(descent, out=out / "descent", progress=False)


@pytest.fixture(scope="module")
def wrong(out):
    """The verdict on a bound that is too small."""
    return ratecheck.verify(short, problem=[well, "quadratic"], out=out / "short", progress=False)


@pytest.fixture(scope="module")
def swept(out):
    return ratecheck.sweep(
        problem=(well, "quadratic"),
        optimizer=plain,
        noise=triangle,
        schedule=descent,
        dim=np.array([2, 4]),
        steps=[50],
        theorems=[descent],
        out=out / "swept",
        progress=False,
    )


def test_a_theorem_is_judged_with_its_control(verdict):
    assert verdict.outcome in (Outcome.HOLDS, Outcome.TIGHT) and verdict.numbers["copies"] > 0
    [control] = verdict.grounds.controls
    assert (control.claim, control.outcome) == ("descent-tenth", Outcome.VIOLATED)
    assert verdict.grounds.computed == 4 and verdict.cells.judged == 4


def test_a_second_call_computes_nothing(verdict, out):
    again = ratecheck.verify(descent, out=out / "descent", progress=False, controls=False)
    assert again.grounds.computed == 0 and again == verdict and again.grounds.controls == ()


def test_what_is_given_takes_the_grids_place(wrong, tmp_path):
    assert {cell.spec.problem for cell in wrong.grounds.results} == {f"{__name__}:well", "quadratic"}
    one = ratecheck.verify(descent, problem="quadratic", dim=4, steps=50, out=tmp_path, progress=False)
    assert [(cell.spec.problem, cell.spec.dim) for cell in one.grounds.results] == [("quadratic", 4)]


def test_the_folder_holds_the_source_text_which_runs(wrong, capsys):
    plan = json.loads((wrong.grounds.directory / "sweep.json").read_text(encoding="utf-8"))
    [copy] = (wrong.grounds.directory / "plugins").glob(f"*{plan['plugins'][0]['file']}")
    module = load_file(copy)
    assert module.plain.update.digest == plain.update.digest and module.short.statement == short.statement
    assert module.well.dphi.digest == well.dphi.digest and "triangle" not in vars(module)
    [command] = [line.strip() for line in wrong.explain().splitlines() if line.strip().startswith("ratecheck run ")]
    assert f"{Path(__file__).name}:short" in command  # the file itself, and not the copy
    assert main([*command.split()[1:], "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["theorem"]
    assert found["measured"]["mean"] > found["bound"]


def test_the_command_line_reads_what_python_wrote(verdict, out, capsys):
    assert main(["verify", str(out / "descent")]) in (0, 1)
    assert "judged from the bounds that the folder holds" in capsys.readouterr().out


def test_the_command_lines_verify_and_pythons_are_one(tmp_path, capsys):
    file = tmp_path / "mine.py"
    code = "import math\nfrom ratecheck import theorem\nfrom ratecheck.simulator.theorems.sgd_l2 import sgd_l2\n"
    grid = GRID | {"problem": "quadratic"}
    code += f"@theorem(optimizer='sgd', rule=sgd_l2.rule, measures='mean_grad_l2', grid={grid})\n"
    code += "def mine(c):\n    '''E‖∇f‖₂ ≤ 9 C/K^(1/4).'''\n    return c.c * c.steps**-0.25\n"
    code += "@mine.declared\ndef _(c):\n    return 9 * mine.rate(c)\n"
    file.write_text(code, encoding="utf-8")
    assert main(["verify", f"{file}:mine", "--out", str(tmp_path / "out")]) == 0
    again = ratecheck.verify(f"{file}:mine", out=tmp_path / "out", progress=False)
    assert again.grounds.computed == 0 and again.outcome.value in capsys.readouterr().out
    assert again.numbers["copies"] > 0  # also of a file's theorem, whose code the sweep has run


def test_explain_fits_a_terminal_and_says_all(verdict, wrong):
    for each in (verdict, wrong):
        lines = each.explain().splitlines()
        assert all(len(line) <= MOST for line in lines if "ratecheck run" not in line and "Results:" not in line)
        text = " ".join(each.explain().split())
        assert all(" ".join(reason.split()) in text for reason in each.reasons)
        assert each.statement in text and str(each.outcome) in text
    assert "False control descent-tenth: VIOLATED, as it must be." in verdict.explain()


def test_the_card_is_well_formed_and_escaped(verdict, wrong):
    class Reader(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open, self.text = [], ""

        def handle_starttag(self, tag, attrs):
            self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

        def handle_data(self, data):
            self.text += data

    for each in (verdict, wrong):
        reader = Reader()
        reader.feed(each._repr_html_())
        assert not reader.open and each.statement in reader.text and each.claim in reader.text
    assert "1 &lt; 2 &amp;" in verdict._repr_html_()


def test_the_table_for_a_paper_has_a_row_for_each(verdict):
    text = verdict.to_latex()
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len(rows) == 3 and len({row.count("&") for row in rows}) == 1
    assert rows[1].startswith("descent & ") and rows[2].startswith("descent-tenth (false) & violated")


def test_the_figure_is_of_the_cells(verdict):
    figure = verdict.figure()
    assert figure._repr_png_().startswith(b"\x89PNG") and "descent" in figure.caption
    [ax] = [ax for ax in figure.axes if ax.lines]
    drawn = {float(x) for line in ax.lines for x in line.get_xdata()}
    assert {50.0, 100.0} <= drawn


def test_a_verdict_alone_says_what_gives_a_figure(verdict):
    alone = ratecheck.simulator.judge.judge(verdict.grounds.results, theorems=[descent])[0]
    with pytest.raises(InputError, match=r"ratecheck\.verify"):
        alone.figure()
    assert alone.explain() and alone.to_latex() and alone._repr_html_()


def test_a_sweep_gives_labelled_cells(swept):
    assert len(swept) == 4 and len(set(swept.labels)) == 4
    assert swept.labels[0] == "problem=well, dim=2"
    for curve, cell in zip(swept.curves, swept, strict=True):
        assert curve.result is cell and curve.steps[-1] == 50
        assert all(values.shape == (8, curve.steps.size) for values in curve.values.values())
    assert "well" in swept._repr_html_()


def test_a_sweep_as_a_table(swept):
    pandas = pytest.importorskip("pandas")
    table, curves = swept.to_pandas(), swept.to_pandas(curves=True)
    assert isinstance(table, pandas.DataFrame) and len(table) == 4
    assert list(table["problem"]) == ["well", "well", "quadratic", "quadratic"] and set(table["noise"]) == {"triangle"}
    assert np.allclose(table["mean_grad_l2"], [cell.stats.mean_grad_l2.mean() for cell in swept])
    assert set(curves["cell"]) == set(swept.labels) and len(curves) == 4 * 8 * swept[0].stats.checkpoints.size
    last = curves[(curves["cell"] == swept.labels[1]) & (curves["replica"] == 3)].iloc[-1]
    assert last["grad_l1"] == swept[1].stats.grad_l1[3, -1] and last["k"] == 50


def test_without_pandas_the_error_says_what_to_install(swept, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="pip install pandas"):
        swept.to_pandas()


def test_cells_are_judged_as_they_are_given(swept):
    one = ratecheck.judge(swept, descent)
    assert one.claim == "descent" and one.cells.judged == 4 and one.grounds.results
    first, second = ratecheck.judge(list(swept), [descent, tenth])
    assert first.outcome == one.outcome and second.outcome is Outcome.VIOLATED
    [stored] = ratecheck.judge(ratecheck.load(swept.directory))
    assert stored.outcome == one.outcome and type(stored.grounds.theorem).__name__ == "StoredTheorem"
    assert ratecheck.judge(swept.directory)[0] == stored


def test_one_cell(swept):
    cell = ratecheck.run(descent, problem=well, noise=triangle, dim=2, steps=50)
    assert np.array_equal(cell.stats.mean_grad_l2, swept[0].stats.mean_grad_l2)
    with pytest.raises(InputError, match="problem= is required"):
        ratecheck.run(descent, dim=2, steps=50)
    with pytest.raises(InputError, match="leave optimizer= out"):
        ratecheck.run(descent, problem=well, optimizer="adamw", dim=2, steps=50)


def test_one_cell_has_the_replicas_of_the_theorems_grid():
    @theorem(optimizer=plain, rule=rule, grid={**GRID, "replicas": 3})
    def with_three(c):
        """A rate."""
        return c.steps**-0.25

    cell = ratecheck.run(with_three, problem=well, dim=2, steps=50)
    assert cell.spec.replicas == 3
    assert ratecheck.run(with_three, problem=well, dim=2, steps=50, replicas=2).spec.replicas == 2


def test_reprs_are_a_line(verdict, wrong, swept, out):
    cell = swept[0]
    start = "Result(plain on well, triangle noise, d = 2, K = 50, 8 replicas: ok, mean ‖∇f‖₁ = "
    assert repr(cell).startswith(start) and f"{cell.stats.mean_grad_l2.mean():.4g})" in repr(cell)
    assert repr(swept) == f"Results(4 cells of {out / 'swept'}: plain; well, quadratic; d = 2, 4; K = 50)"
    assert repr(ratecheck.judge(list(swept), descent).grounds) == "Grounds(descent: 4 cells)"
    assert repr(verdict) == f"Verdict({verdict.outcome}: descent, 4 cells)"
    assert repr(wrong) == "Verdict(VIOLATED: short, 8 cells, not as expected)"
    assert repr(verdict.grounds) == f"Grounds(descent: 4 cells of {out / 'descent'}, 1 false control)"
    assert repr(cell.stats).startswith("Stats(8 replicas, ") and repr(swept.curves[0]).startswith("Curve(problem=well")
    for each in (cell, cell.stats, swept, swept.folder, verdict, wrong.grounds, swept.curves[0]):
        assert "\n" not in repr(each) and len(repr(each)) < 400


def test_messages_tell_the_constants_that_tell_cells_apart(swept):
    c = swept[0].constants
    assert str(c) == "d = 2, K = 50, L = 1, Δ = 1, σ = 1" and "curvature_l1=" in repr(c)

    @theorem(optimizer=plain, rule=rule, grid=GRID)
    def failing(c):
        """A rate."""
        return c.steps**-0.25

    @failing.declared
    def _(c, h):
        return h.lr / 0

    with pytest.raises(InputError, match=r"its bound fails at d = 2, K = 50, L = 1, Δ = 1, σ = 1; lr = 0\.2: Zero"):
        ratecheck.verify(failing, problem=well, progress=False)


def test_a_control_shows_its_case_and_how_it_is_run_again(verdict, capsys):
    [control] = verdict.grounds.controls
    [command] = [line.strip() for line in control.explain().splitlines() if line.strip().startswith("ratecheck run ")]
    assert "descent-tenth fails on " in control.explain() and "ratecheck run " in control._repr_html_()
    assert main([*shlex.split(command)[1:], "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["theorem"]
    assert found["name"] == "descent-tenth" and found["measured"]["mean"] > found["bound"]


def test_a_notebook_shows_an_expected_error_without_its_traceback(capsys):
    """As IPython does with what is raised in a cell."""
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell()
    shell.run_cell("import ratecheck\nratecheck.verify('adamw-l2')")
    told = "unknown theorem 'adamw-l2'; did you mean 'adamw-l1'? (see: ratecheck list theorems)"
    assert capsys.readouterr().out.strip() == f"InputError: {told}"
    for kind in (InputError, ratecheck.SaysNothing, SweepError):
        shell.user_ns["error"] = kind("what to do")
        shell.run_cell("raise error")
        assert capsys.readouterr().out.strip() == f"{kind.__name__}: what to do"
    shell.run_cell("1 / 0")
    assert "Traceback" in capsys.readouterr().out  # of what nobody expects it is there


def test_reading_a_folder_runs_nothing_to_tell_how_a_case_is_run_again(tmp_path):
    """Neither the copy in the folder nor what lies where the plan's file lay."""
    file, out = tmp_path / "theirs.py", tmp_path / "out"
    grid = GRID | {"problem": "quadratic"}
    code = f"from ratecheck import theorem\n@theorem(optimizer='sgd', rule=lambda c: {{'lr': 0.1}}, grid={grid})\n"
    code += "def low(c):\n    'A bound.'\n    return c.c\n@low.declared\ndef _(c):\n    return 1e-9\n"
    file.write_text(code, encoding="utf-8")
    assert "ratecheck run --theorem" in ratecheck.verify(f"{file}:low", out=out, progress=False).explain()
    for path in (file, *(out / "plugins").iterdir()):
        path.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", encoding="utf-8")
    [verdict] = ratecheck.judge(out)
    assert verdict.outcome is Outcome.VIOLATED and "low fails on quadratic" in verdict.explain()
    assert not (tmp_path / "ran").exists()


def test_a_sweep_file_is_taken_too(tmp_path, swept):
    (tmp_path / "mine.toml").write_text(
        'replicas = 8\n[[sweep]]\nproblem = "quadratic"\noptimizer = "sgd"\ndim = 2\nsteps = 50\n'
    )
    found = ratecheck.sweep(tmp_path / "mine.toml", out=tmp_path / "out", progress=False)
    assert [cell.spec.problem for cell in found] == ["quadratic"]
    with pytest.raises(InputError, match="leave out dim"):
        ratecheck.sweep(tmp_path / "mine.toml", dim=4)


def test_what_other_processes_cant_know_is_refused(tmp_path):
    def inside(x, g, lr):
        return x - 2.0 * lr * g

    with pytest.raises(InputError, match="lies in no file"):
        ratecheck.sweep(
            problem=["quadratic", "rational"],
            optimizer=optimizer(lr=0.1)(inside),
            schedule="constant",
            dim=2,
            steps=50,
            jobs=2,
            out=tmp_path,
            progress=False,
        )


def test_two_things_of_one_name_are_refused(tmp_path):
    def made(factor):
        @optimizer(lr=0.1)
        def step(x, g, lr):
            return x - factor * lr * g

        return step

    with pytest.raises(InputError, match="two different things are named"):
        ratecheck.sweep(problem="quadratic", optimizer=[made(1.0), made(2.0)], schedule="constant", dim=2, steps=5)


def test_an_edited_optimizer_is_another_cell(tmp_path):
    """As in a notebook, where a cell is changed and run again."""

    def made(factor):
        @optimizer(lr=0.1)
        def step(x, g, lr):
            return x - factor * lr * g

        return ratecheck.sweep(
            problem="quadratic", optimizer=step, schedule="constant", dim=2, steps=50, out=tmp_path, progress=False
        )[0]

    first, second, third = made(1.0), made(2.0), made(1.0)
    assert first.key == third.key != second.key
    assert not np.array_equal(first.stats.mean_grad_l1, second.stats.mean_grad_l1)
    assert len(list((tmp_path / "cells").glob("*.npz"))) == 2


def test_wrong_calls_are_one_line():
    for call, words in (
        (lambda: ratecheck.verify("adamw-l2"), "did you mean 'adamw-l1'"),
        (lambda: ratecheck.verify(descent, dims=[4]), "ratecheck.verify has no argument 'dims'; did you mean 'dim'?"),
        (lambda: ratecheck.verify(descent, step=[4]), "did you mean 'steps'?"),
        (lambda: ratecheck.sweep(problem="ramp", optimiser="sgd"), "ratecheck.sweep has no argument 'optimiser'; did"),
        (lambda: ratecheck.run(descent, dim=2, steps=5, sigmas=1.0), "did you mean 'sigma'?"),
        (lambda: ratecheck.judge_values([1.0] * 8, 2.0, steps=5, dims=2), "did you mean 'dim'?"),
        (lambda: ratecheck.judge("x", theorem=descent), "did you mean 'theorems'?"),
        (lambda: ratecheck.verify(descent, problem="ramps"), "did you mean 'ramp'"),
        (lambda: ratecheck.verify(descent, noise=ratecheck.problems.student(nu=8.0)), "noise_args={'nu': 8}"),
        (lambda: ratecheck.load("no such folder"), "not a folder"),
        (lambda: ratecheck.sweep(problem=3.5, optimizer="sgd", dim=2, steps=5), "must be a name"),
    ):
        with pytest.raises(InputError) as raised:
            call()
        assert words in str(raised.value) and "\n" not in str(raised.value)
