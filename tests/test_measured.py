"""What runs measure: every quantity against brute force, and none in the way of another."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from engine_runs import assert_close, assert_identical, compiled_noise, expected, spec

from problems import NOISES, PROBLEMS, profile
from problems.columns import numbers
from problems.errors import InputError
from simulator.cells.of_step import of_step
from simulator.cells.quantities import ALWAYS, QUANTITIES, READINGS, Quantity, reading, weighted
from simulator.cells.stats import Stats
from simulator.engines import run
from simulator.engines.cpu.engine import simulate
from simulator.engines.hyper import varies
from simulator.engines.measures import Measures
from simulator.engines.reference import trajectory
from simulator.engines.resolve import resolve

PLAIN = {  # the readings again, from ∇f, x and the coordinates' gaps
    "grad_l1": lambda g, x, gap: np.sum(np.abs(g)),
    "grad_l2": lambda g, x, gap: math.sqrt(np.sum(g * g)),
    "grad_linf": lambda g, x, gap: np.max(np.abs(g)),
    "grad_l1_squared": lambda g, x, gap: np.sum(np.abs(g)) ** 2,
    "grad_l2_squared": lambda g, x, gap: np.sum(g * g),
    "grad_linf_squared": lambda g, x, gap: np.max(np.abs(g)) ** 2,
    "f_gap": lambda g, x, gap: np.sum(gap),
    "inner": lambda g, x, gap: np.sum(g * x),
    "max_abs_x": lambda g, x, gap: np.max(np.abs(x)),
}
OVER = {"mean": np.mean, "min": np.min, "max": np.max, "last": lambda values: values[-1]}


def gaps(cell, x):
    """w_i (φ(u_i) − min φ), with min φ from f*."""
    problem, weights = cell.problem, cell.problem.weights()
    center, scale = (numbers(number, 0, problem.dim) for number in (problem.center, problem.scale))
    least = problem.minimum / np.sum(weights)
    return weights * (problem.phi((x - center) / scale, *problem.own_arguments()) - least)


def brute_force(cell, replica, plain):
    """One number a step."""
    points = trajectory(cell, replica, compiled_noise)
    return np.array([plain(g.astype(float), x.astype(float), gaps(cell, x.astype(float))) for x, g, _ in points])


@pytest.mark.parametrize("engine", [simulate, expected], ids=["cpu", "reference"])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_quantity_against_brute_force(problem, engine):
    assert set(PLAIN) == set(READINGS)
    cell = resolve(spec(problem, dim=70, steps=50))
    stats = engine(cell, quantities=QUANTITIES.values())
    assert set(stats.measured) == set(QUANTITIES)
    for name, plain in PLAIN.items():
        values = [brute_force(cell, replica, plain) for replica in range(2)]
        for over, outcome in OVER.items():
            wanted = [outcome(v) for v in values]
            np.testing.assert_allclose(stats.measured[f"{over}_{name}"], wanted, rtol=1e-11, err_msg=f"{over} {name}")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("dim", [3, 16, 40, 64, 130, 2100])
def test_engines_agree_on_every_quantity(dim, dtype):
    cell = resolve(spec("cosine", "momentum", dim=dim, steps=35, dtype=dtype, problem_args={"spectrum": 0.3}))
    got, wanted = simulate(cell, quantities=QUANTITIES), expected(cell, quantities=QUANTITIES)
    assert_close(got, wanted, 1e-12 if dtype == "float64" else 2e-5)
    if dtype == "float64":
        assert np.array_equal(got.measured["max_max_abs_x"], got.max_abs_x.max(axis=1)) or got.checkpoints.size < 35


def test_quantities_agree_with_the_curves():
    """With a checkpoint at every step the curves have all of the run."""
    cell = resolve(spec(dim=100, steps=30))
    stats = simulate(cell, quantities=QUANTITIES)
    assert stats.checkpoints.tolist() == list(range(1, 31)) or stats.checkpoints.size > 20
    for name in ("f_gap", "grad_l1", "grad_l2", "grad_linf", "max_abs_x"):
        last = getattr(stats, name)[:, -1]
        np.testing.assert_allclose(stats.measured[f"last_{name}"], last, rtol=1e-12)
        assert (stats.measured[f"min_{name}"] <= getattr(stats, name).min(axis=1) * (1 + 1e-12)).all()
        assert (stats.measured[f"max_{name}"] >= getattr(stats, name).max(axis=1) * (1 - 1e-12)).all()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw_torch"])
@pytest.mark.parametrize("dim", [9, 200, 1500])
def test_asking_for_more_changes_nothing_else(dim, optimizer, dtype):
    cell = resolve(spec("ripple", optimizer, dim=dim, steps=60, dtype=dtype))
    least, state = [], []
    some = simulate(cell, observe=least.append)
    every = simulate(cell, quantities=QUANTITIES, observe=state.append)
    assert_identical(every, some)
    assert np.array_equal(least[0], state[0])
    for asked in (["mean_inner"], ["min_f_gap", "max_grad_linf"], ["last_max_abs_x", "mean_inner"]):
        assert_identical(every, simulate(cell, quantities=asked))


def test_quantities_share_what_they_are_made_of():
    measures = Measures.of(QUANTITIES, resolve(spec()).optimizer)
    assert len(measures.sums) == 6 and len(set(measures.rows)) == len(READINGS)
    assert measures.quantities[: len(ALWAYS)] == ALWAYS
    assert Measures.of([], resolve(spec()).optimizer).extra == ()
    assert len(Measures.of(["min_grad_l1_squared", "last_grad_l2"], resolve(spec()).optimizer).sums) == 2


@pytest.mark.parametrize("engine", [simulate, expected], ids=["cpu", "reference"])
def test_a_weighted_mean(engine):
    def by_k(k):
        return k

    def late(k):
        return 0.0 * k + (2.0 if k > 20.0 else 0.5)

    quantities = [weighted("by_k", READINGS["grad_l1"], by_k), weighted("late", READINGS["f_gap"], late)]
    cell = resolve(spec(dim=30, steps=70))
    stats = engine(cell, quantities=quantities)
    k = np.arange(1.0, 71.0)
    for replica in range(2):
        l1, gap = (brute_force(cell, replica, PLAIN[name]) for name in ("grad_l1", "f_gap"))
        assert stats.measured["by_k"][replica] == pytest.approx(np.sum(k * l1) / np.sum(k), rel=1e-12)
        w = np.where(k > 20, 2.0, 0.5)
        assert stats.measured["late"][replica] == pytest.approx(np.sum(w * gap) / np.sum(w), rel=1e-11)
    if engine is simulate:
        assert_identical(simulate(cell, quantities=quantities, chunk=13), stats)


def test_a_weight_that_is_none_is_refused():
    def falling(k):
        return 10.0 - k

    quantity = weighted("falling", READINGS["grad_l1"], falling)
    with pytest.raises(InputError, match="'falling': its weight at k = 10 is 0"):
        run(spec(), quantities=[quantity])


def test_a_weighted_mean_without_a_weight_is_refused():
    with pytest.raises(InputError, match="'bare': a weighted mean needs a weight"):
        run(spec(), quantities=[Quantity("bare", READINGS["grad_l1"], "weighted")])


@reading(fold="max", degrees=(1.0, 0.0), text="max −x_i − 1")
def below(x):
    return -x - 1.0


@reading(fold="sum", degrees=(1.0, 0.0), text="Σ (1 + λ x_i²) over η")
def with_hyper(x, weight_decay, gradient, lr):
    return (1.0 + weight_decay * x * x + 0.0 * gradient) / lr


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("dim", [5, 16, 70, 1100])
def test_terms_of_ones_own(dim, dtype):
    """A maximum that is negative, hyper-parameters in a term, and a term that is not 0 where there is no coordinate."""
    own = [
        Quantity(f"{over}_{r.name}", r, over) for r in (below, with_hyper) for over in ("mean", "min", "max", "last")
    ]
    cell = resolve(spec(dim=dim, steps=40, dtype=dtype))
    got, wanted = simulate(cell, quantities=own), expected(cell, quantities=own)
    assert_close(got, wanted, 1e-12 if dtype == "float64" else 2e-5)
    assert (got.measured["max_below"] < 0).all()
    values = brute_force(cell, 1, lambda g, x, gap: np.max(-x - 1.0))
    assert got.measured["mean_below"][1] == pytest.approx(np.mean(values), rel=1e-12 if dtype == "float64" else 1e-5)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("fold", ["sum", "max"])
@pytest.mark.parametrize("engine", [simulate, expected], ids=["cpu", "reference"])
def test_one_nan_wins_and_leaves_the_others_alone(engine, fold, dtype):
    """One coordinate at one step, which is not the last: the root of a negative number, whose sign bit is set where
    a processor makes it, and the same without its sign."""
    cell = resolve(spec(dim=150, steps=40, dtype=dtype, replicas=1))
    points = np.array([x for x, _, _ in trajectory(cell, 0, compiled_noise)])
    step, coordinate = divmod(int(np.argmin(points[:-3])), 150)
    low, second = (float(x) for x in np.sort(points[:-3].ravel())[:2])
    limit = (low + second) / 2 if points[-3:].min() > second else math.nan
    assert points[step, coordinate] < limit and np.sum(points < limit) == 1

    def root(x):
        return math.sqrt(x - limit)

    def size_of_root(x):
        return abs(math.sqrt(x - limit))

    for term in (root, size_of_root):
        rooted = reading(fold=fold, degrees=(0.0, 0.0), text="√")(term)
        quantities = [Quantity(over, rooted, over) for over in OVER]
        stats = engine(cell, quantities=quantities)
        for over in ("mean", "min", "max"):
            assert np.isposinf(stats.measured[over]).all(), over
        assert np.isfinite(stats.measured["last"]).all()
        assert_identical(stats, engine(cell))
        assert not stats.diverged.any()


def test_unknown_arguments_and_names_are_refused():
    @reading(fold="sum", degrees=(0.0, 0.0), text="?")
    def of_beta(x, beta1):
        return beta1 * x

    mean = Quantity("mean_of_beta", of_beta, "mean")
    run(spec(optimizer="momentum"), quantities=[mean])
    with pytest.raises(InputError, match="its term takes beta1, and with the optimizer 'sgd' a term may take"):
        run(spec(optimizer="sgd"), quantities=[mean])
    with pytest.raises(InputError, match="did you mean .mean_grad_l2."):
        run(spec(), quantities=["mean_grad_l3"])


@pytest.mark.parametrize("engine", [simulate, expected], ids=["cpu", "reference"])
def test_a_minimum_that_is_not_zero(engine):
    """f − f* is made coordinate by coordinate, where subtracting f* from f would leave no digit."""

    @profile(curvature=1.0, minimum=1e6, start=2.0)
    def high(u):
        return 0.5 * u * u + 1e6

    @high.derivative
    def _high(u):
        return u

    base = resolve(spec("quadratic", "sgd", dim=40, steps=30))
    stats = engine(replace(base, problem=high(40)), quantities=["mean_f_gap", "last_f_gap"])
    plain = engine(base, quantities=["mean_f_gap", "last_f_gap"])
    for name in ("mean_f_gap", "last_f_gap"):
        np.testing.assert_allclose(stats.measured[name], plain.measured[name], rtol=1e-8)


def over_root(k, scale):
    return scale / math.sqrt(k)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "adamw_torch"])
def test_a_hyper_parameter_of_the_step(optimizer):
    base = resolve(spec(optimizer=optimizer, dim=40, steps=150))
    cell = replace(base, hyper={**base.hyper, "lr": of_step(over_root, scale=0.3)})
    assert varies(cell, 10**6)
    got = simulate(cell)
    assert_close(got, expected(cell), 1e-12)
    assert_identical(simulate(cell, chunk=17), got)
    k = np.arange(1.0, 151.0)
    point, state = cell.problem.start_point(), [0.0] * len(cell.optimizer.state)
    for step, (x, _, g) in enumerate(trajectory(cell, 0, compiled_noise)):
        assert x == pytest.approx(point, rel=1e-13)
        hyper = {**base.hyper, "lr": 0.3 / math.sqrt(k[step])}
        hyper |= {f"bias{n}": 1 - base.hyper[f"beta{n}"] ** k[step] for n in (1, 2) if f"beta{n}" in base.hyper}
        new = cell.optimizer.update(x, g, *state, *(hyper[name] for name in cell.optimizer.hyper))
        point, *state = new if state else [new]


def test_bias_correction_of_a_beta_of_the_step_is_refused():
    def slow(k):
        return 1.0 - 1.0 / k

    base = resolve(spec(optimizer="adam"))
    cell = replace(base, hyper={**base.hyper, "beta1": of_step(slow)})
    for engine in (simulate, expected):
        with pytest.raises(InputError, match="bias1 = 1 − beta1\\^k is for a constant beta1, got slow"):
            engine(cell)


def test_stats_make_infinite_what_is_not_finite():
    names = ("grad_l1", "grad_l2", "grad_linf", "max_abs_x", "running_l1", "running_l2")
    curves = dict.fromkeys(names, np.ones((3, 3)))
    f_gap = np.ones((3, 3))
    f_gap[1, 2] = np.nan
    measured = {quantity.name: np.ones(3) for quantity in ALWAYS}
    measured |= {"min_inner": np.array([-1.0, -1.0, -np.inf]), "last_inner": np.ones(3)}
    stats = Stats.of(measured, np.array([1, 2, 3]), f_gap=f_gap, **curves)
    for quantity in ALWAYS:
        assert stats.measured[quantity.name].tolist() == [1.0, np.inf, 1.0]
    assert stats.measured["min_inner"].tolist() == [-1.0, np.inf, np.inf]
    assert stats.measured["last_inner"].tolist() == [1.0, np.inf, 1.0]
    assert stats.running_l1[1].tolist() == [1.0, 1.0, np.inf] and stats.diverged.tolist() == [False, True, False]


def test_a_diverged_replica_is_infinite_in_every_quantity():
    cell = resolve(spec("quadratic", "sgd", dim=20, steps=3000, optimizer_args={"lr": 5.0}, noise=next(iter(NOISES))))
    for stats in (simulate(cell, quantities=QUANTITIES), expected(cell, quantities=QUANTITIES)):
        assert stats.diverged.all() and all(np.isposinf(values).all() for values in stats.measured.values())


def test_stats_survive_their_arrays():
    stats = run(spec(), quantities=["mean_inner"]).stats
    again = Stats.from_arrays(stats.arrays())
    assert list(again.measured) == list(stats.measured) and "mean_inner" in again.measured
    assert_identical(again, stats)
