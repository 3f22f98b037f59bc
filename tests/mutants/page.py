"""The table of docs/mutants.md: a row for each mutant, and the counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from problems.errors import InputError

from .mutant import Mutant
from .record import Record

BLOCK = re.compile(r"(<!-- mutants: .*? -->\n).*?(<!-- end of mutants -->)", re.DOTALL)
HEAD = ("area", "planted", "caught by", "quick sweep")
Found = Sequence[tuple[Mutant, Record]]


def told(found: Found, reaches: str) -> tuple[int, int, int]:
    """Of those that change the cells or the judge: how many were swept, how many the verdicts notice, and how many of
    the others move a largest ratio."""
    swept = [record.notice for mutant, record in found if mutant.reaches == reaches and record.notice is not None]
    seen = sum(bool(notice.told) for notice in swept)
    return len(swept), seen, sum(bool(notice.moved) and not notice.told for notice in swept)


def counts(found: Found) -> list[str]:
    """How many were caught, and of how many the verdicts told."""
    caught = [record for _, record in found if record.caught]
    own = sum(record.catch.listed for record in caught)
    (cells, seen, moved), (judge, judge_seen, judge_moved) = told(found, "cells"), told(found, "judge")
    return [
        f"{len(found)} planted, {len(caught)} caught by a test, {own} of them by a test of their area.",
        f"{cells} change what the quick sweep measures: verdicts notice {seen}, a ratio moves for {moved} more.",
        f"{judge} change how it is judged alone: verdicts notice {judge_seen}, a ratio moves for {judge_moved} more.",
    ]


def table(found: Found, planted: int) -> str:
    """Markdown; *planted* are all mutants, tried or not."""
    swept = sum(1 for mutant, record in found if mutant.reaches and record.notice is None)
    left = [f"{planted - len(found)} of {planted} are not tried yet."] * (len(found) < planted)
    left += [f"{swept} of those that reach the quick sweep are not swept yet."] * bool(swept)
    lines = [*(f"- {line}" for line in [*left, *counts(found)]), "", f"| {' | '.join(HEAD)} |", "|---|---|---|---|"]
    return "\n".join([*lines, *(_row(mutant, record) for mutant, record in found)]) + "\n"


def write(found: Found, page: Path, planted: int) -> None:
    """Put the table between the markers of *page*; raises InputError where there are none."""
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    if not BLOCK.search(text):
        raise InputError(f"{page} has no markers for the table of mutants")
    made = table(found, planted)
    page.write_text(BLOCK.sub(lambda m: m[1] + made + m[2], text), encoding="utf-8")


def _row(mutant: Mutant, record: Record) -> str:
    catch, notice = record.catch, record.notice
    test = catch.by.removeprefix("tests/").partition("[")[0]
    caught = f"`{test}`" if test else catch.misfit or "**nothing**"
    seen = "not run" if mutant.reaches else ""
    if notice is not None:
        seen = f"ratio: {notice.moved}" if notice.moved else "nothing"
        seen = f"verdict: {notice.told}" if notice.told else seen
    cells = (mutant.area, mutant.name, caught, seen)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
