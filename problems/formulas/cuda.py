"""Checked formulas as CUDA C: function templates of the number type, with the roundings of the Numba versions.

The text needs ``elementary.cuh`` before it (``elementary_source``). It has no headers and no macros, so that NVRTC
and an ordinary C++ compiler take it alike. Bits agree with Numba's as long as the compiler may not contract
a multiplication and an addition (NVRTC: ``-fmad=false``, GCC: ``-ffp-contract=off``).
"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from .elementary import PRECISIONS
from .formula import Formula
from .lowering import REAL, lower, name_of
from .parsing import Parsed

OPERATORS: dict[type[ast.AST], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
OPERATORS |= {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
OPERATORS |= {ast.And: "&&", ast.Or: "||", ast.Not: "!", ast.USub: "-", ast.UAdd: "+"}
INLINE = "__device__ __forceinline__"


class CudaFunctions:
    """Formulas, and what they call, as the text of one CUDA source."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, frozenset[str]], str] = {}
        self._texts: list[str] = []

    def add(self, formula: Formula, ordinary: frozenset[str] = frozenset()) -> str:
        """Name of the template for *formula*; *ordinary* as of ``Formula.numba``.

        ``name<R>(arguments)`` returns the result; a formula of several results takes references to them as its last
        arguments and returns nothing.
        """
        return self._add(formula.parsed, ordinary)

    def _add(self, parsed: Parsed, ordinary: frozenset[str]) -> str:
        key = parsed.digest(), ordinary
        if key not in self._names:
            formulas = {
                name: self._add(parsed.callees[name], frozenset())
                for name, callee in parsed.calls.items()
                if not isinstance(callee, str)
            }
            name = f"{_identifier(parsed.tree.name)}{len(self._names)}"
            self._texts.append(_Printer(lower(parsed, formulas, ordinary), parsed.returns).function(name))
            self._names[key] = name
        return self._names[key]

    def source(self) -> str:
        return "\n".join(self._texts)


