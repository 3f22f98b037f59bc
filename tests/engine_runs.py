"""What the tests of the engines share: small cells, how Stats are compared, the reference on compiled noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from problems import PROBLEMS
from simulator.cells.cell import Cell
from simulator.cells.spec import Spec
from simulator.cells.stats import Stats
from simulator.engines import reference
from simulator.engines.cpu.noise_tile import tile
from simulator.engines.resolve import resolve
from simulator.optimizers import OPTIMIZERS

MIXTURES = Path(__file__).with_name("mixture_examples.py")
# coordinates that differ in everything that they can differ in, one thing at a time and all at once
VARIED = {
    "shifted": {"problem_args": {"center": 1.5}},
    "centres": {"problem_args": {"center": -0.7, "centers": "alternating"}},
    "starts": {"problem_args": {"starts": "spread"}},
    "unequal noise": {"problem_args": {"noise_spectrum": 0.8}},
    "few noisy": {"problem_args": {"noisy": 3}},
    "affine noise": {"noise_args": {"affine": 0.5}},
    "spectrum": {"problem_args": {"spectrum": 0.7, "center": 2.0, "centers": "spread"}, "noise": "skew"},
    "mixture": {"problem": "slope-and-bowl"},
    "three kinds": {"problem": f"{MIXTURES}:three_kinds"},
    "columns": {"problem": "uneven-ramp", "noise_args": {"affine": 2.0}},
    "all": {
        "problem_args": {"center": 0.3, "centers": "spread", "starts": "alternating", "noise_spectrum": -0.4}
        | {"noisy": 40, "spectrum": 0.5},
        "noise_args": {"affine": 0.1},
    },
}
HYPER = {"lr": 0.02, "beta1": 0.9, "beta2": 0.97, "eps": 1e-3, "weight_decay": 0.1}
HYPER |= {"threshold": 0.03, "memory": 1.0}


def spec(problem="rational", optimizer="adamw", noise="gaussian", dim=5, steps=40, replicas=2, **more) -> Spec:
    given = {name: HYPER[name] for name in OPTIMIZERS[optimizer].settings}
    if optimizer in ("adopt0", "adagrad"):  # whose first step is g/√ε, which `cosh` doesn't survive
        given["eps"] = 1.0
    if (
        noise == "pareto" and problem in PROBLEMS and "sigma" in PROBLEMS[problem].requires
    ):  # so the variance must be finite
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
