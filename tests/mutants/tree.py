"""A copy of the working tree in which a bug is planted, and processes that see nothing but that copy.

Nothing that was compiled outlives a mutant: bytecode of this copy, and each mutant's own folders for machine code and
Hypothesis' examples, are deleted with it. So a mutant never runs what was compiled of the code without it, nor the
other way round, whatever a cache takes for equal.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from problems.errors import InputError

from .mutant import Mutant

CACHES = {  # environment variable → folder
    "RATECHECK_CACHE": "code",
    "NUMBA_CACHE_DIR": "numba",
    "HYPOTHESIS_STORAGE_DIRECTORY": "hypothesis",
}
PACKAGES = ("problems", "simulator")


@dataclass(frozen=True)
class Done:
    """A process that ended: its exit code, None where it ran past its limit and was ended, and what it printed."""

    code: int | None
    output: str


class Processes:
    """The processes that run now, so that an interrupt can end them with all that they started."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen] = set()
        self._lock = threading.Lock()
        self._over = False

    def run(self, command: Sequence[str], cwd: Path, environment: dict[str, str], limit: float) -> Done:
        """Run *command* to its end or for *limit* seconds; raises InterruptedError once ``end`` was called."""
        with self._lock:
            if self._over:
                raise InterruptedError
            # a session of its own: Ctrl-C is the parent's, and a process that hangs is ended with its children
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
            self._running.add(process)
        try:
            output, code = process.communicate(timeout=limit)[0], process.returncode
        except subprocess.TimeoutExpired:
            _end(process)
            output, code = process.communicate()[0], None
        finally:
            with self._lock:
                self._running.discard(process)
        if self._over:
            raise InterruptedError
        return Done(code, output)

    def end(self) -> None:
        """End all that run, and let nothing more begin."""
        with self._lock:
            self._over = True
            for process in self._running:
                _end(process)


def _end(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class Tree:
    """The files of *root* that git tracks, as they are now, at *home*/tree. *home* is made."""

    def __init__(self, root: Path, home: Path, processes: Processes):
        self.home, self.folder, self._processes = home, home / "tree", processes
        for name in tracked(root):
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, path)
        for command in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "tree")):  # tests ask git what is here
            git(self.folder, "-c", "user.name=mutants", "-c", "user.email=mutants@localhost", *command)

    @contextlib.contextmanager
    def planted(self, mutant: Mutant) -> Iterator[None]:
        """With the mutant's bug, and caches of its own; raises Misfit."""
        path = self.folder / mutant.file
        if not path.is_file():
            raise InputError(f"{mutant.title}: there is no file {mutant.file}")
        before = path.read_bytes()
        after = mutant.planted(before.decode())
        self.forget()
        try:
            path.write_bytes(after.encode())
            yield
        finally:
            path.write_bytes(before)
            self.forget()

    def forget(self) -> None:
        """Delete what was compiled."""
        for name in CACHES.values():
            shutil.rmtree(self.home / name, ignore_errors=True)
        for path in list(self.folder.rglob("__pycache__")):
            shutil.rmtree(path, ignore_errors=True)

    def python(self, *arguments: str, limit: float) -> Done:
        """This Python with *arguments*, which finds the modules of this copy before all others."""
        folders = {name: str(self.home / folder) for name, folder in CACHES.items()}
        for folder in folders.values():
            Path(folder).mkdir(mode=0o700, exist_ok=True)
        path = os.pathsep.join([str(self.folder), str(self.folder / "simulator")])
        own = {"PYTHONPATH": path, "PYTHONHASHSEED": "0", "PYTHONPYCACHEPREFIX": ""}  # bytecode lies beside its source
        environment = {**os.environ, **folders, **own}
        return self._processes.run([sys.executable, *arguments], self.folder, environment, limit)

    def require_own_modules(self) -> None:
        """Raise InputError where a process would run other files than those of this copy."""
        for name in PACKAGES:
            done = self.python("-c", f"import {name}; print({name}.__path__[0])", limit=120)
            if (self.folder / name).is_dir() and done.output.strip() != str(self.folder / name):
                raise InputError(f"a process in the copy takes {name} from elsewhere: {done.output.strip()[-300:]}")


def tracked(root: Path) -> list[str]:
    """The files that git tracks and that are there, sorted; raises InputError where git can't say."""
    names = git(root, "ls-files", "-z").split("\0")
    return sorted(name for name in filter(None, names) if (root / name).is_file())


def git(folder: Path, *arguments: str) -> str:
    """What git prints; raises InputError with its complaint."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise InputError("copies are made of the files that git tracks, and git is not installed") from error
    if done.returncode:
        raise InputError(f"git {arguments[0]} fails: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode()
