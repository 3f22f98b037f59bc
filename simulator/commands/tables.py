"""Tables of at most 79 columns: no text is cut, no word broken, and cells wrap as a last resort."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence

from ..lines import width, wrap

Show = Callable[[str, str], None]  # prints a line in a style
INDENT, GAP = "  ", "  "
NAMES = 26  # columns that the names of a list take at most; a longer one stands on a line of its own
TEXT = 12  # columns in which prose can still be read


def show_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], colours: Sequence[str] = ()) -> None:
    """A table on stdout; *colours* are rich styles, one a row, used on a terminal."""
    show = _printer()
    _show_title(show, title)
    styles = ["", *(colours or [""] * len(rows))]
    for lines, style in zip(table_lines(heads, rows, width()), styles, strict=True):
        for line in lines:
            show(line, style)


def show_list(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Names with a text each, on stdout."""
    show = _printer()
    _show_title(show, title)
    for line in list_lines(rows, width()):
        show(line, "")


def list_lines(rows: Sequence[tuple[str, str]], columns: int) -> Iterator[str]:
    """Names in a column, texts wrapped beside them; a name too long for it on a line of its own."""
    most = min(NAMES, columns // 3)
    beside = max((len(name) for name, _ in rows if len(name) <= most), default=0)
    rest = INDENT + " " * beside + GAP
    for name, text in rows:
        first = INDENT + name.ljust(beside) + GAP
        if len(name) > beside:
            yield INDENT + name
            first = rest
        yield from wrap(text, first, rest, columns) or [first.rstrip()]


def table_lines(heads: Sequence[str], rows: Sequence[Sequence[str]], columns: int) -> Iterator[list[str]]:
    """The lines of the heads, then those of each row: in columns, or one paragraph a row where they are too many."""
    widths = _widths([heads, *rows], columns)
    if widths is None:
        yield wrap(", ".join(heads), INDENT, INDENT * 3, columns)
        for row in rows:
            named = [row[0], *(f"{head} {cell}" for head, cell in zip(heads[1:], row[1:], strict=True) if cell)]
            yield wrap(", ".join(named), INDENT, INDENT * 3, columns)
        return
    for row in (heads, *rows):
        cells = [wrap(cell, columns=max(1, width)) or [""] for cell, width in zip(row, widths, strict=True)]
        deep = max(map(len, cells))
        padded = [cell + [""] * (deep - len(cell)) for cell in cells]
        yield [
            (INDENT + GAP.join(part.ljust(wide) for part, wide in zip(parts, widths, strict=True))).rstrip()
            for parts in zip(*padded, strict=True)
        ]


def without_constants(heads: Sequence[str], rows: Sequence[Sequence[str]], names: Sequence[str]) -> tuple:
    """Heads, rows and a sentence: the columns *names* that have one value in several rows move into the sentence."""
    same = [head in names and len(rows) > 1 and len({row[i] for row in rows}) == 1 for i, head in enumerate(heads)]
    said = ", ".join(f"{head} {rows[0][i]}" for i, head in enumerate(heads) if same[i] and rows[0][i])
    kept = [[cell for cell, is_same in zip(line, same, strict=True) if not is_same] for line in (heads, *rows)]
    return kept[0], kept[1:], said


def _show_title(show: Show, title: str) -> None:
    for line in wrap(f"{title}:", "", INDENT, width()):
        show(line, "bold")


def _widths(lines: Sequence[Sequence[str]], columns: int) -> list[int] | None:
    """A width for each column such that all fit: the widest give way first, none below its longest word. None where
    even that is too wide."""
    made = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    words = [
        max((len(word) for cell in cells for word in cell.split()), default=0) for cells in zip(*lines, strict=True)
    ]
    least = [max(word, min(TEXT, natural)) for word, natural in zip(words, made, strict=True)]
    room = columns - len(INDENT) - len(GAP) * (len(made) - 1)
    while sum(made) > room:
        able = [i for i, wide in enumerate(made) if wide > least[i]]
        if not able:
            return None
        made[max(able, key=made.__getitem__)] -= 1
    return made


def _printer() -> Show:
    """Prints a line in a style, which shows on a terminal alone."""
    if not sys.stdout.isatty():
        return lambda line, style: print(line)
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    return lambda line, style: console.print(Text(line, style=style), soft_wrap=True)
