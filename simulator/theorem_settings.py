"""The arguments of a theorem's decorators, as a Theorem keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ratecheck.problems.errors import InputError, choose

from .assumptions import find_assumption
from .cells.quantities import find_quantity

AXES = ("steps", "dim")
GRID = {  # the sweep that `verify` runs for a theorem that names none
    "problem": ["rational", "cosine"],
    "dim": [16, 64, 256],
    "steps": [1000, 4000, 16000, 64000],
    "replicas": 8,
    "quick": {"dim": [8, 16, 32], "steps": [1000, 4000, 16000]},
}


@dataclass(frozen=True)
class Hard:
    """A problem on which the measured ratio to the rate attains *level*, None where the level isn't known."""

    problem: str
    arguments: Mapping[str, float]
    level: float | None


def checked(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of the decorators as Theorem keeps them; raises InputError for a wrong one."""
    known = ("measures", "assumes", "axes", "hard", "grid", "name", "rule", "allows")
    for setting in settings:
        choose(dict.fromkeys(known), setting, f"setting of theorem {name!r}")
    made = dict(settings)
    if "measures" in made:
        made["measures"] = find_quantity(made["measures"])
    if "assumes" in made:
        made["assumes"] = tuple(map(find_assumption, made["assumes"]))
    if "axes" in made:
        made["axes"] = tuple(made["axes"])
        if not made["axes"] or set(made["axes"]) - set(AXES):
            raise InputError(f"theorem {name!r}: axes must be some of {', '.join(AXES)}, got {made['axes']!r}")
    if "hard" in made:
        made["hard"] = tuple(_hard(name, entry) for entry in _several(made["hard"]))
    if "grid" in made:
        made["grid"] = (made["grid"],) if isinstance(made["grid"], Mapping) else tuple(made["grid"])
    return made


def _several(hard: Any) -> Iterable[Any]:
    return (hard,) if isinstance(hard, tuple) and hard and isinstance(hard[0], str) else tuple(hard)


def _hard(name: str, entry: Any) -> Hard:
    if isinstance(entry, Hard):
        return entry
    try:
        problem, arguments, level = entry
        return Hard(str(problem), dict(arguments), None if level is None else float(level))
    except (TypeError, ValueError) as error:
        raise InputError(
            f'theorem {name!r}: a hard instance is (problem, arguments, level) such as ("ramp", {{"steepness": 1.0}}, '
            f"1.0), got {entry!r}"
        ) from error
