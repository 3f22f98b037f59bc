"""Settings run and judged, one file each, so that an interrupted population goes on where it was."""

from __future__ import annotations

import contextlib
import gc
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from simulator.cells.quantities import union
from simulator.cells.spec import canonical_json
from simulator.engines import run
from simulator.judge import judge
from simulator.lab.rescaled import Rescaler
from simulator.optimizers import OPTIMIZERS

from .runs import specs
from .settings import Setting
from .statements import Statement

GOLDEN = 0.618  # multiples of the golden ratio are spread evenly over [0, 1)


def judged(setting: Setting, statements: Iterable[Statement]) -> dict[str, dict[str, object]]:
    """By the names of *statements*: the outcome, the largest ratio, whether a known level was missed, and the reason
    that stands first."""
    statements = list(statements)
    cells = {canonical_json(spec.to_dict()): spec for spec in specs(setting)}  # each once
    asked = {
        name: union(*(s.theorem.quantities for s in statements if s.theorem.optimizer is optimizer))
        for name, optimizer in OPTIMIZERS.items()
    }
    # workers begin at different cells: those that begin alike compile the same loops at the same time
    waiting = list(cells.items())
    begin = int(len(waiting) * (GOLDEN * setting.seed % 1))
    ran = {key: run(s, threads=1, quantities=asked[s.optimizer]) for key, s in waiting[begin:] + waiting[:begin]}
    results = [ran[key] for key in cells]
    verdicts = judge(results, theorems=[s.theorem for s in statements], copies=Rescaler(results))
    return {
        s.name: {
            "outcome": v.outcome.value,
            "largest": (v.numbers.get("max_ratio") or {}).get("value"),
            "suspect": v.suspect,
            "why": v.reasons[0] if v.reasons else "",
        }
        for s, v in zip(statements, verdicts, strict=True)
    }


def stored(setting: Setting, make: Callable[[], dict], folder: Path, names: Iterable[str]) -> dict:
    """What *folder* holds of the setting, after *make* made it if need be."""
    told = json.loads(json.dumps(asdict(setting)))
    path = folder / f"{setting.seed:04d}.json"
    if path.exists():
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["setting"] == told and content["names"] == sorted(names):
            return content
    content = {"setting": told, "names": sorted(names), **make()}
    folder.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".new")
    whole.write_text(json.dumps(content), encoding="utf-8")
    whole.replace(path)
    return content


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Without looking for garbage in cycles: there is none, and among so many cells that takes a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
