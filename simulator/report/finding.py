"""What was found, in a sentence that is the title of the page, and how much was tried, in another."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from ..cells.recording import Recording
from ..judge.outcome import Failing, Outcome, Place, Verdict, exit_code
from ..judge.trends import MARGIN
from ..words import count, ends, short
from .shown import Shown

TONES = {0: "good", 1: "bad", 3: "open"}
MOST_NAMED = 2
SIZES = {"dim": "d", "steps": "K"}


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
        times = f"{ends(runs)} {'run' if runs == [1] else 'runs'}"
        dims = ends(sorted({shown.spec.dim for shown in cells}))
        steps = ends(sorted({shown.spec.steps for shown in cells}))
        parts.append(f"{count(len(cells), 'cell')} × {times}, d = {dims}, K = {steps}")
    if norm_rows:
        laws = len({row.law for row in norm_rows})
        parts.append(f"{count(sum(row.samples for row in norm_rows), 'random vector')} of {count(laws, 'law')}")
    if recordings:
        sizes = sorted({recording.dim(0) for recording in recordings})
        families = len({recording.family for recording in recordings})
        parts.append(
            f"{count(len(recordings), 'recording')} of {count(families, 'family')} of gradients, d = {ends(sizes)}"
        )
    return "; ".join(parts)


def sources(verdicts: Sequence[Verdict], theorems: Mapping[str, object]) -> list[tuple[str, list[str]]]:
    """Where statements, rules and constants come from as their theorems say: (source, names of its theorems)."""
    found: dict[str, list[str]] = {}
    for v in verdicts:
        if v.expected == "holds" and (source := getattr(theorems.get(v.claim), "source", "")):
            found.setdefault(source, []).append(v.claim)
    return list(found.items())


def explanations(verdicts: Sequence[Verdict]) -> list[str]:
    """What the table of verdicts and the reasons take for known, a sentence for each that there is something of."""
    groups = [group for v in verdicts for group in v.numbers.get("groups", [])]
    told = []
    if groups:
        told.append(
            "Growth: the largest exponent of measured/rate in K, or in d, over a theorem's witnesses, which are the "
            "problems on which a true rate stays level, so that growth is evidence"
            + (
                "; with a star, of a theorem without witnesses, over all its problems."
                if any(
                    v.numbers.get("groups")
                    and not any(g["steps"].get("evidence") or g["dim"].get("evidence") for g in v.numbers["groups"])
                    for v in verdicts
                )
                else "."
            )
        )
        told.append(
            "In the reasons a level is the value that measured/bound, or measured/rate, reaches on a problem and keeps "
            "as K and d grow."
        )
    if any(v.numbers.get("ladders") for v in verdicts):
        told.append(
            "Exponents of ρ: the least and the largest over the families, layers and steps that the statement is of. "
            f"It holds where all are within ±{MARGIN}."
        )
    return told


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
    """The problems on which the rate is attained, of several variants of one its name alone; '' where the verdict names
    none."""
    families = list(dict.fromkeys(at["where"] for at in v.numbers.get("attained", [])))
    variants = Counter(family.partition(" (")[0] for family in families)
    names = list(dict.fromkeys(n if variants[n := f.partition(" (")[0]] > 1 else f for f in families))
    if not names:
        return ""
    return " and ".join(names) if len(names) <= MOST_NAMED else f"{names[0]} and {len(names) - 1} other problems"


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
        return f"{v.claim} is violated: {_failing(case, explicit=v.numbers.get('bound') == 'explicit')}"
    meaning = {
        Outcome.INCONCLUSIVE: "these runs can't settle it",
        Outcome.VOID: "it says nothing of any cell that was run",
        Outcome.VIOLATED: v.reasons[0] if v.reasons else "it is false",
    }[v.outcome]
    return f"{v.claim} is {v.outcome.value}: {meaning}"


def _failing(case: Failing, explicit: bool) -> str:
    """How it fails, as one would say it: by how much a bound is exceeded, or from where to where a ratio goes."""
    first, last = case["places"][0], case["places"][-1]
    if len(case["places"]) > 1:
        before, after = (_digits(ratio) for ratio in case["ratios"])
        goes = "grows" if case["ratios"][1] > case["ratios"][0] else "falls"
        differs = [axis for axis in SIZES if first[axis] != last[axis]]  # type: ignore[literal-required]
        if first["family"] != last["family"] or not differs:  # then nothing of theirs is said once for both
            return f"measured over rate {goes} from {before} on {_at(first)} to {after} on {_at(last)}"
        held = _sizes(first, [axis for axis in SIZES if axis not in differs])
        where = " at ".join([first["family"], *[held] * bool(held)])
        return (
            f"measured over rate {goes} from {before} at {_sizes(first, differs)} to {after} at "
            f"{_sizes(last, differs)}, on {where}"
        )
    ratio, where = case["ratios"][0] * case.get("factor", 1.0), _at(first)
    units = ", in other units" if case["constants"] else ""
    if math.isinf(case["ratios"][0]):
        return f"measured over {'bound' if explicit else 'rate'} is infinite on {where}"
    if explicit:
        return f"{_digits(ratio)} times the bound was measured on {where}{units}"
    return f"measured over rate has no limit as units change, on {where}"


def _at(place: Place) -> str:
    return f"{place['family']} at {_sizes(place, list(SIZES))}"


def _sizes(place: Place, axes: Sequence[str]) -> str:
    """'d = 16, K = 1000'."""
    return ", ".join(f"{SIZES[axis]} = {short(place[axis])}" for axis in axes)  # type: ignore[literal-required]


def _digits(ratio: float) -> str:
    """Three digits, or as many as it takes to say that a bound is exceeded: '10.2', '1.0013'."""
    return next((text for n in (3, 4, 5, 6) if float(text := f"{ratio:.{n}g}") != 1.0), f"{ratio:.3g}")
