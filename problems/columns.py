"""A number of a problem is one for all coordinates, a float, or a Column: one for each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PIECE = 1 << 20  # coordinates at a time, so that memory stays small


@dataclass(frozen=True, eq=False)
class Column:
    """``rule``: from the numbers i = 1, 2, … of some coordinates, float64, to their values, an array of that shape."""

    rule: Callable[[NDArray[np.float64]], NDArray[np.float64]]

    def values(self, low: int, high: int) -> NDArray[np.float64]:
        """Of the coordinates *low* … *high* − 1, counted from 0: shape (high − low,)."""
        return np.asarray(self.rule(np.arange(low, high, dtype=np.float64) + 1.0), dtype=np.float64)


Number = float | Column


def numbers(number: Number, low: int, high: int) -> float | NDArray[np.float64]:
    """*number* as arithmetic takes it: a float, or the values of the coordinates *low* … *high* − 1."""
    return number.values(low, high) if isinstance(number, Column) else number


def uniform(*given: Number) -> bool:
    """Whether each is one number for all coordinates."""
    return not any(isinstance(number, Column) for number in given)


def joined(parts: Sequence[tuple[int, Number]]) -> Number:
    """The number of coordinates side by side: so many of the first part, then those of the second, and so on."""
    first = parts[0][1]
    if not isinstance(first, Column) and all(number == first for _, number in parts):
        return first

    def rule(i: NDArray[np.float64]) -> NDArray[np.float64]:
        values, before = np.empty(i.shape), 0
        for count, number in parts:
            mine = (i > before) & (i <= before + count)
            values[mine] = number.rule(i[mine] - before) if isinstance(number, Column) else number
            before += count
        return values

    return Column(rule)


def pieces(dim: int) -> Iterator[tuple[int, int]]:
    """Ranges that cover *dim* coordinates, in order."""
    for low in range(0, dim, PIECE):
        yield low, min(low + PIECE, dim)


def added(rule: Callable[[NDArray[np.float64]], NDArray[np.float64]], dim: int) -> float:
    """Σ of *rule* over the coordinates 1 … *dim*."""
    column = Column(rule)
    return math.fsum(float(np.sum(column.values(low, high))) for low, high in pieces(dim))


def largest(number: Number, dim: int) -> float:
    """max |number_i|."""
    if not isinstance(number, Column):
        return abs(number)
    return max(float(np.max(np.abs(number.values(low, high)))) for low, high in pieces(dim))


def mapped(function: Callable[[Any], Any], number: Number) -> Number:
    """*function* of the number, of each coordinate's where it is a Column."""
    return Column(lambda i: function(number.rule(i))) if isinstance(number, Column) else float(function(number))
