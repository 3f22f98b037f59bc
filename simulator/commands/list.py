"""List everything that has a name, also in installed packages: problems, noises, optimizers, schedules, theorems and
more."""

from __future__ import annotations

import argparse

KINDS = ("problems", "noises", "optimizers", "schedules", "theorems", "quantities", "assumptions")
HELP = "list problems, noises, optimizers, theorems and more"
EPILOG = """examples:
  ratecheck list
  ratecheck list theorems
  ratecheck list | grep adam

A theorem marked (control) is known to be false, and the judge must say so.
Wherever a name from this list is allowed, FILE.py:NAME is too, for a file of
your own (docs/extending.md), and so is MODULE:NAME. What an installed package
offers has its MODULE:NAME beside it (docs/python.md)."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", nargs="?", metavar="KIND", help=f"only this kind: {', '.join(KINDS)}")


def execute(args: argparse.Namespace) -> int:
    from ratecheck.problems.errors import choose

    from .tables import show_list

    kinds = KINDS if args.kind is None else (choose({kind: kind for kind in KINDS}, args.kind, "kind"),)
    for kind in kinds:
        show_list(kind, listing(kind))
    return 0


def listing(kind: str) -> list[tuple[str, str]]:
    """Names of one of ``KINDS``, each with a line about it; what installed packages offer comes last."""
    from ratecheck.problems import NOISES, PROBLEMS

    from ..assumptions import ASSUMPTIONS
    from ..cells.quantities import QUANTITIES
    from ..engines.schedules import SCHEDULES
    from ..offered import offered
    from ..optimizers import OPTIMIZERS
    from ..theorems import THEOREMS

    shipped = {
        "problems": lambda: [(n, _first(p.__doc__)) for n, p in PROBLEMS.items()],
        "noises": lambda: [(n, _first(make.__doc__)) for n, make in NOISES.items()],
        "optimizers": lambda: [(n, _first(o.update.__doc__)) for n, o in OPTIMIZERS.items()],
        "schedules": lambda: list(SCHEDULES.items()),
        "theorems": lambda: [(n, "(control) " * (t.expected == "fails") + t.statement) for n, t in THEOREMS.items()],
        "quantities": lambda: [(n, q.text) for n, q in QUANTITIES.items()],
        "assumptions": lambda: [(n, a.text) for n, a in ASSUMPTIONS.items()],
    }[kind]()
    names = {name for name, _ in shipped}
    others = offered(kind.removesuffix("s"))
    return [*shipped, *((name, f"({where})") for name, where in sorted(others.items()) if name not in names)]


def _first(text: str | None) -> str:
    return " ".join((text or "").strip().split("\n\n")[0].split())
