"""A theorem as an object: which cells it concerns, what it says of them, and what the decorator refuses."""

import math
from dataclasses import replace

import numpy as np
import pytest
from rate_only import adamw_rate
from synthetic import rate, result, sweep

from problems import InputError
from simulator.assumptions import ASSUMPTIONS, assumption
from simulator.cells.constants import Constants, SaysNothing
from simulator.cells.of_step import of_step
from simulator.cells.spec import Spec
from simulator.decorators import theorem
from simulator.judge import Outcome, exit_code, judge
from simulator.judge.eligible import measured
from simulator.theorems import THEOREMS, find_theorem


def cell(optimizer="adamw", dim=64, steps=10_000, l1=(1.0,) * 8, **settings):
    return result(Spec.of("rational", optimizer, dim, steps, len(l1), **settings), l1)


def test_cells_of_other_optimizers_and_schedules_do_not_concern():
    adamw, constant = adamw_rate, cell(schedule="constant", optimizer_args={"lr": 0.1})
    for other in (cell("sgd"), cell("nadamw"), constant):
        assert not adamw.concerns(other) and adamw.on(other) is None
    assert THEOREMS["control-constant-lr"].concerns(constant)
    assert not THEOREMS["control-constant-lr"].concerns(cell())


def test_a_rule_concerns_by_what_it_gives_not_by_its_name():
    """Two theorems about one optimizer: the cells of the one's rule are none of the other's."""

    @theorem(optimizer="sgd", rule=lambda c: {"lr": 1 / c.steps})
    def slow(c):
        """Another rule."""
        return 1.0

    @theorem(optimizer="sgd", rule=THEOREMS["sgd-l2"].rule)
    def same(c):
        """The same rule under another name."""
        return 1.0

    run = cell("sgd")
    assert slow.on(run) is None and not same.on(run).aside
    assert slow.on(cell("sgd", optimizer_args={"lr": 1e-4})).aside == ""  # given, and what the rule gives
    assert "lr overridden" in slow.on(cell("sgd", optimizer_args={"lr": 1e-3})).aside


def over_root(k, scale):
    return scale / math.sqrt(k)


