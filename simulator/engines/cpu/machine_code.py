"""Machine code that outlives the process: what was compiled once is read from disk the next time.

A file's name is a hash of everything that determines its content: the formulas' meaning, this package's
source, the versions of Numba and Python, and the processor. So nothing on disk is ever out of date; an
edited formula is another file. Numba's own ``cache=True`` can't do this: it does not look into closures.

The folder is the user's cache folder or RATECHECK_CACHE; an empty RATECHECK_CACHE means no folder.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import itertools
import os
import pickle
import platform
import re
import secrets
import shutil
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numba
import platformdirs
from numba.core.bytecode import FunctionIdentity
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from ratecheck import problems, simulator
from ratecheck.problems.errors import InputError
from ratecheck.problems.formulas.elementary import FLAGS

from ...files import write_whole

UNUSED_DAYS = 30  # after which the code of another version of the package is deleted


def _number_symbols_apart() -> None:
    """Let Numba number functions from a random start.

    Every process numbers them from 1, the number is all that tells the symbols of two closures apart, and
    of two symbols with one name the linker takes the first: code of two processes would be mixed up.
    """
    FunctionIdentity._unique_ids = itertools.count(secrets.randbits(62))


NUMBERED = hasattr(FunctionIdentity, "_unique_ids")  # without it nothing is kept
if NUMBERED:
    _number_symbols_apart()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_number_symbols_apart)


def compile_stored(function, signature, *meaning: object):
    """``numba.njit(signature)(function)``, read from disk where *function* was compiled before.

    *meaning* names what *function* closes over, by value: text, numbers and digests of formulas.
    """
    compiled = numba.njit(**FLAGS)(function)
    compiled._cache = _Stored(repr((function.__qualname__, str(signature), meaning)))
    compiled.compile(signature)
    compiled.disable_compile()  # or Numba would look for better types when it makes a pointer of it
    return compiled


class _Stored(NullCache):
    """What a Numba dispatcher asks before it compiles, and tells after."""

    def __init__(self, meaning: str):
        self.meaning = meaning

    def load_overload(self, signature, target_context):
        target_context.refresh()  # makes the symbols known that the code refers to
        path = self.path(target_context.codegen())
        try:
            content = path.read_bytes() if path else b""
            return CompileResult._rebuild(target_context, *pickle.loads(content)) if content else None
        except Exception:  # a file that can't be read, for whatever reason, is one that isn't there
            return None

    def save_overload(self, signature, result):
        path = self.path(result.codegen)
        if path is None:
            return
        try:
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True)
                versions = (p for p in path.parent.parent.iterdir() if re.fullmatch(r"[0-9a-f]{32}", p.name))
                delete_unused(p for p in versions if p != path.parent and p.is_dir())
            write_whole(path, pickle.dumps(result._reduce()))
        except (OSError, InputError):  # a folder that can't be written costs time, no more
            pass

    def path(self, codegen) -> Path | None:
        folder = version_folder()
        return folder and folder / f"{_digest(self.meaning, codegen.magic_tuple())}.code"


def folder() -> Path | None:
    """Where all versions of the package keep their code, None for nowhere."""
    named = os.environ.get("RATECHECK_CACHE")
    if named is None:
        return Path(platformdirs.user_cache_dir("ratecheck"))
    return Path(named) / "ratecheck" if named else None


def version_folder() -> Path | None:
    """Where this source, by this Python and Numba, keeps its code."""
    home = folder() if NUMBERED else None
    return home and home / _version()


@cache
def _version() -> str:
    sources = sorted(path for package in (problems, simulator) for path in Path(package.__file__).parent.rglob("*.py"))
    settings = sorted(item for item in os.environ.items() if item[0].startswith("NUMBA_"))
    versions = platform.python_version(), *(importlib.metadata.version(name) for name in ("numba", "llvmlite", "numpy"))
    return _digest(versions, settings, *(path.read_bytes() for path in sources))


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def delete_unused(paths: Iterable[Path]) -> None:
    """Delete the files and folders that nothing was compiled for in UNUSED_DAYS."""
    for path in paths:
        if path.stat().st_mtime < time.time() - UNUSED_DAYS * 86400:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
