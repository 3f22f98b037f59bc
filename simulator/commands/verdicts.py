"""Verdicts on a terminal: the table, the reasons, and how much was judged."""

from __future__ import annotations

import sys

from ..lines import say, width
from ..words import count

STATEMENT = 30  # columns in which a statement can be read


def show_judgement(folder, judgement) -> None:
    """Verdicts, hard instances, and how much was judged."""
    show_verdicts(judgement.every)
    show_levels(folder, judgement)
    show_state(folder, judgement)


def show_verdicts(verdicts) -> None:
    """The verdict table on stdout, then the reasons, wrapped. Statements are in the table where they can be read there,
    else before the reasons."""
    from .tables import show_table

    heads, rows, colours = ["theorem", "verdict", "as expected"], [], []
    for verdict in verdicts:
        outcome, wanted = str(verdict.outcome), "hold" if verdict.expected == "holds" else "fail"
        rows.append([verdict.claim, outcome, "yes" if verdict.as_expected else f"no, it should {wanted}"])
        colours.append("green" if verdict.as_expected else "yellow" if outcome == "INCONCLUSIVE" else "red")
    taken = sum(2 + max(map(len, column)) for column in zip(heads, *rows, strict=True))
    beside = width() - taken - 2 >= STATEMENT
    if rows and beside:
        statements = [verdict.statement for verdict in verdicts]
        show_table("verdicts", [*heads, "statement"], [[*r, s] for r, s in zip(rows, statements, strict=True)], colours)
    elif rows:
        show_table("verdicts", heads, rows, colours)
    for verdict in verdicts:
        for sentence in (*([] if beside else [verdict.statement]), *verdict.reasons):
            say(f"{verdict.claim}: {sentence}", rest="    ")


def show_levels(folder, judgement) -> None:
    """What was attained on the theorems' hard instances, on stdout, a line each."""
    from ..lab.levels import level_lines

    for line in level_lines(judgement.theorems.values(), folder.results):
        say(line, rest="    ")


def show_state(folder, judgement) -> None:
    """How many cells were judged, from whose bounds and how partial that is, on stdout; what can't be trusted or
    judged, on stderr."""
    from ..lab.judging import left_out

    for line in left_out(folder, judgement):
        say(f"warning: {line}", sys.stderr)
    for line in (*(folder.plan.notes if folder.plan else ()), *judgement.notes):
        say(line)
    loops = count(len(folder.recordings), "recording")
    what = count(len(folder.results), "cell")
    if folder.recordings or folder.ladder:
        what = f"{what} and {loops}" if folder.results else loops
    cells = f"{folder.directory}: {what}"
    if folder.others:
        are = "is" if folder.others == 1 else "are"
        cells += f" of the plan ({count(folder.others, 'other cell')} in the folder {are} left out)"
    say(cells + (f"; {folder.partial}" if folder.partial else ""))
