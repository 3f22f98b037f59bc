"""Check the problems and noise laws that a Python file defines, and say what is wrong with them."""

from __future__ import annotations

import argparse

HELP = "the problems that a file of yours defines"
EPILOG = """examples:
  ratecheck check my_problem.py

phi' is compared with finite differences, secants with L, f with f*, the gap at the start with the one
declared; a noise law must have mean 0 and the variance it declares. Exit code: 0 all pass, 1 not."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE.py", help="a file with @profile functions; docs/extending.md shows one")


def execute(args: argparse.Namespace) -> int:
    from ratecheck.problems.checks import check_module
    from ratecheck.problems.errors import InputError

    from ..plugins import load

    if not args.file.endswith(".py"):
        raise InputError(f"check takes a Python file, FILE.py, got {args.file!r}")
    found = check_module(load(args.file))
    if not found:
        raise InputError(
            f"{args.file} defines no problem and no noise law; a problem is a function with the decorator "
            "@profile(...), see docs/extending.md"
        )
    for name, findings in found.items():
        wrong = [finding for finding in findings if not finding.ok]
        print(
            f"{name}: {f'{len(wrong)} of {len(findings)} checks failed' if wrong else f'{len(findings)} checks passed'}"
        )
        for finding in findings:
            print(f"  {'ok   ' if finding.ok else 'WRONG'} {finding.name}: {finding.words}")
    return int(any(not finding.ok for findings in found.values() for finding in findings))
