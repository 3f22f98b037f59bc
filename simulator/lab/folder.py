"""A results folder as a whole: the plan it was made for, the cells that are there, the norm checks.

``store`` says what lies where.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..cells.evidence import Result
from ..cells.spec import Spec
from ..files import write_whole
from ..strict_json import dumps
from .plan import Due, Norms, Plan
from .store import Store

FORMAT = "ratecheck sweep 2"
PLAN, NORMS = "sweep.json", "norms.json"


@dataclass(frozen=True)
class Folder:
    """What ``verify`` and ``report`` work on.

    ``results`` are the plan's cells in its order, or all cells when the folder has no plan; ``faults``
    lines about files that can't be trusted; ``others`` counts cells that are not of the plan.
    """

    directory: Path
    plan: Plan | None
    results: list[Result]
    norm_rows: list
    faults: list[str]
    others: int = 0

    @property
    def partial(self) -> str:
        """How much is missing, in words; '' when all is there or there is no plan to compare with."""
        missing = missing_parts(self.plan, self.results, self.norm_rows)
        return f"partial: {missing}" if missing else ""


def missing_parts(plan: Plan | None, results: Sequence[Result], norm_rows: Sequence) -> str:
    """What of *plan* is missing, in words; '' when nothing is or there is no plan."""
    if plan is None:
        return ""
    due, missing = len(plan.specs), []
    if len(results) < due:
        missing.append(f"{due - len(results)} of {due} cells are missing")
    if plan.norms and not norm_rows:
        missing.append("the norm checks are missing")
    return " and ".join(missing)


def open_folder(directory: str | Path) -> Folder:
    """Read a results folder; raises InputError for a folder that is none, or whose plan can't be read."""
    store = Store(Path(directory))
    if not store.directory.is_dir():
        raise InputError(f"{directory} is no folder; give the folder that a sweep wrote")
    plan = read_plan(store.directory)
    try:
        there = store.keys()
    except OSError as error:
        raise InputError(f"{store.cells} can't be read: {error.strerror}") from error
    has_norms = (store.directory / NORMS).exists()
    if plan is None and not there and not has_norms:
        raise InputError(
            f"{directory} is no results folder: it has neither {PLAN} nor cells; give the folder that a sweep wrote"
        )
    wanted = there if plan is None else [due.key for due in plan.cells]
    found, faults = store.load_many(wanted)
    rows = []
    if has_norms:
        from ..samples import load_rows

        try:
            rows = load_rows(store.directory, norms_key(plan.norms) if plan and plan.norms else None)
        except InputError as error:
            faults.append(str(error))
    return Folder(store.directory, plan, list(found.values()), rows, faults, len(set(there) - set(wanted)))


def norms_key(norms: Norms) -> str:
    """The key of the norm checks that a plan asks for."""
    from ..samples import check_key

    return check_key(norms.laws, norms.dims, norms.samples, norms.seed)


def write_plan(directory: Path, plan: Plan) -> None:
    """Write *plan* in the place of any earlier one; raises InputError when it can't be written."""
    content = {
        "format": FORMAT,
        "source": plan.source,
        "quick": plan.quick,
        "theorems": None if plan.theorems is None else list(plan.theorems),
        "norms": None if plan.norms is None else asdict(plan.norms),
        "cells": [{"key": due.key, "spec": due.spec.to_dict()} for due in plan.cells],
    }
    write_whole(directory / PLAN, (dumps(content) + "\n").encode())


def read_plan(directory: Path) -> Plan | None:
    """The plan of a folder, None when it has none; raises InputError for a file that is no plan."""
    path = directory / PLAN
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: no JSON ({error}); {_remedy()}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputError(f"{path} is no plan of a sweep (format {FORMAT!r}); {_remedy()}")
    try:
        norms = data["norms"] and Norms(**{k: tuple(v) if isinstance(v, list) else v for k, v in data["norms"].items()})
        cells = [Due(str(cell["key"]), Spec.from_dict(cell["spec"])) for cell in data["cells"]]
        theorems = data["theorems"]
        return Plan(
            str(data["source"]),
            bool(data["quick"]),
            tuple(cells),
            None if theorems is None else tuple(map(str, theorems)),
            norms,
        )
    except InputError as error:
        raise InputError(
            f"{path} is damaged, or names a file of yours that is not to be found from this folder: {error!s:.300}; "
            + _remedy()
        ) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is damaged: {error!s:.300}; {_remedy()}") from error


def _remedy() -> str:
    return "run the sweep again: it writes the plan anew and keeps the cells"
