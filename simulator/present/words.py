"""A verdict in plain sentences, in lines that fit a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from ..judge.outcome import Outcome, Verdict
from ..lines import width, wrap

MEANS = {
    Outcome.HOLDS: "nothing here shows it wrong where it could have been shown",
    Outcome.TIGHT: "it holds, and its rate is attained, so that no better rate is true of this rule",
    Outcome.VIOLATED: "it is false on the case below",
    Outcome.INCONCLUSIVE: "these runs can't settle it",
    Outcome.VOID: "it says nothing about any cell that was run",
}


def explain(verdict: Verdict, columns: int | None = None) -> str:
    """What was found, why, what it means and how to see it again, in lines of at most *columns*, by default the
    terminal's, at most 79; only commands and paths, which stay whole, are longer."""
    return "\n".join(lines(verdict, width() if columns is None else columns))


def lines(verdict: Verdict, columns: int) -> Iterator[str]:
    """The lines of ``explain``."""
    yield from wrap(f"{headline(verdict)}.", columns=columns)
    yield from wrap(f"The statement: {verdict.statement}", "  ", "    ", columns)
    yield from wrap(f"{verdict.outcome} means: {MEANS[verdict.outcome]}.", "  ", "    ", columns)
    for reason in filter(None, [*verdict.reasons, constant_words(verdict)]):
        yield from wrap(f"- {reason}", "  ", "    ", columns)
    rests = verdict.grounds
    for line in rests.again if rests else ():
        yield from [f"  {line}"] if line.startswith(" ") else wrap(line, "  ", "    ", columns)
    for control in rests.controls if rests else ():
        word = "as it must be" if control.as_expected else "though it is known to be false: see its own verdict"
        yield from wrap(f"False control {control.claim}: {control.outcome}, {word}.", "  ", "    ", columns)
    if rests and rests.directory:
        yield f"  Results: {rests.directory}"


def headline(verdict: Verdict) -> str:
    """'lion-l1 is VIOLATED, and should hold'."""
    if verdict.as_expected:
        return f"{verdict.claim} is {verdict.outcome}, as expected"
    return f"{verdict.claim} is {verdict.outcome}, and should {'hold' if verdict.expected == 'holds' else 'fail'}"


def constant_words(verdict: Verdict) -> str:
    """The smallest constant that the data of an open or failed verdict allow, '' for another or where none is known."""
    if verdict.outcome not in (Outcome.INCONCLUSIVE, Outcome.VIOLATED) or verdict.grounds is None:
        return ""
    least = verdict.grounds.least_constant
    if least is None or any("these data allow" in reason for reason in verdict.reasons):
        return ""
    if verdict.numbers.get("bound") == "explicit":
        return f"the smallest constant that these data allow is {least:.4g} times that of the bound"
    if verdict.outcome is Outcome.VIOLATED:
        return ""  # no constant makes a rate true that is exceeded without end
    return f"the smallest constant that these data allow in front of the rate is {least:.4g}"
