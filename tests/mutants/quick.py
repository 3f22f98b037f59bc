"""The quick sweep in a tree, and whether its verdicts notice a bug."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from .mutant import Mutant
from .tree import Tree

LIMIT = 1800.0  # seconds
MOVED = 0.005  # of a largest ratio, from which on it counts as another
ENDS = (0, 1, 3)  # exit codes of a sweep that was judged
# A cell's key says all that determines its numbers but for the code of engines, and what lies here is no engine: so
# of a bug in it the cells whose key it leaves alone are those of the sweep without it.
TOLD_BY_KEYS = ("simulator/judge/", "simulator/theorems/", "simulator/optimizers.py", "simulator/lab/", "problems/")


@dataclass(frozen=True)
class Swept:
    """By theorem: the verdict's word, whether a known level was not met, and the largest ratio. ``failed``: the last
    line of a sweep that gave no verdicts."""

    words: dict[str, str] = field(default_factory=dict)
    suspect: list[str] = field(default_factory=list)
    ratios: dict[str, float] = field(default_factory=dict)
    code: int | None = None
    failed: str = ""


def sweep(tree: Tree, out: Path) -> Swept:
    """Run it into *out*, or go on with what is there."""
    done = tree.python(
        "-m", "simulator", "sweep", "simulator/lab/rates.toml", "--quick", "--out", str(out), limit=LIMIT
    )
    file = out / "verdicts.json"
    if done.code not in ENDS or not file.exists():
        lines = done.output.strip().splitlines() or ["no word"]
        return Swept(code=done.code, failed=lines[-1] if done.code is not None else f"not done in {LIMIT:g} s")
    verdicts = json.loads(file.read_text(encoding="utf-8"))["verdicts"]
    tops = {v["claim"]: v["numbers"].get("max_ratio") for v in verdicts}
    return Swept(
        {v["claim"]: v["outcome"] for v in verdicts},
        [v["claim"] for v in verdicts if v["numbers"].get("mismatches")],
        {claim: float(top["value"]) for claim, top in tops.items() if top},
        done.code,
    )


def sweep_mutant(tree: Tree, mutant: Mutant, out: Path, sound: Path) -> Swept:
    """The sweep of a tree in which *mutant* is planted; *sound* is the results folder of the tree without it."""
    shutil.rmtree(out, ignore_errors=True)
    if mutant.file.startswith(TOLD_BY_KEYS):
        shutil.copytree(sound, out)
        (out / "verdicts.json").unlink()
    try:
        return sweep(tree, out)
    finally:
        shutil.rmtree(out, ignore_errors=True)


def noticed(found: Swept, sound: Swept) -> str:
    """What a reader of the verdicts sees that is not so without the bug, '' for nothing."""
    if found.failed:
        return f"the sweep fails: {found.failed}"
    changed = [c for c in {**sound.words, **found.words} if found.words.get(c) != sound.words.get(c)]
    if changed:
        first = changed[0]
        more = f", and {len(changed) - 1} more" if len(changed) > 1 else ""
        return f"{first} {found.words.get(first, 'left out')} for {sound.words.get(first, 'left out')}{more}"
    if new := [claim for claim in found.suspect if claim not in sound.suspect]:
        return f"{new[0]}: a known level is not met"
    return f"exit code {found.code} for {sound.code}" if found.code != sound.code else ""


def moved(found: Swept, sound: Swept) -> str:
    """The theorem whose largest ratio is farthest from what it is without the bug, with both; '' below MOVED."""
    changes = {
        claim: abs(math.log(found.ratios[claim] / ratio))
        for claim, ratio in sound.ratios.items()
        if found.ratios.get(claim, 0.0) > 0 and ratio > 0
    }
    worst = max(changes, key=lambda claim: changes[claim], default="")
    if not worst or changes[worst] <= MOVED:
        return ""
    return f"{worst} {found.ratios[worst]:.4g} for {sound.ratios[worst]:.4g}"
