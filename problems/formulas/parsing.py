"""From a Python function to a checked formula."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
import types

from .checker import Checker
from .language import FormulaError, Parsed, plain


def parse(function: object, callers: tuple[object, ...] = ()) -> Parsed:
    """Check *function* (or a Formula) against the language; raise FormulaError where it leaves it.

    *callers* are the functions whose check led here: a formula may call none of them.
    """
    function = plain(function)
    if not isinstance(function, types.FunctionType):
        raise FormulaError(f"a formula is a Python function, got {function!r}")
    where = f"{inspect.getsourcefile(function) or '?'}:{function.__code__.co_firstlineno}"
    try:
        tree, first = _source(function.__code__)
    except (OSError, SyntaxError) as error:
        raise FormulaError(
            f"{where}: the source of {function.__name__!r} can't be read; write the formula with def in a file"
        ) from error
    if not isinstance(tree, ast.FunctionDef):
        raise FormulaError(f"{where}: {function.__name__!r} is not a def; write the formula with def, not lambda")
    return Checker(function, tree, first, callers, parse).run()


@functools.lru_cache(maxsize=1024)  # a rule may make the same formula for each of thousands of cells
def _source(code: types.CodeType) -> tuple[ast.stmt, int]:
    """The def that *code* was compiled from, and its first line in its file."""
    lines, first = inspect.getsourcelines(code)
    return ast.parse(textwrap.dedent("".join(lines))).body[0], first
