"""Write the report of a results folder into it: page, figures, tables, verdicts."""

from __future__ import annotations

import argparse

HELP = "report.html, report.md, figures, results.csv, verdicts.json"
EPILOG = """examples:
  ratecheck report results

Writes report.html (one self-contained file), report.md, the figures as SVG and PNG, results.csv (a row
per cell) and verdicts.json into DIR, and prints the verdict table. Works on partial results too."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", metavar="DIR", help="a folder that a sweep wrote")


def execute(args: argparse.Namespace) -> int:
    from ..lab.folder import open_folder
    from .verify import judge_folder, show_state, show_verdicts

    folder = open_folder(args.directory)
    from ..report import write_report  # late: Matplotlib is slow to import, and a wrong folder needs none

    verdicts = judge_folder(folder)
    written = write_report(
        folder.directory,
        folder.results,
        verdicts,
        folder.norm_rows,
        folder.plan,
        [f"{fault}; it is left out" for fault in folder.faults],
    )
    show_verdicts(verdicts)
    show_state(folder)
    pages = [path for path in written if path.parent == folder.directory]
    print("written:", *(f"  {path}" for path in pages), sep="\n")
    for place in sorted({path.parent for path in written} - {folder.directory}):
        print(f"  {place}/ ({sum(path.parent == place for path in written)} files)")
    return 0
