"""Names that mean the user's own code: ``FILE.py:NAME`` and ``MODULE:NAME`` beside the names of a registry.

A plug-in file is run once per content, a module is imported; an object that was given as such is here already
(``held``), and a plain name that no registry has may be one that an installed package offers (``offered``). Reading
results runs none of it: ``only`` says what may run, and where results are read that is what the user named.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import linecache
import os
import re
import sys
import threading
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from ratecheck.problems.errors import InputError, choose, nearest

from . import held
from .files import read_whole
from .local_imports import refuse_local_imports
from .offered import offered

MOST = 4 * 2**20  # bytes of a plug-in

_loading = threading.RLock()  # another thread must not see a module that has run by half
_ran: dict[str, bytes] = {}  # the content that ran last, by the file's real path
_allowed: ContextVar[frozenset[str] | None] = ContextVar("allowed", default=None)


REFERENCE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def is_path(home: str) -> bool:
    """Whether a user's code lies in a file that was named, and not in a module."""
    return home.endswith(".py")


def is_own(name: str) -> bool:
    """Whether *name* is the user's: FILE.py:NAME or MODULE:NAME."""
    return is_path(name.rpartition(":")[0]) or REFERENCE.fullmatch(name) is not None


def plain_name(name: str) -> str:
    """NAME of FILE.py:NAME and MODULE:NAME, and any other name as it is."""
    return name.rpartition(":")[2] if is_own(name) else name


def home_of(name: str) -> str:
    """FILE.py of FILE.py:NAME, MODULE of MODULE:NAME, '' of any other name."""
    return name.rpartition(":")[0] if is_own(name) else ""


def full_name(registry: Mapping[str, object], name: str, what: str) -> str:
    """MODULE:NAME for the plain name of a *what* that an installed package offers, any other name as it is."""
    return name if name in registry or is_own(name) else offered(what).get(name, name)


@contextlib.contextmanager
def only(homes: Iterable[str | Path]) -> Iterator[None]:
    """Within this context no other file than those of *homes* is run, and no other module imported: a second wall for
    those who read results, who name none of a results folder's in the first place."""
    token = _allowed.set(frozenset(map(_place, homes)))
    try:
        yield
    finally:
        _allowed.reset(token)


def find(
    registry: Mapping[str, object],
    name: str,
    what: str,
    kind: type | tuple[type, ...] | None = None,
    offer: Iterable[str] | None = None,
):
    """The entry *name* of *registry*, or object NAME for ``FILE.py:NAME``, ``MODULE:NAME`` and what a package offers.

    *offer*: the names of the registry that an error may tell, by default all.
    Raises InputError for an unknown name, a missing file, or an object that is not a *kind* (None: not callable).
    """
    name = full_name(registry, name, what)
    if not is_own(name):
        return choose(registry, name, what, [*(registry if offer is None else offer), *offered(what)])
    home, attribute = home_of(name), plain_name(name)
    found = held.get(name)
    if found is None:
        module = load(home)
        found = getattr(module, attribute, None)
    if found is None:
        raise InputError(f"{home} has no {attribute!r}{nearest(attribute, vars(module))}")
    if not (isinstance(found, kind) if kind is not None else callable(found)):
        raise InputError(f"{name} is no {what}, but {type(found).__name__}; see docs/extending.md")
    return found


def neighbours(name: str) -> list[object]:
    """All objects of the file that *name* is from, none for a name that is not FILE.py:NAME."""
    return list(vars(load(home_of(name))).values()) if is_path(home_of(name)) else []


def names_in(path: str | Path, kind: type | tuple[type, ...]) -> dict[str, Any]:
    """The objects of a *kind* in a file, each once, by its name there.

    A decorator that gives back an object leaves it under a second name, ``_`` as a rule: a name that starts with an
    underscore counts only where an object has no other.
    """
    every = [(name, value) for name, value in vars(load(path)).items() if isinstance(value, kind)]
    public = {id(value): name for name, value in reversed(every) if not name.startswith("_")}
    return {public.get(id(value), name): value for name, value in every}


def content_of(path: str | Path) -> bytes:
    """The bytes of a plug-in; raises InputError when it can't be read."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{path}: the name of a plug-in must be UTF-8 text; rename the file") from error
    try:
        return read_whole(Path(path), MOST)
    except FileNotFoundError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from error


def ran(path: str | Path) -> bytes:
    """The content of a plug-in as it ran last, though the file be another by now; as it is, if it never ran."""
    return _ran.get(os.path.realpath(path)) or content_of(path)


def load(path: str | Path) -> types.ModuleType:
    """Run a user's file once per content, or import a module; raises InputError when that fails, or may not be."""
    allowed = _allowed.get()
    if allowed is not None and _place(path) not in allowed:
        raise InputError(
            f"{path} is not run: reading results runs no code; if you trust the file, give --allow-code {path}"
        )
    if not is_path(str(path)):
        return _imported(str(path))
    content = content_of(path)
    file = Path(os.path.realpath(path))
    _ran[str(file)] = content
    name = f"ratecheck_user_{hashlib.sha256(str(file).encode() + content).hexdigest()[:16]}"
    with _loading:
        return sys.modules[name] if name in sys.modules else _first_run(name, path, file, content)


def _first_run(name: str, path: str | Path, file: Path, content: bytes) -> types.ModuleType:
    if file.suffix != ".py":  # what a link leads to
        raise InputError(f"{path} is no Python file: its name must end in .py")
    refuse_local_imports(file, content)
    module = types.ModuleType(name)
    module.__file__ = str(file)
    sys.modules[name] = module
    _run(lambda: execute(module, file, content), path, name)
    return module


def _place(home: str | Path) -> str:
    return os.path.realpath(home) if is_path(str(home)) else str(home)


def _imported(module: str) -> types.ModuleType:
    try:
        return importlib.import_module(module)
    except InputError:
        raise
    except ImportError as error:
        raise InputError(f"the module {module} can't be imported ({error}); is its package installed?") from error
    except Exception as error:  # the user's own module
        raise InputError(f"the module {module} can't be imported: {type(error).__name__}: {error}") from error


def execute(module: types.ModuleType, file: Path, content: bytes) -> None:
    """Run just these bytes: Python's own loader would read the file again, or bytecode of an earlier version of it.
    Formulas are read from their source, so that has to be these bytes as well."""
    code = compile(content, str(file), "exec", dont_inherit=True)
    lines = content.decode("utf-8-sig", "replace").splitlines(keepends=True)
    linecache.cache[str(file)] = (len(content), None, lines, str(file))
    exec(code, vars(module))


def _run(action: Callable[[], None], path: str | Path, name: str) -> None:
    try:
        action()
    except BaseException as error:  # whatever a user's file raises, GeneratorExit too, is a fault of that file
        del sys.modules[name]
        if isinstance(error, (InputError, KeyboardInterrupt)):
            raise
        raise InputError(f"{path} can't be run: {type(error).__name__}: {_explained(error)}") from error


def _explained(error: BaseException) -> str:
    """The message, and what to write now in the place of what is no more."""
    if isinstance(error, ImportError) and re.search(r"\bclaims?\b", str(error)):
        return f"{error}; claims are theorems now: write `from ratecheck import theorem`, see docs/extending.md"
    return str(error)
