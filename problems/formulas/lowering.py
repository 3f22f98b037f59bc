"""A checked formula as a smaller tree, from which the compiled versions are made: Numba's and CUDA C's.

In it every number is a call of ``__real``, every function of the language a call of ``__name``, and every formula
that is called has a name of the backend's choice. What is left besides: ``+ - * /``, comparisons, conditions,
conditional expressions, plain assignments, ``if`` and ``return``.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from .parsing import Parsed

REAL = "__real"  # as all the names with two underscores in front, one that no formula has


def lower(parsed: Parsed, formulas: Mapping[str, str], ordinary: frozenset[str] = frozenset()) -> ast.FunctionDef:
    """*parsed* as a smaller tree; *formulas* names the callees that are formulas.

    *ordinary* names arguments that are promised to be positive, finite and not subnormal: their logarithms become
    ``__log_ordinary``.
    """
    tree = ast.parse(ast.unparse(parsed.tree)).body[0]
    assert isinstance(tree, ast.FunctionDef)  # as it went in
    tree.decorator_list = []
    return ast.fix_missing_locations(_Lowering(parsed, formulas, ordinary).visit(tree))


def name_of(target: ast.expr) -> str:
    """The name that is assigned to: the checker lets no other target through."""
    if not isinstance(target, ast.Name):
        raise TypeError(f"no formula assigns to a {type(target).__name__}")
    return target.id


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


class _Lowering(ast.NodeTransformer):
    def __init__(self, parsed: Parsed, formulas: Mapping[str, str], ordinary: frozenset[str]):
        self.parsed, self.formulas = parsed, formulas
        assigned = {n.id for n in ast.walk(parsed.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        self.ordinary = ordinary - assigned

    def constant(self, node: ast.expr) -> float | None:
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return node.value
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self.constant(node.operand)
            return None if inner is None else -inner
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self.parsed.constants.get(ast.unparse(node))
        return None

    def visit(self, node: ast.AST) -> Any:  # what of, depends on the node
        if isinstance(node, ast.expr) and not isinstance(getattr(node, "ctx", None), ast.Store):
            value = self.constant(node)
            if value is not None:
                return _call(REAL, ast.Constant(float(value)))
        return super().visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return ast.Pass()  # a docstring

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        value = ast.BinOp(ast.Name(name_of(node.target), ast.Load()), node.op, node.value)
        return ast.Assign([node.target], self.visit(value))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        assert node.value is not None  # as the checker has seen
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
            return _call("__sqrt", base)
        if exponent is not None and exponent in range(2, 9):
            return _call(f"__power_{int(exponent)}", base)
        return _call("__pow", base, self.visit(node.right))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = ast.unparse(node.func)
        callee = self.parsed.calls[name]
        arguments = [self.visit(a) for a in node.args]
        if not isinstance(callee, str):
            return _call(self.formulas[name], *arguments)
        function = callee.split()[1]
        if function == "log" and ast.unparse(node.args[0]) in self.ordinary:
            function = "log_ordinary"
        most = 2 if function in ("min", "max") else len(arguments)
        call = _call(f"__{function}", *arguments[:most])
        for extra in arguments[most:]:
            call = _call(f"__{function}", call, extra)
        return call
