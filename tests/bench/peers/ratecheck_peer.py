"""The CPU engine, as a user calls it: a Spec in, all diagnostics out."""

from __future__ import annotations

import math

import numpy as np

TITLE = "ratecheck"
PACKAGES = ("numba",)
FORM = "adamw"


def spec(task, seed: int):
    """The Spec of a Task."""
    from simulator.cells.spec import Spec

    return Spec.of(
        "rational",
        task.form,
        task.dim,
        task.steps,
        task.replicas,
        sigma=task.sigma * math.sqrt(task.dim),
        schedule="constant",
        seed=seed,
        optimizer_args={name: getattr(task, name) for name in ("lr", "beta1", "beta2", "eps", "weight_decay")},
    )


def prepare(task):
    from simulator.engines import run

    def simulate(seed):
        stats = run(spec(task, seed)).stats
        return np.stack([stats.mean_grad_l1, stats.mean_grad_l2], axis=1)

    simulate(0)
    return simulate
