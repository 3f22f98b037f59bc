"""A sweep as one call: look what is there, compute what is not, check norms, judge, and leave a folder that stands
alone. The command line and programs use the same one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..lines import say
from ..words import count
from . import checkpoints
from .compute import CellsFailed, compute
from .executors.place import Place
from .folder import NORMS, Folder, missing_parts, norms_key, open_folder
from .judging import Judgement, judge_folder, write_judgement
from .plan import Norms, Plan
from .planfile import PLAN, write_plan
from .rounds import SweepError
from .shard import Shard
from .store import Store
from .survey import Survey, survey

Tell = Callable[[str], None]


class Vanished(SweepError):
    """What was stored is not there when all is done."""


@dataclass(frozen=True)
class Way:
    """How a sweep is run: on which backend, where, with what is there already or *fresh*, which share of the cells;
    *progress* shows it on stderr, cells that take longer than *interval* seconds are saved on their way.

    *warn* gets lines about files that are not what they should be; *begin* is called before the first cell with what
    is done and to do, *end* with the seconds that the cells took.
    """

    backend: str = "cpu"
    place: Place = Place()
    fresh: bool = False
    progress: bool = False
    interval: float = checkpoints.INTERVAL
    warn: Tell = lambda line: None
    begin: Callable[[Survey], None] = lambda found: None
    end: Callable[[float], None] = lambda seconds: None


def sweep(plan: Plan, directory: str | Path, way: Way = Way()) -> tuple[Folder, Judgement]:  # noqa: B008 (frozen)
    """Compute what *plan* asks for and *directory* lacks, and judge it; cells already there are kept.

    An interruption, Ctrl-C too, loses only what running cells did since they were saved. Raises InputError for wrong
    input or a disk that refuses, CellsFailed when cells failed, SweepError when no worker lives and Vanished when
    somebody removed cells meanwhile.
    """
    store = Store(Path(directory))
    seconds = _fill(plan, store, way, Shard())
    folder = _there(plan, store)
    judgement = _judged(folder, plan)
    way.end(seconds)
    return folder, judgement


def sweep_shard(plan: Plan, directory: str | Path, shard: Shard, way: Way = Way()) -> Folder:  # noqa: B008 (frozen)
    """Compute the share *shard* of what *plan* asks for and *directory* lacks; nothing is judged. The first share has
    the norm checks. Raises as ``sweep``."""
    store = Store(Path(directory))
    seconds = _fill(plan, store, way, shard)
    folder = open_folder(store.directory, plan)
    way.end(seconds)
    return folder


def _fill(plan: Plan, store: Store, way: Way, shard: Shard) -> float:
    """Compute what is lacking; returns the seconds that the cells took."""
    store.prepare()
    found = survey(replace(plan, cells=shard.mine(plan.cells)), store, way.fresh)
    for fault in found.faults:
        way.warn(f"{fault}; it will be computed again")
    way.begin(found)
    write_plan(store.directory, plan)
    if way.fresh:
        store.remove(due.key for due in found.todo)
        for due in found.todo:
            checkpoints.clear(store.directory, due.key)
    failed, seconds = None, 0.0
    try:
        seconds = compute(
            found.todo,
            store,
            backend=way.backend,
            place=way.place,
            warn=way.warn,
            quiet=not way.progress,
            interval=way.interval,
        )
    except CellsFailed as error:  # the rest is of use without them
        failed = error
    if plan.norms and shard.number == 1:
        key = norms_key(plan)
        check_norms(plan.norms, key, store.directory, way.fresh, way.backend, way.progress, way.warn)
    store.tidy()
    if failed:
        raise failed
    return seconds


def check_norms(norms: Norms, key: str, directory: Path, fresh: bool, backend: str, progress: bool, warn: Tell) -> None:
    """Make the norm checks unless they are there, with their *key*."""
    from ..engines.gpu.device import cupy_device
    from ..samples import load_rows, norm_check, save_rows
    from .progress import simple_bar

    if os.path.lexists(directory / NORMS) and not fresh:
        try:
            load_rows(directory, key)
            return
        except InputError as error:
            warn(f"{error}; they are made again")
    what = norms_text(norms)
    if progress and not sys.stderr.isatty():
        say(what, sys.stderr)
    with simple_bar(what, quiet=not progress) as update:
        device = cupy_device() if backend == "gpu" else None
        rows = norm_check(norms.laws, norms.dims, norms.samples, norms.seed, progress=update, device=device)
    save_rows(rows, directory, key)


def norms_text(norms: Norms) -> str:
    """'norm checks of 8 laws at 3 dimensions'."""
    return f"norm checks of {count(len(norms.laws), 'law')} at {count(len(norms.dims), 'dimension')}"


def _there(plan: Plan, store: Store) -> Folder:
    """The folder as it is now, compared with what was to be there. Its plan may be another sweep's by now."""
    try:
        folder = open_folder(store.directory, plan)
    except InputError as error:
        raise Vanished(f"the cells were computed, but {error}") from error
    missing = [missing_parts(plan, folder.results, folder.norm_rows)]
    if not (store.directory / PLAN).exists():
        missing.append(f"{PLAN} is missing")
    if any(missing):
        faults = [fault for fault in folder.faults if str(store.cells) in fault]
        why = faults[0] if faults else "all was stored, so somebody removed it meanwhile"
        raise Vanished(f"{store.directory}: {' and '.join(filter(None, missing))} ({why}); run the sweep again")
    return folder


def _judged(folder: Folder, plan: Plan) -> Judgement:
    """Judge and write the verdicts."""
    try:
        judgement = judge_folder(folder, ran=plan.objects)
        write_judgement(folder, judgement)
    except InputError as error:
        raise InputError(f"the cells are stored in {folder.directory}, but not the verdicts: {error}") from error
    except Exception as error:
        if not plan.plugins:
            raise
        raise InputError(  # a user's theorem may raise anything
            f"the cells are stored in {folder.directory}, but a theorem fails on them: {type(error).__name__}: {error}"
        ) from error
    return judgement
