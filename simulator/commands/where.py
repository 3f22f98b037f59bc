"""The options that say how and where cells are computed, and which of them."""

from __future__ import annotations

import argparse

from ..lines import say
from .options import add_backend, number


def add_how(parser: argparse.ArgumentParser) -> None:
    """-j, --executor, --shard, --checkpoint, --fresh and --backend."""
    add = parser.add_argument
    add(
        "-j",
        "--jobs",
        type=number,
        metavar="N",
        help="worker processes, which share the cores (default 1: this process, with all cores)",
    )
    add(
        "--executor",
        metavar="NAME",
        help="where the workers are: inline, pool (what -j means), dask, dask:ADDRESS, mpi or submitit:FILE.toml "
        "(see docs/scaling.md)",
    )
    add("--shard", metavar="i/n", help="compute only this share of the cells, and judge nothing")
    add(
        "--checkpoint",
        type=number,
        metavar="SECONDS",
        help="save a cell that takes long so often, for a run that is interrupted (default 60)",
    )
    add("--fresh", action="store_true", help="also compute again what is already done")
    add_backend(parser)


def place_of(args: argparse.Namespace):
    """Where the cells are computed, checked against the backend, which may become another."""
    from ..engines import AUTO
    from ..lab.executors.place import Place

    if args.backend == AUTO and args.jobs is not None and args.jobs > 1 and not args.executor:
        say(f"auto: cpu (-j {args.jobs}: one process would have all of a GPU)")
        args.backend = "cpu"
    return Place.of(args.executor, args.jobs, args.backend)


def shard_of(args: argparse.Namespace):
    """The share of the cells that is asked for."""
    from ..lab.shard import Shard

    return Shard() if args.shard is None else Shard.parse(args.shard)


def interval_of(args: argparse.Namespace) -> float:
    """Seconds between two checkpoints of a cell; raises InputError for what is none."""
    from ratecheck.problems.errors import InputError

    from ..lab.checkpoints import INTERVAL

    if args.checkpoint is None:
        return INTERVAL
    if not args.checkpoint >= 0:
        raise InputError(f"--checkpoint takes seconds, got {args.checkpoint}")
    return float(args.checkpoint)