def test_formulas_of_the_step_are_compared_by_meaning(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(STEPS)

    def about(function, scale):
        rule = lambda c: {"lr": of_step(function, scale=scale)}  # noqa: E731
        return theorem(optimizer="sgd", rule=rule, name="own")(documented(lambda c: 1.0))

    def over_other(k, scale):
        return scale / k

    over_other.__name__ = "over_root"
    run = cell("sgd", schedule=f"{path}:rule")
    assert about(over_root, 0.5).concerns(run)
    assert not about(over_root, 0.25).concerns(run) and not about(over_other, 0.5).concerns(run)
    assert not about(over_root, 0.5).concerns(cell("sgd"))
    given = cell("sgd", schedule=f"{path}:rule", optimizer_args={"lr": 0.5})
    assert "lr overridden" in about(over_root, 0.5).on(given).aside


STEPS = """
import math
from dataclasses import replace

from ratecheck import of_step


def over_root(k, scale):
    return scale / math.sqrt(k)


def rule(c):
    return {"lr": of_step(over_root, scale=0.5)}
"""


def test_departures_from_the_rule():
    t, rule = adamw_rate, cell().hyper

    def aside(**given):
        return t.on(cell(optimizer_args=given)).aside

    assert aside() == ""
    for allowed in (
        {"weight_decay": 0.0},
        {"weight_decay": rule["weight_decay"]},
        {"beta2": rule["beta1"]},
        {"beta2": math.sqrt(rule["beta1"])},
        {"lr": rule["lr"]},
    ):
        assert aside(**allowed) == ""
    for other in (
        {"weight_decay": 1.001 * rule["weight_decay"]},
        {"beta2": 0.999 * rule["beta1"]},
        {"beta2": 0.9999},
        {"lr": 0.99 * rule["lr"]},
        {"beta1": 0.9},
        {"eps": 1e-8},
    ):
        assert aside(**other) == f"{next(iter(other))} overridden: not the theorem's rule"


def test_a_bound_for_all_hyper_parameters_judges_every_cell_of_the_optimizer():
    @theorem(optimizer="sgd", measures="mean_grad_l2")
    def any_lr(c):
        """For every η."""
        return 1.0

    @any_lr.proved
    def _(c, h):
        return 3.0 * h.lr

    assert any_lr.any_hyper and any_lr.kind == "proved"
    assert any_lr.on(cell("sgd", schedule="constant", optimizer_args={"lr": 0.5})).bound == 1.5
    assert any_lr.on(cell("sgd")).bound == 3.0 * cell("sgd").hyper["lr"]


def test_what_breaks_an_assumption_is_void_with_its_reason():
    run = cell(noise="student", noise_args={"nu": 1.5})
    for t in (adamw_rate, THEOREMS["adamw-l1"]):
        assert "infinite variance" in t.on(run).void
    far = cell(steps=1, smoothness=1e6)
    assert "with weight decay the start must be within" in adamw_rate.on(far).void
    assert adamw_rate.on(cell(steps=1, smoothness=1e6, optimizer_args={"weight_decay": 0.0})).void == ""


def test_a_bound_may_say_nothing_of_a_cell():
    def about(bound):
        t = theorem(optimizer="sgd", rule=THEOREMS["sgd-l2"].rule, name="own")(documented(lambda c: 1.0))
        return t.proved(bound).on(cell("sgd"))

    def short_steps_only(c, h):
        raise SaysNothing("the step is too long")

    assert about(short_steps_only).void == "the step is too long"
    assert about(lambda c: math.inf).void == "the bound is infinite here"


def test_an_assumption_may_look_at_what_was_measured():
    seen = assumption("x", needs="max_grad_linf")(lambda r: f"got {r.stats.measured['max_grad_linf'].max():g}")
    t = theorem(optimizer="sgd", rule=THEOREMS["sgd-l2"].rule, assumes=("smooth", seen), name="own")(
        documented(lambda c: 1.0)
    )
    run = cell("sgd")
    assert [q.name for q in t.quantities] == ["mean_grad_l1", "max_grad_linf"]
    assert t.on(run).aside == "the cell has no max_grad_linf; sweep again with this theorem"
    run.stats.measured["max_grad_linf"] = np.array([1.0, 3.0])
    run = replace(run, provenance={"quantities": {q.name: q.digest for q in t.quantities}})
    assert t.on(run).void == "got 3"
    with pytest.raises(InputError, match="unknown quantity 'max_linf'"):
        assumption("x", needs=("max_linf",))


@pytest.mark.parametrize(
    ("name", "optimizer", "noise", "limit"),
    [
        ("small_gradients", "rmsprop", "gaussian", lambda c, h: math.sqrt(h.eps) / 2 / math.sqrt(1 - h.beta2)),
        ("bounded_gradients", "adagrad", "rademacher", lambda c, h: math.sqrt(h.eps) - c.noise_linf),
        ("half_the_threshold", "clipped", "gaussian", lambda c, h: h.threshold / 2),
    ],
)
def test_gradients_may_be_as_large_as_a_theorem_says_and_no_larger(name, optimizer, noise, limit):
    run = cell(optimizer, noise=noise)
    largest = limit(run.constants, run.hyper)
    assert largest > 0
    for share, broken in ((0.999, False), (1.001, True)):
        run.stats.measured["max_grad_linf"] = np.array([0.1, share]) * largest  # the worst replica's counts
        assert bool(ASSUMPTIONS[name].check(run)) is broken


def test_a_missing_constant_is_void():
    @theorem(optimizer="sgd", rule=THEOREMS["sgd-l2"].rule)
    def by_pl(c):
        """With μ."""
        return 1 / c.pl

    assert "supplies no pl (μ)" in by_pl.on(cell("sgd")).void
    with pytest.raises(InputError, match="its rate must be a number ≥ 0, got -1"):
        theorem(optimizer="sgd", name="odd")(documented(lambda c: -1.0)).rate(Constants({}))


def test_a_control_writes_its_own_formulas():
    """The theorem's would be another formula than the control's; and a control of none has none."""

    @theorem(optimizer="sgd", name="own", rate_tex="a", bound_tex="b")
    def own(c):
        """A statement."""
        return 1.0

    bare = own.control(documented(lambda c: 2.0))
    told = own.control(rate_tex="x", bound_tex="y")(documented(lambda c: 2.0))
    assert (bare.rate_tex, bare.bound_tex, told.rate_tex, told.bound_tex) == ("", "", "x", "y")
    assert THEOREMS["control-dimension"].rate_tex == "C/K^{1/4}" and not THEOREMS["sgd-l2-too-fast"].bound_tex


@pytest.mark.parametrize("number", [np.float32, np.float64, np.int64, int, float])
def test_a_rule_may_give_any_number(number, tmp_path):
    path = tmp_path / "own.py"
    path.write_text("def rule(c):\n    return {'lr': 2.0}\n")

    @theorem(optimizer="sgd", rule=lambda c: {"lr": number(2)})
    def own(c):
        """A statement."""
        return 1.0

    assert own.on(cell("sgd", schedule=f"{path}:rule")).aside == ""


def test_the_constant_schedule_may_be_given_the_rules_numbers():
    t, rule = adamw_rate, dict(cell().hyper)
    same = cell(schedule="constant", optimizer_args=rule)
    assert t.concerns(same) and t.on(same).aside == ""
    assert t.concerns(cell(schedule="constant", optimizer_args={**rule, "weight_decay": 0.0}))  # allowed
    assert t.on(cell(schedule="constant", optimizer_args={**rule, "lr": 2 * rule["lr"]})) is None


def needs_pl(c):
    return {"lr": 1 / c.pl}


def test_a_constant_that_the_rule_or_its_ranges_lack_is_void():
    def ranges(h):
        return {"lr": (0.0, h.momentum)}

    by_rule = theorem(optimizer="sgd", rule=needs_pl, name="a")(documented(lambda c: 1.0))
    by_range = theorem(optimizer="sgd", rule=THEOREMS["sgd-l2"].rule, allows=ranges, name="b")(
        documented(lambda c: 1.0)
    )
    given = cell("sgd", optimizer_args={"lr": 0.5})
    assert "supplies no pl (μ)" in by_rule.on(given).void and "no momentum" in by_range.on(given).void
    # another rule ran, which gave no number of this one's
    assert by_rule.on(cell("sgd")) is None
    assert by_rule.on(cell("sgd", schedule="constant", optimizer_args={"lr": 0.5})) is None
    assert by_range.on(cell("sgd")).void == ""  # just the rule's number: there is nothing to allow


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (lambda r: True, "must return in words how a cell breaks it, '' if it doesn't; got True"),
        (lambda r: r.nosuch, "AttributeError"),
    ],
)
def test_a_faulty_assumption_is_named(returned, words):
    odd = assumption("odd", name="odd")(returned)
    t = theorem(optimizer="sgd", rule=THEOREMS["sgd-l2"].rule, assumes=odd, name="own")(documented(lambda c: 1.0))
    with pytest.raises(InputError, match="theorem 'own': its assumption 'odd' ") as raised:
        t.on(cell("sgd"))
    assert words in str(raised.value)


