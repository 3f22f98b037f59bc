"""Compute every cell of a sweep file that is not in the results folder yet."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from ..lines import say
from ..words import count
from .announce import announce
from .options import number
from .where import add_how, interval_of, place_of, shard_of

HELP = "compute all cells of a TOML file; run it again to resume"
EPILOG = """examples:
  ratecheck sweep my_sweep.toml
  ratecheck sweep my_sweep.toml --dry-run
  ratecheck sweep my_sweep.toml --quick -j 4 --out results/quick
  ratecheck sweep my_sweep.toml --set dim=[16,64] --set replicas=16

An interrupted sweep goes on when the same command is run again.

a sweep file: a list stands for each value, a table for all combinations:
  replicas = 8
  [[sweep]]
  problem = ["rational", "cosine"]
  optimizer = "adamw"
  dim = [16, 64, 256]
  steps = [1000, 4000, 16000]
  problem_args = { spectrum = [0, 1] }
  quick = { steps = [250, 1000] }   # what --quick uses instead
keys: problem, optimizer, noise, schedule, dim, steps, replicas, smoothness,
gap, sigma, dtype, seed, problem_args, optimizer_args, noise_args; at the top
of the file also theorems = [...] and [norms]."""


def arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", metavar="FILE.toml", help="the sweep file")
    add("--out", default="results", metavar="DIR", help="the results folder (default results)")
    add("--seed", type=number, metavar="N", help="the noise seed of every cell, instead of the file's")
    add("--quick", action="store_true", help="use the file's quick values, for a short run")
    add(
        "--set",
        action="append",
        default=[],
        metavar="key=value",
        dest="override",
        help="set a key in every table, e.g. dim=[16,64]; may be repeated",
    )
    add("--dry-run", action="store_true", help="print the plan and a time estimate, and compute nothing")
    add_how(parser)


def execute(args: argparse.Namespace) -> int:
    from dataclasses import replace

    from ..lab.store import Store
    from ..lab.survey import survey
    from ..lab.sweepfile import load_plan

    place, shard = place_of(args), shard_of(args)
    plan = load_plan(args.file, quick=args.quick, seed=args.seed, override=args.override)
    if args.dry_run:
        plan = replace(plan, cells=shard.mine(plan.cells))
        found = survey(plan, Store(Path(args.out)), args.fresh)
        for fault in found.faults:
            _warn(f"{fault}; it will be computed again")
        announce(plan, found, place, args, by_kind=True)
        return 0
    done = perform(plan, args, f" Next: ratecheck report {args.out}")
    return done if isinstance(done, int) else 0


def perform(plan, args: argparse.Namespace, after: str = ""):
    """Sweep *plan*, or a share of it, into ``args.out``; the folder and its judgement, or the exit code where it went
    wrong or there is none.

    *after* is said when all is done.
    """
    from dataclasses import replace

    from ..cli import complain
    from ..lab.cost import human_seconds
    from ..lab.rounds import SweepError
    from ..lab.store import Store
    from ..lab.sweep import Way, sweep, sweep_shard

    counts = {}
    place, shard = place_of(args), shard_of(args)

    def begin(found) -> None:
        counts["todo"] = len(found.todo)
        announce(replace(plan, cells=shard.mine(plan.cells)), found, place, args)

    def end(seconds: float) -> None:
        last = "" if shard.whole else f" This was the share {shard}."
        done = f"done: {count(counts['todo'], 'cell')} in {human_seconds(seconds)}; the results are in {args.out}."
        say(f"{done}{last or after}")

    way = Way(args.backend, place, args.fresh, True, interval_of(args), _warn, begin, end)
    try:
        with _terminate_as_interrupt():
            if shard.whole:
                return sweep(plan, args.out, way)
            partial = sweep_shard(plan, args.out, shard, way).partial
            say(f"{partial or 'all cells are there'}; the command without --shard judges when all are there")
            return 0
    except KeyboardInterrupt as interrupt:
        store = Store(Path(args.out))
        stored = sum(store.path(due.key).exists() for due in plan.cells)
        say(
            f"interrupted: {stored} of {count(len(plan.specs), 'cell')} are stored in {args.out}; "
            "run the same command again to go on" + " (without --fresh)" * args.fresh,
            sys.stderr,
        )
        return 143 if isinstance(interrupt, _Terminated) else 130
    except SweepError as error:
        return complain(str(error), code=1)


def _warn(line: str) -> None:
    say(f"warning: {line}", sys.stderr)


class _Terminated(KeyboardInterrupt):
    """SIGTERM, as a batch system sends it."""


@contextlib.contextmanager
def _terminate_as_interrupt() -> Iterator[None]:
    def stop(number, frame):
        raise _Terminated

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread: somebody calls this from a program of theirs
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
