"""One scalar function, written once, evaluated on arrays (NumPy) or compiled for a loop (Numba).

``Formula(f)`` checks *f* against the language of ``language.py``. Calling the formula runs the
function as written, on NumPy arrays: this is the slow, obvious version. ``formula.numba(dtype)``
is the same function with every number of type *dtype*, ready to be inlined into a compiled loop.
"""

from __future__ import annotations

import ast
import math
import types
from functools import cached_property

import numpy as np

from .language import FormulaError, Parsed, parse, plain

__all__ = ["Formula", "FormulaError"]


class Formula:
    """A scalar function of the formula language.

    Raises FormulaError, with file, line and remedy, when *function* leaves the language.
    """

    def __init__(self, function: types.FunctionType | Formula):
        self.function = plain(function)
        self.parsed: Parsed = parse(self.function)
        self.name = self.function.__name__
        self.parameters = self.parsed.parameters
        self.returns = self.parsed.returns
        self.__doc__ = self.function.__doc__
        self._compiled: dict[np.dtype, object] = {}

    def __repr__(self) -> str:
        return f"Formula({self.name}({', '.join(self.parameters)}))"

    @cached_property
    def digest(self) -> str:
        """Changes when the meaning of the formula changes, and only then."""
        return self.parsed.digest()

    def __call__(self, *arguments):
        """Evaluate on numbers or arrays that broadcast; returns an array, or a tuple of them.

        Integers count as floats.
        """
        arguments = [a if isinstance(a, float) or np.asarray(a).dtype.kind == "f" else np.asarray(a, np.float64)[()]
                     for a in arguments]
        with np.errstate(all="ignore"):
            if not self.parsed.branches:
                return self._array_function(*arguments)
            arrays = np.broadcast_arrays(*arguments)
            rows = [self._array_function(*scalars) for scalars in zip(*(a.ravel() for a in arrays), strict=True)]
        shape, dtype = arrays[0].shape, np.result_type(*arguments)
        if self.returns == 1:
            return np.array(rows, dtype=dtype).reshape(shape)[()]
        return tuple(np.array(column, dtype=dtype).reshape(shape)[()]
                     for column in (zip(*rows, strict=True) if rows else [()] * self.returns))

    @cached_property
    def _array_function(self):
        """The function as written, with NumPy's functions in the place of math's."""
        f = self.function
        names = {name: _for_arrays(value) for name, value in f.__globals__.items()
                 if name in f.__code__.co_names}
        closure = f.__closure__ and tuple(types.CellType(_for_arrays(c.cell_contents)) for c in f.__closure__)
        return types.FunctionType(f.__code__, {"__builtins__": __builtins__, **names}, f.__name__, None, closure)

    def numba(self, dtype):
        """The formula as an inlined Numba function whose numbers all have type *dtype*."""
        dtype = np.dtype(dtype)
        if dtype not in self._compiled:
            self._compiled[dtype] = _to_numba(self.parsed, dtype)
        return self._compiled[dtype]


_ARRAY_MATH = types.SimpleNamespace(
    **{name: getattr(np, {"pow": "power", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
                          "atan2": "arctan2"}.get(name, name))
       for name in ["sqrt", "exp", "expm1", "log", "log1p", "log2", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "floor", "ceil", "fabs", "copysign", "hypot", "pow"]},
    erf=lambda x: _special("erf", x), erfc=lambda x: _special("erfc", x),
    **{name: getattr(math, name) for name in ("pi", "e", "tau", "inf", "nan")})


def _special(name, x):
    import scipy.special  # only erf and erfc need it, and it is slow to import

    return getattr(scipy.special, name)(x)


def _for_arrays(value):
    if value is math:
        return _ARRAY_MATH
    if isinstance(value, types.BuiltinFunctionType) and value.__module__ == "math":
        return getattr(_ARRAY_MATH, value.__name__, value)
    if isinstance(value, types.FunctionType):
        return Formula(value)
    if isinstance(value, np.generic):
        return value.item()  # a NumPy float64 would promote float32 arrays; a Python number does not
    return value


def _to_numba(parsed: Parsed, dtype: np.dtype):
    from .elementary import COMPILE, functions

    library = functions(dtype)
    namespace = {"__real": dtype.type}  # names that no formula has
    rename = {}
    for name, callee in parsed.calls.items():
        rename[name] = "__call_" + name.replace(".", "_")
        if isinstance(callee, str):
            namespace[rename[name]] = library[callee.split()[1]]
        else:
            formula = callee if isinstance(callee, Formula) else Formula(callee)
            namespace[rename[name]] = formula.numba(dtype)
    namespace |= {f"__power_{n}": library[f"power_{n}"] for n in range(2, 9)}
    namespace |= {"__sqrt": library["sqrt"], "__pow": library["pow"]}
    tree = ast.parse(ast.unparse(parsed.tree)).body[0]
    tree.decorator_list = []
    tree = ast.fix_missing_locations(_Typed(parsed, rename).visit(tree))
    exec(compile(ast.Module([tree], []), f"<formula {parsed.tree.name}>", "exec"), namespace)
    return COMPILE(namespace[parsed.tree.name])


class _Typed(ast.NodeTransformer):
    """Gives every constant its type and every call its compiled callee.

    A bare float literal is a float64 in Numba and would quietly promote a float32 run.
    """

    def __init__(self, parsed: Parsed, rename: dict[str, str]):
        self.parsed = parsed
        self.rename = rename

    def typed(self, value: float) -> ast.expr:
        return ast.Call(ast.Name("__real", ast.Load()), [ast.Constant(float(value))], [])

    def constant(self, node: ast.expr) -> float | None:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            return node.value
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self.constant(node.operand)
            return None if inner is None else -inner
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self.parsed.constants.get(ast.unparse(node))
        return None

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and not isinstance(getattr(node, "ctx", None), ast.Store):
            value = self.constant(node)
            if value is not None:
                return self.typed(value)
        return super().visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return ast.Pass()  # a docstring

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        value = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
        return ast.Assign([node.target], self.visit(value))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return ast.Assign([node.target], self.visit(node.value))

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        return ast.arguments([], [ast.arg(a.arg) for a in node.args], None, [], [], None, [])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if not isinstance(node.op, ast.Pow):
            return self.generic_visit(node)
        base, exponent = self.visit(node.left), self.constant(node.right)
        if exponent == 1:
            return base
        if exponent == 0.5:
            return ast.Call(ast.Name("__sqrt", ast.Load()), [base], [])
        if exponent is not None and exponent in range(2, 9):
            return ast.Call(ast.Name(f"__power_{int(exponent)}", ast.Load()), [base], [])
        return ast.Call(ast.Name("__pow", ast.Load()), [base, self.visit(node.right)], [])

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = self.rename[ast.unparse(node.func)]
        arguments = [self.visit(a) for a in node.args]
        most = 2 if name in ("__call_min", "__call_max") else len(arguments)
        call = ast.Call(ast.Name(name, ast.Load()), arguments[:most], [])
        for extra in arguments[most:]:
            call = ast.Call(ast.Name(name, ast.Load()), [call, extra], [])
        return call
