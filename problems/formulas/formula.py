"""One scalar function, written once, evaluated on arrays (NumPy) or compiled for a loop (Numba).

``Formula(f)`` checks *f* against the language of ``language.py``. Calling the formula runs the
function as written, on NumPy arrays: this is the slow, obvious version. ``formula.numba(dtype)``
is the same function with every number of type *dtype*, ready to be inlined into a compiled loop.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from .language import MATH, FormulaError, Parsed, plain
from .parsing import parse

__all__ = ["Formula", "FormulaError"]


class Formula:
    """A scalar function of the formula language.

    Raises FormulaError, with file, line and remedy, when *function* leaves the language.
    """

    def __init__(self, function: Callable[..., Any] | Formula):
        self.function: types.FunctionType = plain(function)
        self.parsed: Parsed = parse(self.function)
        self.name = self.function.__name__
        self.parameters = self.parsed.parameters
        self.returns = self.parsed.returns
        self.__doc__ = self.function.__doc__
        self._compiled: dict[tuple[np.dtype[Any], frozenset[str]], Any] = {}

    def __repr__(self) -> str:
        return f"Formula({self.name}({', '.join(self.parameters)}))"

    @cached_property
    def digest(self) -> str:
        """Changes when the meaning of the formula changes, and only then."""
        return self.parsed.digest()

    def __call__(self, *arguments: Any) -> Any:
        """Evaluate on numbers or arrays that broadcast; returns an array, or a tuple of them.

        Integers count as floats.
        """
        given = [
            a if isinstance(a, float) or np.asarray(a).dtype.kind == "f" else np.asarray(a, np.float64)[()]
            for a in arguments
        ]
        with np.errstate(all="ignore"):
            if not self.parsed.branches:
                return self._array_function(*given)
            arrays = np.broadcast_arrays(*given)
            rows = [self._array_function(*scalars) for scalars in zip(*(a.ravel() for a in arrays), strict=True)]
        shape, dtype = arrays[0].shape, np.result_type(*given)
        if self.returns == 1:
            return np.array(rows, dtype=dtype).reshape(shape)[()]
        return tuple(
            np.array(column, dtype=dtype).reshape(shape)[()]
            for column in (zip(*rows, strict=True) if rows else [()] * self.returns)
        )

    @cached_property
    def _array_function(self) -> Callable[..., Any]:
        """The function as written, with NumPy's functions in the place of math's."""
        f = self.function
        names = {name: _for_arrays(value) for name, value in f.__globals__.items() if name in f.__code__.co_names}
        closure = f.__closure__ and tuple(types.CellType(_for_arrays(c.cell_contents)) for c in f.__closure__)
        return types.FunctionType(f.__code__, {"__builtins__": __builtins__, **names}, f.__name__, None, closure)

    def numba(self, dtype: Any, ordinary: frozenset[str] = frozenset()) -> Any:
        """The formula as an inlined Numba function whose numbers all have type *dtype*.

        *ordinary* names arguments that are promised to be positive, finite and not subnormal: their logarithms
        then come without special cases, with the same bits.
        """
        kind = np.dtype(dtype), ordinary
        if kind not in self._compiled:
            from .compiled import to_numba  # late: Numba is slow to import, and arrays do without

            self._compiled[kind] = to_numba(self.parsed, *kind)
        return self._compiled[kind]


_NUMPY_NAMES = {"pow": "power", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2"}
_ARRAY_MATH = types.SimpleNamespace(
    **{name: getattr(np, _NUMPY_NAMES.get(name, name)) for name in MATH if name not in ("erf", "erfc")},
    erf=lambda x: _special("erf", x),
    erfc=lambda x: _special("erfc", x),
    **{name: getattr(math, name) for name in ("pi", "e", "tau", "inf", "nan")},
)


def _special(name: str, x: Any) -> Any:
    import scipy.special  # only erf and erfc need it, and it is slow to import

    return getattr(scipy.special, name)(x)


def _for_arrays(value: Any) -> Any:
    if value is math:
        return _ARRAY_MATH
    if isinstance(value, types.BuiltinFunctionType) and value.__module__ == "math":
        return getattr(_ARRAY_MATH, value.__name__, value)
    if isinstance(value, types.FunctionType):
        return Formula(value)
    if isinstance(value, np.generic):
        return value.item()  # a NumPy float64 would promote float32 arrays; a Python number does not
    return value
