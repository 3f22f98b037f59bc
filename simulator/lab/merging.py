"""Results folders put together: all that several hold, in one. Nothing in them is run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ratecheck.problems.errors import InputError

from ..files import copy_whole
from . import failures, recordings
from .archive import CellError
from .folder import NORMS, norms_key
from .joined_plan import joined_plan
from .ladder_plan import LADDER, joined_ladder, read_ladder, write_ladder
from .measured import merged
from .planfile import read_plan, write_plan
from .store import SAVED, Store


@dataclass
class Merge:
    """What a merge found: cells and recordings taken over, cells that were there with the same numbers, lines about
    files that can't be trusted, and lines about two different results of one key, of which the first is kept."""

    taken: int = 0
    recordings: int = 0
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
    plan = None
    if plans:
        plan, found.conflicts = joined_plan(plans, [folder.directory for folder in folders])
    store.prepare()
    for folder in folders:
        for key in folder.keys():
            _take(key, folder, store, found)
    if plan:
        write_plan(store.directory, plan)
        _norms(store, folders, found)
    for folder in folders:
        _take_unfinished(folder, store)
        _take_recordings(folder.directory, store.directory, found)
    ladders = [read_ladder(place.directory) for place in (store, *folders) if (place.directory / LADDER).exists()]
    if ladders:
        write_ladder(store.directory, joined_ladder(ladders))
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


def _take_recordings(place: Path, out: Path, found: Merge) -> None:
    """The recordings of training loops: one of a key that is there already must have its numbers."""
    theirs, faults = recordings.load_all(place)
    found.faults += [f"{fault}; it is left out" for fault in faults]
    for recording in theirs:
        try:
            ours = recordings.load(out, recording.key)
        except CellError as error:
            found.faults.append(f"{error}; it is replaced")
            ours = None
        if ours is None:
            recordings.save(out, recording)
            found.recordings += 1
        elif differing := [n for n, a in recording.arrays().items() if a.tobytes() != ours.arrays()[n].tobytes()]:
            kept = recordings.path_of(out, recording.key)
            place_of = recordings.path_of(place, recording.key)
            found.conflicts.append(f"{place_of} and {kept} differ in {', '.join(differing)}; the latter is kept")


def _take_unfinished(folder: Store, store: Store) -> None:
    """Cells on their way, and why cells fail, of those that nobody has."""
    if folder.directory.resolve() == store.directory.resolve():
        return
    for name in (SAVED, failures.FOLDER):
        for path in sorted((folder.directory / name).glob("[!.]*")):
            known = store.directory / name / path.name
            if path.is_file() and not known.exists() and not store.path(path.name.partition(".")[0]).exists():
                copy_whole(path, known)


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
