"""Cells measure what the theorems of a plan ask for: more is asked, more is computed, and no other bit changes."""

import inspect
import pickle
from dataclasses import replace

import numpy as np
import pytest
from cells import made_up, same_bits
from figure_results import cell

from problems.errors import InputError
from simulator import engines
from simulator.cells.quantities import QUANTITIES, READINGS, weighted
from simulator.cli import main
from simulator.decorators import theorem
from simulator.lab import cell_task
from simulator.lab.asks import quantities
from simulator.lab.compute import compute
from simulator.lab.executors.place import Place
from simulator.lab.measured import merged, wanted
from simulator.lab.plan import plan_of
from simulator.lab.store import Store
from simulator.lab.survey import survey
from simulator.report.results_csv import tidy_rows
from simulator.report.shown import show

TABLE = {"problem": "rational", "optimizer": ["sgd", "adamw"], "dim": 3, "steps": [10, 20], "replicas": 2}
OWN = """import math
from ratecheck import theorem, weighted
from ratecheck.simulator.cells.quantities import READINGS

def w(k):
    return {weight}

late = weighted("late", READINGS["grad_l2"], w)

@theorem(optimizer="adamw", measures=late)
def mine(c):
    '''A statement.'''
    return 1.0
"""


@theorem(optimizer="adamw", measures="mean_f_gap")
def gap(c):
    """The gap is small."""
    return 1.0


@pytest.fixture
def engine(monkeypatch):
    """An engine that measures what it is asked for; ``asked`` lists what that was."""
    asked = []

    def run(spec, backend="cpu", threads=None, progress=None, quantities=(), keep=None):
        asked.append(tuple(q.name for q in quantities))
        result = made_up(**{name: getattr(spec, name) for name in ("problem", "optimizer", "dim", "steps", "replicas")})
        extra = {q.name: np.full(spec.replicas, float(len(q.name))) for q in quantities}
        told = {"quantities": {q.name: q.digest for q in quantities}} if quantities else {}
        measured = {**result.stats.measured, **extra}
        return replace(result, stats=replace(result.stats, measured=measured), provenance={**result.provenance, **told})

    monkeypatch.setattr(cell_task, "run", run)
    return asked


def planned(theorems):
    return plan_of([TABLE], theorems, "a test")


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "r")
    store.prepare()
    return store


def test_only_theorems_about_the_optimizer_ask(tmp_path):
    asks = {due.spec.optimizer: due.asks for due in planned([gap, "sgd-l2"]).cells}
    assert asks == {"sgd": (), "adamw": ("mean_f_gap",)}
    asks = {due.spec.optimizer: due.asks for due in planned(None).cells}
    assert asks == {"sgd": ("min_grad_l2_squared",), "adamw": ()}  # of the shipped ones only gd-l2-squared asks
    assert planned([gap]).cells == planned(None).cells  # keys and specs


def test_shipped_theorems_ask_of_the_cells_that_they_may_say_something_of():
    """Not all SGD cells are to pay for f(x^K) or for a weighted mean."""
    own = {"problem": ["quadratic", "rational"], "optimizer": "sgd", "dim": 3, "steps": 10, "replicas": 2}
    asks = {due.spec.problem: due.asks for due in plan_of([own], None, "a test").cells}
    assert "last_f_gap" in asks["quadratic"] and "last_f_gap" not in asks["rational"]  # which is not PL
    name = "sgd-anytime-l2-squared"
    [due] = plan_of([{**own, "problem": "rational", "schedule": name}], None, "a test").cells
    assert name in pickle.loads(pickle.dumps(due)).asks  # by its name, so that other processes know it
    assert [q.name for q in quantities(due.asks) if q.over == "weighted"] == ["anytime_grad_l2_squared"]
    assert not any(q.over == "weighted" for q in quantities(asks["rational"]))


def test_a_cell_that_lacks_a_quantity_is_to_do_and_gains_it(store, engine):
    first = planned(["adamw-l1"])
    compute(survey(first, store).todo, store)
    before = {due.key: store.load(due.key) for due in first.cells}
    assert engine == [()] * 4 and not survey(first, store).todo
    found = survey(planned([gap]), store)
    assert {due.spec.optimizer for due in found.todo} == {"adamw"} and len(found.done) == 2
    lines = []
    compute(found.todo, store, warn=lines.append)
    assert engine[4:] == [("mean_f_gap",)] * 2 and not lines
    for key, old in before.items():
        new = store.load(key)
        assert all(new.stats.arrays()[name].tobytes() == array.tobytes() for name, array in old.stats.arrays().items())
        assert ("mean_f_gap" in new.stats.measured) == (new.spec.optimizer == "adamw")
    assert not survey(planned([gap]), store).todo and not survey(first, store).todo


