"""Objects that were given as such and lie in no file that was named: from a notebook's cell, a test, a module.

A Spec is plain data, so each gets a name, MODULE:NAME, by which this process finds it again. Other processes and later
ones find it only if MODULE can be imported there and has the same object under NAME.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path
from typing import Any

from ratecheck.problems.errors import InputError

_objects: dict[str, object] = {}


def hold(thing: object, name: str) -> str:
    """Let *name*, MODULE:NAME, be *thing* from now on; returns it. The last one of a name counts: a cell is run
    again."""
    _objects[name] = thing
    return name


def get(name: str) -> Any:
    """The object of that name, None where there is none."""
    return _objects.get(name)


def importable(name: str) -> bool:
    """Whether another process that imports MODULE finds what this one holds as *name*."""
    home, _, attribute = name.rpartition(":")
    module = sys.modules.get(home)
    if home == "__main__" or module is None or getattr(module, attribute, None) is not _objects.get(name):
        return False
    try:
        return importlib.util.find_spec(home) is not None
    except (ImportError, ValueError):
        return False


def file_of(name: str) -> Path | None:
    """The Python file of the module that has what this process holds as *name*; None for a notebook or a script, which
    may do more than define something."""
    home, _, attribute = name.rpartition(":")
    module = sys.modules.get(home)
    file = getattr(module, "__file__", None)
    mine = home != "__main__" and name in _objects and getattr(module, attribute, None) is _objects[name]
    return Path(file) if mine and file and file.endswith(".py") else None


def function_of(thing: Any) -> types.FunctionType | None:
    """The function that *thing* was made of by a decorator, or *thing* itself if it is one; None for neither."""
    for path in (("update",), ("phi",), ("formula",), ("term",), ("gap",), ("check",), ()):
        inner = thing
        for name in path:
            inner = getattr(inner, name, None)
        inner = getattr(inner, "function", inner)  # of a formula, a theorem, a mixture
        if isinstance(inner, types.FunctionType):
            return inner
    return None


def name_of(thing: Any) -> str:
    """MODULE:NAME for *thing*: the name that its module has it by, else that of the function that it was made of.

    Raises InputError for an object that has neither.
    """
    function = function_of(thing)
    own = str(getattr(thing, "name", "")).replace("-", "_")
    home = type(thing).__module__ if function is None else function.__module__
    there = vars(sys.modules[home]) if function is None else function.__globals__
    names = dict.fromkeys([function.__name__, *there] if function else there)
    if bound := next((name for name in names if not name.startswith("_") and there.get(name) is thing), None):
        return f"{home}:{bound}"
    if function is None:
        raise InputError(f"{thing!r} has no name; assign it to one at the top level of its module, or make it with def")
    return f"{home}:{own if own.isidentifier() else function.__name__}"
