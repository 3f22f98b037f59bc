"""What was found, in a sentence that is the title of the page, and how much was tried, in another."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..cells.recording import Recording
from ..judge.outcome import Outcome, Verdict, exit_code
from ..words import count
from .figures.style import compact
from .shown import Shown
from .wording import number, span

TONES = {0: "good", 1: "bad", 3: "open"}
MOST_NAMED = 2
ATTAINED = "the rate is attained: "
WITNESS = re.compile(r"(?P<family>.+?)(?: \([dK]\^|, d = )")


def tone(verdicts: Sequence[Verdict], partial: str) -> str:
    """good, bad or open: whether all is as expected, and all that was due is there."""
    found = TONES[exit_code(verdicts)]
    return "open" if partial and found == "good" else found


def finding(verdicts: Sequence[Verdict], partial: str = "") -> str:
    """The verdicts in one sentence, what is not as expected first. *partial*: what is missing, '' if nothing is."""
    if not verdicts:
        return "Nothing was judged"
    wrong = sorted((v for v in verdicts if not v.as_expected), key=lambda v: v.outcome is Outcome.INCONCLUSIVE)
    # what is wrong is so whatever else is missing; that all is well holds only so far
    return _surprise(wrong, len(verdicts)) if wrong else f"{'So far: ' if partial else ''}{_as_expected(verdicts)}"


def scope(cells: Sequence[Shown], norm_rows: Sequence, recordings: Sequence[Recording] = ()) -> str:
    """'459 cells × 8 runs, d = 16…4096, K = 1k…256k', how many random vectors and recordings."""
    parts = []
    if cells:
        runs = sorted({shown.values.size for shown in cells})
        times = f"{span(list(map(str, runs)))} {'run' if runs == [1] else 'runs'}"
        dims = span(list(map(str, sorted({shown.spec.dim for shown in cells}))))
        steps = span([compact(k) for k in sorted({shown.spec.steps for shown in cells})])
        parts.append(f"{count(len(cells), 'cell')} × {times}, d = {dims}, K = {steps}")
    if norm_rows:
        laws = len({row.law for row in norm_rows})
        parts.append(f"{count(sum(row.samples for row in norm_rows), 'random vector')} of {count(laws, 'law')}")
    if recordings:
        sizes = sorted({recording.dim(0) for recording in recordings})
        families = len({recording.family for recording in recordings})
        parts.append(
            f"{count(len(recordings), 'recording')} of {count(families, 'family')} of gradients, "
            f"d = {span([compact(d) for d in sizes])}"
        )
    return "; ".join(parts)


def sources(verdicts: Sequence[Verdict], theorems: Mapping[str, object]) -> list[tuple[str, list[str]]]:
    """Where statements, rules and constants come from as their theorems say: (source, names of its theorems)."""
    found: dict[str, list[str]] = {}
    for v in verdicts:
        if v.expected == "holds" and (source := getattr(theorems.get(v.claim), "source", "")):
            found.setdefault(source, []).append(v.claim)
    return list(found.items())


def _as_expected(verdicts: Sequence[Verdict]) -> str:
    true = [v for v in verdicts if v.expected == "holds"]
    controls = len(verdicts) - len(true)
    if len(true) == 1:
        caught = "its false control caught" if controls == 1 else f"all {controls} false controls caught"
        return ", ".join([_one(true[0]), *[caught] * bool(controls)])
    tight = sum(v.outcome is Outcome.TIGHT for v in true)
    parts = [f"{len(true)} theorems not contradicted"] * bool(true)
    parts += [f"{'all' if tight == len(true) else tight} of their rates attained"] * bool(tight)
    caught = "1 false control caught" if controls == 1 else f"all {controls} false controls caught"
    text = ", ".join([*parts, *[caught] * bool(controls)])
    return text[:1].upper() + text[1:]


def _one(v: Verdict) -> str:
    what = "not exceeded" if v.numbers.get("bound") == "explicit" else "not contradicted"
    if v.outcome is not Outcome.TIGHT:
        return f"{v.claim}: {what}"
    where = _witnesses(v)
    return f"{v.claim}: {what}, and its rate attained{f' on {where}' if where else ''}"


def _witnesses(v: Verdict) -> str:
    """The families on which the rate is attained, from the verdict's reasons; '' where they name none."""
    told = next((reason[len(ATTAINED) :] for reason in v.reasons if reason.startswith(ATTAINED)), "")
    found = [match["family"] for part in told.split("; ") if (match := WITNESS.match(part))]
    names = list(dict.fromkeys(found))
    return " and ".join(names) if len(names) <= MOST_NAMED else f"{names[0]} and {len(names) - 1} other families"


def _surprise(wrong: Sequence[Verdict], count: int) -> str:
    if len(wrong) > MOST_NAMED:
        named = ", ".join(f"{v.claim} {v.outcome.value}" for v in wrong[:MOST_NAMED])
        return f"{len(wrong)} of {count} verdicts are not as expected: {named} and {len(wrong) - MOST_NAMED} more"
    return "; ".join(map(_told, wrong))


def _told(v: Verdict) -> str:
    if v.expected != "holds":
        return f"{v.claim} is false and was not caught: {v.outcome.value}"
    case = v.numbers.get("smallest_failing")
    if v.outcome is Outcome.VIOLATED and case:
        what = "bound" if v.numbers.get("bound") == "explicit" else "rate"
        ratios = [number(ratio) for ratio in case["ratios"]]
        if len(ratios) == 2:  # the two ends of a growth
            return (
                f"{v.claim} is VIOLATED: measured/{what} goes from {ratios[0]} to {ratios[1]} between {case['where']}"
            )
        return f"{v.claim} is VIOLATED: measured/{what} is {' and '.join(ratios)} at {case['where']}"
    meaning = {
        Outcome.INCONCLUSIVE: "these runs can't settle it",
        Outcome.VOID: "it says nothing of any cell that was run",
        Outcome.VIOLATED: v.reasons[0] if v.reasons else "it is false",
    }[v.outcome]
    return f"{v.claim} is {v.outcome.value}: {meaning}"
