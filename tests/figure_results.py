"""Results with curves along the run, for tests of figures and report: no engine runs."""

from __future__ import annotations

import math

import numpy as np
from cells import always

from simulator.cells.evidence import Result
from simulator.cells.hyper import Hyper
from simulator.cells.quantities import QUANTITIES, Quantity
from simulator.cells.spec import Spec
from simulator.cells.stats import Stats, checkpoint_steps
from simulator.engines.resolve import resolve
from simulator.samples.rows import NormRow

PROVENANCE = {
    "seconds": 0.25,
    "backend": "cpu",
    "machine": "x86_64",
    "host": "secret-host",
    "date": "2026-01-02",
    "versions": {"python": "3.12.0", "numpy": "2.1.0"},
}
LAWS = {"gaussian": math.sqrt(2 / math.pi), "uniform": math.sqrt(3) / 2}  # E|g_i|


def cell(
    problem="rational",
    optimizer="adamw",
    dim=16,
    steps=1000,
    replicas=8,
    *,
    diverged=0,
    factor=None,
    further=None,
    provenance=None,
    **settings,
) -> Result:
    """A cell whose ‖∇f‖₂ is 0.34 + 2.5 K^(−1/4), or *factor*, times C K^(−1/4), with 2 % noise; ‖∇f‖₁ is √d times that.

    Its first *diverged* replicas are lost from the middle of the run on. *further* has more
    quantities by their names or as they are.
    """
    spec = Spec.of(problem, optimizer, dim, steps, replicas, **settings)
    resolved = resolve(spec)
    rng = np.random.default_rng([dim, steps, replicas])
    c = resolved.constants.c if resolved.constants.get("sigma") else 1.0  # an invented scale where C is 0 or missing
    ratio = (0.34 + 2.5 * steps**-0.25 if factor is None else factor) * (1 + 0.02 * rng.standard_normal(replicas))
    l2 = ratio * c * steps**-0.25
    points = checkpoint_steps(steps)
    decay = 0.1 + 0.9 / (1 + points / (0.1 * steps))
    grad_l2 = l2[:, None] * decay * (1 + 0.1 * rng.standard_normal((replicas, points.size)))
    grad_l1 = grad_l2 * math.sqrt(dim) * (0.8 + 0.2 * decay if dim > 1 else 1.0)
    curves = {
        "f_gap": np.tile(decay, (replicas, 1)),
        "grad_l1": grad_l1,
        "grad_l2": grad_l2,
        "grad_linf": grad_l2,
        "max_abs_x": np.ones_like(grad_l1),
        "running_l1": grad_l1,
        "running_l2": grad_l2,
    }
    for curve in curves.values():
        curve[:diverged, points.size // 2 :] = np.nan
    more = {getattr(q, "name", q): (QUANTITIES.get(q, q), np.asarray(v, float)) for q, v in (further or {}).items()}
    measured = {**always(l2 * math.sqrt(dim), l2), **{name: values for name, (_, values) in more.items()}}
    stats = Stats.of(measured, points, **curves)
    told = PROVENANCE if provenance is None else provenance
    if digests := {name: q.digest for name, (q, _) in more.items() if isinstance(q, Quantity)}:
        told = {**told, "quantities": digests}
    return Result(resolved.spec, resolved.constants, Hyper(resolved.hyper), stats, resolved.identity, told)


def grid(
    problems=("rational", "ramp"),
    optimizers=("sgd", "adamw"),
    dims=(16, 64, 256),
    steps=(1000, 4000, 16000),
    **settings,
) -> list[Result]:
    return [cell(p, o, d, k, **settings) for p in problems for o in optimizers for d in dims for k in steps]


def norm_rows(dims=(1, 10, 100)) -> list[NormRow]:
    """Rows whose means lie one standard error above the exact values (E‖g‖₂ taken as √d)."""
    return [
        NormRow(
            law,
            d,
            1000,
            d * e + 1e-3 * d,
            1e-3 * d,
            d * e,
            math.sqrt(d) * 1.001,
            1e-3 * math.sqrt(d),
            math.sqrt(d),
            e,
            1e-4,
            0,
        )
        for law, e in LAWS.items()
        for d in dims
    ]
