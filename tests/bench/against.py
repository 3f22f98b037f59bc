"""``make bench AGAINST=<commit>``: is the engine of the working tree slower than that of a commit?

Exit codes: 0 no, 1 yes (some median ratio is above LIMIT) or a side fails, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from problems.errors import InputError, choose, require_integer
from simulator.cli import Parser, complain
from simulator.commands.options import number, words
from simulator.commands.tables import show_table

from .command import say
from .page import spread
from .pairs import LEAST_PAIRS, Pairs, Side, measure
from .processes import ROOT, PeerError
from .results import Spread
from .workloads import WORKLOADS

LIMIT = 1.05  # new/old
HEADS = ("workload", "old, ns per coordinate-step", "new", "new/old", "95 %", "same numbers")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Checked arguments; raises InputError."""
    parser = Parser(prog="python -m tests.bench.against", description="Time the working tree beside a commit.")
    add = parser.add_argument
    add("commit", metavar="COMMIT", help="what to compare with: a hash, a branch, HEAD~3")
    add("--only", type=words, default=list(WORKLOADS), metavar="A,B", help=f"workloads (of {', '.join(WORKLOADS)})")
    add("--pairs", type=number, default=LEAST_PAIRS, metavar="N", help=f"pairs of runs (default {LEAST_PAIRS})")
    args = parser.parse_args(argv)
    args.workloads = [choose(WORKLOADS, name, "workload") for name in dict.fromkeys(args.only)]
    args.pairs = require_integer(args.pairs, "--pairs", least=LEAST_PAIRS)
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Compare and print; returns the exit code."""
    try:
        args = parse(argv)
        with tempfile.TemporaryDirectory(prefix="ratecheck-against-") as folder:
            return compare(args, Path(folder))
    except InputError as error:
        return complain(str(error))
    except PeerError as error:
        return complain(str(error), 1)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def compare(args: argparse.Namespace, folder: Path) -> int:
    """Both sides with code of their own, one after the other on every workload; the commit's files go to *folder*."""
    title = export(args.commit, folder / "commit")
    with Side(title, folder / "commit", folder / "old") as old, Side("working tree", ROOT, folder / "new") as new:
        found = [measure(workload, old, new, args.pairs, say) for workload in args.workloads]
    show_table(f"The working tree beside {title}, {args.pairs} pairs", HEADS, list(map(row, found)))
    slower = [pairs for pairs in found if pairs.ratio.median > LIMIT]
    for pairs in slower:
        text = f"takes {pairs.ratio.median:.3f} times as long as at {title}, expected at most {LIMIT:g}"
        complain(f"{pairs.workload.name}: {text}")
    return 1 if slower else 0


def export(commit: str, folder: Path) -> str:
    """Write the files of *commit* to *folder*; returns its short hash. Raises InputError for what is no commit."""
    # no "git worktree": an interrupted run would leave it registered
    short = git("rev-parse", "--short", "--verify", "--end-of-options", f"{commit}^{{commit}}").decode().strip()
    with tarfile.open(fileobj=io.BytesIO(git("archive", short))) as archive:
        archive.extractall(folder, filter="data")
    return short


def git(*arguments: str) -> bytes:
    """What git prints; raises InputError with what it complains of."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise InputError("a comparison with a commit needs git, which is not installed") from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip()
        raise InputError(f"git can't give the commit to compare with; name one that 'git log' lists ({reason})")
    return done.stdout


def row(pairs: Pairs) -> list[str]:
    w, ratio = pairs.workload, pairs.ratio
    work = w.dim * w.steps * w.replicas
    per_step = [spread(Spread.of([s / work * 1e9 for s in seconds])) for seconds in (pairs.old, pairs.new)]
    interval = f"{ratio.least:.3f}–{ratio.most:.3f}"
    return [w.name, *per_step, f"{ratio.median:.3f}", interval, "yes" if pairs.same else "NO"]


if __name__ == "__main__":
    sys.exit(main())
