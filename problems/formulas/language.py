"""The formula language: which Python scalar functions are formulas, and the errors for those that are not.

A formula computes one number or a fixed tuple of numbers from numbers. It may use ``+ - * / **``,
comparisons, ``and or not``, ``x if c else y``, ``if``/``elif``/``else``, assignment to plain names,
``abs``, ``min``, ``max``, the functions of ``math`` listed in ``MATH``, numeric constants of the
enclosing scope and calls of other formulas. Nothing else: the same text must run in a vectorised
CPU loop and in a GPU kernel with the same bits.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import types
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError

MATH = (
    *"sqrt exp expm1 log log1p log2 sin cos tan asin acos atan atan2 sinh cosh tanh".split(),
    *"erf erfc floor ceil fabs copysign hypot pow".split(),
)
BUILTINS = {builtins.abs: 1, builtins.min: 2, builtins.max: 2}
BINARY = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
COMPARE = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
MOST_DEPTH = 150  # of a statement's tree; compilers walk it with a call for each level
HINTS = {
    ast.For: "write the terms out; a formula has no loops",
    ast.While: "write the terms out; a formula has no loops",
    ast.Lambda: "write a formula of its own with def",
    ast.Subscript: "a formula works on one coordinate; it has no arrays",
    ast.List: "a formula works on one coordinate; it has no arrays",
    ast.Raise: "return math.nan or a large number instead",
    ast.Assert: "check inputs where the problem is built",
    ast.Try: "a formula raises nothing; use if/else",
}


class FormulaError(InputError):
    """A function is outside the formula language: says file, line and what to write instead."""


def plain(function: Any) -> Any:
    """The Python function inside a Formula (or the argument itself)."""
    return getattr(function, "function", function)


def is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def depth(node: ast.AST) -> int:
    """Levels of a tree, counted without recursion."""
    level, nodes = 0, [node]
    while nodes:
        level, nodes = level + 1, [child for parent in nodes for child in ast.iter_child_nodes(parent)]
    return level


@dataclass
class Parsed:
    """A checked formula: its tree, and what the names in it stand for."""

    function: types.FunctionType
    tree: ast.FunctionDef
    parameters: tuple[str, ...]
    file: str
    first_line: int
    returns: int = 0
    branches: bool = False
    constants: dict[str, float] = field(default_factory=dict)
    calls: dict[str, object] = field(default_factory=dict)
    callees: dict[str, Parsed] = field(default_factory=dict)

    def digest(self) -> str:
        """A hash of the formula's meaning: comments, docstring and layout do not count, callees do."""
        body = [n for n in self.tree.body if not is_docstring(n)]
        text = ["(" + ",".join(self.parameters) + ")", *map(ast.unparse, body)]
        text += [f"{name}={value!r}" for name, value in sorted(self.constants.items())]
        for name, callee in sorted(self.calls.items()):
            text.append(f"{name}:{callee if isinstance(callee, str) else self.callees[name].digest()}")
        return hashlib.sha256("\n".join(text).encode()).hexdigest()
