"""The benchmarks' arithmetic, and that every peer simulates what the CPU engine does, on a tiny workload."""

from __future__ import annotations

import dataclasses
import types
from functools import partial

import numpy as np
import pytest

from problems import NOISES, PROBLEMS
from simulator.optimizers import OPTIMIZERS
from tests.bench import command, costs, hook, measure, page, peers, results
from tests.bench.peers import PEERS, RATECHECK, load
from tests.bench.processes import PeerError, Worker
from tests.bench.results import Comparison, Outcome, Series, Spread
from tests.bench.workloads import FORMS, WORKLOADS, Workload, divisor

TINY = Workload("T", 8, 50, 40)


def norms(name: str, form: str, runs: int = 2) -> np.ndarray:
    simulate = load(name).prepare(TINY.task(form))
    return np.concatenate([simulate(seed) for seed in range(1, 1 + runs)])


def errors(name: str, form: str) -> list[float]:
    theirs, ours = norms(name, form), norms(RATECHECK, form)
    assert theirs.shape == ours.shape == (2 * TINY.replicas, 2)
    return [results.standard_errors(theirs[:, j], ours[:, j]) for j in range(2)]


@pytest.mark.parametrize("name", [name for name in PEERS if not name.startswith("jax")])  # see test_worker
def test_peers_agree_with_the_engine(name, monkeypatch):
    peer = load(name)
    if peers.missing(peer):
        pytest.skip(f"needs {', '.join(peers.missing(peer))}: make bench installs it")
    if name == "torch_compiled":  # the same operations one by one; compiling them takes half a minute
        monkeypatch.setattr("torch.compile", lambda function, **_: function)
    assert peer.FORM in FORMS
    assert all(abs(e) <= results.LIMIT for e in errors(name, peer.FORM))


@pytest.mark.parametrize("name", [name for name in PEERS if name.startswith("jax")])
def test_worker(name):
    if peers.missing(load(name)):
        pytest.skip(f"needs {', '.join(peers.missing(load(name)))}: make bench installs it")
    task = TINY.task(load(name).FORM)
    with Worker(name) as worker:
        worker.prepare(task)
        seconds, rows = worker.run(task, 1)
        again = worker.run(task, 1)[1]
        other = worker.run(task, 2)[1]
        with pytest.raises(PeerError, match="KeyError"):
            worker.run(task.shortened(3), 1)
    assert seconds > 0 and rows == again and rows != other
    theirs, ours = np.array(rows + other), norms(RATECHECK, task.form)
    assert all(abs(results.standard_errors(theirs[:, j], ours[:, j])) <= results.LIMIT for j in range(2))


def test_both_forms_agree_with_the_reference():
    from simulator.cells.spec import Spec
    from simulator.engines import run

    for form in FORMS:
        task = TINY.task(form)
        hyper = {name: getattr(task, name) for name in ("lr", "beta1", "beta2", "eps", "weight_decay")}
        spec = Spec.of("rational", form, TINY.dim, TINY.steps, 3, seed=5, schedule="constant", optimizer_args=hyper)
        stats = run(spec, backend="reference").stats
        ours = load(RATECHECK).prepare(dataclasses.replace(task, replicas=3))(5)
        assert np.allclose(ours, np.stack([stats.mean_grad_l1, stats.mean_grad_l2], axis=1), rtol=1e-12)


def test_a_biased_peer_is_caught():
    wrong = dataclasses.replace(TINY.task("adamw"), lr=1.1 * TINY.task("adamw").lr)
    theirs = np.concatenate([load("numpy").prepare(wrong)(seed) for seed in range(1, 21)])
    ours = norms(RATECHECK, "adamw", runs=20)
    assert abs(results.standard_errors(theirs[:, 0], ours[:, 0])) > results.LIMIT


def test_forms_differ():
    ours, theirs = (norms(RATECHECK, form, runs=20) for form in FORMS)
    assert abs(results.standard_errors(ours[:, 0], theirs[:, 0])) > results.LIMIT


def test_standard_errors():
    assert results.standard_errors([1.0, 3.0], [1.0, 3.0]) == 0
    assert results.standard_errors([2.0, 4.0], [1.0, 3.0]) == pytest.approx(1 / np.sqrt(2))
    assert results.standard_errors([2.0, 2.0], [1.0, 1.0]) == np.inf
    assert np.isnan(results.standard_errors([2.0], [1.0]))
    comparison = compared(errors=(np.nan, 0.0))
    assert not comparison.agrees


def series(name: str, seconds, steps: int = 100) -> Series:
    task = Workload("T", 10, 100, 1).task("adamw").shortened(steps)
    return Series(name, name.title(), task, tuple(seconds), np.zeros((len(seconds), 2)))


def compared(ratio=(3.0, 2.0, 4.0), errors=(0.25, -1.25)) -> Comparison:
    return Comparison(series("numpy", [3e-6, 4e-6]), Spread(*ratio), errors)


def test_ratios_are_of_a_round():
    ours, theirs = series("ratecheck", [1e-6, 2e-6, 4e-6]), series("numpy", [1e-6, 1e-6, 2e-6], steps=10)
    assert theirs.nanoseconds.tolist() == pytest.approx([10, 10, 20])
    assert results.compare(theirs, ours, np.zeros((3, 2))).ratio == Spread(*map(pytest.approx, (5.0, 5.0, 10.0)))


