"""What is said before a sweep: how much there is to do, of which kinds, on which backend, and how long it may take."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from ..lines import say
from ..words import count, span

if TYPE_CHECKING:
    from ..cells.spec import Spec
    from ..lab.executors.place import Place


def announce(plan, found, place: Place, args: argparse.Namespace, by_kind: bool = False) -> None:
    """Say what there is to do and how long it may take, and *by_kind* of cell."""
    from ..cores import cores
    from ..lab.cost import pace_of, roughly, total_seconds
    from ..lab.sweep import norms_text

    jobs, threads = place.jobs, place.threads or 1
    rough = total_seconds(found.specs, args.backend, threads, jobs)
    pace = pace_of(rough, args.backend, threads)

    def about(specs) -> str:
        return roughly(pace * total_seconds(specs, args.backend, threads, jobs))

    if by_kind:
        _show_kinds(plan, found, about)
    if args.backend == "auto" and found.todo:
        _say_choice(found.specs)
    norms = _norms_seconds(plan.norms, Path(args.out), args.fresh, args.backend) if plan.norms else 0.0
    what = f" and {norms_text(plan.norms)}" if norms else ""
    whole = pace * (rough + norms)
    used = "other machines" if place.elsewhere else count(min(cores(), jobs * threads), "core")
    where = used if place.elsewhere else {"gpu": "the GPU", "auto": "this machine"}.get(args.backend, used)
    time = f", about {roughly(whole)} on {where}" if whole else ""
    say(
        f"{plan.source}{' (quick)' if plan.quick else ''}: {count(len(plan.specs), 'cell')}, {len(found.done)} done, "
        f"{len(found.todo)} to do{what}{time}"
    )
    for note in plan.notes:
        say(note)


def _say_choice(todo) -> None:
    from ..engines.auto import pick

    chosen = Counter(map(pick, todo))
    say("auto: " + "; ".join(f"{number} on the {backend} ({why})" for (backend, why), number in chosen.items()))


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
    from .tables import show_table, without_constants

    def kind(spec: Spec) -> tuple[str, ...]:
        return spec.problem, spec.optimizer, spec.noise, spec.schedule

    todo: dict[tuple[str, ...], list[Spec]] = {}
    groups: dict[tuple[str, ...], list[Spec]] = {}
    for spec in plan.specs:
        groups.setdefault(kind(spec), []).append(spec)
    for spec in found.specs:
        todo.setdefault(kind(spec), []).append(spec)
    heads, rows, said = without_constants(
        ("problem", "optimizer", "noise", "schedule", "d", "K", "replicas", "cells", "to do", "time"),
        [
            (
                *name,
                *(span(sorted({getattr(s, axis) for s in specs})) for axis in ("dim", "steps", "replicas")),
                str(len(specs)),
                str(len(todo.get(name, []))),
                about(todo[name]) if name in todo else "",
            )
            for name, specs in groups.items()
        ],
        ("optimizer", "noise", "schedule", "d", "K", "replicas"),
    )
    show_table("cells", heads, rows)
    if said:
        say(f"in each: {said}", first="  ", rest="    ")
