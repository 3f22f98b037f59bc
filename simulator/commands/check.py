"""Check what a Python file defines, from its problems to its theorems, and say what is wrong."""

from __future__ import annotations

import argparse

from ..lines import say
from ..words import count

HELP = "check the problems, laws, optimizers and theorems in a file"
EPILOG = """examples:
  ratecheck check my_problem.py
  ratecheck check lion.py

problems: phi' is compared with finite differences, secants with L, f with f*,
and the gap at the start with the one declared.

noise laws: mean 0 and the declared variance, with the default arguments and
with random ones.

optimizers: finite numbers along random runs, the same from NumPy and from
compiled code.

theorems: on all cells of the grid the rule gives every hyper-parameter at
every step, rate and bound are positive, and neither an assumption nor `allows`
raises; hard instances can be made; there is a false control, and it differs
from the theorem.

exit code: 0 all checks pass, 1 some fail."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE.py", help="a file of your own; docs/extending.md shows some")


def execute(args: argparse.Namespace) -> int:
    from ratecheck.problems.errors import InputError

    if not args.file.endswith(".py"):
        raise InputError(f"check takes a Python file, FILE.py, got {args.file!r}")
    from ..checks import check_file

    found = check_file(args.file)
    if not found:
        raise InputError(
            f"{args.file} defines no problem, no noise law, no optimizer and no theorem: functions with the decorators "
            "@profile, @optimizer and @theorem, and functions `-> Noise`; see docs/extending.md"
        )
    for name, findings in found.items():
        wrong = [finding for finding in findings if not finding.ok]
        checks = count(len(findings), "check")
        say(f"{name}: {f'{len(wrong)} of {checks} failed' if wrong else f'{checks} passed'}")
        for finding in findings:
            say(f"{'ok   ' if finding.ok else 'WRONG'} {finding.name}: {finding.words}", first="  ", rest=" " * 8)
    return int(any(not finding.ok for findings in found.values() for finding in findings))
