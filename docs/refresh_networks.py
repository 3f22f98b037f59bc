"""Bring docs/networks.md up to date with a results folder: python docs/refresh_networks.py RESULTS

Writes the tables between its markers and copies its figures to docs/figures. ``make networks`` does this with what it
has just computed.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from simulator.lab.folder import open_folder  # noqa: E402
from simulator.lab.judging import judge_folder  # noqa: E402
from simulator.report.gradient_tables import layer_table, noise_table  # noqa: E402
from simulator.report.ladder_tables import average_table, trend_table  # noqa: E402
from simulator.report.table import Table  # noqa: E402

PAGE = ROOT / "docs" / "networks.md"
BLOCK = re.compile(r"(<!-- (?P<name>\w+): .*? -->\n).*?(<!-- end of (?P=name) -->)", re.DOTALL)
FIGURES = ("ladders.svg", "training.svg", "batches.svg")


def main(results: Path) -> None:
    folder = open_folder(results)
    if folder.partial:
        sys.exit(f"{results} is {folder.partial}; finish the ladder first")
    verdicts = judge_folder(folder).recorded
    whole = [v for v in verdicts if v.claim != "theta-d-layers"]
    parts = {
        "verdicts": _verdicts(verdicts),
        "exponents": _markdown(trend_table(whole)),
        "layers": _markdown(layer_table([r for r in folder.recordings if "mlp" in r.family])),
        "noise": _markdown(noise_table(folder.recordings)),
        "averages": _markdown(average_table(folder.recordings)),
    }
    text = PAGE.read_text(encoding="utf-8")
    if {m["name"] for m in BLOCK.finditer(text)} != set(parts):
        sys.exit(f"{PAGE} lacks the markers for {', '.join(parts)}")
    PAGE.write_text(BLOCK.sub(lambda m: m[1] + parts[m["name"]] + m[3], text), encoding="utf-8")
    for name in FIGURES:
        shutil.copyfile(results / "figures" / name, ROOT / "docs" / "figures" / f"networks-{name}")


def _verdicts(verdicts) -> str:
    lines = ["| claim | verdict | as expected | why |", "|---|---|---|---|"]
    for v in verdicts:
        cells = (
            f"`{v.claim}`: {v.statement}",
            f"**{v.outcome}**",
            "yes" if v.as_expected else "no",
            "; ".join(v.reasons[:3]),
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _markdown(table: Table) -> str:
    lines = [table.same, ""] if table.same else []
    lines += ["| " + " | ".join(c.head for c in table.columns) + " |", "|" + "---|" * len(table.columns)]
    lines += [
        "| " + " | ".join(str(row[c.key]).replace("|", "\\|") for c in table.columns) + " |" for row in table.rows
    ]
    return "\n".join([*lines, "", table.note, ""])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