class _Printer:
    """Prints a lowered formula."""

    def __init__(self, tree: ast.FunctionDef, returns: int):
        self.tree, self.returns = tree, returns
        self.parameters = [argument.arg for argument in tree.args.args]
        self.kinds = dict.fromkeys(self.parameters, "R")  # name → C type

    def function(self, name: str) -> str:
        body = self.block(self.tree.body, "    ")
        locals_ = [f"    {kind} {_identifier(n)}{{}};" for n, kind in self.kinds.items() if n not in self.parameters]
        taken = [f"R {_identifier(n)}" for n in self.parameters]
        if self.returns > 1:
            taken += [f"R& out{i}" for i in range(self.returns)]
        head = f"template <class R>\n{INLINE} {'R' if self.returns == 1 else 'void'} {name}({', '.join(taken)})"
        return "\n".join([head, "{", *locals_, *body, "}", ""])

    def block(self, statements: Sequence[ast.stmt], indent: str) -> list[str]:
        return [line for statement in statements for line in self.statement(statement, indent)]

    def statement(self, node: ast.stmt, indent: str) -> list[str]:
        if isinstance(node, ast.Pass):
            return []
        if isinstance(node, ast.Return):
            return [indent + self.returned(node.value)]
        if isinstance(node, ast.If):
            lines = [f"{indent}if ({self.expression(node.test)}) {{", *self.block(node.body, indent + "    ")]
            if node.orelse:
                lines += [indent + "} else {", *self.block(node.orelse, indent + "    ")]
            return [*lines, indent + "}"]
        if not isinstance(node, ast.Assign):
            raise _unknown(node)
        target = node.targets[0]
        if isinstance(target, ast.Tuple):
            names = [name_of(t) for t in target.elts]
            self.kinds |= dict.fromkeys(names, "R")
            return [f"{indent}{self.call(node.value, [_identifier(n) for n in names])};"]
        name = name_of(target)
        self.kinds.setdefault(name, self.kind(node.value))
        return [f"{indent}{_identifier(name)} = {self.expression(node.value)};"]

    def returned(self, value: ast.expr | None) -> str:
        if value is None:
            raise _unknown(value)
        values = [self.expression(v) for v in (value.elts if isinstance(value, ast.Tuple) else [value])]
        if len(values) == 1:
            return f"return {values[0]};"
        kept = "".join(f"const R t{i} = {v}; " for i, v in enumerate(values))
        return f"{{ {kept}{''.join(f'out{i} = t{i}; ' for i in range(len(values)))}return; }}"

    def kind(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return self.kinds[node.id]
        conditional = isinstance(node, (ast.Compare, ast.BoolOp))
        return "bool" if conditional or isinstance(getattr(node, "op", None), ast.Not) else "R"

    def expression(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return _identifier(node.id)
        if isinstance(node, ast.Call):
            return self.call(node, [])
        if isinstance(node, ast.BinOp):
            return f"({self.expression(node.left)} {OPERATORS[type(node.op)]} {self.expression(node.right)})"
        if isinstance(node, ast.UnaryOp):
            return f"({OPERATORS[type(node.op)]}{self.expression(node.operand)})"
        if isinstance(node, ast.Compare):
            sides = [self.expression(side) for side in (node.left, *node.comparators)]
            pairs = zip(sides, node.ops, sides[1:], strict=False)
            return "(" + " && ".join(f"{a} {OPERATORS[type(op)]} {b}" for a, op, b in pairs) + ")"
        if isinstance(node, ast.BoolOp):
            return "(" + f" {OPERATORS[type(node.op)]} ".join(map(self.expression, node.values)) + ")"
        if isinstance(node, ast.IfExp):
            return f"({self.expression(node.test)} ? {self.expression(node.body)} : {self.expression(node.orelse)})"
        raise _unknown(node)

    def call(self, node: ast.expr, references: Sequence[str]) -> str:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            raise _unknown(node)
        name = node.func.id
        if name == REAL:
            return _literal(ast.literal_eval(node.args[0]))
        function = f"elementary::{name[2:]}" if name.startswith("__") else name
        return f"{function}<R>({', '.join([*map(self.expression, node.args), *references])})"


def _unknown(node: ast.AST | None) -> TypeError:
    return TypeError(f"no formula has a {type(node).__name__} once it is lowered")


def _identifier(name: str) -> str:
    """A name that is none of C's, in ASCII."""
    return "".join(c if c.isascii() else f"_u{ord(c):x}_" for c in name) + "_"


def _literal(value: float) -> str:
    """A number of type R, rounded once, as NumPy rounds it."""
    if math.isinf(value):
        return ("-" if value < 0 else "") + "elementary::infinity<R>()"
    return "elementary::nan<R>()" if math.isnan(value) else f"R({value!r})"


@cache
def elementary_source() -> str:
    """``elementary.cuh`` with its constants and polynomials before it, which are those of ``elementary.py``."""
    functions = Path(__file__).with_name("elementary.cuh").read_text(encoding="utf-8")
    return "\n".join([_CONSTANTS, *map(_constants, PRECISIONS), functions])


_CONSTANTS = "namespace elementary {\ntemplate <class R> struct Constants;\n}\n"


def _constants(f) -> str:
    real, bits = ("float", "int") if f.mantissa == 23 else ("double", "long long")
    numbers = {
        **{name: getattr(f, name) for name in ("ln2_high", "ln2_low", "exp_least", "exp_most")},
        **{name: getattr(f, name) for name in ("smallest", "lift", "lifted")},
        **{f"pi_{i}": value for i, value in enumerate(f.pi, start=1)},
    }
    lines = [f"    static constexpr {real} {name} = {_exact(value)};" for name, value in numbers.items()]
    lines += [
        f"    static constexpr {bits} {name} = {int(getattr(f, name))};" for name in ("mantissa", "bias", "sqrt_half")
    ]
    lines += [
        f"    static {INLINE} {real} {name}_tail({real} x) {{ return {_horner(getattr(f, name), real)}; }}"
        for name in ("log", "exp", "sin")
    ]
    head = f"template <> struct Constants<{real}> {{\n    using Bits = {bits};\n    using Word = unsigned {bits};"
    return "\n".join(["namespace elementary {", head, *lines, "};", "}", ""])


def _exact(value) -> str:
    return f"{float(value)!r}{'f' if value.dtype.itemsize == 4 else ''}"


def _horner(coefficients: Sequence[float], real: str) -> str:
    text = f"{real}({coefficients[-1]!r})"
    for c in coefficients[-2::-1]:
        text = f"({text}) * x + {real}({c!r})"
    return text
