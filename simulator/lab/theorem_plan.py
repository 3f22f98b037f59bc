"""The plan that puts a theorem to the test: its own grid and hard instances, its false controls beside it.

``ratecheck verify`` and ``ratecheck.verify`` make the same plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..cells.constants import SaysNothing
from ..cells.hyper import Hyper
from ..engines.resolve import resolve
from ..plugins import full_name, home_of, is_own, is_path, names_in, plain_name
from ..sample_theorem import SampleTheorem
from ..theorem import Theorem
from ..theorems import THEOREMS, AnyTheorem, find_theorem
from ..theorems.naming import given_name, problem_name, spec_names
from .grid import FIELDS, require_keys
from .plan import Norms, Plan, plan_of, tables_of

KINDS = (Theorem, SampleTheorem)
SAMPLES = {"dims": (1, 10, 100, 1000, 10_000, 100_000), "quick": (1, 10, 100, 1000)}  # of theorems on random vectors


def is_theorem(target: str) -> bool:
    """Whether *target* names a theorem: shipped, a package's, MODULE:NAME, FILE.py:NAME, or all of FILE.py."""
    name = full_name(THEOREMS, target, "theorem")
    return name in THEOREMS or is_own(name) or is_path(name)


def default_folder(target: str) -> Path:
    """Where the results of *target* go: results/verify/NAME."""
    return Path("results") / "verify" / Path(plain_name(target)).stem


def with_controls(target: str) -> dict[str, AnyTheorem]:
    """The theorems of *target* with their false controls, by the names that a plan has for them.

    Raises InputError where there is none, or a control has no name.
    """
    name = full_name(THEOREMS, target, "theorem")
    if is_path(name):
        found = {f"{name}:{attribute}": theorem for attribute, theorem in names_in(name, KINDS).items()}
        if not found:
            raise InputError(f"{name} has no theorem; one is a function under @theorem(…), see docs/extending.md")
        return found
    theorem = find_theorem(name)
    return {name: theorem, **{_control_name(control, name): control for control in theorem.controls}}


def theorem_plan(
    named: Mapping[str, AnyTheorem],
    source: str,
    *,
    quick: bool = False,
    changes: Mapping[str, object] | None = None,
) -> Plan:
    """The plan of theorems by their names; *changes* replace keys of their grids (``lab.grid``), also in quick runs.

    Problems that are given take the place of the grid's, and hard instances stay beside them. *source* is what errors
    and pages call the plan. Raises InputError for what is unknown or out of range.
    """
    changes = dict(changes or {})
    require_keys(changes, FIELDS, source)
    tables = [
        {**table, "quick": {**dict(table.get("quick", {})), **own}, **own}
        for name, theorem in named.items()
        if isinstance(theorem, Theorem)
        for table, own in _changed(name, theorem, changes)
    ]
    norms = _norms(named, source, quick, changes.get("seed"))
    plan = plan_of(tables, named, source, quick, norms, "the theorem's grid, table")
    for name, theorem in named.items():
        if isinstance(theorem, Theorem) and theorem.expected == "holds":
            _require_numbers(name, theorem, plan)
    return replace(plan, narrowed=dict(_narrowed(named, changes.get("problem"))))


def _narrowed(named: Mapping[str, AnyTheorem], given: object) -> Iterator[tuple[str, str]]:
    """The theorems whose grid has problems beside the *given* ones, and what to say of each."""
    run = _several(given)
    for name, theorem in named.items():
        if isinstance(theorem, Theorem) and theorem.expected == "holds" and run:
            grid, _ = _tables(name, theorem)
            problems = dict.fromkeys(problem for table in grid for problem in table["problem"])
            if rest := [plain_name(problem) for problem in problems if problem not in run]:
                yield name, f"this is on {', '.join(map(plain_name, run))} alone: its grid has {', '.join(rest)} too"


def _several(given: object) -> list[str]:
    """Problems as they were given, one or several; [] for none."""
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [str(given)]


def _require_numbers(name: str, theorem: Theorem, plan: Plan) -> None:
    """Rate and bound on the smallest cell, before any is run: a mistake in them shows on the first as on the last."""
    own = [spec for spec in plan.specs if spec.optimizer == spec_names(name)[0]]
    if not own:
        return
    cell = resolve(min(own, key=lambda spec: (spec.dim * spec.steps, spec.dim)))
    for what in (theorem.rate, theorem.bound)[: 1 if theorem.kind == "none" else 2]:
        with suppress(SaysNothing):
            what(cell.constants, Hyper(cell.hyper))


def _changed(name: str, theorem: Theorem, changes: Mapping[str, object]) -> Iterator[tuple[dict, dict]]:
    """The theorem's tables, each with what changes in it. Of the grid those with the problems that are given, with
    their arguments there; others take the sizes of the first and their own default arguments. A hard instance keeps
    its problem."""
    kept = {key: value for key, value in changes.items() if key not in ("problem", "problem_args")}
    grid, hard = _tables(name, theorem)
    several = _several(changes.get("problem"))
    if not several:
        yield from ((table, dict(changes)) for table in grid)
    else:
        own = {key: value for key, value in changes.items() if key != "problem"}
        for table in grid:
            if here := [problem for problem in several if problem in table["problem"]]:
                yield {**table, "problem": here}, own
        if others := [problem for problem in several if not any(problem in table["problem"] for table in grid)]:
            yield {**grid[0], "problem": others, "problem_args": {}}, own
    yield from ((table, kept) for table in hard)


def _tables(name: str, theorem: Theorem) -> tuple[list[dict], list[dict]]:
    """The grid of a theorem, and its hard instances, with names that a sweep file would have."""
    optimizer, schedule, _ = spec_names(name)
    tables = [
        {**table, "problem": [problem_name(name, problem) for problem in _several(table["problem"])]}
        for table in tables_of(theorem, optimizer, schedule)
    ]
    return tables[: len(theorem.grid)], tables[len(theorem.grid) :]


def _control_name(control: AnyTheorem, name: str) -> str:
    """What a plan calls a control of the theorem *name*."""
    if name not in THEOREMS and not is_path(home_of(name)):
        return given_name(control, "theorem")
    home = home_of(name)
    beside = {f"{home}:{n}": t for n, t in names_in(home, KINDS).items()} if home else THEOREMS
    found = next((beside_name for beside_name, other in beside.items() if other is control), None)
    if found is None:
        raise InputError(f"the control {control.name!r} of {name} has no name in its file; give it one")
    return found


def _norms(named: Mapping[str, AnyTheorem], source: str, quick: bool, seed: object) -> Norms | None:
    """The norm checks for theorems about random vectors, None where there are none.

    Raises InputError for a law without exact norms or a seed out of range, before anything is written.
    """
    laws: Sequence[str | None] = [t.law for t in named.values() if isinstance(t, SampleTheorem)]
    if not laws:
        return None
    from ..samples import LAWS, require_laws  # late: few theorems ask for norm checks

    every = tuple(LAWS) if None in laws else tuple(dict.fromkeys(law for law in laws if law is not None))
    require_laws(every, source)
    return Norms.of(every, SAMPLES["quick" if quick else "dims"], None, 0 if seed is None else seed)
