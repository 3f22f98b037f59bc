"""Put results folders together, and say where two have different results of one cell."""

from __future__ import annotations

import argparse
import sys

from ..lines import say
from ..words import count

HELP = "put results folders together"
EPILOG = """examples:
  ratecheck merge results shard1 shard2 shard3
  ratecheck merge all results/monday results/tuesday && ratecheck verify all

OUT may be a folder that has cells already. Cells on their way, failures and
recordings come too. Nothing in the folders is run, so theorems of your own are
not judged: run the sweep again with --out OUT, which finds all cells done.

exit code: 0 all is well, 1 two results of one cell differ (the first is
kept), 2 wrong usage."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", metavar="OUT", help="the folder to put all into")
    parser.add_argument("directories", metavar="DIR", nargs="+", help="folders that sweeps wrote")


def execute(args: argparse.Namespace) -> int:
    from ..lab.folder import open_folder
    from ..lab.merging import merge
    from ..plugins import only

    with only(()):
        found = merge(args.out, args.directories)
        partial = open_folder(args.out).partial
    for line in found.faults:
        say(f"warning: {line}", sys.stderr)
    for line in found.conflicts:
        say(f"error: {line}", sys.stderr)
    same = f", {count(found.same, 'cell')} were there with the same numbers" if found.same else ""
    loops = f" and {count(found.recordings, 'recording')}" if found.recordings else ""
    say(f"{args.out}: {count(found.taken, 'cell')}{loops} taken over{same}{f'; {partial}' if partial else ''}")
    return 1 if found.conflicts else 0
