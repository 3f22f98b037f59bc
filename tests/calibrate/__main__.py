"""Run the populations, or go on with them, and write their tables.

Exit code 1 if the judge does not keep what docs/judge.md promises of them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from simulator.cores import cores
from simulator.lab.executors.place import Place
from simulator.lab.executors.protocol import Executor

from . import coverage
from .promises import broken_promises
from .settings import Setting, draw
from .table import tables, write
from .work import cover_one, every, judge_one

PAGE = Path(__file__).parents[2] / "docs" / "judge.md"
# Of the table in docs/judge.md. Who changes the rule by it takes another, once; 1, 1129, 2711, 3307, 4457, 6121, 8087
# and 9241 were.
SEED = 10301


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.calibrate", description=__doc__)
    parser.add_argument("--settings", type=int, default=300, metavar="N", help="how many settings (default 300)")
    parser.add_argument("--groups", type=int, default=3000, metavar="N", help="settings for coverage (default 3000)")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"of the settings (default {SEED})")
    parser.add_argument("--out", type=Path, default=Path("results") / "calibrate", metavar="DIR", help="results folder")
    parser.add_argument("-j", "--jobs", type=int, default=cores(), metavar="N", help="processes")
    parser.add_argument("--executor", metavar="NAME", help="where they are, as in `ratecheck sweep --help`")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="the page whose tables are written")
    args = parser.parse_args()
    folder = (args.out / str(args.seed)).absolute()
    with Place.of(args.executor, args.jobs).open() as (executor, _):
        limits = _through(executor, cover_one, draw(args.groups, args.seed, coverage.LARGEST), folder / "coverage")
        found = _through(executor, judge_one, draw(args.settings, args.seed), folder / "population")
    text = tables(found, limits, every())
    write(text, args.page)
    print(text)
    return 1 if any(broken_promises(found, limits, every())) else 0


def _through(executor: Executor, work: Callable, settings: Sequence[Setting], folder: Path) -> list[dict]:
    """What *work* finds of each setting, in their order."""
    handed = {executor.submit(work, setting, folder): setting.seed for setting in settings}
    found = {}
    for count, task in enumerate(executor.as_completed(handed), 1):
        found[handed[task]] = task.result()
        print(f"\r{folder.name}: {count} of {len(settings)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [found[setting.seed] for setting in settings]


if __name__ == "__main__":
    sys.exit(main())
