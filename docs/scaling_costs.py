"""Bring the table of docs/scaling.md up to date with the cost model: python docs/scaling_costs.py"""

import re
import sys
from pathlib import Path

from ratecheck.simulator.cells.spec import Spec
from ratecheck.simulator.lab.cost import cell_seconds

PAGE = Path(__file__).with_name("scaling.md")
BLOCK = re.compile(r"(<!-- costs: .*? -->\n).*?(<!-- end of costs -->)", re.DOTALL)
DIMS = (16, 1024, 10**5, 10**7, 10**8, 4 * 10**9)
STEPS, REPLICAS, CELLS, NUMBERS = 10_000, 8, 10_000, 3  # x and AdamW's state of two


def table() -> str:
    """The table as Markdown."""
    lines = ["| d | cell, one core | grid, one core | cell, a GPU (guess) | state |", "|---|---|---|---|---|"]
    for dim in DIMS:
        spec = Spec.of("rational", "adamw", dim, STEPS, REPLICAS)
        seconds, gpu = cell_seconds(spec), cell_seconds(spec, "gpu")
        state = 8 * NUMBERS * dim * REPLICAS
        cells = f"{dim:,}".replace(",", " "), time(seconds), time(CELLS * seconds), time(gpu), memory(state)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def time(seconds: float) -> str:
    """'12 s', '3.4 h', '5 years': two digits."""
    for name, length in (("years", 365.25 * 86400), ("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{_short(seconds / length)} {name}"
    return f"{_short(seconds)} s"


def memory(size: float) -> str:
    for name, length in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20)):
        if size >= length:
            return f"{_short(size / length)} {name}"
    return f"{_short(size / 2**10)} KiB"


def _short(value: float) -> str:
    return f"{float(f'{value:.2g}'):g}" if value < 100 else f"{float(f'{value:.2g}'):.0f}"


def written(text: str) -> str:
    """The page with the table of now."""
    made, count = BLOCK.subn(lambda found: found[1] + table() + found[2], text)
    if count != 1:
        sys.exit(f"{PAGE} has no place for the table")
    return made


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
