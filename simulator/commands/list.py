"""List problems, noises, optimizers, schedules and claims, one line each."""

from __future__ import annotations

import argparse

HELP = "problems, noises, optimizers, schedules, claims"
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

    from ..claims import CLAIMS
    from ..optimizers import OPTIMIZERS
    from ..schedules import SCHEDULES

    return {
        "problems": [(n, _first(p.__doc__)) for n, p in PROBLEMS.items()],
        "noises": [(n, _first(make.__doc__)) for n, make in NOISES.items()],
        "optimizers": [(n, _first(o.update.__doc__)) for n, o in OPTIMIZERS.items()],
        "schedules": [(n, _first(s.__doc__)) for n, s in SCHEDULES.items()],
        "claims": [(n, claim.statement) for n, claim in CLAIMS.items()],
    }


def _first(text: str | None) -> str:
    return " ".join((text or "").strip().split("\n\n")[0].split())
