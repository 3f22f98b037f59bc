"""Results of a known law, for tests of the judge: no engine runs."""

from __future__ import annotations

import json

import numpy as np
from cells import CURVES, always
from ratecheck.problems import PROBLEMS

from simulator.cells.evidence import Result
from simulator.cells.hyper import Hyper
from simulator.cells.spec import Spec, canonical_json
from simulator.cells.stats import Stats
from simulator.engines.resolve import resolve

DIMS = (16, 64, 256, 1024, 4096)
STEPS = (1000, 4000, 16000, 64000, 256000)


def result(spec: Spec, l1, l2=None, alike=False) -> Result:
    """A Result whose replicas have these mean norms, shape (R,); l2 defaults to l1/√d. Its coordinates are said to
    differ, unless they are *alike*: a law of d is then no construction. Gradients are as large at the start as on
    average, so that a cell of a family made for its horizon stays where it is hard, and all along the run; f is spent
    at its end there, and stays where it is on other functions."""
    cell = resolve(spec)
    l1 = np.asarray(l1, dtype=np.float64)
    l2 = l1 / np.sqrt(spec.dim) if l2 is None else np.asarray(l2, dtype=np.float64)
    points = np.array([1, spec.steps // 2, spec.steps])
    along = {"grad_l1": l1, "grad_l2": l2, "running_l1": l1, "running_l2": l2}
    curves = {name: np.repeat(along.get(name, np.ones(l1.size))[:, None], points.size, axis=1) for name in CURVES}
    if "steps" in PROBLEMS[spec.problem].requires:
        curves["f_gap"] = curves["f_gap"] * np.linspace(1.0, 0.0, points.size)
    stats = Stats(always(l1, l2), points, **curves)
    identity = json.loads(cell.identity) | ({} if alike else {"columns": {}})
    return Result(cell.spec, cell.constants, Hyper(cell.hyper), stats, canonical_json(identity), {})


def sweep(
    law,
    *,
    dims=DIMS,
    steps=STEPS,
    replicas=8,
    spread=0.02,
    common=0.5,
    rng=0,
    problem="rational",
    optimizer="adamw",
    alike=False,
    **settings,
) -> list[Result]:
    """A grid of cells whose ‖∇f‖₁ has the mean ``law(constants)`` and ‖∇f‖₂ that over √d.

    Replicas have the relative standard deviation *spread*; the share *common* of the variance is the
    same for replica r in all cells, as it is for runs on common noise.
    """
    rng = np.random.default_rng(rng)
    shared = rng.standard_normal(replicas)
    found = []
    for dim in dims:
        for horizon in steps:
            spec = Spec.of(problem, optimizer, dim, horizon, replicas, **settings)
            noise = np.sqrt(common) * shared + np.sqrt(1 - common) * rng.standard_normal(replicas)
            found.append(result(spec, law(resolve(spec).constants) * (1 + spread * noise), alike=alike))
    return found


def rate(factor=1.0, steps=-0.25, dim=0.5):
    """The law factor · C · K^steps · d^dim."""
    return lambda c: factor * c.c * c.steps**steps * c.dim**dim
