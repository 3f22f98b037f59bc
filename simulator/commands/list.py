"""List problems, noises, optimizers, schedules and theorems, one line each."""

from __future__ import annotations

import argparse

HELP = "problems, noises, optimizers, schedules, theorems"
EPILOG = """examples:
  ratecheck list
  ratecheck list | grep adam"""


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def execute(args: argparse.Namespace) -> int:
    from .tables import show_table

    for title, rows in listing().items():
        show_table(title, (), rows)
    return 0


def listing() -> dict[str, list[tuple[str, str]]]:
    """Names and first paragraphs of the registries, by kind."""
    from ratecheck.problems import NOISES, PROBLEMS

    from ..engines.schedules import SCHEDULES
    from ..optimizers import OPTIMIZERS
    from ..theorems import THEOREMS

    return {
        "problems": [(n, _first(p.__doc__)) for n, p in PROBLEMS.items()],
        "noises": [(n, _first(make.__doc__)) for n, make in NOISES.items()],
        "optimizers": [(n, _first(o.update.__doc__)) for n, o in OPTIMIZERS.items()],
        "schedules": list(SCHEDULES.items()),
        "theorems": [(n, theorem.statement) for n, theorem in THEOREMS.items()],
    }


def _first(text: str | None) -> str:
    return " ".join((text or "").strip().split("\n\n")[0].split())
