"""Compute every cell of a sweep file that is not in the results folder yet."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from .options import add_backend, number

HELP = "all cells of a TOML file; run again to resume"
EPILOG = """examples:
  ratecheck sweep my_sweep.toml                     # into ./results; interrupted? run it again
  ratecheck sweep my_sweep.toml --dry-run           # the plan and a time estimate only
  ratecheck sweep my_sweep.toml --quick -j 4 --out results/quick
  ratecheck sweep my_sweep.toml --set dim=[16,64] --set replicas=16

a sweep file: every list means each of its values, a table is the product of its lists:
  replicas = 8
  [[sweep]]
  problem = ["rational", "ramp"]
  optimizer = "adamw"
  dim = [16, 64, 256]
  steps = [1000, 4000, 16000]
  problem_args = { spectrum = [0, 1] }
  quick = { steps = [250, 1000] }                   # what --quick replaces
keys: problem, optimizer, noise, schedule, dim, steps, replicas, smoothness, gap, sigma, dtype, seed,
problem_args, optimizer_args, noise_args; at the top also theorems = [...] and [norms]."""

WORTH_TIMING = 20.0  # seconds a sweep must take, by the table, before the machine is timed for a better estimate


def arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", metavar="FILE.toml", help="the sweep file")
    add("--out", default="results", metavar="DIR", help="results folder (default results)")
    add("--seed", type=number, metavar="N", help="seed of the noise of every cell, instead of the file's")
    add(
        "-j",
        "--jobs",
        type=number,
        default=1,
        metavar="N",
        help="worker processes; the cores are divided among them (default 1: this process, with all cores)",
    )
    add("--quick", action="store_true", help="use the file's quick values")
    add("--fresh", action="store_true", help="compute again what is done already")
    add(
        "--set",
        action="append",
        default=[],
        metavar="key=value",
        dest="override",
        help="override a key in every table, e.g. dim=[16,64]; may be repeated",
    )
    add("--dry-run", action="store_true", help="print the plan only")
    add_backend(parser)


def execute(args: argparse.Namespace) -> int:
    from ratecheck.problems.errors import InputError, require_integer

    from ..cli import complain
    from ..engines import AUTO, require_backend
    from ..lab.compute import SweepError, compute, survey
    from ..lab.cost import human_seconds
    from ..lab.folder import write_plan
    from ..lab.plan import load_plan
    from ..lab.store import Store

    require_backend(args.backend)
    jobs = require_integer(args.jobs, "-j", least=1)
    if jobs > 1 and args.backend == "gpu":
        raise InputError(f"-j {jobs} with --backend gpu: one process has all of a GPU; leave -j out")
    if jobs > 1 and args.backend == AUTO:
        print(f"auto: cpu (-j {jobs}: one process would have all of a GPU)")
        args.backend = "cpu"
    plan = load_plan(args.file, quick=args.quick, seed=args.seed, override=args.override)
    store = Store(Path(args.out))
    if not args.dry_run:
        store.prepare()
    found = survey(plan, store, args.fresh)
    for fault in found.faults:
        print(f"warning: {fault}; it will be computed again", file=sys.stderr)
    announce(plan, found, jobs, args)
    if args.dry_run:
        return 0
    write_plan(store.directory, plan)
    if args.fresh:
        store.remove(due.key for due in found.todo)

    try:
        with _terminate_as_interrupt():
            seconds = compute(found.specs, store, backend=args.backend, jobs=jobs)
            if plan.norms:
                _norms(plan.norms, store.directory, args.fresh, args.backend)
    except KeyboardInterrupt as interrupt:
        stored = sum(store.path(due.key).exists() for due in plan.cells)
        print(
            f"interrupted: {stored} of {len(plan.specs)} cells are stored in {args.out}; "
            "run the same command again to go on" + " (without --fresh)" * args.fresh,
            file=sys.stderr,
        )
        return 143 if isinstance(interrupt, _Terminated) else 130
    except SweepError as error:
        return complain(str(error), code=1)
    print(
        f"done: {len(found.todo)} cells in {human_seconds(seconds)}; the results are in {args.out}. "
        f"Next: ratecheck report {args.out}"
    )
    return 0


def announce(plan, found, jobs: int, args: argparse.Namespace) -> None:
    """Say what there is to do and how long it may take; with --dry-run, kind by kind."""
    from ..cores import cores
    from ..lab.cost import human_seconds, slowness, total_seconds

    threads = max(1, cores() // jobs)
    rough = total_seconds(found.specs, args.backend, threads, jobs)
    pace = slowness(threads) if args.backend in ("cpu", "auto") and rough > WORTH_TIMING else 1.0

    def about(specs) -> str:
        return human_seconds(pace * total_seconds(specs, args.backend, threads, jobs))

    if args.dry_run:
        _show_kinds(plan, found, about)
    if args.backend == "auto" and found.todo:
        _say_choice(found.specs)
    norms = _norms_seconds(plan.norms, Path(args.out), args.fresh, args.backend) if plan.norms else 0.0
    what = f" and norm checks of {len(plan.norms.laws)} laws at {len(plan.norms.dims)} dimensions" if norms else ""
    whole = pace * (rough + norms)
    where = {"gpu": "the GPU", "auto": "this machine"}.get(args.backend, f"{min(cores(), jobs * threads)} cores")
    time = f", about {human_seconds(whole)} on {where}" if whole else ""
    print(
        f"{plan.source}{' (quick)' if plan.quick else ''}: {len(plan.specs)} cells, {len(found.done)} done, "
        f"{len(found.todo)} to do{what}{time}",
        flush=True,
    )


def _say_choice(todo) -> None:
    from ..engines.auto import pick

    chosen = Counter(map(pick, todo))
    print("auto: " + "; ".join(f"{count} on the {backend} ({why})" for (backend, why), count in chosen.items()))


def _norms_seconds(norms, directory: Path, fresh: bool, backend: str) -> float:
    from ..cores import cores
    from ..lab.cost import norm_seconds
    from ..lab.folder import NORMS
    from ..samples import samples_for

    if (directory / NORMS).exists() and not fresh:
        return 0.0
    block = 64  # coordinates that are made together
    coordinates = sum(-(-dim // block) * block * (norms.samples or samples_for(dim)) for dim in norms.dims)
    return norm_seconds(len(norms.laws), len(norms.laws) * coordinates, cores(), backend)


def _show_kinds(plan, found, about) -> None:
    from .tables import show_table

    def kind(spec) -> tuple[str, ...]:
        return spec.problem, spec.optimizer, spec.noise, spec.schedule

    def span(values) -> str:
        values = sorted(set(values))
        return ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in values)

    todo, groups = {}, {}
    for spec in plan.specs:
        groups.setdefault(kind(spec), []).append(spec)
    for spec in found.specs:
        todo.setdefault(kind(spec), []).append(spec)
    show_table(
        "cells",
        ("problem", "optimizer", "noise", "schedule", "d", "K", "replicas", "cells", "to do", "time"),
        [
            (
                *name,
                span(s.dim for s in specs),
                span(s.steps for s in specs),
                span(s.replicas for s in specs),
                str(len(specs)),
                str(len(todo.get(name, []))),
                about(todo[name]) if name in todo else "",
            )
            for name, specs in groups.items()
        ],
    )


def _norms(norms, directory: Path, fresh: bool, backend: str) -> None:
    from ratecheck.problems.errors import InputError

    from ..engines.gpu.device import cupy_device
    from ..lab.folder import NORMS, norms_key
    from ..lab.progress import simple_bar
    from ..samples import load_rows, norm_check, save_rows

    if (directory / NORMS).exists() and not fresh:
        try:
            load_rows(directory, norms_key(norms))
            return
        except InputError as error:
            print(f"warning: {error}; they are made again", file=sys.stderr)
    what = f"norm checks of {len(norms.laws)} laws at {len(norms.dims)} dimensions"
    if not sys.stderr.isatty():
        print(what, file=sys.stderr, flush=True)
    with simple_bar(what) as progress:
        device = cupy_device() if backend == "gpu" else None
        rows = norm_check(norms.laws, norms.dims, norms.samples, norms.seed, progress=progress, device=device)
    save_rows(rows, directory, norms_key(norms))


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
