"""Bring README.md up to date with a results folder: python docs/refresh_readme.py RESULTS

Copies the main figures to docs/figures, writes the verdict table between README's markers, and the answer that its
first theorem gets. ``make sweep`` does this with what it has just computed.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
FIGURES = ("envelope.svg", "forest.svg")
BLOCK = re.compile(r"(<!-- verdicts: .*? -->\n).*?(<!-- end of verdicts -->)", re.DOTALL)
ANSWER = re.compile(r"(<!-- answer: .*? -->\n```text\n)(.*?)(```\n<!-- end of answer -->)", re.DOTALL)
FIRST = re.compile(
    r"```python\n(# (\w+\.py)\n.*?)```.*?\$ ratecheck ([^#\n]*)", re.DOTALL
)  # a file, and the command on it


def table(verdicts: list[dict]) -> str:
    """The verdicts as a Markdown table, false controls last."""
    lines = ["| theorem | verdict | why |", "|---|---|---|"]
    for verdict in sorted(verdicts, key=lambda v: v["expected"] == "fails"):
        outcome = verdict["outcome"] if verdict["as_expected"] else f"{verdict['outcome']} (!)"
        cells = (f"`{verdict['claim']}`", f"**{outcome}**", verdict["reasons"][0])
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def answer(readme: str) -> str:
    """What ratecheck prints about README's first theorem, from the verdicts to the command that shows it again."""
    found = FIRST.search(readme)
    if not found:
        sys.exit("README.md doesn't begin with a theorem file and a command")
    code, name, command = found.groups()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_text(code, encoding="utf-8")
        done = subprocess.run(
            [str(Path(sys.executable).with_name("ratecheck")), *command.split()],
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "COLUMNS": "79", "PYTHONIOENCODING": "utf-8"},
        )
    return telling(done.stdout)


def telling(printed: str) -> str:
    """The lines about the verdict, without those about time and files."""
    return printed[printed.index("verdicts:\n") : printed.index("\nreport: ")] + "\n"


def main(results: Path) -> None:
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    verdicts = json.loads((results / "verdicts.json").read_text(encoding="utf-8"))["verdicts"]
    if not (BLOCK.search(text) and ANSWER.search(text)):
        sys.exit(f"{readme} lacks the markers for the verdict table, or for the answer to the first theorem")
    text = BLOCK.sub(lambda m: m[1] + table(verdicts) + m[2], text)
    readme.write_text(ANSWER.sub(lambda m: m[1] + answer(text) + m[3], text), encoding="utf-8")
    figures = ROOT / "docs" / "figures"
    figures.mkdir(exist_ok=True)
    for name in FIGURES:
        shutil.copyfile(results / "figures" / name, figures / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
