"""Judge the theorems on the cells of a results folder and print the verdict table."""

from __future__ import annotations

import argparse
import sys

HELP = "the verdict table of a results folder"
EPILOG = """examples:
  ratecheck verify results
  ratecheck verify results || echo "some theorem is not as expected"
  ratecheck verify results --theorem adamw-l1        # this one only; FILE.py:NAME is run
  ratecheck verify results --allow-code my_theorem.py

Nothing in DIR is run. A theorem of somebody's file is judged from the bounds that the folder holds, or anew
by its code where --allow-code names the file.

exit code: 0 all theorems hold and all false controls fail, 1 otherwise, 2 usage, 3 something is
inconclusive or missing. Cells that are missing or damaged are counted and left out."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", metavar="DIR", help="a folder that a sweep wrote")
    parser.add_argument(
        "--theorem",
        action="append",
        metavar="NAME",
        help="judge this one only, a shipped theorem or FILE.py:NAME; may be repeated",
    )
    add_allow_code(parser)


def add_allow_code(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-code",
        action="append",
        default=[],
        metavar="FILE.py",
        help="run this file, and judge anew those of the folder's theorems that are in it; may be repeated",
    )


def execute(args: argparse.Namespace) -> int:
    from ..judge import exit_code
    from ..lab.folder import open_folder
    from ..lab.judging import judge_folder
    from ..plugins import only

    with only(()):  # within, judge_folder allows what the user named
        folder = open_folder(args.directory)
        judgement = judge_folder(folder, args.allow_code, args.theorem)
    show_verdicts(judgement.verdicts)
    show_state(folder, judgement)
    return exit_code(judgement.verdicts, partial=bool(folder.partial or folder.faults or judgement.missing))


def show_verdicts(verdicts) -> None:
    """The verdict table on stdout, then the reasons, a line each."""
    from .tables import show_table

    rows, colours = [], []
    for verdict in verdicts:
        outcome, wanted = str(verdict.outcome), "HOLDS" if verdict.expected == "holds" else "VIOLATED"
        as_expected = "yes" if verdict.as_expected else f"NO (should be {wanted})"
        rows.append((verdict.claim, outcome, as_expected, verdict.statement))
        colours.append("green" if verdict.as_expected else "yellow" if outcome == "INCONCLUSIVE" else "red")
    if rows:
        show_table("verdicts", ("theorem", "verdict", "as expected", "statement"), rows, colours)
    for verdict in verdicts:
        for reason in verdict.reasons:
            print(f"{verdict.claim}: {reason}")


def show_state(folder, judgement) -> None:
    """How many cells were judged, from whose bounds and how partial that is, on stdout; what can't be trusted or
    judged, on stderr."""
    for fault in folder.faults:
        print(f"warning: {fault}; it is left out", file=sys.stderr)
    for line in judgement.missing:
        print(f"warning: {line}", file=sys.stderr)
    for line in judgement.notes:
        print(line)
    cells = f"{folder.directory}: {len(folder.results)} cells"
    if folder.others:
        cells += f" of the plan ({folder.others} other cells in the folder are left out)"
    print(cells + (f"; {folder.partial}" if folder.partial else ""))