def test_page_has_all_numbers():
    outcome = Outcome(Workload("T", 10, 100, 1), {"adamw": series("ratecheck", [1e-6, 1.5e-6])}, (compared(),))
    sections = [page.workload_section(outcome), page.agreement_section([outcome])]
    text = page.page(sections, ["numpy"], 2, ["jax_optax (needs jax)"])
    for part in (
        "make bench",
        "T: d = 10, K = 100, R = 1",
        "| Ratecheck | the paper | 100 | 1.25 (1.00–1.50) | 1 |",
        "| Numpy | the paper | 100 | 3.50 (3.00–4.00) | 3.00 (2.00–4.00) |",
        "| T | Numpy | +0.2 | -1.2 | yes |",
        f"numpy {np.__version__}",
        "jax\\_optax (needs jax)",
    ):
        assert part in text
    assert text.count("\n## ") == 2


def test_disagreement_makes_the_exit_code_1(capsys):
    bad = Outcome(WORKLOADS["A"], {}, (compared(errors=(7.0, 0.0)),))
    assert command.judge([Outcome(WORKLOADS["A"], {}, (compared(),))]) == 0
    assert command.judge([bad]) == 1
    assert "A: numpy disagrees with ratecheck by +7.0, +0.0 standard errors" in capsys.readouterr().err
    assert command.judge([Outcome(WORKLOADS["A"], {}, (), ("numpy: broken",))]) == 1


def test_missing_package_is_skipped_and_named(monkeypatch, capsys, tmp_path):
    absent = types.SimpleNamespace(PACKAGES=("numpy", "no_such_package"), TITLE="", FORM="adamw")
    monkeypatch.setattr(command, "load", lambda name: absent if name == "numba_loop" else load(name))
    monkeypatch.setattr(command, "WORKLOADS", {"T": TINY})
    target = tmp_path / "page.md"
    assert command.main(["--only", "T", "--peers", "numpy,numba_loop", "--rounds", "2", "--page", str(target)]) == 0
    output = capsys.readouterr()
    assert "left out: numba_loop (needs no_such_package)" in output.err
    assert "ratecheck" in output.out and "NumPy" in output.out and "Numba" not in output.out
    assert "numba\\_loop (needs no\\_such\\_package)" in target.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "E"], "unknown workload 'E'"),
        (["--peers", "nunpy"], "did you mean 'numpy'"),
        (["--rounds", "1"], "--rounds must be an integer ≥ 2, got 1"),
        (["--rounds", "x"], "expected a number, got 'x'"),
        (["--pages", "x"], "unrecognized arguments: --pages"),
    ],
)
def test_wrong_options(capsys, arguments, message):
    assert command.main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_interrupt_ends_the_workers(monkeypatch, capsys):
    started = []

    class Noted(Worker):
        def __init__(self, name):
            super().__init__(name)
            started.append(self._process)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "Worker", Noted)
    monkeypatch.setattr(command, "measure", interrupted)
    assert command.main(["--peers", "numpy"]) == 130
    assert len(started) == 2 and all(process.poll() is not None for process in started)


def test_a_long_run_is_shortened():
    class Slow:
        prepared = ()

        def prepare(self, task):
            self.prepared = (*self.prepared, task.steps)

        def run(self, task, seed):
            return task.steps * self.cost, []

        def forget(self):
            pass

    for cost, steps in ((1e-4, 10_000), (5e-3, 1000), (1.0, 100)):
        worker = Slow()
        worker.cost = cost
        task = measure.affordable(worker, WORKLOADS["A"].task("adamw"))
        assert task.steps == steps == worker.prepared[-1]
        assert task.lr == WORKLOADS["A"].task("adamw").lr


def test_divisor():
    assert [divisor(n, most) for n, most in ((100, 30), (100, 1000), (7, 6), (12, 0))] == [25, 100, 1, 1]


def test_the_table_of_costs_is_of_every_problem_law_and_optimizer():
    """Each cell differs from the standard in what it is named for."""
    made = costs.cells()
    assert {*PROBLEMS, *NOISES, *OPTIMIZERS, costs.STANDARD} < set(made)
    same = {name for name, cell in made.items() if cell.key == made[costs.STANDARD].key}
    assert same == {costs.STANDARD, "rational", "adamw", "gaussian"}


def test_the_sweeps_of_the_bench(monkeypatch):
    from tests.bench import sweeps

    monkeypatch.setattr(sweeps, "TINY", 120)
    monkeypatch.setitem(sweeps.HUGE, "dim", 10**6)
    monkeypatch.setattr(sweeps, "SAVED", 0.05)
    monkeypatch.setattr(sweeps, "_share", lambda: 0.9)  # which takes minutes
    section = sweeps.sweeps_section(2)
    assert len(section.rows) == 5 and float(section.rows[-1][1].split()[0]) == 0.9
    assert all(float(row[1].split()[0]) > 0 for row in section.rows)


def test_the_hook_of_watch_is_timed(monkeypatch):
    pytest.importorskip("torch", reason="needs PyTorch: make bench installs it")
    monkeypatch.setattr(hook, "LOOPS", {"tiny": partial(hook._mlp, 2)})
    monkeypatch.setattr(hook, "STEPS", 11)  # two records
    (section,) = hook.hook_sections(2)
    ((name, size, *numbers),) = section.rows
    assert (name, size) == ("tiny", "1,863,690") and len(section.heads) == 2 + len(numbers)
    share = float(numbers[1].partition(" ")[0])
    assert 0 < share < 100


def test_without_torch_the_hook_is_left_out(monkeypatch, capsys):
    monkeypatch.setattr(hook, "find_spec", lambda name: None)
    assert hook.hook_sections(2) == [] and "left out: hook (needs torch)" in capsys.readouterr().err