def test_an_assumption_may_return_nothing_and_may_lack_a_constant():
    fine, short = assumption("x")(lambda r: None), assumption("x")(lambda r: "" if r.constants.pl else "no")
    about = [
        theorem(optimizer="sgd", rule=THEOREMS["sgd-l2"].rule, assumes=(a,), name="own")(documented(lambda c: 1.0))
        for a in (fine, short)
    ]
    assert about[0].on(cell("sgd")).void == "" and "supplies no pl" in about[1].on(cell("sgd")).void


def test_faulty_ranges_are_named():
    t = theorem(optimizer="sgd", rule=THEOREMS["sgd-l2"].rule, allows=lambda h: {"lr": 3}, name="own")
    with pytest.raises(InputError, match="theorem 'own': allows must give"):
        t(documented(lambda c: 1.0)).on(cell("sgd"))


OWN = '''
from ratecheck import optimizer, theorem

@optimizer()
def halfstep(x, g, lr):
    """x ← x − η g/2."""
    return x - 0.5 * lr * g

@theorem(optimizer=halfstep, measures="mean_grad_l2", axes=("steps",))
def halfstep_l2(c):
    """(1/K) Σ E‖∇f(x^k)‖₂ ≤ O(C / K^(1/4)) for half a step."""
    return c.c * c.steps**-0.25

number = 3
'''


