"""What has no file of its own as the text of one: objects with all that they are made of, in an order in which it runs.

The text is what a results folder keeps of a notebook's cell or of a package's module. Of functions it has the source as
it was when they were made; numbers and the like stand there as values; modules of others are imported.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import sys
import sysconfig
import textwrap
import types
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .held import function_of

LIBRARIES = {*sys.stdlib_module_names, "ratecheck", "numpy", "scipy", "numba"}
SITE = tuple({sysconfig.get_path(name) for name in ("purelib", "platlib")})


def source_text(things: Mapping[str, object], home: str) -> str:
    """The text of a file that defines *things*, of the module *home*, by their names there.

    What can't be written is named in a comment, and why.
    """
    writer = _Writer(home.partition(".")[0])
    for name, thing in things.items():
        writer.write(name, thing)
    head = [f'"""What ratecheck was given from {home!r} as Python objects, as source text."""']
    head += [f"# {name} is not here: {why}" for name, why in writer.lacking.items()]
    blocks = ["\n".join(head), "\n".join(dict.fromkeys(writer.imports)), *writer.blocks]
    return "\n\n\n".join(block.strip("\n") for block in blocks if block) + "\n"


class _Writer:
    """``blocks`` and ``imports`` are of the text so far, ``written`` what its names stand for."""

    def __init__(self, root: str):
        self.root = root
        self.imports: list[str] = []
        self.blocks: list[str] = []
        self.written: dict[str, object] = {}
        self.lacking: dict[str, str] = {}
        self._sources: set[str] = set()

    def write(self, name: str, value: Any, seen_from: types.FunctionType | None = None) -> None:
        """Write *value* as *name*, after all that it needs; *seen_from* is a function that uses it."""
        if name in self.written:
            if self.written[name] is not value:
                self.lacking[name] = "two different things have this name"
            return
        self.written[name] = value
        if imported := self._import(name, value):
            self.imports.append(imported)
            return
        function = function_of(value)
        if function is not None and not isinstance(value, type):
            self._made(name, value, function)
        elif (literal := _literal(value)) is not None:
            self.blocks.append(f"{name} = {literal}")
        elif isinstance(value, type):
            self._source(value, value.__name__, {}, vars(sys.modules[value.__module__]))
        elif (found := _assignment(name, seen_from)) is not None:
            self._names(ast.parse(found), {}, seen_from.__globals__ if seen_from else {}, seen_from)
            self.blocks.append(found)
        else:
            self.lacking[name] = f"a {type(value).__name__} has no source text"

    def _made(self, name: str, value: Any, function: types.FunctionType) -> None:
        """A function or what a decorator made of it, then what belongs to it: derivative, bound, false controls."""
        if parent := getattr(value, "parent", None):
            self.write(_name(parent), parent, function)
        extras = list(_extras(value))
        hints = {**_parts(value), **{n: v for extra in extras for n, v in _scope(extra).items()}}
        if self.written.setdefault(function.__name__, value) is not value:
            self.lacking[name] = f"another {function.__name__} is here already"
            return
        self._source(function, function.__name__, hints, _scope(function), function)
        if name != function.__name__:
            self.blocks.append(f"{name} = {function.__name__}")
        for extra in extras:
            self._source(extra, extra.__name__, hints, {**_scope(extra), function.__name__: value}, extra)
        for control in getattr(value, "controls", ()):
            self.write(_name(control), control, function)

    def _source(
        self,
        thing: Any,
        name: str,
        hints: Mapping[str, object],
        scope: Mapping[str, object],
        function: types.FunctionType | None = None,
    ) -> None:
        try:
            text = textwrap.dedent(inspect.getsource(thing))
            tree = ast.parse(text)
        except (OSError, TypeError, SyntaxError) as error:
            self.lacking[name] = f"its source text can't be read ({type(error).__name__})"
            return
        if text in self._sources:
            return
        self._sources.add(text)
        self._names(tree, hints, scope, function)
        self.blocks.append(text)

    def _names(
        self,
        tree: ast.AST,
        hints: Mapping[str, object],
        scope: Mapping[str, object],
        function: types.FunctionType | None,
    ) -> None:
        """Write what the names of *tree* stand for in *scope*, else by *hints*."""
        for name in _used(tree):
            if name in scope:
                self.write(name, scope[name], function)
            elif name in hints:
                self.write(name, hints[name], function)
            elif not hasattr(builtins, name):
                self.lacking.setdefault(name, "it is a local name, or not defined")

    def _import(self, name: str, value: Any) -> str:
        """The statement that imports *value*, '' for what is the user's."""
        if isinstance(value, types.ModuleType):
            if not self._foreign(value.__name__):
                self.lacking[name] = f"the module {value.__name__} is the user's own; import names from it"
            return f"import {value.__name__}" + f" as {name}" * (name != value.__name__)
        function = function_of(value)
        home = getattr(function if function is not None else value, "__module__", None)
        own = getattr(value, "__name__", None) if function is None else function.__name__
        if not isinstance(home, str) or not self._foreign(home):
            return ""
        there = vars(sys.modules[home]) if home in sys.modules else {}
        if home.startswith("ratecheck."):
            import ratecheck

            if name in ratecheck.__all__ and getattr(ratecheck, name) is value:
                return f"from ratecheck import {name}"
        found = next((n for n in (own, name, *there) if isinstance(n, str) and there.get(n) is value), None)
        return f"from {home} import {found}" + f" as {name}" * (found != name) if found else ""

    def _foreign(self, module: str) -> bool:
        root = module.partition(".")[0]
        if root in LIBRARIES or root == self.root or root == "__main__":
            return root in LIBRARIES
        file = getattr(sys.modules.get(root), "__file__", None) or ""
        return str(Path(file).resolve()).startswith(SITE)


