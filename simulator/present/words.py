"""A verdict in plain sentences, in lines that fit a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from ..judge.outcome import Outcome, Verdict

WIDTH = 79
MEANS = {
    Outcome.HOLDS: "nothing here shows it wrong where it could have been shown",
    Outcome.TIGHT: "it holds, and its rate is attained, so that no better rate is true of this rule",
    Outcome.VIOLATED: "it is false on the case below",
    Outcome.INCONCLUSIVE: "these runs can't settle it",
    Outcome.VOID: "it says nothing of any cell that was run",
}


def explain(verdict: Verdict) -> str:
    """What was found, why, what it means and how to see it again; only commands are longer than WIDTH columns."""
    return "\n".join(lines(verdict))


def lines(verdict: Verdict) -> Iterator[str]:
    """The lines of ``explain``."""
    yield from _wrapped(f"{headline(verdict)}.")
    yield from _wrapped(f"The statement: {verdict.statement}", "  ")
    yield from _wrapped(f"{verdict.outcome} means: {MEANS[verdict.outcome]}.", "  ")
    for reason in verdict.reasons:
        yield from _wrapped(f"- {reason}", "  ", "    ")
    if constant := constant_words(verdict):
        yield from _wrapped(f"- {constant}", "  ", "    ")
    yield from again(verdict)
    rests = verdict.grounds
    for control in rests.controls if rests else ():
        word = "as it must be" if control.as_expected else "though it is known to be false: see its own verdict"
        yield from _wrapped(f"False control {control.claim}: {control.outcome}, {word}.", "  ")
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
    return f"the smallest constant that these data allow in front of the rate is {least:.4g}"


def again(verdict: Verdict) -> tuple[str, ...]:
    """The smallest failing case, with the commands that show it again, whole lines that can be copied."""
    return () if verdict.grounds is None else tuple(f"  {line}" for line in verdict.grounds.again)


def _wrapped(text: str, first: str = "", other: str | None = None) -> Iterable[str]:
    rest = first if other is None else other
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
