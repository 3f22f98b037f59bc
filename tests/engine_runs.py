"""What the tests of the engines share: small cells, how Stats are compared, the reference on compiled noise."""

from __future__ import annotations

import numpy as np

from simulator.cells.cell import Cell
from simulator.cells.spec import Spec
from simulator.cells.stats import Stats
from simulator.engines import reference
from simulator.engines.cpu.noise_tile import tile
from simulator.engines.resolve import resolve
from simulator.optimizers import OPTIMIZERS

HYPER = {"lr": 0.02, "beta1": 0.9, "beta2": 0.97, "eps": 1e-3, "weight_decay": 0.1}


def spec(problem="rational", optimizer="adamw", noise="gaussian", dim=5, steps=40, replicas=2, **more) -> Spec:
    given = {name: HYPER[name] for name in OPTIMIZERS[optimizer].settings}
    if (problem, noise) == ("ramp", "pareto"):  # a ramp is made from σ, so the variance must be finite
        more = {"noise_args": {"nu": 3.0}, **more}
    return Spec.of(
        problem,
        optimizer,
        dim,
        steps,
        replicas,
        noise=noise,
        schedule="constant",
        **{"optimizer_args": given, "seed": 11, **more},
    )


def compiled_noise(cell: Cell, coordinates: range, first_step: int, replica: int) -> np.ndarray:
    """For ``reference``: noise with the bits of the compiled engines."""
    return tile(cell.noise, cell.spec.seed, coordinates.start, len(coordinates), first_step, replica)


def expected(cell: Cell | Spec, **more) -> Stats:
    """The reference engine's Stats on compiled noise."""
    return reference.simulate(resolve(cell) if isinstance(cell, Spec) else cell, noise=compiled_noise, **more)


def assert_close(stats: Stats, wanted: Stats, relative: float) -> None:
    assert list(stats.arrays()) == list(wanted.arrays())
    for name, values in stats.arrays().items():
        right = wanted.arrays()[name]
        assert np.isfinite(right).all(), name
        np.testing.assert_allclose(values, right, rtol=relative, atol=relative * np.abs(right).max(), err_msg=name)


def assert_identical(stats: Stats, wanted: Stats) -> None:
    for name, values in wanted.arrays().items():
        assert np.array_equal(values, stats.arrays()[name]), name
