"""``ratecheck.sweep``, ``run`` and ``load``: cells from Python, computed or read."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ratecheck.problems.errors import InputError

from ..cells.evidence import Result
from ..lab.folder import open_folder
from ..lab.one_cell import asked
from ..lab.plan import Plan, plan_of
from ..lab.sweep import sweep as sweep_plan
from ..lab.sweepfile import load_plan
from ..plugins import only
from ..theorems.naming import given_name
from .given import known_arguments, table
from .results import Results


@known_arguments
def sweep(
    file: str | Path | None = None,
    *,
    problem: Any = None,
    optimizer: Any = None,
    dim: Any = None,
    steps: Any = None,
    replicas: Any = None,
    noise: Any = None,
    schedule: Any = None,
    smoothness: Any = None,
    gap: Any = None,
    sigma: Any = None,
    seed: Any = None,
    dtype: Any = None,
    problem_args: Mapping[str, Any] | None = None,
    optimizer_args: Mapping[str, Any] | None = None,
    noise_args: Mapping[str, Any] | None = None,
    theorems: Sequence[Any] | None = None,
    quick: bool = False,
    out: str | Path = "results",
    backend: str = "cpu",
    jobs: int = 1,
    fresh: bool = False,
    progress: bool = True,
) -> Results:
    """Compute cells that the folder *out* hasn't yet and give back all that were asked for.

    A sequence means each of its values, several mean their product; *replicas* is 8 by default. Problems, optimizers,
    laws and schedules may be names or objects; a schedule is horizon, constant, or a theorem whose rule it is. Instead
    of these, *file* may be a sweep file. *theorems* are judged: what they measure is measured. Raises InputError for
    wrong input, SweepError where a worker died.
    """
    options = {
        "problem": problem,
        "optimizer": optimizer,
        "noise": noise,
        "schedule": schedule,
        "dim": dim,
        "steps": steps,
        "replicas": replicas,
        "smoothness": smoothness,
        "gap": gap,
        "sigma": sigma,
        "seed": seed,
        "dtype": dtype,
        "problem_args": problem_args,
        "optimizer_args": optimizer_args,
        "noise_args": noise_args,
    }
    folder, _ = sweep_plan(
        _plan(file, table(options), theorems, quick),
        out,
        backend=backend,
        jobs=jobs,
        fresh=fresh,
        progress=progress,
        warn=lambda line: warnings.warn(line, stacklevel=2),
    )
    return Results(folder)


def _plan(file: str | Path | None, given: dict[str, object], theorems: Sequence[Any] | None, quick: bool) -> Plan:
    if file is None:
        named = None if theorems is None else [given_name(theorem, "theorem") for theorem in theorems]
        return plan_of([{"replicas": 8, **given}], named, "sweep", quick, place="call")
    if given or theorems is not None:
        raise InputError(f"{file} says what is to be swept; leave out {', '.join(given) or 'theorems'}")
    return load_plan(file, quick=quick)


@known_arguments
def run(
    theorem: Any = None,
    *,
    problem: Any = None,
    optimizer: Any = None,
    dim: int,
    steps: int,
    replicas: int | None = None,
    noise: Any = "gaussian",
    schedule: Any = None,
    smoothness: float = 1.0,
    gap: float = 1.0,
    sigma: float | None = None,
    seed: int = 0,
    dtype: str = "float64",
    problem_args: Mapping[str, Any] | None = None,
    optimizer_args: Mapping[str, Any] | None = None,
    noise_args: Mapping[str, Any] | None = None,
    backend: str = "cpu",
) -> Result:
    """Run one cell, as ``ratecheck run`` does, and give back its Result; nothing is written.

    A *theorem* fills in optimizer and schedule, σ and *replicas* of its grid (8 without a theorem), and its hard
    instance where no problem is given; what it measures is measured. Raises InputError for what is missing,
    unknown or contradicts the theorem.
    """
    from ..engines import run as run_cell

    own = table({"problem": problem, "optimizer": optimizer, "noise": noise, "schedule": schedule})
    options = argparse.Namespace(
        theorem=None if theorem is None else given_name(theorem, "theorem"),
        problem=own.get("problem"),
        optimizer=own.get("optimizer"),
        noise=own["noise"],
        schedule=own.get("schedule"),
        dim=dim,
        steps=steps,
        replicas=8 if theorem is None and replicas is None else replicas,
        smoothness=smoothness,
        gap=gap,
        sigma=sigma,
        seed=seed,
        dtype=dtype,
        problem_arg=list((problem_args or {}).items()),
        optimizer_arg=list((optimizer_args or {}).items()),
        noise_arg=list((noise_args or {}).items()),
    )
    spec, found = asked(options, option="{}=", see="")
    return run_cell(spec, backend, quantities=() if found is None else found.quantities)


def load(directory: str | Path) -> Results:
    """The cells of a results folder. Nothing in it is run. Raises InputError for a folder that is none; files that
    can't be trusted are left out with a warning."""
    with only(()):
        folder = open_folder(directory)
    for fault in folder.faults:
        warnings.warn(f"{fault}; it is left out", stacklevel=2)
    return Results(folder)
