"""The table of verdicts at the end of a test run, at most 79 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

WIDTH = 79
HEADS = {"theorem": "theorem", "outcome": "verdict", "ratio": "largest", "place": "at", "cells": "cells"}
COLOURS = {"good": "green", "open": "yellow", "bad": "red"}


def table(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Lines with their colours ('' for none): columns where they fit, else a paragraph for each verdict."""
    lines = [[str(row[name]) for name in HEADS] for row in rows]
    widths = [max(map(len, column)) for column in zip(HEADS.values(), *lines, strict=True)]
    colours = [COLOURS[row["tone"]] for row in rows]
    if sum(widths) + 2 * (len(widths) - 1) <= WIDTH:
        for words, colour in zip([list(HEADS.values()), *lines], ["", *colours], strict=True):
            yield "  ".join(word.ljust(width) for word, width in zip(words, widths, strict=True)).rstrip(), colour
    else:
        for (theorem, outcome, ratio, place, count), colour in zip(lines, colours, strict=True):
            found = f", largest ratio {ratio} at {place}" if ratio else ""
            text = f"{theorem}: {outcome}{found}; cells: {count}"
            yield from ((line, colour) for line in textwrap.wrap(text, WIDTH, subsequent_indent="  "))
