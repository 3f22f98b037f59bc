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
from .options import add_backend, number

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
    from ..lab.compute import survey
    from ..lab.store import Store
    from ..lab.sweepfile import load_plan

    jobs = jobs_of(args)
    plan = load_plan(args.file, quick=args.quick, seed=args.seed, override=args.override)
    if args.dry_run:
        found = survey(plan, Store(Path(args.out)), args.fresh)
        for fault in found.faults:
            _warn(f"{fault}; it will be computed again")
        announce(plan, found, jobs, args, by_kind=True)
        return 0
    done = perform(plan, jobs, args, f" Next: ratecheck report {args.out}")
    return done if isinstance(done, int) else 0


def add_how(parser: argparse.ArgumentParser) -> None:
    """The options that say how cells are computed."""
    add = parser.add_argument
    add(
        "-j",
        "--jobs",
        type=number,
        default=1,
        metavar="N",
        help="worker processes, which share the cores (default 1: this process, with all cores)",
    )
    add("--fresh", action="store_true", help="also compute again what is already done")
    add_backend(parser)


def jobs_of(args: argparse.Namespace) -> int:
    """The number of worker processes, checked against the backend, which may become another."""
    from ratecheck.problems.errors import require_integer

    from ..engines import AUTO, require_backend
    from ..lab.sweep import usable_jobs

    require_backend(args.backend)
    jobs = require_integer(args.jobs, "-j", least=1)
    if jobs > 1 and args.backend == AUTO:
        say(f"auto: cpu (-j {jobs}: one process would have all of a GPU)")
        args.backend = "cpu"
    return usable_jobs(args.backend, jobs)


def perform(plan, jobs: int, args: argparse.Namespace, after: str = ""):
    """Sweep *plan* into ``args.out``; the folder and its judgement, or the exit code where it went wrong.

    *after* is said when all is done.
    """
    from ..cli import complain
    from ..lab.compute import SweepError
    from ..lab.cost import human_seconds
    from ..lab.store import Store
    from ..lab.sweep import sweep

    counts = {}

    def begin(found) -> None:
        counts["todo"] = len(found.todo)
        announce(plan, found, jobs, args)

    def end(seconds: float) -> None:
        say(f"done: {count(counts['todo'], 'cell')} in {human_seconds(seconds)}; the results are in {args.out}.{after}")

    try:
        with _terminate_as_interrupt():
            return sweep(
                plan,
                args.out,
                backend=args.backend,
                jobs=jobs,
                fresh=args.fresh,
                progress=True,
                warn=_warn,
                begin=begin,
                end=end,
            )
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
