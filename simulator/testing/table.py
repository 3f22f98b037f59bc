"""The table of verdicts at the end of a test run, as wide as the terminal allows, at most 79 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..lines import width, wrap

HEADS = {"theorem": "theorem", "outcome": "verdict", "ratio": "largest", "place": "at", "cells": "cells"}
COLOURS = {"good": "green", "open": "yellow", "bad": "red"}


def table(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Lines with their colours ('' for none): columns where they fit, else a paragraph for each verdict; below it the
    test, where it couldn't be told from that of another. Last, which theorems have no false control."""
    lines = [[str(row[name]) for name in HEADS] for row in rows]
    wide = [max(map(len, column)) for column in zip(HEADS.values(), *lines, strict=True)]
    columns = sum(wide) + 2 * (len(wide) - 1) <= width()
    if columns:
        yield _aligned(list(HEADS.values()), wide), ""
    for row, words, test in zip(rows, lines, _tests(rows, lines), strict=True):
        colour = COLOURS[row["tone"]]
        shown = [_aligned(words, wide)] if columns else _paragraph(*words)
        yield from ((line, colour) for line in [*shown, *(wrap(f"in {test}", "  ", "    ") if test else ())])
    if bare := list(dict.fromkeys(str(row["theorem"]) for row in rows if row["bare"])):
        has = "has no false control" if len(bare) == 1 else "have no false controls"
        text = f"{', '.join(bare)} {has}, so that nothing here shows that the check can fail"
        yield from ((line, COLOURS["open"]) for line in wrap(text, "", "  "))


def _aligned(words: Sequence[str], wide: Sequence[int]) -> str:
    return "  ".join(word.ljust(size) for word, size in zip(words, wide, strict=True)).rstrip()


def _paragraph(theorem: str, outcome: str, ratio: str, place: str, count: str) -> list[str]:
    found = f", largest ratio {ratio} at {place}" if ratio else ""
    return wrap(f"{theorem}: {outcome}{found}; cells: {count}", "", "  ")


def _tests(rows: Sequence[Mapping[str, Any]], lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """The test of each row that looks like one of another test, by its name, or in full where they have one name; ''
    for other rows."""
    alike: dict[tuple[str, ...], set[str]] = {}
    for row, words in zip(rows, lines, strict=True):
        alike.setdefault(tuple(words), set()).add(row["test"])
    for row, words in zip(rows, lines, strict=True):
        tests = alike[tuple(words)]
        short = {test.rpartition("::")[2] for test in tests}
        name = row["test"].rpartition("::")[2] if len(short) == len(tests) else row["test"]
        yield name if len(tests) > 1 else ""
