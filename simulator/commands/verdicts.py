"""Verdicts on a terminal: the table, the reasons, and how much was judged."""

from __future__ import annotations

import sys

from ..lines import say
from ..words import count


def show_judgement(folder, judgement) -> None:
    """Verdicts, hard instances, and how much was judged."""
    show_verdicts(judgement.verdicts)
    show_levels(folder, judgement)
    show_state(folder, judgement)


def show_verdicts(verdicts) -> None:
    """The verdict table on stdout, then the reasons, wrapped."""
    from .tables import show_table

    rows, colours = [], []
    for verdict in verdicts:
        outcome, wanted = str(verdict.outcome), "HOLDS" if verdict.expected == "holds" else "VIOLATED"
        as_expected = "yes" if verdict.as_expected else f"NO (should be {wanted})"
        rows.append((verdict.claim, outcome, as_expected, verdict.statement))
        colours.append("green" if verdict.as_expected else "yellow" if outcome == "INCONCLUSIVE" else "red")
    if rows:
        show_table("verdicts", ("theorem", "verdict", "as expected", "statement"), rows, colours)
    for verdict in verdicts:
        for reason in verdict.reasons:
            say(f"{verdict.claim}: {reason}", rest="    ")


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
    cells = f"{folder.directory}: {count(len(folder.results), 'cell')}"
    if folder.others:
        are = "is" if folder.others == 1 else "are"
        cells += f" of the plan ({count(folder.others, 'other cell')} in the folder {are} left out)"
    say(cells + (f"; {folder.partial}" if folder.partial else ""))
