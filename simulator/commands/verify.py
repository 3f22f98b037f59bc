"""Run a theorem's own grid and judge it, or judge what is in a results folder; print the verdicts."""

from __future__ import annotations

import argparse
import os

HELP = "run and judge a theorem, or judge a results folder"
EPILOG = """examples:
  ratecheck verify adamw-l1
  ratecheck verify my_theorem.py:lion_l1 --quick --out lion
  ratecheck verify my_theorem.py
  ratecheck verify results
  ratecheck verify results && echo "all is as expected"
  ratecheck verify results --theorem adamw-l1
  ratecheck verify results --allow-code my_theorem.py

A theorem's grid is run into results/verify/NAME. FILE.py without a name means
all theorems in the file. If a folder has the name that is given, the folder is
meant.

If a theorem fails, its smallest failing cell is printed, with the commands
that run it again. Nothing in DIR is run: theorems that are not shipped with
ratecheck are judged from the bounds stored in the folder, or by their code if
--allow-code names their file. A FILE.py:NAME given to --theorem is run.

exit code: 0 all theorems hold and all false controls fail, 1 otherwise, 2
wrong usage, 3 something is inconclusive or missing. Missing and damaged cells
are counted and left out."""


def arguments(parser: argparse.ArgumentParser) -> None:
    from .options import number
    from .sweep import add_how

    add = parser.add_argument
    add(
        "target",
        metavar="NAME|FILE.py[:NAME]|DIR",
        help="a theorem, a file of theorems, or a folder that a sweep wrote",
    )
    add("--out", metavar="DIR", help="for a theorem: the results folder (default results/verify/NAME)")
    add("--quick", action="store_true", help="for a theorem: use its grid's quick values")
    add("--seed", type=number, metavar="N", help="for a theorem: the noise seed of every cell")
    add_how(parser)
    parser.set_defaults(backend=None, jobs=None)  # None: not given, which a folder wants to know
    add(
        "--theorem",
        action="append",
        metavar="NAME",
        help="for a folder: judge only this theorem, a shipped one or FILE.py:NAME; may be repeated",
    )
    add_allow_code(parser)


def add_allow_code(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-code",
        action="append",
        default=[],
        metavar="FILE.py",
        help="run this file, and judge the theorems in it by their code; may be repeated",
    )


def execute(args: argparse.Namespace) -> int:
    from ratecheck.problems.errors import InputError, nearest

    from ..lab.theorem_plan import is_theorem
    from ..offered import offered
    from ..theorems import OFFERED
    from . import verify_theorem

    folder = os.path.isdir(args.target)
    if not folder and not is_theorem(args.target):
        close = nearest(args.target, [*OFFERED, *offered("theorem")])
        raise InputError(
            f"{args.target} is neither a folder that a sweep wrote nor a theorem{close} "
            "(`ratecheck list theorems` lists them; FILE.py and FILE.py:NAME are yours)"
        )
    if not folder:
        _refuse(args, "a theorem", theorem=args.theorem, allow_code=args.allow_code)
        args.backend = "cpu" if args.backend is None else args.backend
        args.jobs = 1 if args.jobs is None else args.jobs
        return verify_theorem.execute(args)
    run = {name: getattr(args, name) for name in ("out", "quick", "seed", "jobs", "fresh", "backend")}
    _refuse(args, "a results folder", **run)
    return _folder(args)


def _refuse(args: argparse.Namespace, what: str, **options: object) -> None:
    """Raise InputError for options that say nothing about *what*."""
    from ratecheck.problems.errors import InputError

    for name, value in options.items():
        if value is not None and value is not False and value != []:  # 0 is a value
            raise InputError(f"{args.target} is {what}, so --{name.replace('_', '-')} has no meaning; leave it out")


def _folder(args: argparse.Namespace) -> int:
    from ..lab.folder import open_folder
    from ..lab.judging import code, judge_folder
    from ..plugins import only
    from .verdicts import show_judgement

    with only(()):  # within, judge_folder allows what the user named
        folder = open_folder(args.target)
        judgement = judge_folder(folder, args.allow_code, args.theorem)
    show_judgement(folder, judgement)
    return code(folder, judgement)
