"""The tables of a population: how often each verdict came, and what was promised of it and not kept."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from scipy.stats import binomtest

from simulator.judge import Outcome
from simulator.judge.intervals import ALPHA

from .statements import HELD, Statement

BLOCK = re.compile(r"(<!-- population: .*? -->\n).*?(<!-- end of population -->)", re.DOTALL)
SHOWN = [o.value for o in (Outcome.TIGHT, Outcome.HOLDS, Outcome.INCONCLUSIVE, Outcome.VIOLATED, Outcome.VOID)]
SETTLED = 124  # κK of the shortest horizon that is fitted, from which on runs keep 0.9 of the ramp
POWER = 0.95
SLACK = 1.5  # times the nominal rate is what limits may miss


def tables(found: Sequence[dict], limits: Sequence[dict], statements: Sequence[Statement]) -> str:
    """Markdown: true statements, false ones by settings that are settled and the others, and coverage."""
    settled = [content["settled"] >= SETTLED for content in found]
    lines = [
        f"{len(found)} settings, {sum(settled)} of them settled: κK ≥ {SETTLED} on all horizons that are fitted.",
        "",
    ]
    lines += [f"| true | {' | '.join(SHOWN)} |", "|---|" + "--:|" * len(SHOWN)]
    for s in (s for s in statements if s.true):
        counts = Counter(content["verdicts"][s.name]["outcome"] for content in found)
        lines.append(f"| {s.name} | {' | '.join(str(counts[name]) for name in SHOWN)} |")
    names = [*SHOWN[:4], *SHOWN[:4]]
    lines += ["", f"| false | mistake | {' | '.join(names)} |", "|---|---|" + "--:|" * len(names)]
    lines += ["| | | settled | | | | not settled | | | |"]
    for s in (s for s in statements if not s.true):
        rows = [Counter(c["verdicts"][s.name]["outcome"] for c, y in zip(found, settled, strict=True) if y is which)
                for which in (True, False)]  # fmt: skip
        numbers = [str(row[name]) for row in rows for name in SHOWN[:4]]
        lines.append(f"| {s.name} | {s.kind} | {' | '.join(numbers)} |")
    suspects = sum(any(v["suspect"] for v in content["verdicts"].values()) for content in found)
    lines += ["", f"Settings in which a known level was not met: {suspects}.", "", *_coverage(limits)]
    broken = list(broken_promises(found, limits, statements))
    lines += ["", "Not as promised:" if broken else "All is as promised.", *(f"- {one}" for one in broken)]
    return "\n".join(lines) + "\n"


def _coverage(limits: Sequence[dict]) -> Iterator[str]:
    yield f"| limits at {100 * ALPHA:g} % | groups | true below the lower | true above the upper |"
    yield "|---|--:|--:|--:|"
    for what in ("means", "exponents"):
        count, low, high = (sum(content[what][i] for content in limits) for i in range(3))
        yield f"| {what} | {count} | {100 * low / count:.2f} % | {100 * high / count:.2f} % |"
    counts = Counter(content["outcome"] for content in limits)
    told = ", ".join(f"{name} {counts[name]}" for name in SHOWN if counts[name])
    aside = sum(content["aside"] for content in limits)
    yield ""
    yield f"{aside} cells more were set aside by the rule. The bound that equals the mean: {told}."


def broken_promises(found: Sequence[dict], limits: Sequence[dict], statements: Sequence[Statement]) -> Iterator[str]:
    """What the judge promises of populations, where it isn't so, in words."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for s in statements:
        for content in found:
            verdict = content["verdicts"][s.name]
            outcome, where = verdict["outcome"], f"{s.name}, setting {content['setting']['seed']}"
            if s.true and outcome == "VIOLATED":
                yield f"{where}: true, and VIOLATED: {verdict['why']}"
            if s.kind == "weaker" and outcome == "TIGHT":
                yield f"{where}: weaker than what is true, and TIGHT"
            if not s.true and content["settled"] >= SETTLED:
                kinds[s.kind].append(outcome)
                if outcome in HELD:
                    yield f"{where}: false ({s.kind}), and {outcome}"
    for kind, outcomes in kinds.items():
        share = outcomes.count("VIOLATED") / len(outcomes)
        if share < POWER:
            yield f"{kind}: VIOLATED in {100 * share:.1f} % of {len(outcomes)}, promised is {100 * POWER:g} %"
    guilty = sum(content["outcome"] == "VIOLATED" for content in limits)
    if binomtest(guilty, len(limits), ALPHA, "greater").pvalue < 0.01:
        yield f"a tight bound is VIOLATED in {guilty} of {len(limits)} settings, promised is {100 * ALPHA:g} %"
    for what in ("means", "exponents"):
        count = sum(content[what][0] for content in limits)
        for side, name in ((1, "lower"), (2, "upper")):
            missed = sum(content[what][side] for content in limits) / count
            if missed > SLACK * ALPHA:
                yield f"{name} limits of {what} miss in {100 * missed:.2f} %, promised is {100 * SLACK * ALPHA:g} %"


def write(text: str, page: Path) -> None:
    """Put *text* between the markers of *page*."""
    old = page.read_text(encoding="utf-8")
    if not BLOCK.search(old):
        sys.exit(f"{page} has no markers for the tables of the population")
    page.write_text(BLOCK.sub(lambda m: m[1] + text + m[2], old), encoding="utf-8")
