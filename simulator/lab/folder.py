"""A results folder as a whole: the plan it was made for, the cells that are there, the norm checks, stored bounds.

``store`` says what lies where. Reading a folder runs nothing that is in it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..cells.evidence import Result
from ..cells.recording import Recording
from ..judge.stored_theorem import StoredTheorem
from ..sample_theorem import SampleTheorem
from ..words import count
from . import recordings
from .ladder_plan import LADDER, LadderPlan, read_ladder
from .plan import Plan
from .planfile import PLAN, read_plan, write_plan
from .store import Store
from .verdicts import read_stored

__all__ = ["NORMS", "PLAN", "Folder", "missing_parts", "norms_key", "open_folder", "read_plan", "write_plan"]

NORMS = "norms.json"


@dataclass(frozen=True)
class Folder:
    """What ``verify`` and ``report`` work on.

    ``results`` are the plan's cells in its order, or all cells when the folder has no plan; ``faults``
    lines about files that can't be trusted; ``others`` counts cells that are not of the plan; ``recordings`` of
    training loops, and the ``ladder`` that asked for them, if one did; ``stored`` has what the folder holds of users'
    theorems, by the plan's names for them.
    """

    directory: Path
    plan: Plan | None
    results: list[Result]
    norm_rows: list
    faults: list[str]
    others: int = 0
    recordings: Sequence[Recording] = ()
    ladder: LadderPlan | None = None
    stored: Mapping[str, StoredTheorem | SampleTheorem] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Folder({count(len(self.results), 'cell')} of {self.directory})"

    @property
    def partial(self) -> str:
        """How much is missing, in words; '' when all is there or there is no plan to compare with."""
        missing = missing_parts(self.plan, self.results, self.norm_rows)
        runs = self.ladder.missing(self.recordings) if self.ladder else ""
        return f"partial: {' and '.join(filter(None, (missing, runs)))}" if missing or runs else ""


def missing_parts(plan: Plan | None, results: Sequence[Result], norm_rows: Sequence) -> str:
    """What of *plan* is missing, in words; '' when nothing is or there is no plan."""
    if plan is None:
        return ""
    due, missing = len(plan.specs), []
    if len(results) < due:
        lost = due - len(results)
        missing.append(f"{lost} of {count(due, 'cell')} {'is' if lost == 1 else 'are'} missing")
    if plan.norms and not norm_rows:
        missing.append("the norm checks are missing")
    return " and ".join(missing)


def open_folder(directory: str | Path, plan: Plan | None = None) -> Folder:
    """Read a results folder, by its own plan or by *plan*; raises InputError for a folder that is none, or whose plan
    can't be read."""
    store = Store(Path(directory))
    if not store.directory.is_dir():
        raise InputError(f"{directory} is not a folder; give the folder that a sweep wrote")
    plan = read_plan(store.directory) if plan is None else plan
    try:
        there = store.keys()
    except OSError as error:
        raise InputError(f"{store.cells} can't be read: {error.strerror}") from error
    has_norms = os.path.lexists(store.directory / NORMS)
    recorded = recordings.keys(store.directory)
    has_ladder = os.path.lexists(store.directory / LADDER)
    if plan is None and not there and not has_norms and not recorded and not has_ladder:
        raise InputError(
            f"{directory} is not a results folder: it has neither {PLAN} nor cells; give the folder that a sweep wrote"
        )
    wanted = there if plan is None else [due.key for due in plan.cells]
    found, faults = store.load_many(wanted)
    rows = []
    if has_norms:
        from ..samples import load_rows

        try:
            rows = load_rows(store.directory, norms_key(plan) if plan and plan.norms else None)
        except InputError as error:
            faults.append(str(error))
    loops, damaged = recordings.load_all(store.directory) if recorded else ([], [])
    faults += damaged
    ladder = None
    try:
        ladder = read_ladder(store.directory) if has_ladder else None
    except InputError as error:
        faults.append(str(error))
    stored = {}
    try:
        stored = read_stored(store.directory)
    except InputError as error:
        faults.append(str(error))
    others = len(set(there) - set(wanted))
    return Folder(store.directory, plan, list(found.values()), rows, faults, others, loops, ladder, stored)


def norms_key(plan: Plan) -> str:
    """The key of the norm checks that a plan asks for; nothing is run for it."""
    from ..samples import check_key

    norms = plan.norms
    if norms is None:
        raise ValueError("the plan asks for no norm checks")
    files = {path: plugin.sha256 for path, plugin in plan.plugins.items()}
    return check_key(norms.laws, norms.dims, norms.samples, norms.seed, files)
