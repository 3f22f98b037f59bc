"""What things from a spec are called in figures and tables, and the order they stand in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ratecheck.problems import PROBLEMS

from ...cells.evidence import Result
from ...cells.spec import canonical_json
from ...cells.telling import telling
from ...judge.statement import Judgeable
from ...optimizers import OPTIMIZERS
from ...plugins import plain_name
from ..shown import Shown
from .text import printable


def short(name: str) -> str:
    """'lion' for 'my/lion.py:lion'."""
    return printable(plain_name(name))


def value_text(value: float | str) -> str:
    """An argument's value: a number, a name or a vector."""
    return printable(value) if isinstance(value, str) else f"{value:g}"


def arguments(arguments: Mapping[str, float | str], form: str) -> str:
    text = ", ".join(f"{printable(name)} = {value_text(value)}" for name, value in arguments.items())
    return form.format(text) if text else ""


def problem_names(cells: Sequence[Shown], form: str) -> dict[int, str]:
    """The problem of each cell by the cell's id, with the arguments in which it departs from most of that problem's,
    in *form*."""
    found = {}
    for problem in dict.fromkeys(shown.spec.problem for shown in cells):
        peers = [shown for shown in cells if shown.spec.problem == problem]
        for shown, told in zip(peers, telling([shown.spec.problem_args for shown in peers]), strict=True):
            found[id(shown)] = short(problem) + arguments(told, form)
    return found


def order(result: Result) -> tuple:
    """Registries first and in their order, so that figures don't depend on the order of the cells."""
    spec = result.spec
    ranks = _rank(list(OPTIMIZERS), spec.optimizer), problem_rank(spec.problem)
    return (*ranks, spec.optimizer, spec.problem, canonical_json(spec.to_dict()))


def problem_rank(name: str) -> int:
    """Problems that depend on the horizon come first: what is hard for a theorem is on the first page."""
    return _rank(sorted(PROBLEMS, key=lambda name: "steps" not in PROBLEMS[name].requires), name)


def _rank(known: Sequence[str], name: str) -> int:
    return known.index(name) if name in known else len(known)


def is_made_anew(problem: str) -> bool:
    """Whether a problem is made anew for each horizon."""
    return problem in PROBLEMS and "steps" in PROBLEMS[problem].requires


def called(theorem: Judgeable | None) -> str:
    return "no theorem" if theorem is None else printable(theorem.name)
