"""Rows as CSV that no spreadsheet runs anything of."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows of the same columns as CSV (RFC 4180 but for line ends); infinities are 'inf', what is None stays empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_plain(name) for name in (rows[0] if rows else ["key"])])
    writer.writerows([_plain(value) for value in row.values()] for row in rows)
    return text.getvalue()


def _plain(value: object) -> object:
    """A number as it is; a text in one line, so that no spreadsheet takes it for a formula."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, (bool, int)):
        return value
    text = str(value)
    line = text.replace("\r", " ").replace("\n", " ")  # csv leaves a lone \r unquoted, and readers start a row there
    return f"'{line}" if text.startswith(FORMULA_SIGNS) else line
