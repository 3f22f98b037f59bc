"""The table of verdicts at the end of a test run, as wide as the terminal allows, at most 79 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..lines import width, wrap

HEADS = {"theorem": "theorem", "outcome": "verdict", "ratio": "largest", "place": "at", "cells": "cells"}
COLOURS = {"good": "green", "open": "yellow", "bad": "red"}


def table(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Lines with their colours ('' for none): columns where they fit, else a paragraph for each verdict."""
    lines = [[str(row[name]) for name in HEADS] for row in _told_apart(rows)]
    wide = [max(map(len, column)) for column in zip(HEADS.values(), *lines, strict=True)]
    colours = [COLOURS[row["tone"]] for row in rows]
    if sum(wide) + 2 * (len(wide) - 1) <= width():
        for words, colour in zip([list(HEADS.values()), *lines], ["", *colours], strict=True):
            yield "  ".join(word.ljust(size) for word, size in zip(words, wide, strict=True)).rstrip(), colour
    else:
        for (theorem, outcome, ratio, place, count), colour in zip(lines, colours, strict=True):
            found = f", largest ratio {ratio} at {place}" if ratio else ""
            text = f"{theorem}: {outcome}{found}; cells: {count}"
            yield from ((line, colour) for line in wrap(text, "", "  "))
    if bare := list(dict.fromkeys(str(row["theorem"]) for row in rows if row["bare"])):
        has = "has no false control" if len(bare) == 1 else "have no false controls"
        text = f"{', '.join(bare)} {has}, so that nothing here shows that the check can fail"
        yield from ((line, COLOURS["open"]) for line in wrap(text, "", "  "))


def _told_apart(rows: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """*rows*, with their tests where two of different tests would be the same: by name, or in full if that is one."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        alike.setdefault(tuple(str(row[name]) for name in HEADS), []).append(row["test"])
    for row in rows:
        tests = set(alike[tuple(str(row[name]) for name in HEADS)])
        short = {test.rpartition("::")[2] for test in tests}
        name = row["test"].rpartition("::")[2] if len(short) == len(tests) else row["test"]
        yield {**row, "theorem": f"{row['theorem']} ({name})"} if len(tests) > 1 else row
