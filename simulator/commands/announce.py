"""What is said before a sweep: how much there is to do, of which kinds, on which backend, and how long it may take."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..cells.spec import Spec

WORTH_TIMING = 20.0  # seconds a sweep must take, by the table, before the machine is timed for a better estimate


def announce(plan, found, jobs: int, args: argparse.Namespace, by_kind: bool = False) -> None:
    """Say what there is to do and how long it may take, and *by_kind* of cell."""
    from ..cores import cores
    from ..lab.cost import human_seconds, slowness, total_seconds

    threads = max(1, cores() // jobs)
    rough = total_seconds(found.specs, args.backend, threads, jobs)
    pace = slowness(threads) if args.backend in ("cpu", "auto") and rough > WORTH_TIMING else 1.0

    def about(specs) -> str:
        return human_seconds(pace * total_seconds(specs, args.backend, threads, jobs))

    if by_kind:
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
    for note in plan.notes:
        print(note, flush=True)


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

    def kind(spec: Spec) -> tuple[str, ...]:
        return spec.problem, spec.optimizer, spec.noise, spec.schedule

    def span(values) -> str:
        values = sorted(set(values))
        return ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in values)

    todo: dict[tuple[str, ...], list[Spec]] = {}
    groups: dict[tuple[str, ...], list[Spec]] = {}
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
