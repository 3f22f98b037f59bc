"""``make mutants``: plant each bug, see which test catches it and whether the quick sweep's verdicts notice it.

Exit codes: 0 all are caught, and the verdicts notice at least half of those that change what the quick sweep measures;
1 not so, or a mutant does not fit the code; 2 wrong usage; 130 interrupted.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from problems.errors import InputError, require_integer
from simulator.cli import Parser, complain
from simulator.commands.options import number
from simulator.cores import cores

from .mutant import PLANTED, Mutant, chosen, load
from .page import counts, told, write
from .record import Contents, Record, Records
from .tree import tracked
from .workers import Interrupted, work

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "mutants.md"


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Checked arguments; raises InputError."""
    parser = Parser(prog="python -m tests.mutants", description="Plant bugs and see what notices them.")
    add = parser.add_argument
    add("--only", metavar="TEXT", default="", help="those with TEXT in their area or name; no page is written then")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--tests", action="store_true", help="the tests alone; the sweeps wait for another run")
    part.add_argument("--sweeps", action="store_true", help="the quick sweeps alone")
    add("-j", "--jobs", type=number, default=cores(), metavar="N", help="mutants at a time (default: one a core)")
    add("--minutes", type=number, default=math.inf, metavar="N", help="begin nothing more after N minutes")
    add("--out", type=Path, default=Path("results") / "mutants", metavar="DIR", help="where findings are kept")
    add("--page", type=Path, default=PAGE, metavar="FILE", help="the page whose table is written")
    args = parser.parse_args(argv)
    args.jobs = require_integer(args.jobs, "-j", least=1)
    return args


def main(argv: Sequence[str] | None = None, root: Path = ROOT, planted: Path = PLANTED) -> int:
    """Try the mutants that *planted* lists on the tree at *root*; returns the exit code."""
    try:
        args = parse(argv)
        mutants = chosen(load(planted), args.only)
        records = Records(args.out.absolute() / "records", Contents(root, tracked(root)))
        work(mutants, records, args.out.absolute(), root, args.jobs, not args.sweeps, not args.tests, args.minutes)
        found = [(m, Record(catch, records.notice(m))) for m in mutants if (catch := records.catch(m)) is not None]
        if not (args.only or args.tests or args.sweeps):
            write(found, args.page, len(mutants))
    except Interrupted as interrupted:
        print(f"interrupted: {interrupted}; run the same command again to go on", file=sys.stderr)
        return 130
    except InputError as error:
        return complain(str(error))
    return judge(found)


def judge(found: Sequence[tuple[Mutant, Record]]) -> int:
    """Print the counts and what is wrong, a line each; returns the exit code."""
    print("\n".join(counts(found)))
    wrong = [
        record.catch.misfit or f"{mutant.title}: no test catches it" for mutant, record in found if not record.caught
    ]
    swept, seen, _ = told(found, "cells")
    if 2 * seen < swept:
        wrong.append(f"the quick sweep's verdicts notice {seen} of {swept}, expected at least half")
    for text in wrong:
        complain(text)
    return 1 if wrong else 0
