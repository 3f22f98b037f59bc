"""Judge the claims on the cells of a results folder and print the verdict table."""

from __future__ import annotations

import argparse
import sys

HELP = "the verdict table of a results folder"
EPILOG = """examples:
  ratecheck verify results
  ratecheck verify results || echo "some claim is not as expected"

exit code: 0 all claims hold and all false controls fail, 1 otherwise, 2 usage, 3 something is
inconclusive or missing. Cells that are missing or damaged are counted and left out."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", metavar="DIR", help="a folder that a sweep wrote")


def execute(args: argparse.Namespace) -> int:
    from ..judge import exit_code
    from ..lab.folder import open_folder

    folder = open_folder(args.directory)
    verdicts = judge_folder(folder)
    show_verdicts(verdicts)
    show_state(folder)
    return exit_code(verdicts, partial=bool(folder.partial or folder.faults))


def judge_folder(folder) -> list:
    """Verdicts on the cells of a ``Folder``, of the claims that its plan names, else of all."""
    from ..judge import judge

    return judge(folder.results, folder.norm_rows, folder.plan.theorems if folder.plan else None)


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
        show_table("verdicts", ("claim", "verdict", "as expected", "statement"), rows, colours)
    for verdict in verdicts:
        for reason in verdict.reasons:
            print(f"{verdict.claim}: {reason}")


def show_state(folder) -> None:
    """How many cells were judged and how partial that is, on stdout; files that can't be trusted, on stderr."""
    for fault in folder.faults:
        print(f"warning: {fault}; it is left out", file=sys.stderr)
    cells = f"{folder.directory}: {len(folder.results)} cells"
    if folder.others:
        cells += f" of the plan ({folder.others} other cells in the folder are left out)"
    print(cells + (f"; {folder.partial}" if folder.partial else ""))
