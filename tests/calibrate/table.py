"""The table of a population: a row for each statement, how often each verdict came."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from simulator.judge import Outcome

from .statements import Statement

BLOCK = re.compile(r"(<!-- population: .*? -->\n).*?(<!-- end of population -->)", re.DOTALL)
SHOWN = [o.value for o in (Outcome.TIGHT, Outcome.HOLDS, Outcome.INCONCLUSIVE, Outcome.VIOLATED, Outcome.VOID)]


def table(found: Sequence[dict], statements: Sequence[Statement]) -> str:
    """Markdown: counts of verdicts, true statements first, and how often a known level was not met."""
    lines = [f"| {len(found)} settings | | {' | '.join(SHOWN)} |", "|---|---|" + "--:|" * len(SHOWN)]
    for statement in sorted(statements, key=lambda s: not s.true):
        counts = Counter(content["verdicts"][statement.name]["outcome"] for content in found)
        kind = "true" if statement.true else f"false, {statement.family}"
        lines.append(f"| {statement.name} | {kind} | {' | '.join(str(counts[name]) for name in SHOWN)} |")
    suspects = sum(any(v["suspect"] for v in content["verdicts"].values()) for content in found)
    lines.append("")
    lines.append(f"Settings in which a known level was not met: {suspects}.")
    return "\n".join(lines) + "\n"


def write(found: Sequence[dict], statements: Sequence[Statement], page: Path) -> None:
    """Put the table between the markers of *page*."""
    text = page.read_text(encoding="utf-8")
    if not BLOCK.search(text):
        sys.exit(f"{page} has no markers for the table of the population")
    made = table(found, statements)
    page.write_text(BLOCK.sub(lambda m: m[1] + made + m[2], text), encoding="utf-8")
    print(made)
