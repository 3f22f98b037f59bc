"""Machine code that outlives the process: what was compiled once is read from disk the next time.

A file's name is a hash of everything that determines its content: the formulas' meaning, the source of the engines
and of what they are given, the versions of Numba and Python, and the processor. So nothing on disk is ever out of
date; an edited formula is another file, an edited report is none. Numba's own ``cache=True`` can't do this: it does
not look into closures.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import os
import pickle
import platform
import secrets
from functools import cache
from pathlib import Path

import numba
from numba.core.bytecode import FunctionIdentity
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from ratecheck import problems
from ratecheck.problems.formulas.elementary import FLAGS

from ... import cells, engines, samples
from .. import kept_code
from ..code_folder import delete_unused, subfolder

SOURCES = (
    problems,
    cells,
    engines,
    samples,
)  # all that code is made from beside the formulas, whose meaning is in the name


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
        folder = version_folder()
        content = None if folder is None else kept_code.read(*self._file(folder, target_context.codegen()))
        if content is None:
            return None
        try:
            return CompileResult._rebuild(target_context, *pickle.loads(content))
        except Exception:
            # The content is whole, and of this source, Numba and Python. But it names Numba's functions and classes,
            # and a Numba that was changed in place, under the same version, may lack them or take other arguments:
            # any exception can come of it. Compiling needs nothing of the file, and replaces it.
            return None

    def save_overload(self, signature, result):
        known = version_folder()
        folder = version_folder(create=True)
        if folder is None:
            return
        if known is None:
            delete_unused(folder.parent, "[0-9a-f]" * 32)  # other versions, in which nothing was compiled lately
        kept_code.write(*self._file(folder, result.codegen), pickle.dumps(result._reduce()))

    def _file(self, folder: Path, codegen) -> tuple[Path, str]:
        """Where the code is kept, and all that determines it."""
        meaning = repr((_version(), self.meaning, codegen.magic_tuple()))
        return folder / f"{kept_code.digest(meaning)}.code", meaning


def version_folder(create: bool = False) -> Path | None:
    """Where this source, by this Python and Numba, keeps its code; None where it keeps none."""
    return subfolder(_version(), create) if NUMBERED else None


@cache
def _version() -> str:
    folders = [Path(folder) for package in SOURCES for folder in package.__path__]
    sources = sorted(path for folder in folders for path in folder.rglob("*.py"))
    settings = sorted(item for item in os.environ.items() if item[0].startswith("NUMBA_"))
    versions = platform.python_version(), *(importlib.metadata.version(name) for name in ("numba", "llvmlite", "numpy"))
    return kept_code.digest(versions, settings, *(path.read_bytes() for path in sources))
