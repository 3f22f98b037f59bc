"""Results folders put together: cells, plans, plug-ins and norm checks of several in one. Nothing in them is run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ratecheck.problems.errors import InputError

from .copies import FOLDER, PlugIn
from .folder import NORMS, norms_key
from .measured import merged
from .plan import Plan
from .planfile import read_plan, write_plan
from .store import Store


@dataclass
class Merge:
    """What a merge found: cells taken over, cells that were there with the same numbers, lines about files that can't
    be trusted, and lines about two different results of one key, of which the first is kept."""

    taken: int = 0
    same: int = 0
    faults: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


def merge(out: str | Path, directories: Sequence[str | Path]) -> Merge:
    """Put what *directories* hold into the folder *out*, which may have cells already.

    Two results of one key are compared bit for bit, those of different backends to the digits that these have in
    common. Raises InputError for a folder that is none, a plan that can't be read, or a disk that refuses.
    """
    store, found = Store(Path(out)), Merge()
    folders = [Store(Path(directory)) for directory in directories]
    for folder in folders:
        if not folder.directory.is_dir():
            raise InputError(f"{folder.directory} is not a folder; give folders that sweeps wrote")
    plans = [plan for folder in (store, *folders) if (plan := read_plan(folder.directory))]
    store.prepare()
    for folder in folders:
        for key in folder.keys():
            _take(key, folder, store, found)
    if plans:
        write_plan(store.directory, _joined(plans, [folder.directory for folder in folders], found))
        _norms(store, folders, found)
    return found


def _take(key: str, folder: Store, store: Store, found: Merge) -> None:
    theirs, faults = folder.load_many([key])
    found.faults += [f"{fault}; it is left out" for fault in faults]
    if key not in theirs:
        return
    ours, faults = store.load_many([key])
    found.faults += [f"{fault}; it is replaced" for fault in faults]
    both, differing = merged(theirs[key], ours.get(key))
    if differing:
        found.conflicts.append(
            f"{key}: {folder.path(key)} and {store.path(key)} differ in {', '.join(differing)}; the latter is kept"
        )
    elif key not in ours:
        store.save(theirs[key])
        found.taken += 1
    else:
        if both.quantities.keys() > ours[key].quantities.keys():
            store.save(both)
        found.same += 1


def _joined(plans: Sequence[Plan], places: Iterable[Path], found: Merge) -> Plan:
    """One plan of all: their cells, their theorems, the norm checks of the first that has some."""
    cells = {due.key: due for plan in plans for due in plan.cells}
    named = [plan.theorems for plan in plans]
    theorems = None if None in named else tuple(dict.fromkeys(name for each in named for name in each or ()))
    norms = list(dict.fromkeys(plan.norms for plan in plans if plan.norms))
    if len(norms) > 1:
        found.conflicts.append("the plans ask for different norm checks; those of the first are kept")
    plugins: dict[str, PlugIn] = {}
    for plan in plans:
        for path, plugin in plan.plugins.items():
            known = plugins.setdefault(path, _with_content(plugin, places))
            if known.sha256 != plugin.sha256:
                found.conflicts.append(f"the plans were made with different plug-ins {path}; the first is kept")
    return Plan(
        ", ".join(dict.fromkeys(plan.source for plan in plans)),
        all(plan.quick for plan in plans),
        tuple(cells.values()),
        theorems,
        norms[0] if norms else None,
        plugins,
        left_out={reason: number for plan in plans for reason, number in plan.left_out.items()},
    )


def _with_content(plugin: PlugIn, places: Iterable[Path]) -> PlugIn:
    """*plugin* with the content of a copy that is what its digest says."""
    for place in places:
        try:
            content = (place / FOLDER / plugin.file).read_bytes()
        except OSError:
            continue
        if hashlib.sha256(content).hexdigest() == plugin.sha256:
            return replace(plugin, content=content)
    return plugin


def _norms(store: Store, folders: Iterable[Store], found: Merge) -> None:
    from ..samples import load_rows, save_rows

    plan = read_plan(store.directory)
    if plan is None or plan.norms is None:
        return
    key = norms_key(plan)
    known = None
    for folder in (store, *folders):
        if not (folder.directory / NORMS).exists():
            continue
        try:
            rows = load_rows(folder.directory, key)
        except InputError as error:
            found.faults.append(f"{error}; it is left out")
            continue
        if known is None:
            save_rows(rows, store.directory, key)
            known = rows
        elif rows != known:
            found.conflicts.append(f"{folder.directory / NORMS} differs from the other norm checks; it is left out")
