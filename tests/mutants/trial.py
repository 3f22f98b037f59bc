"""One mutant tried: its tests, if need be all others, and the quick sweep."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from problems.errors import InputError
from simulator.files import write_whole

from .mutant import Misfit, Mutant
from .quick import Swept, moved, noticed, sweep, sweep_mutant
from .record import Catch, Contents, Notice
from .suite import first_failure, first_failure_of_all
from .tree import Tree


@dataclass
class Sound:
    """The tree without a bug: its quick sweep, and that a test which catches a bug passes here.

    What was found is kept in *folder*, by the content of the files that it depends on.
    """

    tree: Tree
    folder: Path
    contents: Contents
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def results(self) -> Path:
        """The results folder of the quick sweep."""
        return self.folder / f"quick-{self.contents.code[:16]}"

    def swept(self) -> Swept:
        """Its quick sweep, run once; raises InputError where it fails."""
        path = self.results.with_suffix(".json")
        with self._lock:
            if not path.exists():
                found = sweep(self.tree, self.results)
                if found.failed:
                    raise InputError(f"the quick sweep fails without any bug: {found.failed}")
                write_whole(path, json.dumps(asdict(found)).encode())
            return Swept(**json.loads(path.read_text(encoding="utf-8")))

    def passes(self, test: str) -> bool:
        """Whether *test*, a file or FILE::NAME, passes without any bug."""
        meaning = hashlib.sha256(f"{test}\0{self.contents.of_tests([test])}".encode()).hexdigest()
        path = self.folder / f"test-{meaning[:32]}.json"
        with self._lock:
            if not path.exists():
                self.folder.mkdir(parents=True, exist_ok=True)
                write_whole(path, json.dumps(not first_failure(self.tree, [test])).encode())
            return json.loads(path.read_text(encoding="utf-8"))


def catch(mutant: Mutant, tree: Tree, sound: Sound) -> Catch:
    """The test that sees *mutant*, planted in *tree*."""
    begin = time.monotonic()
    try:
        with tree.planted(mutant):
            failure = first_failure(tree, mutant.tests)
            listed = bool(failure)
            failure = failure or first_failure_of_all(tree)
    except Misfit as misfit:
        return Catch(misfit=str(misfit))
    if failure and not sound.passes(failure):
        return Catch(misfit=f"{mutant.title}: {failure} fails without it too, so nothing is known")
    return Catch(failure, listed, seconds=round(time.monotonic() - begin, 1))


def notice(mutant: Mutant, tree: Tree, sound: Sound) -> Notice:
    """What the quick sweep tells of *mutant*, planted in *tree*; raises Misfit."""
    begin, without = time.monotonic(), sound.swept()
    with tree.planted(mutant):
        found = sweep_mutant(tree, mutant, tree.home / "results", sound.results)
    return Notice(noticed(found, without), moved(found, without), round(time.monotonic() - begin, 1))
