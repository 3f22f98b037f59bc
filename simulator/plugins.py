"""Names that mean the user's own code: ``FILE.py:NAME`` beside the names of a registry."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import types
from collections.abc import Mapping
from pathlib import Path

from ratecheck.problems.errors import InputError, choose, nearest


def find(registry: Mapping[str, object], name: str, what: str, kind: type | tuple[type, ...] | None = None):
    """The entry *name* of *registry*, or object NAME of FILE.py for ``FILE.py:NAME``.

    Raises InputError for an unknown name, a missing file, or an object that is not a *kind*.
    """
    path, colon, attribute = name.rpartition(":")
    if not (colon and path.endswith(".py")):
        return choose(registry, name, what)
    module = load(path)
    found = getattr(module, attribute, None)
    if found is None:
        raise InputError(f"{path} has no {attribute!r}{nearest(attribute, vars(module))}")
    if kind is not None and not isinstance(found, kind) or kind is None and not callable(found):
        raise InputError(f"{name} is no {what}, but {type(found).__name__}; see docs/extending.md")
    return found


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
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except InputError:
        del sys.modules[name]
        raise
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise InputError(f"{path} can't be run: {type(error).__name__}: {error}") from error
    return module
