"""Bring docs/networks.md up to date with a results folder: python docs/refresh_networks.py RESULTS

Writes the tables between its markers and copies its figures to docs/figures. ``make networks`` does this with what it
has just computed, and so does ``make networks-full``, whose recordings and report go to docs/networks-full as well:
hours of training that anybody can judge again in seconds.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from simulator.cells.recording import EXACT, Recording, by_family  # noqa: E402
from simulator.judge.trends import by_size, size_words  # noqa: E402
from simulator.lab.folder import Folder, open_folder  # noqa: E402
from simulator.lab.judging import judge_folder  # noqa: E402
from simulator.lab.ladder_plan import LADDER  # noqa: E402
from simulator.lab.recordings import FOLDER  # noqa: E402
from simulator.lab.verdicts import FILE as VERDICTS  # noqa: E402
from simulator.report.figures.stages import Stage, stages  # noqa: E402
from simulator.report.gradient_tables import layer_table, noise_table  # noqa: E402
from simulator.report.ladder_tables import average_table, trend_table  # noqa: E402
from simulator.report.table import Column, Table, tabled  # noqa: E402

PAGE = ROOT / "docs" / "networks.md"
KEPT = ROOT / "docs" / "networks-full"
BLOCK = re.compile(r"(<!-- (?P<name>[\w-]+): .*? -->\n).*?(<!-- end of (?P=name) -->)", re.DOTALL)
FULL = "full.toml"
REPORT = ("report.html", "report.md", "recordings.csv")
FIGURES = ("ladders.svg", "training.svg", "batches.svg")


def main(results: Path) -> None:
    folder = open_folder(results)
    if folder.partial:
        sys.exit(f"{results} is {folder.partial}; finish the ladder first")
    parts = blocks(folder)
    text = PAGE.read_text(encoding="utf-8")
    if missing := set(parts) - {m["name"] for m in BLOCK.finditer(text)}:
        sys.exit(f"{PAGE} lacks the markers for {', '.join(sorted(missing))}")
    written = BLOCK.sub(lambda m: m[1] + parts.get(m["name"], m[0][len(m[1]) : -len(m[3])]) + m[3], text)
    PAGE.write_text(written, encoding="utf-8")
    if not _full(folder):
        for name in FIGURES:
            shutil.copyfile(results / "figures" / name, ROOT / "docs" / "figures" / f"networks-{name}")
    elif results.resolve() != KEPT.resolve():
        _keep(folder)


def blocks(folder: Folder) -> dict[str, str]:
    """What stands between the page's markers, by their names."""
    verdicts = judge_folder(folder).recorded
    whole = trend_table([v for v in verdicts if v.claim != "theta-d-layers"])
    if _full(folder):
        return {
            "full-verdicts": _verdicts(verdicts),
            "full-exponents": _markdown(_ends_of_training(whole)),
            "full-readout": _markdown(_readout_table(folder.recordings)),
            "full-depth": _markdown(_depth_table(folder.recordings)),
        }
    return {
        "verdicts": _verdicts(verdicts),
        "exponents": _markdown(whole),
        "layers": _markdown(layer_table([r for r in folder.recordings if "mlp" in r.family])),
        "noise": _markdown(noise_table(folder.recordings)),
        "averages": _markdown(average_table(folder.recordings)),
    }


def _full(folder: Folder) -> bool:
    return folder.ladder is not None and folder.ladder.source == FULL


def _keep(folder: Folder) -> None:
    """Copy the recordings, the verdicts and the report with all that it names, and nothing else that may be there."""
    shutil.rmtree(KEPT, ignore_errors=True)
    (KEPT / FOLDER).mkdir(parents=True)
    for recording in folder.recordings:
        name = Path(FOLDER) / f"{recording.key}.npz"
        shutil.copyfile(folder.directory / name, KEPT / name)
    for name in (LADDER, VERDICTS, *REPORT):
        shutil.copyfile(folder.directory / name, KEPT / name)
    shutil.copytree(folder.directory / "figures", KEPT / "figures")


def _ends_of_training(table: Table) -> Table:
    """The rows of the first and the last step of each family."""
    found: dict[tuple, list] = {}
    for row in table.rows:
        found.setdefault((row["theorem"], row["family"], row["layer"]), []).append(row)
    rows = [row for own in found.values() for row in (own if len(own) == 1 else (own[0], own[-1]))]
    return replace(table, rows=rows)


def _readout_table(recordings: Sequence[Recording]) -> Table:
    """The readout's share of ‖∇f‖₂² at each checkpoint, of the smallest and the largest network of each family."""
    rows, found = [], set()
    for family, own in by_family(r for r in recordings if "readout" in r.layers).items():
        stage, dims = stages(own), [recording.dim(0) for recording in own]
        for dim in sorted({min(dims), max(dims)}):
            shares: dict[Stage, list[float]] = {}
            for recording in (r for r in own if r.dim(0) == dim):
                readout = recording.layers.index("readout")
                size = recording.sizes[0, readout] / dim
                for row in recording.rows(EXACT):
                    shares.setdefault(stage(int(recording.steps[row])), []).append(recording.shares(row)[readout])
            found |= set(shares)
            rows.append({"family": family, "d": size_words(dim), "size": _percent(size)})
            rows[-1] |= {at.name: _percent(fmean(seeds)) for at, seeds in shares.items()}
    heads = [Column("family", "family"), Column("d", "d"), Column("size", "its share of d")]
    heads += [Column(at.name, at.name) for at in sorted(found)]
    return tabled("readout", "", heads, rows, "Means over seeds, of exact gradients.")


def _depth_table(recordings: Sequence[Recording]) -> Table:
    """ρ at each checkpoint, of the networks whose depth grows: nothing is claimed of them."""
    own = [recording for recording in recordings if recording.settings.get("axis") == "depth"]
    stage, rows = stages(own), []
    steps = sorted({int(r.steps[row]) for r in own for row in r.rows(EXACT)})
    by_depth = {k: by_size(own, k, "depth") for k in steps}
    dims = {r.settings["depth"]: r.dim(0) for r in own}
    for depth, dim in sorted(dims.items()):
        row = {"depth": depth, "d": size_words(dim)}
        rows.append(row | {stage(k).name: f"{fmean(by_depth[k][depth].values()):.3f}" for k in steps})
    heads = [Column(name, name) for name in ("depth", "d", *(stage(k).name for k in steps))]
    return tabled("depth", "", heads, rows, "ρ of exact gradients, means over seeds.")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


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
