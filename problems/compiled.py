"""A checked formula as an inlined Numba function whose numbers all have one type."""

from __future__ import annotations

import ast

import numpy as np

from .elementary import COMPILE, functions
from .parsing import Parsed


def to_numba(parsed: Parsed, dtype: np.dtype, normal: frozenset[str] = frozenset()):
    library = functions(dtype)
    namespace = {"__real": dtype.type}  # names that no formula has
    rename = {}
    for name, callee in parsed.calls.items():
        rename[name] = "__call_" + name.replace(".", "_")
        if isinstance(callee, str):
            namespace[rename[name]] = library[callee.split()[1]]
        else:
            compiled = callee.numba(dtype) if hasattr(callee, "numba") else to_numba(parsed.callees[name], dtype)
            namespace[rename[name]] = compiled
    namespace |= {f"__power_{n}": library[f"power_{n}"] for n in range(2, 9)}
    namespace |= {"__sqrt": library["sqrt"], "__pow": library["pow"], "__log_normal": library["log_normal"]}
    tree = ast.parse(ast.unparse(parsed.tree)).body[0]
    tree.decorator_list = []
    tree = ast.fix_missing_locations(_Typed(parsed, rename, normal).visit(tree))
    exec(compile(ast.Module([tree], []), f"<formula {parsed.tree.name}>", "exec"), namespace)
    return COMPILE(namespace[parsed.tree.name])


class _Typed(ast.NodeTransformer):
    """Gives every constant its type and every call its compiled callee.

    A bare float literal is a float64 in Numba and would quietly promote a float32 run.
    """

    def __init__(self, parsed: Parsed, rename: dict[str, str], normal: frozenset[str]):
        self.parsed = parsed
        self.rename = rename
        assigned = {n.id for n in ast.walk(parsed.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        self.normal = normal - assigned

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
        if self.parsed.calls[ast.unparse(node.func)] == "math log" and ast.unparse(node.args[0]) in self.normal:
            name = "__log_normal"
        arguments = [self.visit(a) for a in node.args]
        most = 2 if name in ("__call_min", "__call_max") else len(arguments)
        call = ast.Call(ast.Name(name, ast.Load()), arguments[:most], [])
        for extra in arguments[most:]:
            call = ast.Call(ast.Name(name, ast.Load()), [call, extra], [])
        return call
