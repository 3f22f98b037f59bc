"""Run the population, or go on with it, and write its table: python -m tests.calibrate [--settings N] [--out DIR]"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from .population import stored
from .settings import Setting, draw
from .statements import statements
from .table import write

PAGE = Path(__file__).parents[2] / "docs" / "judge.md"


def _one(setting: Setting, folder: Path) -> dict:
    return stored(setting, statements(), folder)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.calibrate", description=__doc__)
    parser.add_argument("--settings", type=int, default=40, metavar="N", help="how many settings (default 40)")
    parser.add_argument("--out", type=Path, default=Path("results") / "calibrate", metavar="DIR", help="results folder")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="the page whose table is written")
    args = parser.parse_args()
    found = []
    with ProcessPoolExecutor(args.jobs) as pool:
        for content in pool.map(partial(_one, folder=args.out), draw(args.settings)):
            found.append(content)
            print(f"{len(found)} of {args.settings}", flush=True)
    write(found, statements(), args.page)


if __name__ == "__main__":
    main()
