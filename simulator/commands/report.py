"""Write the report of a results folder into it: page, figures, tables, verdicts."""

from __future__ import annotations

import argparse

from ..words import count

HELP = "write the report of a results folder"
EPILOG = """examples:
  ratecheck report results
  ratecheck report results --paper
  ratecheck report results --allow-code my_theorem.py

Writes report.html (one self-contained file), report.md, the figures as SVG
and PNG, results.csv (a row for each cell), of training loops recordings.csv
(a row for each gradient), and verdicts.json into DIR, and prints the
verdicts. With --paper also figures/paper/NAME-3.25in.pdf (one
column) and NAME-6.75in.pdf (two columns) for LaTeX, and the same as SVG and
PNG. It works on partial results too. Nothing in DIR is run;
`ratecheck verify --help` says how theorems that are not shipped are judged."""


def arguments(parser: argparse.ArgumentParser) -> None:
    from .verify import add_allow_code

    parser.add_argument("directory", metavar="DIR", help="a folder that a sweep wrote")
    parser.add_argument("--paper", action="store_true", help="also the figures for a paper: PDF, 3.25 and 6.75 in wide")
    add_allow_code(parser)


def execute(args: argparse.Namespace) -> int:
    from ..lab.folder import open_folder
    from ..lab.judging import judge_folder
    from ..plugins import only
    from ..theorems import THEOREMS
    from .pages import write_pages
    from .verdicts import show_state, show_verdicts

    with only(()):  # within, judge_folder allows what the user named
        folder = open_folder(args.directory)
        judgement = judge_folder(folder, args.allow_code)
        own = [theorem for name, theorem in judgement.theorems.items() if name not in THEOREMS]
        theorems = [*own, *THEOREMS.values()]
        written = write_pages(folder, judgement, theorems, args.paper)
    show_verdicts(judgement.every)
    show_state(folder, judgement)
    pages = [path for path in written if path.parent == folder.directory]
    print("written:", *(f"  {path}" for path in pages), sep="\n")
    for place in sorted({path.parent for path in written} - {folder.directory}):
        print(f"  {place}/ ({count(sum(path.parent == place for path in written), 'file')})")
    return 0
