"""The arguments of a theorem's decorators, as a Theorem keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ratecheck.problems.errors import InputError, choose

from .assumptions import Assumption, find_assumption
from .cells.quantities import Quantity, find_quantity

AXES = ("steps", "dim")
_SIZES = {
    "dim": [16, 64, 256],
    "steps": [4000, 16000, 64000, 256000],
    "replicas": 8,
    "quick": {"dim": [8, 16, 64], "steps": [4000, 16000, 64000]},
}
_FIXED = {"problem": ["rational", "cosine"], **_SIZES}
# The sweep that `verify` runs for a theorem that names none: two bounded functions, and one made anew for each horizon,
# mild enough for SGD's steps to stay. Its coordinates differ, in the noise and in the slopes in turn: with equal slopes
# its gradient is level in d in either norm, with equal noise ‖σ‖₁ is a power of d.
GRID = (
    _FIXED,
    {"problem": "uneven-ramp", "problem_args": {"steepness": 0.5, "slope_spectrum": 0.0}, **_SIZES},
    {"problem": "uneven-ramp", "problem_args": {"steepness": 0.5, "noise_spectrum": 0.0}, **_SIZES},
)
WITHOUT_NOISE = (
    {**_FIXED, "sigma": 0.0},
    {"problem": "sawtooth", "problem_args": {"form": "mean"}, "sigma": 0.0, **_SIZES},
)


@dataclass(frozen=True)
class Hard:
    """A problem on which the measured ratio to the rate attains *level*, None where the level isn't known."""

    problem: str
    arguments: Mapping[str, float | str]
    level: float | None


def checked(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of the decorators as Theorem keeps them; raises InputError for a wrong one."""
    known = ("measures", "assumes", "axes", "hard", "grid", "name", "rule", "allows", "rate_tex", "bound_tex")
    for setting in settings:
        choose(dict.fromkeys(known), setting, f"setting of theorem {name!r}")
    made = dict(settings)
    for setting in ("name", "rate_tex", "bound_tex"):
        if not isinstance(made.get(setting, ""), str):
            raise InputError(f"theorem {name!r}: {setting} must be a text in quotes, got {made[setting]!r}")
    for setting, takes in (("rule", "the constants"), ("allows", "the rule's hyper-parameters")):
        if made.get(setting) is not None and not callable(made[setting]):
            raise InputError(f"theorem {name!r}: {setting} must be a function of {takes}, got {made[setting]!r}")
    if "measures" in made:
        if not isinstance(made["measures"], (str, Quantity)):
            raise InputError(f"theorem {name!r}: measures takes a name or a Quantity, got {made['measures']!r}")
        made["measures"] = find_quantity(made["measures"])
    if "assumes" in made:
        made["assumes"] = tuple(map(find_assumption, _assumptions(name, made["assumes"])))
    if "axes" in made:
        made["axes"] = tuple(made["axes"])
        if not made["axes"] or set(made["axes"]) - set(AXES):
            raise InputError(f"theorem {name!r}: axes must be some of {', '.join(AXES)}, got {made['axes']!r}")
    if "hard" in made:
        made["hard"] = tuple(_hard(name, entry) for entry in _several(made["hard"]))
    if "grid" in made:
        made["grid"] = _grid(name, made["grid"])
    return made


def default_grid(assumes: Iterable[Assumption]) -> tuple[Mapping[str, object], ...]:
    """The tables that `verify` sweeps for a theorem that names none."""
    return WITHOUT_NOISE if any(assumption.name == "noiseless" for assumption in assumes) else GRID


def _assumptions(name: str, given: Any) -> Iterable[str | Assumption]:
    several = (given,) if isinstance(given, (str, Assumption)) else given
    if not isinstance(several, Iterable) or not all(isinstance(one, (str, Assumption)) for one in several):
        raise InputError(f"theorem {name!r}: assumes takes names and assumptions such as ('smooth',), got {given!r}")
    return several


def _grid(name: str, given: Any) -> tuple[Mapping[str, object], ...]:
    tables = (given,) if isinstance(given, Mapping) else given
    if not isinstance(tables, Iterable) or not (tables := tuple(tables)) or not all(map(_is_table, tables)):
        raise InputError(
            f"theorem {name!r}: grid must be a table such as {{'problem': 'rational', 'dim': [16, 64], "
            f"'steps': [1000, 4000, 16000]}}, or several; got {given!r}"
        )
    return tables


def _is_table(table: object) -> bool:
    return isinstance(table, Mapping) and all(isinstance(key, str) for key in table)


def _several(hard: Any) -> Iterable[Any]:
    """One or several hard instances; what is neither is told as one that is none."""
    one = isinstance(hard, tuple) and hard and isinstance(hard[0], str)
    return (hard,) if one or not isinstance(hard, Iterable) else tuple(hard)


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
