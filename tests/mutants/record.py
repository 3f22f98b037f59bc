"""What was found of a mutant, in files of its own: an interrupted run goes on, and what nothing changed for stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from simulator.files import write_whole

from .mutant import Mutant

CODE = ("problems/", "simulator/", "setup.cfg", "pyproject.toml")
MINE = "tests/mutants/"


@dataclass(frozen=True)
class Catch:
    """``by``: the first test that failed, '' where none did; ``listed``: whether it is of the mutant's own test files.
    ``misfit``: why nothing is known."""

    by: str = ""
    listed: bool = False
    misfit: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Notice:
    """Of the quick sweep: what its verdicts tell, and the theorem whose largest ratio moved; '' for nothing."""

    told: str = ""
    moved: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Record:
    """``notice`` is None where the mutant does not reach the quick sweep, or that was not run."""

    catch: Catch = field(default_factory=Catch)
    notice: Notice | None = None

    @property
    def caught(self) -> bool:
        return bool(self.catch.by)


class Contents:
    """What a tree's files are, in digests. Documents are left out: few tests look at them, and those at little else."""

    def __init__(self, root: Path, names: Iterable[str]):
        self._root, names = root, list(names)
        tests = [n for n in names if n.startswith("tests/") and not n.startswith(MINE)]
        code = [n for n in names if n.startswith(CODE)]
        helpers = [n for n in tests if not Path(n).name.startswith("test_")]
        self.code, self._shared, self.all = map(self._digest, (code, code + helpers, code + tests))

    def of_tests(self, files: Iterable[str]) -> str:
        """The code, what tests share, and the test *files*, or FILE::NAME: all that a run of these depends on."""
        names = sorted({file.partition("::")[0] for file in files})
        return hashlib.sha256((self._shared + self._digest(names)).encode()).hexdigest()

    def _digest(self, names: Iterable[str]) -> str:
        whole = hashlib.sha256()
        for name in names:
            content = (self._root / name).read_bytes() if (self._root / name).is_file() else b""
            whole.update(f"{name}\0{len(content)}\0".encode() + content)
        return whole.hexdigest()


@dataclass(frozen=True)
class Records:
    """The findings in *folder*, of mutants of the tree that *contents* are of."""

    folder: Path
    contents: Contents

    def catch(self, mutant: Mutant) -> Catch | None:
        """None where it is not known, or where something that it depends on has changed."""
        told = _read(self._tests(mutant))
        if told is None:
            return None
        found = Catch(**told["found"])
        # what its own tests don't catch depends on all the others
        return found if told["all"] == self.contents.all or (found.by and found.listed) else None

    def notice(self, mutant: Mutant) -> Notice | None:
        """The same of the quick sweep, which depends on no test."""
        told = _read(self._sweep(mutant))
        return None if told is None else Notice(**told["found"])

    def keep(self, mutant: Mutant, found: Catch | Notice) -> None:
        """Write it, whole or not at all; raises InputError when the disk refuses."""
        self.folder.mkdir(parents=True, exist_ok=True)
        told = {"mutant": asdict(mutant), "found": asdict(found), "all": self.contents.all}
        path = self._tests(mutant) if isinstance(found, Catch) else self._sweep(mutant)
        write_whole(path, json.dumps(told, ensure_ascii=False, indent=1).encode())

    def _tests(self, mutant: Mutant) -> Path:
        return self._path("tests", mutant, self.contents.of_tests(mutant.tests))

    def _sweep(self, mutant: Mutant) -> Path:
        return self._path("sweep", mutant, self.contents.code)

    def _path(self, what: str, mutant: Mutant, content: str) -> Path:
        bug = [mutant.file, mutant.old, mutant.new, *(mutant.tests if what == "tests" else ())]
        return self.folder / f"{what}-{hashlib.sha256(json.dumps([bug, content]).encode()).hexdigest()[:32]}.json"


def _read(path: Path) -> dict | None:
    """What a file holds, None for none and for a damaged one."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) and {"found", "all"} <= set(told) else None
