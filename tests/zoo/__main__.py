"""Verify every shipped theorem about runs, or go on with it, and write docs/zoo.md, docs/zoo/ and README's table.

Exit code 1 if a theorem is violated or a false control is not.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from simulator.cores import cores
from simulator.judge.outcome import Outcome
from simulator.lab.executors.place import Place

from . import readme
from .pages import write
from .verified import TRUE, Verified, verify

ROOT = Path(__file__).parents[2]
DOCS, README = ROOT / "docs", ROOT / "README.md"


def surprises(found: Sequence[Verified]) -> list[str]:
    """Verdicts that no shipped theorem and no control of one may have, in words."""
    fine = (Outcome.HOLDS, Outcome.TIGHT)
    said = [f"{v.verdict.claim}: {v.verdict.outcome.value}" for v in found if v.verdict.outcome not in fine]
    controls = [control for v in found for control in v.controls]
    return said + [f"{c.claim}: {c.outcome.value}" for c in controls if c.outcome is not Outcome.VIOLATED]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.zoo", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="theorems (default: all; others write no pages)")
    parser.add_argument("--out", type=Path, default=Path("results") / "zoo", metavar="DIR", help="results folder")
    parser.add_argument("-j", "--jobs", type=int, default=cores(), metavar="N", help="processes")
    parser.add_argument("--executor", metavar="NAME", help="where they are, as in `ratecheck sweep --help`")
    args = parser.parse_args()
    begun = time.perf_counter()
    found = []
    names = args.names or TRUE
    with Place.of(args.executor, args.jobs).open() as (executor, _):
        for task in executor.as_completed([executor.submit(verify, name, args.out) for name in names]):
            one = task.result()
            found.append(one)
            caught = sum(v.outcome is Outcome.VIOLATED for v in one.controls)
            print(
                f"{one.verdict.claim:24} {one.verdict.outcome.value:13} controls {caught}/{len(one.controls)}"
                f" {len(one.results):4} cells {one.seconds:6.1f} s",
                flush=True,
            )
    found.sort(key=lambda one: names.index(one.verdict.claim))
    if not args.names:
        write(found, DOCS)
        readme.write(found, README)
        print(f"written: {DOCS / 'zoo.md'}, {README}")
    print(f"{len(found)} theorems in {time.perf_counter() - begun:.0f} s")
    for line in (wrong := surprises(found)):
        print(f"not as expected: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
