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


def judged(setting: Setting, statements: Iterable[Statement]) -> dict[str, dict[str, object]]:
    """By the names of *statements*: the outcome, the largest ratio, whether a known level was missed, and the reason
    that stands first."""
    statements = list(statements)
    cells = {canonical_json(spec.to_dict()): spec for spec in specs(setting)}  # each once
    asked = {
        name: union(*(s.theorem.quantities for s in statements if s.theorem.optimizer is optimizer))
        for name, optimizer in OPTIMIZERS.items()
    }
    results = [run(spec, threads=1, quantities=asked[spec.optimizer]) for spec in cells.values()]
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
    with uncollected():
        content = {"setting": told, "names": sorted(names), **make()}
    folder.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".new")
    whole.write_text(json.dumps(content), encoding="utf-8")
    whole.replace(path)
    return content


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Garbage in cycles is collected afterwards: looking for it among so many cells takes a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()