def test_a_users_own_theorem_on_a_users_own_optimizer(tmp_path):
    file, copy = tmp_path / "own.py", tmp_path / "copy.py"
    file.write_text(OWN)
    copy.write_text(OWN + "\n# the same formula in another file\n")

    def cells(law, file):
        settings = {"schedule": "constant", "optimizer_args": {"lr": 0.1}}
        return sweep(law, dims=(16,), optimizer=f"{file}:halfstep", problem="uneven-ramp", **settings)

    for where in (file, copy):  # by the formula's meaning, wherever it lies
        [verdict] = judge(cells(rate(0.5), where), theorems=[f"{file}:halfstep_l2"])
        assert verdict.outcome is Outcome.TIGHT and verdict.claim == "halfstep-l2" and verdict.cells.judged == 5
    [verdict] = judge(cells(rate(0.5, steps=-0.1), file), theorems=[f"{file}:halfstep_l2"])
    assert verdict.outcome is Outcome.VIOLATED and exit_code([verdict]) == 1
    for name in ("number", "halfstep"):
        with pytest.raises(InputError, match="no theorem"):
            find_theorem(f"{file}:{name}")


def test_unknown_theorem_names_the_nearest():
    with pytest.raises(InputError, match="did you mean 'adamw-l1'"):
        judge([], theorems=["adamw-11"])


def documented(function):
    function.__doc__ = "A statement."
    return function


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: theorem(optimizer="sgd")(lambda c: 1.0), "docstring"),
        (lambda: theorem(optimizer="sgd", axes=("K",))(documented(lambda c: 1.0)), "axes"),
        (lambda: theorem(optimizer="sgd", axes=())(documented(lambda c: 1.0)), "axes"),
        (lambda: theorem(optimizer="sgdd")(documented(lambda c: 1.0)), "did you mean 'sgd'"),
        (lambda: theorem(optimizer=3)(documented(lambda c: 1.0)), "must be an Optimizer"),
        (lambda: theorem(optimizer="sgd")(documented(lambda: 1.0)), "takes the constants"),
        (lambda: theorem(optimizer="sgd", name=3)(documented(lambda c: 1.0)), "name must be a text in quotes, got 3"),
        (lambda: theorem(optimizer="sgd", rate_tex=3)(documented(lambda c: 1.0)), "rate_tex must be a text"),
        (
            lambda: theorem(optimizer="sgd", grid="quick")(documented(lambda c: 1.0)),
            "grid must be a table .*got 'quick'",
        ),
        (lambda: theorem(optimizer="sgd", grid=[])(documented(lambda c: 1.0)), r"grid must be a table .*got \[\]"),
        (lambda: theorem(optimizer="sgd", grid=[{}, 3])(documented(lambda c: 1.0)), "grid must be a table"),
        (lambda: theorem(optimizer="sgd", rule={"lr": 0.1})(documented(lambda c: 1.0)), "rule must be a function"),
        (lambda: theorem(optimizer="sgd", allows={"lr": 0.1})(documented(lambda c: 1.0)), "allows must be a function"),
        (lambda: theorem(optimizer="sgd", assumes=3)(documented(lambda c: 1.0)), "assumes takes names"),
        (lambda: theorem(optimizer="sgd", assumes="smoth")(documented(lambda c: 1.0)), "did you mean 'smooth'"),
        (lambda: theorem(optimizer="sgd")(documented(lambda c: 1.0)).proved(lambda: 1.0), "its bound takes"),
        (lambda: theorem(optimizer="sgd", assumes=("smoth",))(documented(lambda c: 1.0)), "did you mean 'smooth'"),
        (lambda: theorem(optimizer="sgd")(documented(lambda c: 1.0)).control(lambda c: 1.0), "docstring"),
        (lambda: theorem(optimizer="sgd")(documented(lambda c: 1.0)).control(rate=1)(documented(lambda c: 1)), "rate"),
    ],
)
def test_wrong_theorems_are_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()


def test_nan_is_counted_as_infinite():
    values = measured(THEOREMS["adamw-l1"], cell(l1=(1.0,) * 7 + (math.nan,)))
    assert np.isinf(values[-1]) and not np.isnan(values).any()
