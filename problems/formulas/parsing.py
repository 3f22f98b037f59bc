"""From a Python function to a checked formula."""

from __future__ import annotations

import ast
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
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines))).body[0]
    except (OSError, SyntaxError) as error:
        raise FormulaError(
            f"{where}: the source of {function.__name__!r} can't be read; write the formula with def in a file"
        ) from error
    if not isinstance(tree, ast.FunctionDef):
        raise FormulaError(f"{where}: {function.__name__!r} is not a def; write the formula with def, not lambda")
    return Checker(function, tree, first, callers, parse).run()
