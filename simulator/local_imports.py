"""A plug-in stands alone: results keep a copy of it, and a copy of half a program would be none.

Found are the statements ``import x`` and ``from x import y``, anywhere in the file, where a file ``x.py``, a compiled
module or a folder ``x`` lies beside it and is not installed elsewhere, and relative imports. Not found is what only
running would show: importlib, ``__import__``, ``exec``, a changed ``sys.path``, files that the plug-in opens. Those
run as ever, and only the copy in a results folder is the poorer for it.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from ratecheck.problems.errors import InputError

OWN = ("ratecheck", "problems", "simulator")  # this package's, under whichever name it is imported


def refuse_local_imports(file: Path, content: bytes) -> None:
    """Raise InputError for an import of something that lies beside *file*."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # running it says what is wrong, better
    for line, name in _imports(tree):
        if not name or (name not in sys.stdlib_module_names and name not in OWN and _beside(file.parent, name)):
            raise InputError(
                f"{file}, line {line}: it imports {repr(name) if name else 'from its own folder'}, which lies beside "
                "it; a plug-in is one file: put the code into it, or install it as a package"
            )


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and first name of every import; '' for a relative one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield node.lineno, "" if node.level else (node.module or "").split(".")[0]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.split(".")[0]


def _beside(folder: Path, name: str) -> bool:
    """Whether *name* lies in *folder*, a module or a package, and is not installed elsewhere."""
    there = [folder / f"{name}.py", *folder.glob(f"{name}.*.so"), *folder.glob(f"{name}.*.pyd")]
    if not any(path.exists() for path in there) and not any((folder / name).glob("*.py")):
        return False
    try:
        found = importlib.util.find_spec(name)  # runs nothing, as the name has no dot
    except (ImportError, ValueError):
        found = None
    places = [found.origin, *(found.submodule_search_locations or ())] if found else []
    elsewhere = [place for place in places if place and os.path.isabs(place)]
    return not elsewhere or any(folder in Path(os.path.realpath(place)).parents for place in elsewhere)
