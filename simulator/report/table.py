"""A table of the report: its columns, its rows, and in one sentence what is the same in all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Column:
    """A column: ``key`` in the rows and its head.

    ``kind``: 'head' names the row, 'number' is right-aligned, 'text' is a word or two, 'long' may wrap. ``same`` is
    how it is told where all rows have one value, with {} in its place; '' for a column that always stays.
    """

    key: str
    head: str
    kind: str = "text"
    same: str = ""


@dataclass(frozen=True)
class Table:
    """A table that is ready to be shown; ``same`` is a sentence, '' if there is none, ``note`` stands below."""

    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, object]]
    same: str = ""
    note: str = ""
    left_out: str = field(default="")

    def __bool__(self) -> bool:
        return bool(self.rows)


def tabled(
    name: str,
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, object]],
    note: str = "",
    left_out: str = "",
) -> Table:
    """The table of *rows*; of several rows, a column that has one value in all becomes part of a sentence."""
    constant = [c for c in columns if c.same and len(rows) > 1 and len({str(row[c.key]) for row in rows}) == 1]
    told = [c.same.format(rows[0][c.key]) for c in constant if str(rows[0][c.key]) != ""]
    same = f"The same in all rows: {', '.join(told)}." if told else ""
    return Table(name, caption, [c for c in columns if c not in constant], rows, same, note, left_out)
