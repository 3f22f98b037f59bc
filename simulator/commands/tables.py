"""Tables on a terminal, plain columns elsewhere; no text is ever cut off."""

from __future__ import annotations

import sys
from collections.abc import Sequence

WIDE = 10_000  # columns when nobody looks at the width: a file, a pipe


def show_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], colours: Sequence[str] = ()) -> None:
    """A table on stdout; *colours* are rich styles, one a row. Without *heads* there is no head line."""
    if not sys.stdout.isatty():
        lines = [*([heads] if heads else []), *rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        print(f"{title}:")
        for line in lines:
            print(("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))).rstrip())
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", title_style="bold", show_header=bool(heads), box=box.SIMPLE)
    for index in range(len(rows[0]) if rows else len(heads)):
        table.add_column(heads[index] if heads else "", overflow="fold")
    for index, row in enumerate(rows):
        table.add_row(*map(Text, row), style=colours[index] if colours else None)
    Console().print(table)


def show_rich(table: object) -> None:
    """Print a rich table made elsewhere, as wide as it needs when it does not go to a terminal."""
    from rich.console import Console

    (Console() if sys.stdout.isatty() else Console(width=WIDE)).print(table)
