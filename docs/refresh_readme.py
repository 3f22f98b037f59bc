"""Bring README.md up to date with a results folder: python docs/refresh_readme.py RESULTS

Copies the main figures to docs/figures and writes the verdict table between README's markers.
``make sweep`` does this with what it has just computed.
"""

import json
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FIGURES = ("envelope.svg", "forest.svg", "controls.svg")
BLOCK = re.compile(r"(<!-- verdicts: .*? -->\n).*?(<!-- end of verdicts -->)", re.DOTALL)


def table(verdicts: list[dict]) -> str:
    """The verdicts as a Markdown table, false controls last."""
    lines = ["| theorem | verdict | statement | why |", "|---|---|---|---|"]
    for verdict in sorted(verdicts, key=lambda v: v["expected"] == "fails"):
        outcome = verdict["outcome"] if verdict["as_expected"] else f"{verdict['outcome']} (!)"
        cells = (f"`{verdict['claim']}`", f"**{outcome}**", verdict["statement"], verdict["reasons"][0])
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def main(results: Path) -> None:
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    verdicts = json.loads((results / "verdicts.json").read_text(encoding="utf-8"))["verdicts"]
    if not BLOCK.search(text):
        sys.exit(f"{readme} has no markers for the verdict table")
    readme.write_text(BLOCK.sub(lambda m: m[1] + table(verdicts) + m[2], text), encoding="utf-8")
    figures = ROOT / "docs" / "figures"
    figures.mkdir(exist_ok=True)
    for name in FIGURES:
        shutil.copyfile(results / "figures" / name, figures / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
