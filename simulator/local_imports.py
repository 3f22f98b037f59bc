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

HOME = Path(__file__).resolve().parents[1]  # of this package's two folders
OWN = ("problems", "simulator")  # their names; a file beside the plug-in may have one of these, too


def refuse_local_imports(file: Path, content: bytes) -> None:
    """Raise InputError for an import of something that lies beside *file*."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # running it says what is wrong, better
    loaded = {*sys.stdlib_module_names, "ratecheck"}  # whatever lies beside the file, Python takes these
    for line, name in _imports(tree):
        if not name or (name not in loaded and _beside(file.parent, name)):
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
    module = any(path.exists() for path in there)
    if not module and not any((folder / name).glob("*.py")):
        return False
    if name in OWN:  # that one is found elsewhere proves nothing: this package's is, and the user means the other
        return module or os.path.realpath(folder / name) != str(HOME / name)
    try:
        found = importlib.util.find_spec(name)  # runs nothing, as the name has no dot
    except (ImportError, ValueError):
        found = None
    places = [found.origin, *(found.submodule_search_locations or ())] if found else []
    elsewhere = [place for place in places if place and os.path.isabs(place)]
    return not elsewhere or any(folder in Path(os.path.realpath(place)).parents for place in elsewhere)
