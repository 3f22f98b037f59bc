"""The tables of a population: how often each verdict came, and how often limits miss."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from simulator.judge import Outcome
from simulator.judge.intervals import ALPHA

from .promises import SETTLED, broken_promises, shows
from .statements import Statement

BLOCK = re.compile(r"(<!-- population: .*? -->\n).*?(<!-- end of population -->)", re.DOTALL)
SHOWN = [o.value for o in (Outcome.TIGHT, Outcome.HOLDS, Outcome.INCONCLUSIVE, Outcome.VIOLATED, Outcome.VOID)]


def tables(found: Sequence[dict], limits: Sequence[dict], statements: Sequence[Statement]) -> str:
    """Markdown: true statements, false ones by settings that are settled and the others, and coverage."""
    settled = sum(content["settled"] >= SETTLED for content in found)
    lines = [f"{len(found)} settings, {settled} of them settled: κK ≥ {SETTLED} where exponents are fitted.", ""]
    lines += [f"| true | {' | '.join(SHOWN)} |", "|---|" + "--:|" * len(SHOWN)]
    for s in (s for s in statements if s.true):
        counts = Counter(content["verdicts"][s.name]["outcome"] for content in found)
        lines.append(f"| {s.name} | {' | '.join(str(counts[name]) for name in SHOWN)} |")
    names = [*SHOWN[:4], *SHOWN[:4]]
    lines += ["", f"| false | mistake | {' | '.join(names)} |", "|---|---|" + "--:|" * len(names)]
    lines += ["| | | settled | | | | others | | | |"]
    for s in (s for s in statements if not s.true):
        rows = {True: Counter(), False: Counter()}
        for content in found:
            rows[shows(s, content)][content["verdicts"][s.name]["outcome"]] += 1
        numbers = [str(row[name]) for row in rows.values() for name in SHOWN[:4]]
        lines.append(f"| {s.name} | {s.kind} | {' | '.join(numbers)} |")
    suspects = sum(any(v["suspect"] for v in content["verdicts"].values()) for content in found)
    lines += ["", f"Settings in which a known level was not met: {suspects}.", "", *_coverage(limits)]
    broken = list(broken_promises(found, limits, statements))
    lines += ["", "Not as promised:" if broken else "All is as promised.", *(f"- {one}" for one in broken)]
    return "\n".join(lines) + "\n"


def _coverage(limits: Sequence[dict]) -> Iterator[str]:
    yield f"| limits at {100 * ALPHA:g} % | groups | true below the lower | true above the upper |"
    yield "|---|--:|--:|--:|"
    named = {"means": "means", "exponents": "exponents", "heavy": "left aside: means without a fourth moment"}
    for what, words in named.items():
        count, low, high = (sum(content[what][i] for content in limits) for i in range(3))
        if not count:
            continue
        yield f"| {words} | {count} | {100 * low / count:.2f} % | {100 * high / count:.2f} % |"
    counts = Counter(content["outcome"] for content in limits)
    told = ", ".join(f"{name} {counts[name]}" for name in SHOWN if counts[name])
    aside = sum(content["aside"] for content in limits)
    yield ""
    yield f"{aside} cells more were set aside by the rule. The bound that equals the mean: {told}."


def write(text: str, page: Path) -> None:
    """Put *text* between the markers of *page*."""
    old = page.read_text(encoding="utf-8")
    if not BLOCK.search(old):
        sys.exit(f"{page} has no markers for the tables of the population")
    page.write_text(BLOCK.sub(lambda m: m[1] + text + m[2], old), encoding="utf-8")