def test_a_third_theorem_keeps_the_second_ones_quantity(store, engine, tmp_path):
    compute(survey(planned([gap]), store).todo, store)
    path = tmp_path / "mine.py"
    path.write_text(OWN.format(weight="k"))
    found = survey(planned([f"{path}:mine"]), store)
    compute(found.todo, store)
    assert set(engine[-1]) == {"mean_f_gap", "late"}
    cells = [store.load(due.key) for due in found.todo]
    assert all({"mean_f_gap", "late"} <= set(cell.stats.measured) for cell in cells)
    path.unlink()
    engine.clear()
    again = [due for due in planned([gap]).cells if due.spec.optimizer == "adamw"]
    for due in again:  # a quantity whose code is gone is carried over: all that is common is equal
        asked = wanted(store.load(due.key), quantities(due.asks))
        assert not cell_task.keep(store, due, cell_task.run(due.spec, quantities=asked))
    assert set(engine[-1]) == {"mean_f_gap"}
    assert all("late" in store.load(due.key).stats.measured for due in again)


def test_a_users_quantity_travels_by_its_theorems_name(store, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(OWN.format(weight="k"))
    due = next(due for due in planned([f"{path}:mine"]).cells if due.asks)
    assert pickle.loads(pickle.dumps(due)) == due and due.asks == (f"{path}:mine",)
    (quantity,) = quantities(due.asks)
    assert quantity.name == "late"


def test_an_edited_quantity_is_another(store, engine, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(OWN.format(weight="k"))
    compute(survey(planned([f"{path}:mine"]), store).todo, store)
    assert len(survey(planned([f"{path}:mine"]), store).done) == 4
    path.write_text(OWN.format(weight="k * k"))
    found = survey(planned([f"{path}:mine"]), store)
    assert len(found.todo) == 2
    lines = []
    compute(found.todo, store, warn=lines.append)
    assert not lines and not survey(planned([f"{path}:mine"]), store).todo


def test_other_bits_are_told_and_the_new_ones_kept(store, engine):
    plan = planned(["adamw-l1"])
    compute(survey(plan, store).todo, store)
    due = next(due for due in plan.cells if due.spec.optimizer == "adamw")
    old = store.load(due.key)
    curve = old.stats.f_gap.copy()
    curve[0, 0] = np.nextafter(curve[0, 0], 1)
    measured = {**old.stats.measured, "gone": np.ones(2)}
    told = {**old.provenance, "quantities": {"gone": "0" * 16}}
    store.save(replace(old, stats=replace(old.stats, f_gap=curve, measured=measured), provenance=told))
    lines = []
    compute(survey(planned([gap]), store).todo, store, warn=lines.append)
    assert len(lines) == 1 and "f_gap differ" in lines[0] and due.key in lines[0]
    new = store.load(due.key)
    assert new.stats.f_gap.tobytes() == old.stats.f_gap.tobytes() and "gone" not in new.stats.measured


@pytest.mark.parametrize("factor, told", [(1 + 1e-12, []), (1.001, ["f_gap"])])
def test_another_backend_may_differ_in_last_digits(factor, told):
    old = made_up()
    old = replace(old, stats=replace(old.stats, f_gap=old.stats.f_gap * factor), provenance={"backend": "other"})
    new, differing = merged(made_up(), old)
    assert differing == told and same_bits(new.stats, made_up().stats)


def test_merging():
    quantity = QUANTITIES["mean_f_gap"]
    old = made_up()
    assert old.lacks(quantity) and wanted(old, [quantity]) == (quantity,) and wanted(None, ()) == ()
    new, differing = merged(made_up(), old)
    assert same_bits(new.stats, old.stats) and differing == [] and "quantities" not in new.provenance


def test_a_quantity_that_lies_in_no_file(store, engine):
    own = weighted("late", READINGS["grad_l2"], _square)
    mine = theorem(optimizer="adamw", measures=own, name="mine")(gap.function)
    todo = survey(planned([mine]), store).todo
    with pytest.raises(InputError, match="lies in no file"):
        compute(todo, store, place=Place.of(jobs=2))
    compute(todo, store)
    assert ("late",) in engine


def _square(k):
    return k * k


def test_two_quantities_of_one_name(tmp_path):
    own = weighted("mean_f_gap", READINGS["grad_l2"], _square)
    mine = theorem(optimizer="adamw", measures=own, name="mine")(gap.function)
    with pytest.raises(InputError, match="two quantities are named 'mean_f_gap'"):
        planned([mine])


@pytest.mark.skipif(
    "quantities" not in inspect.signature(engines.run).parameters, reason="the engines' part is to come"
)
def test_the_engines_change_no_other_bit(store):
    compute(survey(planned(None), store).todo, store, backend="reference")
    lines = []
    compute(survey(planned([gap]), store).todo, store, backend="reference", warn=lines.append)
    assert not lines and not survey(planned([gap]), store).todo


RULED = """
from ratecheck import theorem, weighted
from ratecheck.simulator.cells.quantities import READINGS


def w(k):
    return {weight}


def rule(c):
    return {{"lr": 0.1}}


@theorem(
    optimizer="sgd", rule=rule, measures=weighted("late", READINGS["grad_l2"], w), axes=("steps",),
    grid={{"problem": "quadratic", "dim": 2, "steps": [20, 40], "replicas": 8}},
)
def mine(c):
    'A statement.'
    return 10.0


@mine.declared
def _(c):
    return 10.0


@mine.control
def tiny(c):
    'FALSE: next to nothing.'
    return 1e-6
"""


@pytest.fixture
def verified(tmp_path, monkeypatch, capsys):
    """``verify`` in a folder where mine.py:mine was verified into r, and its quantity then edited."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mine.py"
    path.write_text(RULED.format(weight="k"), encoding="utf-8")
    assert main(["verify", "mine.py:mine", "--out", "r", "--backend", "reference"]) == 0
    path.write_text(RULED.format(weight="k * k"), encoding="utf-8")

    def verify(*words):
        capsys.readouterr()
        code = main(["verify", *words])
        return code, capsys.readouterr().out

    return verify


@pytest.mark.parametrize("words", [["--theorem", "mine.py:mine"], ["--allow-code", "mine.py"]])
def test_an_edited_quantity_is_not_judged_on_the_old_ones_numbers(verified, words):
    code, out = verified("r", *words)
    assert code != 0 and "late is another quantity of that name; sweep again" in out
    assert "mine  HOLDS" not in out


def test_a_stored_theorem_is_not_judged_on_another_ones_numbers(verified, tmp_path):
    """Another file's quantity of the same name takes the place of the first one's; what is stored of that stays."""
    assert verified("r")[0] == 0
    (tmp_path / "mine.py").rename(tmp_path / "other.py")
    code, _ = verified("other.py:mine", "--out", "r", "--backend", "reference")
    assert code == 0
    code, out = verified("r", "--theorem", "mine.py:mine")
    assert code != 0 and "late is another quantity of that name" in out
    assert verified("r", "--theorem", "other.py:mine")[0] == 0


def test_two_quantities_of_one_name_have_two_columns():
    cells = [measured("sgd", weighted("late", READINGS["grad_l2"], _square), 2.0)]
    cells.append(measured("adamw", weighted("late", READINGS["grad_l1"], _square), 3.0))
    rows = tidy_rows(show(cells, []))
    assert "late" not in rows[0] and len({name for name in rows[0] if name.startswith("late_")}) == 2
    assert [[v for n, v in row.items() if n.startswith("late_") and v] for row in rows] == [[2.0], [3.0]]
    assert tidy_rows(show(cells[:1], []))[0]["late"] == 2.0


def measured(optimizer, quantity, value):
    return cell(optimizer=optimizer, further={quantity: np.full(8, value)})


def test_run_and_store_record_what_a_quantity_means(store):
    own = weighted("late", READINGS["grad_l2"], _square)
    (due,) = plan_of([{**TABLE, "optimizer": "sgd", "steps": 10}], None, "a test").cells
    result = engines.run(due.spec, "reference", quantities=[own, "mean_f_gap"])
    store.save(result)
    stored = store.load(due.key)
    other = weighted("late", READINGS["grad_l1"], _square)
    for each in (result, stored):
        assert each.values(own) is not None and each.values(other) is None and "another quantity" in each.lacks(other)
        assert each.values(QUANTITIES["mean_f_gap"]) is not None and each.values(QUANTITIES["mean_grad_l1"]) is not None
        assert each.lacks(QUANTITIES["last_f_gap"]) == "the cell has no last_f_gap"
    assert "quantities" not in engines.run(due.spec, "reference").provenance
