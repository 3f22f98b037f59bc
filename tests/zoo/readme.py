"""README's table of the zoo: of each theorem what fits in a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from simulator.judge.outcome import Outcome

from .verified import Verified

BLOCK = re.compile(r"(<!-- zoo: .*? -->\n).*?(<!-- end of zoo -->)", re.DOTALL)
HEAD = (
    "| theorem | bounds | by O of | constant | verdict | attained | controls caught |\n|---|---|---|---|---|--:|--:|\n"
)


def write(found: Sequence[Verified], readme: Path) -> None:
    """Bring the table between README's markers up to date; raises ValueError when they are not there."""
    text = readme.read_text(encoding="utf-8")
    if not BLOCK.search(text):
        raise ValueError(f"{readme} has no markers for the zoo's table")
    readme.write_text(BLOCK.sub(lambda m: m[1] + HEAD + "".join(map(row, found)) + m[2], text), encoding="utf-8")


def row(one: Verified) -> str:
    """The theorem's line."""
    theorem, top = one.theorem, one.verdict.numbers["max_ratio"]
    caught = sum(v.outcome is Outcome.VIOLATED for v in one.controls)
    cells = (
        f"[`{theorem.name}`](docs/zoo/{theorem.name}.md)",
        f"${_tex(theorem.measures.tex)}$",
        f"${_tex(theorem.rate_tex)}$",
        theorem.kind,
        one.verdict.outcome.value,
        f"{100 * top['value']:.3g} %" if top else "–",
        f"{caught} of {len(one.controls)}",
    )
    return "| " + " | ".join(cells) + " |\n"


def _tex(tex: str) -> str:
    r"""*tex* without a bar, which would end the cell: \| is \Vert."""
    return tex.replace(r"\|", r"\Vert ")
