"""What can be measured of a run: one table of quantities, each a number for every replica.

A *reading* is one number a step: a term of each coordinate, summed or maximised over them, then an outer function.
A *quantity* is a reading's mean, minimum, maximum, last value or weighted mean over the steps k = 1 … K, every one of
them. Engines compute the quantities they are asked for (``simulator.engines``); none changes a bit of the others, so
a quantity is no part of a cell's key.

A minimum is taken in each replica: E min_k ≤ min_k E, so a theorem about min_k E may use it without noise only.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ratecheck.problems.errors import InputError, choose
from ratecheck.problems.formulas import Formula

from .spec import canonical_json

ARGUMENTS = ("gradient", "x", "gap")
FOLDS = ("sum", "max")
OVER = ("mean", "min", "max", "last")


@dataclass(frozen=True, eq=False)
class Reading:
    """One number a step k, of x^k before its update and of the true gradient there.

    ``term`` is a formula of any of ``gradient`` (∇_i f), ``x`` (x_i), ``gap`` (the coordinate's part of f − f*) and
    of the optimizer's hyper-parameters by their names; ``fold`` is sum or max over the coordinates, ``outer`` a
    formula of the result (None: as it is). ``degrees``: (a, b) if it becomes c^a s^b times itself under f → c f and
    x → s x, that is f(x) → c f(x/s). ``text`` and ``tex`` are how it is written.
    """

    name: str
    term: Formula
    fold: str
    outer: Formula | None
    degrees: tuple[float, float]
    text: str
    tex: str

    @property
    def meaning(self) -> tuple[str, ...]:
        """Equal for readings that give equal numbers."""
        return self.term.digest, self.fold, self.outer.digest if self.outer else ""


@dataclass(frozen=True, eq=False)
class Quantity:
    """A reading over the steps: ``over`` is mean, min, max, last (the value at x^K) or weighted.

    ``weight`` is a formula of the step k ≥ 1 for a weighted mean Σ w_k r_k / Σ w_k, else None.
    """

    name: str
    reading: Reading
    over: str
    weight: Formula | None = None

    @property
    def degrees(self) -> tuple[float, float]:
        return self.reading.degrees

    @property
    def meaning(self) -> tuple[str, ...]:
        """Equal for quantities that give equal numbers."""
        return *self.reading.meaning, self.over, self.weight.digest if self.weight else ""

    @cached_property
    def digest(self) -> str:
        """The meaning in 16 digits, as cells and folders record it beside the name."""
        return hashlib.sha256(canonical_json(self.meaning).encode()).hexdigest()[:16]

    @property
    def text(self) -> str:
        """'mean over k of ‖∇f(x^k)‖₁'."""
        return {
            "mean": f"mean over k of {self.reading.text}",
            "min": f"minimum over k of {self.reading.text}",
            "max": f"maximum over k of {self.reading.text}",
            "last": f"{self.reading.text} at k = K",
            "weighted": f"weighted mean over k of {self.reading.text}",
        }[self.over]

    @property
    def tex(self) -> str:
        """The expectation as mathtext, without dollar signs."""
        return {
            "mean": rf"\frac{{1}}{{K}}\sum_k\,\mathrm{{E}}\,{self.reading.tex}",
            "min": rf"\mathrm{{E}}\,\min_k\,{self.reading.tex}",
            "max": rf"\mathrm{{E}}\,\max_k\,{self.reading.tex}",
            "last": rf"\mathrm{{E}}\,{self.reading.tex.replace('x^k', 'x^K')}",
            "weighted": rf"\sum_k w_k\,\mathrm{{E}}\,{self.reading.tex}\,/\,\sum_k w_k",
        }[self.over]


def reading(*, fold: str, degrees: tuple[float, float], text: str, tex: str = "", outer=None, name: str = ""):
    """Decorator that turns a term into a Reading; raises InputError for an unknown fold."""
    if fold not in FOLDS:
        raise InputError(f"a reading folds coordinates by {' or '.join(FOLDS)}, got {fold!r}")

    def wrap(function) -> Reading:
        made = Formula(function)
        return Reading(
            name or made.name, made, fold, outer and Formula(outer), degrees, text, tex or rf"\mathrm{{{made.name}}}"
        )

    return wrap


def weighted(name: str, of: Reading, weight) -> Quantity:
    """The mean of *of* over the steps with weights w(k) > 0, a formula of the step k = 1 … K."""
    weight = Formula(weight)
    if weight.parameters != ("k",):
        raise InputError(f"quantity {name!r}: a weight is a formula of k alone, got {', '.join(weight.parameters)}")
    return Quantity(name, of, "weighted", weight)


def find_quantity(quantity: str | Quantity) -> Quantity:
    """The quantity of that name; raises InputError for an unknown one."""
    return quantity if isinstance(quantity, Quantity) else choose(QUANTITIES, quantity, "quantity")


def union(*groups: Iterable[Quantity]) -> tuple[Quantity, ...]:
    """All quantities of *groups*, each once, in the order in which they first appear.

    Raises InputError for two that have one name and give other numbers.
    """
    found: dict[str, Quantity] = {}
    for quantity in (q for group in groups for q in group):
        known = found.setdefault(quantity.name, quantity)
        if known.meaning != quantity.meaning:
            raise InputError(f"two quantities are named {quantity.name!r} and measure different things; rename one")
    return tuple(found.values())


def _absolute(gradient):
    return abs(gradient)


def _square(gradient):
    return gradient * gradient


def _inner(gradient, x):
    return gradient * x


def _size(x):
    return abs(x)


def _gap(gap):
    return gap


def _root(total):
    return math.sqrt(total)


def _squared(total):
    return total * total


def _readings() -> Iterable[Reading]:
    rows = (
        ("grad_l1", _absolute, "sum", None, (1.0, -1.0), "‖∇f(x^k)‖₁", r"\|\nabla f(x^k)\|_1"),
        ("grad_l2", _square, "sum", _root, (1.0, -1.0), "‖∇f(x^k)‖₂", r"\|\nabla f(x^k)\|_2"),
        ("grad_linf", _absolute, "max", None, (1.0, -1.0), "‖∇f(x^k)‖∞", r"\|\nabla f(x^k)\|_\infty"),
        ("grad_l1_squared", _absolute, "sum", _squared, (2.0, -2.0), "‖∇f(x^k)‖₁²", r"\|\nabla f(x^k)\|_1^2"),
        ("grad_l2_squared", _square, "sum", None, (2.0, -2.0), "‖∇f(x^k)‖₂²", r"\|\nabla f(x^k)\|_2^2"),
        ("grad_linf_squared", _absolute, "max", _squared, (2.0, -2.0), "‖∇f(x^k)‖∞²", r"\|\nabla f(x^k)\|_\infty^2"),
        ("f_gap", _gap, "sum", None, (1.0, 0.0), "f(x^k) − f*", r"(f(x^k)-f^*)"),
        ("inner", _inner, "sum", None, (1.0, 0.0), "⟨∇f(x^k), x^k⟩", r"\langle\nabla f(x^k),x^k\rangle"),
        ("max_abs_x", _size, "max", None, (0.0, 1.0), "‖x^k‖∞", r"\|x^k\|_\infty"),
    )
    for name, term, fold, outer, degrees, text, tex in rows:
        yield Reading(name, Formula(term), fold, outer and Formula(outer), degrees, text, tex)


READINGS: dict[str, Reading] = {r.name: r for r in _readings()}
QUANTITIES: dict[str, Quantity] = {
    f"{over}_{name}": Quantity(f"{over}_{name}", r, over) for name, r in READINGS.items() for over in OVER
}
ALWAYS: tuple[Quantity, ...] = tuple(
    QUANTITIES[name] for name in ("mean_grad_l1", "mean_grad_l2", "mean_grad_l2_squared")
)
