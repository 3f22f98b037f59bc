"""A few of many combinations, in which every two values of different factors meet."""

from __future__ import annotations

import itertools
from collections.abc import Iterable


def covering(*factors: Iterable[str]) -> list[tuple[str, ...]]:
    """Rows of one value of each factor, so that every pair of values is in one: each next row has most new pairs."""
    factors = [list(factor) for factor in factors]
    rows = {row: _pairs(row) for row in itertools.product(*factors)}
    missing, chosen = set().union(*rows.values()), []
    while missing:
        best = max(rows, key=lambda row: len(rows[row] & missing))
        chosen.append(best)
        missing -= rows[best]
    return chosen


def _pairs(row: tuple[str, ...]) -> set[tuple[tuple[int, str], tuple[int, str]]]:
    return set(itertools.combinations(enumerate(row), 2))
