"""``ratecheck.verify``: what ``ratecheck verify NAME`` does, with a verdict as its result."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ratecheck.problems.errors import InputError

from ..judge.outcome import Verdict
from ..lab.grounds import grounded
from ..lab.plan import Due
from ..lab.sweep import sweep
from ..lab.theorem_plan import default_folder, theorem_plan, with_controls
from ..plugins import is_path, plain_name
from ..theorems.naming import given_name
from .given import known_arguments, table


@known_arguments
def verify(
    theorem: Any,
    *,
    problem: Any = None,
    dim: Any = None,
    steps: Any = None,
    replicas: Any = None,
    noise: Any = None,
    smoothness: Any = None,
    gap: Any = None,
    sigma: Any = None,
    seed: Any = None,
    dtype: Any = None,
    problem_args: Mapping[str, Any] | None = None,
    optimizer_args: Mapping[str, Any] | None = None,
    noise_args: Mapping[str, Any] | None = None,
    quick: bool = False,
    controls: bool = True,
    out: str | Path | None = None,
    backend: str = "cpu",
    jobs: int = 1,
    fresh: bool = False,
    progress: bool = True,
) -> Verdict:
    """Run a theorem's grid and judge the theorem; cells that *out* has already are kept, unless *fresh*.

    *theorem*: a Theorem, a shipped name, MODULE:NAME or FILE.py:NAME. What is given of *problem* … *noise_args*, a
    value or a sequence of them, takes the place of what the theorem's grid says; problems and laws may be objects.
    Hard instances of the theorem are always run beside. *quick*: the grid's quick values. *controls*: judge its false
    controls too. *out*: the results folder, by default results/verify/NAME. *jobs*: worker processes.

    The verdict has ``explain()``, ``figure()``, ``to_latex()``, and shows itself in a notebook; ``grounds`` is what it
    rests on, the verdicts on the controls among it. Raises InputError for wrong input, SweepError where a worker died.
    """
    name = given_name(theorem, "theorem")
    if is_path(name):
        raise InputError(f"{name} is a file of theorems; name one of them, {name}:NAME")
    named = with_controls(name)
    if not controls:
        named = {name: named[name]}
    changes = table(
        {
            "problem": problem,
            "dim": dim,
            "steps": steps,
            "replicas": replicas,
            "noise": noise,
            "smoothness": smoothness,
            "gap": gap,
            "sigma": sigma,
            "seed": seed,
            "dtype": dtype,
            "problem_args": problem_args,
            "optimizer_args": optimizer_args,
            "noise_args": noise_args,
        }
    )
    plan = theorem_plan(named, plain_name(name), quick=quick, changes=changes)
    todo: list[Due] = []
    folder, judgement = sweep(
        plan,
        default_folder(name) if out is None else out,
        backend=backend,
        jobs=jobs,
        fresh=fresh,
        progress=progress,
        warn=lambda line: warnings.warn(line, stacklevel=2),
        begin=lambda found: todo.extend(found.todo),
    )
    verdicts = grounded(folder, judgement, len(todo))
    return verdicts[list(judgement.theorems).index(name)]
