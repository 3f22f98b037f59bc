"""Lines that fit: how wide they may be, and prose wrapped with a hanging indent.

No word is ever cut: a path longer than the line stays whole, so that it can be copied.
"""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from typing import TextIO

MOST, LEAST = 79, 40  # columns
TOGETHER = (  # read badly when a line ends in them: 'd = 64,' and '90 %'
    (re.compile(r"(?<![^\s(])(\w{1,2}) ([=<]) (\S{1,12})(?!\S)"), "\\1\xa0\\2\xa0\\3"),
    (re.compile(r"(?<=\d) %"), "\xa0%"),
)


def width() -> int:
    """Columns of the terminal (of COLUMNS where that is set), at most MOST; MOST where there is none."""
    return max(LEAST, min(MOST, shutil.get_terminal_size((MOST, 24)).columns))


def wrap(text: str, first: str = "", rest: str | None = None, columns: int | None = None) -> list[str]:
    """*text* in lines of at most *columns*, by default ``width()``, with the indents *first* and *rest*."""
    columns = width() if columns is None else columns
    for pattern, glued in TOGETHER if columns >= LEAST else ():
        text = pattern.sub(glued, text)
    lines = textwrap.wrap(
        text,
        columns,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\xa0", " ") for line in lines]


def say(text: str, file: TextIO | None = None, first: str = "", rest: str = "  ") -> None:
    """Print *text* at once, wrapped, on stdout or *file*."""
    print("\n".join(wrap(text, first, rest)), file=sys.stdout if file is None else file, flush=True)
