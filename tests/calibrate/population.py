"""Settings run and judged, one file each, so that an interrupted population goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from simulator.engines import run
from simulator.judge import judge
from simulator.lab.rescaled import Rescaler

from .settings import Setting
from .statements import Statement


def judged(setting: Setting, statements: Iterable[Statement]) -> dict[str, dict[str, object]]:
    """By the names of *statements*: the outcome, and the reason that stands first."""
    statements = list(statements)
    results = [
        run(spec, threads=1)
        for optimizer in dict.fromkeys(s.theorem.optimizer.name for s in statements)
        for spec in setting.specs(optimizer)
    ]
    verdicts = judge(results, theorems=[s.theorem for s in statements], copies=Rescaler(results))
    return {
        s.name: {"outcome": v.outcome.value, "suspect": v.suspect, "why": v.reasons[0] if v.reasons else ""}
        for s, v in zip(statements, verdicts, strict=True)
    }


def stored(setting: Setting, statements: Iterable[Statement], folder: Path) -> dict:
    """What *folder* holds of the setting, after it was run if need be."""
    statements, told = list(statements), json.loads(json.dumps(asdict(setting)))
    path = folder / f"{setting.seed:04d}.json"
    if path.exists():
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["setting"] == told and set(content["verdicts"]) == {s.name for s in statements}:
            return content
    content = {"setting": told, "kappa": setting.kappa, "verdicts": judged(setting, statements)}
    folder.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".new")
    whole.write_text(json.dumps(content), encoding="utf-8")
    whole.replace(path)
    return content
