"""A sweep as one call: look what is there, compute what is not, check norms, judge, and leave a folder that stands
alone. The command line and programs use the same one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from ratecheck.problems.errors import InputError, require_integer

from ..engines import AUTO, require_backend
from ..lines import say
from ..words import count
from .compute import Survey, SweepError, compute, survey
from .folder import NORMS, Folder, missing_parts, norms_key, open_folder
from .judging import Judgement, judge_folder, write_judgement
from .plan import Norms, Plan
from .planfile import PLAN, write_plan
from .store import Store

Tell = Callable[[str], None]


class Vanished(SweepError):
    """What was stored is not there when all is done."""


def sweep(
    plan: Plan,
    directory: str | Path,
    *,
    backend: str = "cpu",
    jobs: int = 1,
    fresh: bool = False,
    progress: bool = False,
    warn: Tell = lambda line: None,
    begin: Callable[[Survey], None] = lambda found: None,
    end: Callable[[float], None] = lambda seconds: None,
) -> tuple[Folder, Judgement]:
    """Compute what *plan* asks for and *directory* lacks, and judge it; cells already there are kept, unless *fresh*.

    *progress*: show it on stderr. *warn* gets lines about files that are not what they should be; *begin* is called
    before the first cell with what is done and to do, *end* with the seconds that the cells took. An interruption,
    Ctrl-C too, loses only the cells that were running. Raises InputError for wrong input or a disk that refuses,
    SweepError when a worker died and Vanished when somebody removed cells meanwhile.
    """
    jobs = usable_jobs(backend, jobs)
    store = Store(Path(directory))
    store.prepare()
    found = survey(plan, store, fresh)
    for fault in found.faults:
        warn(f"{fault}; it will be computed again")
    begin(found)
    write_plan(store.directory, plan)
    if fresh:
        store.remove(due.key for due in found.todo)
    seconds = compute(found.todo, store, backend=backend, jobs=jobs, warn=warn, quiet=not progress)
    if plan.norms:
        check_norms(plan.norms, norms_key(plan), store.directory, fresh, backend, progress, warn)
    store.tidy()
    folder = _there(plan, store)
    judgement = _judged(folder, plan)
    end(seconds)
    return folder, judgement


def usable_jobs(backend: str, jobs: int) -> int:
    """*jobs*, checked against the backend; raises InputError for an unknown one, or workers that share a GPU."""
    require_backend(backend)
    jobs = require_integer(jobs, "-j", least=1)
    if jobs > 1 and backend in ("gpu", AUTO):
        raise InputError(f"-j {jobs} with --backend {backend}: one process has all of a GPU; leave -j out")
    return jobs


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
