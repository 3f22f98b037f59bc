"""Cells with made-up numbers, for tests of what happens to cells and not of what is in them."""

import numpy as np

from simulator.cells.evidence import Result
from simulator.cells.hyper import Hyper
from simulator.cells.spec import Spec
from simulator.cells.stats import Stats, checkpoint_steps
from simulator.engines.resolve import resolve

CURVES = ("f_gap", "grad_l1", "grad_l2", "grad_linf", "max_abs_x", "running_l1", "running_l2")


def always(l1, l2) -> dict[str, np.ndarray]:
    """``Stats.measured`` with these averages of both norms."""
    return {"mean_grad_l1": l1, "mean_grad_l2": l2, "mean_grad_l2_squared": l2**2}


def made_up(seed=0, means=None, **changes) -> Result:
    """A Result for adamw on rational, with random curves; *means* are the values of mean_grad_l1."""
    spec = Spec.of(**{"problem": "rational", "optimizer": "adamw", "dim": 16, "steps": 1000, "replicas": 3, **changes})
    rng = np.random.default_rng(seed)
    points = checkpoint_steps(spec.steps)
    means = rng.uniform(1, 2, spec.replicas) if means is None else np.asarray(means, dtype=float)
    curves = {name: rng.uniform(0.1, 1, (spec.replicas, points.size)) for name in CURVES}
    cell = resolve(spec)
    return Result(
        cell.spec,
        cell.constants,
        Hyper(cell.hyper),
        Stats(always(means, means / np.sqrt(spec.dim)), points, **curves),
        cell.identity,
        {"seconds": 0.1, "backend": "made up"},
    )


def same_bits(a: Stats, b: Stats) -> bool:
    ours, theirs = a.arrays(), b.arrays()
    if ours.keys() != theirs.keys():
        return False
    return all(ours[k].tobytes() == theirs[k].tobytes() and ours[k].shape == theirs[k].shape for k in ours)
