"""Names that mean the user's own code: ``FILE.py:NAME`` beside the names of a registry."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import re
import sys
import types
from collections.abc import Callable, Mapping
from pathlib import Path

from ratecheck.problems.errors import InputError, choose, nearest


def is_file(name: str) -> bool:
    """Whether *name* is FILE.py:NAME."""
    path, colon, _ = name.rpartition(":")
    return bool(colon) and path.endswith(".py")


def plain_name(name: str) -> str:
    """NAME of FILE.py:NAME, and any other name as it is."""
    return name.rpartition(":")[2] if is_file(name) else name


def find(registry: Mapping[str, object], name: str, what: str, kind: type | tuple[type, ...] | None = None):
    """The entry *name* of *registry*, or object NAME of FILE.py for ``FILE.py:NAME``.

    Raises InputError for an unknown name, a missing file, or an object that is not a *kind* (None: not callable).
    """
    if not is_file(name):
        return choose(registry, name, what)
    path, _, attribute = name.rpartition(":")
    module = load(path)
    found = getattr(module, attribute, None)
    if found is None:
        raise InputError(f"{path} has no {attribute!r}{nearest(attribute, vars(module))}")
    if not (isinstance(found, kind) if kind is not None else callable(found)):
        raise InputError(f"{name} is no {what}, but {type(found).__name__}; see docs/extending.md")
    return found


def neighbours(name: str) -> list[object]:
    """All objects of the file that *name* is from, none for a name that is not FILE.py:NAME."""
    return list(vars(load(name.rpartition(":")[0])).values()) if is_file(name) else []


def load(path: str | Path) -> types.ModuleType:
    """Import a user's file once per content; raises InputError when it can't be read or run."""
    file = Path(path)
    try:
        content = file.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise InputError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from error
    name = f"ratecheck_user_{hashlib.sha256(str(file.resolve()).encode() + content).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    if file.suffix != ".py":
        raise InputError(f"{path} is no Python file: its name must end in .py")
    _refuse_local_imports(file, content)
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise InputError(f"{path} can't be imported by this Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    loader = spec.loader
    _run(lambda: loader.exec_module(module), path, name)
    return module


def _run(execute: Callable[[], None], path: str | Path, name: str) -> None:
    try:
        execute()
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


def _refuse_local_imports(file: Path, content: bytes) -> None:
    """A user's file stands alone, or results that name it would not: raise InputError for an import of its neighbour."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return  # running it says what is wrong, better
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = [(node.module or "").split(".")[0]] if not node.level else [""]
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".")[0] for alias in node.names]
        else:
            continue
        for name in names:
            if not name or (file.parent / f"{name}.py").exists() and name not in sys.stdlib_module_names:
                raise InputError(
                    f"{file}, line {node.lineno}: it imports {name or 'from its own folder'!r}, a file beside it; a "
                    "plug-in is one file: put the code into it, or install it as a package"
                )