def _name(thing: Any) -> str:
    function = function_of(thing)
    return function.__name__ if function else thing.name


def _scope(function: types.FunctionType) -> dict[str, object]:
    """What a function's names stand for: its closure's variables before its module's."""
    found = dict(function.__globals__)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not yet assigned
            found.pop(name, None)
    return found


def _parts(value: Any) -> dict[str, object]:
    """What a theorem made inside a function was given there, whose names no scope tells."""
    parts = [getattr(value, name, None) for name in ("optimizer", "rule", "measures", "allows", "law", "parent")]
    return {_name(part): part for part in parts if function_of(part) is not None}


def _extras(value: Any) -> Iterator[types.FunctionType]:
    """Functions that a decorator added to an object under another name."""
    own = function_of(value)
    for name in ("dphi", "_bound"):
        extra = getattr(value, name, None)
        extra = getattr(extra, "function", extra)
        if isinstance(extra, types.FunctionType) and extra is not own:
            yield extra


def _used(tree: ast.AST) -> list[str]:
    """The names that *tree* reads and doesn't bind itself."""
    nodes = list(ast.walk(tree))
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    read = (node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return [name for name in dict.fromkeys(read) if name not in bound]


def _literal(value: Any) -> str | None:
    if isinstance(value, float) and repr(value) in ("inf", "-inf", "nan"):
        return f'float("{value!r}")'
    try:
        return repr(value) if ast.literal_eval(repr(value)) == value else None
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _assignment(name: str, seen_from: types.FunctionType | None) -> str | None:
    """The last statement at top level that assigns *name*, in the file of *seen_from* or in a cell beside its own."""
    for file in _files(seen_from):
        text = "".join(linecache.getlines(file))
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        for node in reversed(tree.body):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return ast.get_source_segment(text, node)
    return None


def _files(seen_from: types.FunctionType | None) -> Iterable[str]:
    if seen_from is None:
        return ()
    own = seen_from.__code__.co_filename
    cells = [file for file in reversed(list(linecache.cache)) if Path(file).parent == Path(own).parent]
    return dict.fromkeys([own, *(cells if seen_from.__module__ == "__main__" else ())])
