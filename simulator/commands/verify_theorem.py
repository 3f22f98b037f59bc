"""``verify NAME``: run a theorem's own grid, judge it with its false controls, report, and show where it fails."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..plugins import home_of, is_own, names_in, plain_name
from ..sample_theorem import SampleTheorem
from ..theorem import Theorem
from ..theorems import THEOREMS, AnyTheorem, find_theorem

KINDS = (Theorem, SampleTheorem)
SAMPLES = {"dims": (1, 10, 100, 1000, 10_000, 100_000), "quick": (1, 10, 100, 1000)}  # of theorems on random vectors


def is_theorem(target: str) -> bool:
    """Whether *target* is a shipped theorem's name, FILE.py or FILE.py:NAME."""
    return target in THEOREMS or is_own(target) or target.endswith(".py")


def execute(args: argparse.Namespace) -> int:
    from ..lab.judging import code
    from ..lab.plan import plan_of
    from .pages import write_pages
    from .sweep import jobs_of, perform
    from .verdicts import show_judgement

    named = dict(_named(args.target))
    args.out = args.out or str(Path("results") / "verify" / _folder_name(args.target))
    tables = [
        {**table, **({} if args.seed is None else {"seed": args.seed})}
        for name, theorem in named.items()
        if isinstance(theorem, Theorem)
        for table in _tables(name, theorem)
    ]
    jobs = jobs_of(args)
    plan = plan_of(tables, named, args.target, args.quick, _norms(named, args), "the theorem's table")
    done = perform(plan, jobs, args)
    if isinstance(done, int):
        return done
    folder, judgement = done
    write_pages(folder, judgement, list(judgement.theorems.values()))
    show_judgement(folder, judgement)
    _show_failing(folder, judgement)
    print(f"report: {folder.directory / 'report.html'}")
    return code(folder, judgement)


def _named(target: str) -> Iterator[tuple[str, AnyTheorem]]:
    """The theorems of *target* with their false controls, by the names that a plan has for them."""
    whole = target.endswith(".py") and not is_own(target)
    path = target if whole else home_of(target)
    beside = THEOREMS if not path else {f"{path}:{n}": t for n, t in names_in(path, KINDS).items()}
    if whole:
        if not beside:
            raise InputError(f"{target} has no theorem; one is a function under @theorem(…), see docs/extending.md")
        yield from beside.items()
        return
    theorem = find_theorem(target)
    yield target, theorem
    for control in theorem.controls:
        names = [name for name, other in beside.items() if other is control]
        if not names:
            raise InputError(f"the control {control.name!r} of {target} has no name in its file; give it one")
        yield names[0], control


def _tables(name: str, theorem: Theorem) -> Iterator[dict]:
    """The grid of a theorem and its hard instances, with names that a sweep file would have."""
    from ..lab.plan import tables_of
    from ..theorems.naming import problem_name, spec_names

    optimizer, schedule, _ = spec_names(name)
    for table in tables_of(theorem, optimizer, schedule):
        problems = table["problem"] if isinstance(table["problem"], list) else [table["problem"]]
        yield {**table, "problem": [problem_name(name, problem) for problem in problems]}


def _folder_name(target: str) -> str:
    return plain_name(target) if is_own(target) else Path(target).stem


def _norms(named: dict[str, AnyTheorem], args: argparse.Namespace):
    """The norm checks for theorems about random vectors, None where there are none.

    Raises InputError for a law without exact norms or a seed out of range, before anything is written.
    """
    from ..lab.plan import Norms
    from ..samples import LAWS, require_laws

    laws = [t.law for t in named.values() if isinstance(t, SampleTheorem)]
    if not laws:
        return None
    every = tuple(LAWS) if None in laws else tuple(dict.fromkeys(law for law in laws if law is not None))
    require_laws(every, args.target)
    return Norms.of(every, SAMPLES["quick" if args.quick else "dims"], None, 0 if args.seed is None else args.seed)


def _show_failing(folder, judgement) -> None:
    """The smallest failing case of each theorem that should hold, and the commands that show it again."""
    from .repeat import run_line

    cells = {result.key: result for result in folder.results}
    for name, verdict in zip(judgement.theorems, judgement.verdicts, strict=True):
        case = verdict.numbers.get("smallest_failing")
        if case is None or verdict.as_expected:
            continue
        units = " in other units" if case["constants"] else ""
        print(f"{verdict.claim} fails on {case['where']}{units}. To see it again:")
        for key in case["cells"]:
            spec = replace(cells[key].spec, **(case["constants"] or {}))
            print(f"  {run_line(name, replace(cells[key], spec=spec))}")
