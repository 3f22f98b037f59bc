"""Say how far a sweep is: what is done, running, failed and missing in its folder."""

from __future__ import annotations

import argparse
import sys

from ..lines import say
from ..words import count

HELP = "say how far a sweep is"
EPILOG = """examples:
  ratecheck status results

Any process may ask, also while others compute. Only names, sizes and a few
small files are read.

exit code: 0 all cells are there, 1 some failed, 2 wrong usage, 3 some are
missing."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", metavar="DIR", help="the folder that the sweep writes to")


def execute(args: argparse.Namespace) -> int:
    from ..lab.cost import roughly
    from ..lab.status import status
    from .tables import show_table

    found = status(args.directory)
    running = sum(bool(each.process) for each in found.at_work)
    parts = {
        "done": found.done,
        "running": running,
        "begun and saved": len(found.at_work) - running,
        "failed": len(found.failed),
        "missing": found.missing,
    }
    others = f" ({count(found.others, 'other cell')} beside)" if found.others else ""
    said = ", ".join(f"{number} {what}" for what, number in parts.items() if number or what == "done")
    say(f"{args.directory}: {count(found.total, 'cell')}, {said}{others}")

    def ago(seconds: float | None) -> str:
        return "" if seconds is None else f"{roughly(seconds)} ago"

    if found.at_work:
        rows = [
            (
                each.cell,
                each.process or "nobody",
                f"{100 * each.share:.0f} %",
                ago(each.silent),
                ago(each.saved),
            )
            for each in found.at_work
        ]
        show_table("running", ("cell", "process", "done", "last heard of", "saved"), rows)
    if found.failed:
        why = [(each.cell, str(each.attempts), each.error) for each in found.failed]
        show_table("failed", ("cell", "tries", "error"), why)
    for line in found.faults:
        say(f"warning: {line}", sys.stderr)
    return found.code
