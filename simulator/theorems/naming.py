"""A theorem in the words of a Spec: which optimizer, schedule and problem it is about, by name.

An object has a name where a Spec can find it again: in a registry, or as FILE.py:ATTRIBUTE. Any other is held by this
process as MODULE:ATTRIBUTE.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ratecheck.problems import NOISES, PROBLEMS, Noise
from ratecheck.problems.errors import InputError

from .. import held
from ..optimizers import OPTIMIZERS, Optimizer
from ..plugins import full_name, home_of, is_own, is_path, load, names_in, neighbours
from ..theorem import Theorem
from ..theorem_settings import Hard
from . import THEOREMS, find_theorem

REGISTRIES: dict[str, Mapping[str, object]] = {
    "theorem": THEOREMS,
    "optimizer": OPTIMIZERS,
    "problem": PROBLEMS,
    "noise": NOISES,
}


def spec_names(theorem_name: str) -> tuple[str, str, dict[str, float]]:
    """The optimizer, the schedule and the optimizer's arguments of a Spec that *theorem_name* is about.

    The name is one of ``THEOREMS`` or FILE.py:NAME. The schedule is "horizon" where that means the theorem's rule,
    "constant" for a theorem without a rule, else the theorem's own name. The arguments are the numbers that its grid
    gives for every cell. Raises InputError for an unknown theorem, one about random vectors, or one whose optimizer
    no name leads to.
    """
    theorem_name = full_name(THEOREMS, theorem_name, "theorem")
    theorem = find_runs(theorem_name)
    optimizer = _optimizer(theorem, theorem_name)
    return optimizer, _schedule(theorem, theorem_name, optimizer), _given(theorem)


def given_name(thing: Any, what: str) -> str:
    """What a Spec calls *thing*, a *what* of REGISTRIES, or a name of one already. An object that no registry has is
    held from now on as MODULE:NAME. Raises InputError for what can't be named."""
    if isinstance(thing, str):
        return full_name(REGISTRIES[what], thing, what)
    for name, shipped in REGISTRIES[what].items():
        if shipped is thing:
            return name
    if isinstance(thing, Noise) and thing.formula.function.__module__.startswith("ratecheck."):
        arguments = ", ".join(f"{name!r}: {value:g}" for name, value in thing.arguments.items())
        raise InputError(f"a shipped law is given by name: noise={thing.name!r}, noise_args={{{arguments}}}")
    return held.hold(thing, held.name_of(thing))


def find_runs(theorem_name: str) -> Theorem:
    """The theorem about runs of that name; raises InputError for an unknown one and for one about random vectors."""
    theorem = find_theorem(theorem_name)
    if isinstance(theorem, Theorem):
        return theorem
    raise InputError(f"theorem {theorem_name!r} is about random vectors, not about runs; `ratecheck norms` checks it")


def horizon_theorem(optimizer_name: str, optimizer: Optimizer) -> Theorem | None:
    """The theorem whose rule "horizon" means: the first with a rule in the optimizer's file, else of the shipped."""
    for theorem in (*neighbours(optimizer_name), *THEOREMS.values()):
        if isinstance(theorem, Theorem) and theorem.rule and theorem.optimizer.update.digest == optimizer.update.digest:
            return theorem
    return None


def problem_name(theorem_name: str, problem: str) -> str:
    """What a Spec calls a *problem* that a theorem names: one of the theorem's own file is FILE.py:NAME there."""
    if problem in PROBLEMS or is_own(problem) or not is_own(full_name(THEOREMS, theorem_name, "theorem")):
        return problem
    path = home_of(theorem_name)
    if not is_path(path):
        beside = find_runs(theorem_name).function.__globals__.get(problem)
        return given_name(beside if hasattr(beside, "requires") else problem, "problem")
    return f"{path}:{problem}" if problem in vars(load(path)) else problem


def sigma_of(theorem_name: str) -> float:
    """The σ of the theorem's grid where all its tables have the same one, else 1: noise-free theorems run without."""
    first, *others = (table.get("sigma", 1.0) for table in find_runs(theorem_name).grid)
    return float(first) if isinstance(first, (int, float)) and all(other == first for other in others) else 1.0


def replicas_of(theorem_name: str) -> int:
    """The replicas of the theorem's grid where all its tables have the same number, else as many as the judge needs."""
    from ..judge.fit import LEAST_REPLICAS  # late: it imports SciPy

    first, *others = (table.get("replicas", LEAST_REPLICAS) for table in find_runs(theorem_name).grid)
    return first if isinstance(first, int) and all(other == first for other in others) else LEAST_REPLICAS


def hard_instance(theorem_name: str) -> Hard | None:
    """The theorem's first hard instance, its problem named for a Spec; None where it has none."""
    for hard in find_runs(theorem_name).hard:
        return Hard(problem_name(theorem_name, hard.problem), hard.arguments, hard.level)
    return None


def _optimizer(theorem: Theorem, theorem_name: str) -> str:
    if OPTIMIZERS.get(theorem.optimizer.name) is theorem.optimizer:
        return theorem.optimizer.name
    if is_own(theorem_name) and not is_path(home_of(theorem_name)):
        return given_name(theorem.optimizer, "optimizer")
    for name, value in _beside(theorem_name, Optimizer).items():
        if value is theorem.optimizer:
            return name
    raise InputError(
        f"theorem {theorem_name!r}: its optimizer {theorem.optimizer.name!r} has no name in the file; define it there "
        "at the top level, with @optimizer"
    )


def _schedule(theorem: Theorem, theorem_name: str, optimizer_name: str) -> str:
    """One name for one rule, however many theorems have it, or the same cells would run once for each of them."""
    if theorem.rule is None:
        return "constant"
    horizon = horizon_theorem(optimizer_name, theorem.optimizer)
    if horizon is not None and horizon.rule is theorem.rule:
        return "horizon"
    if is_own(theorem_name) and not is_path(home_of(theorem_name)):
        parent = theorem.parent
        return given_name(theorem if parent is None or parent.rule is not theorem.rule else parent, "theorem")
    beside = _beside(theorem_name, Theorem).items()
    same = (
        n for n, t in beside if t.rule is theorem.rule and t.optimizer.update.digest == theorem.optimizer.update.digest
    )
    return next(same, theorem_name)


def _beside(theorem_name: str, kind: type) -> dict[str, Any]:
    """The objects of a *kind* in the theorem's file as a Spec names them; for a shipped theorem, the shipped ones."""
    if not is_own(theorem_name):
        return {name: value for name, value in THEOREMS.items() if isinstance(value, kind)}
    path = home_of(theorem_name)
    return {f"{path}:{name}": value for name, value in names_in(path, kind).items()}


def _given(theorem: Theorem) -> dict[str, float]:
    named = [table.get("optimizer_args", {}) for table in theorem.grid]
    tables = [table for table in named if isinstance(table, Mapping)]
    return {
        name: value
        for name, value in (tables[0] if tables else {}).items()
        if isinstance(value, (int, float)) and all(table.get(name) == value for table in tables)
    }
