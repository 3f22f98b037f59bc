"""A checked formula as an inlined Numba function whose numbers all have one type."""

from __future__ import annotations

import ast

import numpy as np

from .elementary import COMPILE, functions
from .lowering import REAL, lower
from .parsing import Parsed


def to_numba(parsed: Parsed, dtype: np.dtype, ordinary: frozenset[str] = frozenset()):
    """*parsed* for *dtype*. A bare float literal is a float64 in Numba and would quietly promote a float32 run."""
    namespace = {REAL: dtype.type, **{f"__{name}": function for name, function in functions(dtype).items()}}
    formulas = {}
    for name, callee in parsed.calls.items():
        if not isinstance(callee, str):
            formulas[name] = "__call_" + name.replace(".", "_")
            compiled = callee.numba(dtype) if hasattr(callee, "numba") else to_numba(parsed.callees[name], dtype)
            namespace[formulas[name]] = compiled
    tree = lower(parsed, formulas, ordinary)
    exec(compile(ast.Module([tree], []), f"<formula {tree.name}>", "exec"), namespace)
    return COMPILE(namespace[tree.name])
