"""Lines that fit: how wide they may be, prose with a hanging indent, commands that go on after a backslash.

No word is ever cut: a path longer than the line stays whole, so that it can be copied.
"""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from typing import TextIO

MOST, LEAST = 79, 40  # columns
SHORT_EQUATION = re.compile(r"(?<!\S)(\w{1,2}) = (\S{1,12})(?!\S)")  # 'd = 64,' reads badly when a line ends in it


def width() -> int:
    """Columns of the terminal (of COLUMNS where that is set), at most MOST; MOST where there is none."""
    return max(LEAST, min(MOST, shutil.get_terminal_size((MOST, 24)).columns))


def wrap(text: str, first: str = "", rest: str | None = None, columns: int | None = None) -> list[str]:
    """*text* in lines of at most *columns*, by default ``width()``, with the indents *first* and *rest*."""
    columns = width() if columns is None else columns
    lines = textwrap.wrap(
        SHORT_EQUATION.sub("\\1\xa0=\xa0\\2", text) if columns >= LEAST else text,
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


def reflow(text: str, columns: int) -> str:
    """A help text of paragraphs and indented lines: prose is wrapped, and an indented line that is too long goes on
    after a backslash, its comment above it."""
    out: list[str] = []
    prose: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line and not line.startswith(" "):
            prose.append(line)
            continue
        out += wrap(" ".join(prose), columns=columns)
        prose = []
        out += _example(line, columns) if line else [""]
    return "\n".join(out[:-1])


def _example(line: str, columns: int) -> list[str]:
    if len(line) <= columns:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    command, _, comment = line.partition("  # ")
    above = [f"{indent}# {comment.strip()}"] if comment else []
    found = wrap(command.strip().removesuffix("\\"), indent, indent + "    ", columns - 2)
    goes_on = command.endswith("\\")
    return [*above, *(each + " \\" for each in found[:-1]), found[-1] + " \\" * goes_on]
