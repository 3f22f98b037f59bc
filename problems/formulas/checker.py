"""The walk over a function that says whether it is a formula, and where and why it is none."""

from __future__ import annotations

import ast
import inspect
import math
import types
from collections.abc import Callable
from typing import Any, NoReturn

from ..errors import nearest
from .language import (
    BINARY,
    BUILTINS,
    COMPARE,
    HINTS,
    MATH,
    MOST_DEPTH,
    FormulaError,
    Parsed,
    depth,
    is_docstring,
    plain,
)


class Checker:
    """Walks a function once; every expression is a 'number' or a 'condition'."""

    def __init__(
        self,
        function: types.FunctionType,
        tree: ast.FunctionDef,
        first: int,
        callers: tuple[object, ...],
        parse: Callable[..., Parsed],
    ):
        """*tree* starts at line *first* of its file; *callers* led here; *parse* checks what the formula calls."""
        self.parse = parse
        self.callers = (*callers, function)
        scope = inspect.getclosurevars(function)
        self.names = {**scope.builtins, **scope.globals, **scope.nonlocals}
        args = tree.args
        self.out = Parsed(
            function, tree, tuple(a.arg for a in args.args), inspect.getsourcefile(function) or "?", first
        )
        self.kinds = dict.fromkeys(self.out.parameters, "number")
        if args.vararg or args.kwarg or args.kwonlyargs or args.defaults or args.posonlyargs:
            self.fail(
                tree, "only plain positional parameters without defaults are allowed", "give defaults in the decorator"
            )

    def fail(self, node: ast.AST, said: str, hint: str = "") -> NoReturn:
        line = self.out.first_line + getattr(node, "lineno", 1) - 1
        raise FormulaError(
            f"{self.out.file}:{line}: formula {self.out.tree.name!r}: {said}" + (f"; {hint}" if hint else "")
        )

    def run(self) -> Parsed:
        for node in self.out.tree.body:
            if depth(node) > MOST_DEPTH:
                self.fail(node, "too long an expression", "split it into several assignments")
        if not self.block(self.out.tree.body, set(self.out.parameters))[1]:
            self.fail(self.out.tree, "not every path returns a value", "end every branch with return")
        return self.out

    def block(self, body: list[ast.stmt], known: set[str]) -> tuple[set[str], bool]:
        """Check statements; return the names surely assigned after them and whether they surely return."""
        for index, node in enumerate(body):
            if is_docstring(node) or isinstance(node, ast.Pass):
                continue
            if isinstance(node, ast.Return):
                self.check_return(node, known)
                if body[index + 1 :]:
                    self.fail(body[index + 1], "this line is never reached", "remove it")
                return known, True
            if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
                known = self.assign(node, known)
            elif isinstance(node, ast.If):
                self.out.branches = True
                self.expect(node.test, known, "condition")
                then, then_returns = self.block(node.body, set(known))
                other, other_returns = self.block(node.orelse, set(known))
                if then_returns and other_returns:
                    if body[index + 1 :]:
                        self.fail(body[index + 1], "this line is never reached", "remove it")
                    return known, True
                known = other if then_returns else then if other_returns else then & other
            else:
                self.refuse(node)
        return known, False

    def check_return(self, node: ast.Return, known: set[str]) -> None:
        if node.value is None:
            self.fail(node, "return without a value", "return a number or a tuple of numbers")
        values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        if isinstance(node.value, ast.Tuple) and len(values) < 2:
            self.fail(node, f"returns a tuple of {len(values)}", "return the number, or several")
        for value in values:
            self.expect(value, known, "number")
        if self.out.returns not in (0, len(values)):
            self.fail(node, f"returns {len(values)} values here and {self.out.returns} elsewhere")
        self.out.returns = len(values)

    def assign(self, node: ast.Assign | ast.AugAssign | ast.AnnAssign, known: set[str]) -> set[str]:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if len(targets) > 1 or node.value is None:
            self.fail(node, "assign one value to one name", "write one assignment a line")
        target = targets[0]
        if isinstance(target, ast.Tuple):
            if not isinstance(node.value, ast.Call):
                self.fail(
                    node, "a tuple can only be unpacked from a call of another formula", "write one assignment a line"
                )
            names = [t.id if isinstance(t, ast.Name) else self.fail(node, "assign to plain names") for t in target.elts]
            if self.call(node.value, known) != len(names):
                self.fail(node, f"the formula does not return {len(names)} values")
            kinds = ["number"] * len(names)
        elif isinstance(target, ast.Name):
            if isinstance(node, ast.AugAssign):
                if not isinstance(node.op, BINARY):
                    self.refuse(node.op, node)
                self.expect(target, known, "number")
            names, kinds = [target.id], [self.kind(node.value, known)]
        else:
            self.fail(node, "assign to a plain name", HINTS.get(type(target), ""))
        for name, kind in zip(names, kinds, strict=True):
            if self.kinds.setdefault(name, kind) != kind:
                self.fail(node, f"{name!r} is both a number and a condition", "use two names")
        return known | set(names)

    def expect(self, node: ast.expr, known: set[str], wanted: str) -> None:
        if self.kind(node, known) != wanted:
            self.fail(
                node,
                f"a {wanted} is needed here",
                "write 1.0 if c else 0.0" if wanted == "number" else "compare the number with something",
            )

    def kind(self, node: ast.expr, known: set[str]) -> str:
        if isinstance(node, ast.Constant):
            if type(node.value) not in (int, float):
                self.fail(node, f"the constant {node.value!r} is not a number")
            if isinstance(node.value, int) and abs(node.value) > 2**1023:
                self.fail(node, "an integer beyond the floating-point numbers", "use math.inf")
            return "number"
        if isinstance(node, ast.Name):
            return self.name(node, known)
        if isinstance(node, ast.Attribute):
            return self.attribute(node)
        if isinstance(node, ast.BinOp):
            if not isinstance(node.op, BINARY):
                self.refuse(node.op, node)
            self.expect(node.left, known, "number")
            self.expect(node.right, known, "number")
            return "number"
        if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Invert):
            kind = "condition" if isinstance(node.op, ast.Not) else "number"
            self.expect(node.operand, known, kind)
            return kind
        if isinstance(node, ast.Compare):
            if not all(isinstance(op, COMPARE) for op in node.ops):
                self.fail(node, "only < <= > >= == != compare numbers")
            for side in (node.left, *node.comparators):
                self.expect(side, known, "number")
            self.out.branches = True
            return "condition"
        if isinstance(node, ast.BoolOp):
            for value in node.values:
                self.expect(value, known, "condition")
            return "condition"
        if isinstance(node, ast.IfExp):
            self.out.branches = True
            self.expect(node.test, known, "condition")
            self.expect(node.body, known, "number")
            self.expect(node.orelse, known, "number")
            return "number"
        if isinstance(node, ast.Call):
            if self.call(node, known) != 1:
                self.fail(node, "this formula returns several values", "unpack them with an assignment")
            return "number"
        self.refuse(node)

    def name(self, node: ast.Name, known: set[str]) -> str:
        if node.id in self.kinds:
            if node.id not in known:
                self.fail(node, f"{node.id!r} may be unset here", "assign it in every branch")
            return self.kinds[node.id]
        value: Any = self.names.get(node.id)
        if hasattr(value, "dtype") and getattr(value, "ndim", 1) == 0:
            value = value.item()
        if type(value) not in (int, float):
            self.fail(
                node, f"{node.id!r} is not a parameter, an earlier assignment or a number" + nearest(node.id, known)
            )
        self.out.constants[node.id] = float(value)
        return "number"

    def attribute(self, node: ast.Attribute) -> str:
        if isinstance(node.value, ast.Name) and self.names.get(node.value.id) is math:
            if type(getattr(math, node.attr, None)) is float:
                self.out.constants[f"{node.value.id}.{node.attr}"] = getattr(math, node.attr)
                return "number"
        self.fail(node, f"{ast.unparse(node)!r} is not a number", "only constants of math, such as math.pi")

    def call(self, node: ast.Call, known: set[str]) -> int:
        """Check a call; return how many values it gives."""
        if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
            self.fail(node, "call with plain positional arguments only")
        for argument in node.args:
            self.expect(argument, known, "number")
        name = ast.unparse(node.func)
        target = self.names.get(name) if isinstance(node.func, ast.Name) else None
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            if self.names.get(node.func.value.id) is not math:
                self.fail(
                    node,
                    f"{name} can't be called",
                    f"use math.{node.func.attr}" if node.func.attr in MATH else "use the functions of math",
                )
            target = getattr(math, node.func.attr, None)
        if target in BUILTINS:
            if len(node.args) < BUILTINS[target]:
                self.fail(node, f"{name} takes at least {BUILTINS[target]} numbers")
            self.out.branches |= target is not abs
            self.out.calls[name] = f"builtin {target.__name__}"
            return 1
        if isinstance(target, types.BuiltinFunctionType) and target.__module__ == "math":
            if target.__name__ not in MATH:
                self.fail(
                    node, f"math.{target.__name__} is not in the formula language", f"use one of: {', '.join(MATH)}"
                )
            self.out.calls[name] = f"math {target.__name__}"
            return 1
        if isinstance(plain(target), types.FunctionType):
            if plain(target) in self.callers:
                self.fail(
                    node,
                    "a formula can't call itself"
                    if plain(target) is self.out.function
                    else f"{name} calls this formula, which can't call it back",
                    "write the terms out",
                )
            callee = self.out.callees[name] = self.parse(target, self.callers)
            if len(callee.parameters) != len(node.args):
                self.fail(node, f"{name} takes {len(callee.parameters)} numbers, got {len(node.args)}")
            self.out.branches |= callee.branches
            self.out.calls[name] = target
            return callee.returns
        self.fail(
            node,
            f"{name} can't be called",
            f"use math.{name}"
            if name in MATH
            else "only abs, min, max, functions of math and formulas defined above" + nearest(name, MATH),
        )

    def refuse(self, node: ast.AST, at: ast.AST | None = None) -> NoReturn:
        word = {"Mod": "%", "FloorDiv": "//", "MatMult": "@"}.get(type(node).__name__, type(node).__name__.lower())
        hint = HINTS.get(type(node), "use math.floor" if word in ("%", "//") else "")
        self.fail(at or node, f"{word!r} is not in the formula language", hint)
