"""The table of the first screen: a line for each theorem and each false control that was judged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ..cells.evidence import Result
from ..judge.fit import SYMBOLS
from ..judge.outcome import Outcome, Verdict
from ..judge.statement import Judgeable
from ..sample_theorem import SampleTheorem
from ..words import count, ends
from .figures.breaches import breaches, exponent_of
from .wording import number, signed

Theorems = Mapping[str, Judgeable | SampleTheorem]
NO_WITNESS = " *"
MOST_DIAMONDS = 6
COLUMNS = {
    "steps": "growth in K",
    "dim": "growth in d",
    "ratio": "largest measured",
    "share": "constant used",
    "constant": "constant",
    "exponents": "exponents of ρ",
    "predicted": "predicted exponent",
}
SAME = 1e-9  # two computations of one ratio differ by less, two cells by more


def claim_groups(verdicts: Sequence[Verdict], theorems: Theorems, results: Sequence[Result]) -> list[dict]:
    """The theorems, then the false controls: each group with its head and a row for each verdict.

    *theorems* by the names that verdicts have for them; a verdict whose theorem isn't there has no constant.
    """
    groups = [
        ("Theorems", "must hold", [v for v in verdicts if v.expected == "holds"]),
        (
            "False controls",
            "known to be wrong: the judge must catch them",
            [v for v in verdicts if v.expected != "holds"],
        ),
    ]
    return [
        {"head": head, "about": about, "rows": [claim_row(v, theorems.get(v.claim), results) for v in own]}
        for head, about, own in groups
        if own
    ]


def claim_columns(groups: Sequence[Mapping]) -> list[tuple[str, str]]:
    """(key, head) of the columns behind the verdict that some row of *groups* has something in."""
    rows = [row for group in groups for row in group["rows"]]
    return [(key, head) for key, head in COLUMNS.items() if any(row[key] for row in rows)]


def claim_row(v: Verdict, theorem: Judgeable | SampleTheorem | None, results: Sequence[Result]) -> dict:
    """What stands in a verdict's line; ``tone`` is good, open or bad: the outcome beside what was expected."""
    tone = "good" if v.as_expected else "open" if v.outcome is Outcome.INCONCLUSIVE else "bad"
    top = v.numbers.get("max_ratio")
    explicit = v.numbers.get("bound") == "explicit"
    kind = getattr(theorem, "kind", "")
    constant = _constant(v, theorem, results) if explicit else None
    return {
        "theorem": v.claim,
        "outcome": v.outcome.value,
        "tone": tone,
        "word": _word(v, tone),
        "statement": v.statement,
        "constant": "none"
        if top and not explicit
        else " ".join(filter(None, [number(constant) if constant else "", kind])),
        "over": ("bound" if explicit else "rate") if top else "",
        "ratio": number(top["value"]) if top else "",
        "upper": _upper(top["value"], top["upper"]) if top else "",
        "share": f"{100 * top['value']:.3g} %" if top and explicit and math.isfinite(top["value"]) else "",
        "steps": _growth(v, "steps"),
        "dim": _growth(v, "dim"),
        **_exponents(v),
        "reasons": [*_reasons(v), *_diamonds(v)],
        "cells": _cells(v),
        "source": getattr(theorem, "source", "") if v.expected == "holds" else "",
    }


def _word(v: Verdict, tone: str) -> str:
    if tone == "open":
        return "open"
    if v.expected == "holds":
        return "as expected" if v.as_expected else "NOT as expected"
    return "caught" if v.as_expected else "NOT caught"


def _upper(value: float, upper: float) -> str:
    """The upper limit, '' where it is the value itself to the digits that are shown."""
    return "" if number(upper) == number(value) else number(upper)


def _growth(v: Verdict, axis: str) -> str:
    """The largest exponent of measured/rate in *axis* over the witnesses; over all families where there are none, which
    a star says."""
    groups = v.numbers.get("groups", [])
    told = [e for g in groups if "exponent" in (e := exponent_of(g, axis))]
    witnesses = [e for e in told if e["evidence"]]
    found = [e["exponent"] for e in witnesses or told]
    return signed(max(found)) + ("" if witnesses else NO_WITNESS) if found else ""


def _exponents(v: Verdict) -> dict[str, str]:
    """The least and the largest exponent of ρ over a ladder's families, layers and steps, and what was predicted."""
    ladders = v.numbers.get("ladders", [])
    found = sorted(trend["exponent"] for trend in ladders if trend["exponent"] is not None)
    if not found:
        return {"exponents": "", "predicted": ""}
    return {"exponents": ends(found, signed), "predicted": signed(ladders[0]["predicted"])}


def _diamonds(v: Verdict) -> list[str]:
    """The families whose growth is a diamond in the figure of growth, in one sentence."""
    found = [f"{group['group']} in {SYMBOLS[axis]}" for group, axis in breaches(v)]
    if not found:
        return []
    named = found[:MOST_DIAMONDS] + [f"{len(found) - MOST_DIAMONDS} more"] * (len(found) > MOST_DIAMONDS)
    return [f"growth that shows the rate false, a diamond each in the figure of growth: {', '.join(named)}"]


def _constant(v: Verdict, theorem: Judgeable | SampleTheorem | None, results: Sequence[Result]) -> float | None:
    """bound/rate at the cell with the largest ratio; None where it can't be had."""
    top = v.numbers.get("max_ratio")
    if top is None or theorem is None or isinstance(theorem, SampleTheorem):
        return None
    for result in results:
        spec = result.spec
        if (spec.problem, spec.dim, spec.steps) != (top["problem"], top["dim"], top["steps"]):
            continue
        bearing = theorem.on(result)
        if bearing is None or not bearing.bound or not bearing.rate or result.lacks(theorem.measures):
            continue
        ratio = float(result.stats.values(theorem.measures.name).mean()) / bearing.bound
        if math.isclose(ratio, top["value"], rel_tol=SAME):
            return bearing.bound / bearing.rate
    return None


def _reasons(v: Verdict) -> list[str]:
    reasons = list(v.reasons)
    if case := v.numbers.get("smallest_failing"):
        reasons.append(f"smallest failing case: {case['where']} (in results.csv: {', '.join(case['cells'])})")
    return reasons


def _cells(v: Verdict) -> str:
    """'160 cells judged, 2 escaped, 15 left out', of random vectors 'rows', of training loops
    'recordings'."""
    what = "row" if "samples" in v.numbers else "recording" if "ladders" in v.numbers else "cell"
    parts = [f"{count(v.cells.judged, what)} judged"]
    parts += [f"{v.cells.escaped} escaped"] * bool(v.cells.escaped)
    aside = sum(v.cells.aside.values())
    return ", ".join([*parts, *[f"{aside} left out"] * bool(aside)])
