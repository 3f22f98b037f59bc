"""A theorem's hard instances: which cells are of one, and what the measured ratio to the rate attains there.

No verdict depends on it: a level that isn't attained says that the instance is easier than claimed, or the runs short.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator

import numpy as np
from ratecheck.problems import PROBLEMS

from ..cells.evidence import Result
from ..plugins import is_file, plain_name
from ..theorem import Theorem
from ..theorem_settings import Hard


def hard_of(theorem: Theorem, result: Result) -> Hard | None:
    """The hard instance that *result* is a cell of: the problem with just its arguments. A false control has none, for
    the level is of its theorem's rate."""
    if theorem.expected == "fails":
        return None
    return next((hard for hard in theorem.hard if _is_of(hard, result)), None)


def attained(theorem: Theorem, result: Result) -> float | None:
    """The measured mean over the rate, infinite where a replica diverged; None where the theorem says nothing."""
    bearing, values = theorem.on(result), result.values(theorem.measures)
    if bearing is None or bearing.void or bearing.aside or values is None or not bearing.rate:
        return None
    if math.isinf(bearing.rate):
        return None
    return float(np.where(np.isfinite(values), values, math.inf).mean()) / bearing.rate


def level_lines(theorems: Iterable[object], results: Iterable[Result]) -> Iterator[str]:
    """A line for each hard instance of *theorems*: the largest measured/rate on its cells beside the level.

    What a results folder holds of a theorem that is not here as code says nothing of hard instances.
    """
    results = tuple(results)
    for theorem in theorems:
        if not isinstance(theorem, Theorem) or theorem.expected == "fails":
            continue
        for hard in theorem.hard:
            ratios = [(attained(theorem, cell), cell.spec) for cell in results if hard_of(theorem, cell) is hard]
            found = [(ratio, spec) for ratio, spec in ratios if ratio is not None]
            start = f"{theorem.name}: hard instance {_text(hard)}, {level_text(hard)}"
            if not found:
                yield f"{start}, no cell of it that can be compared"
                continue
            ratio, spec = max(found, key=lambda pair: pair[0])
            yield f"{start}, attained {ratio:.5g} (the largest of {len(found)}, at d = {spec.dim}, K = {spec.steps})"


def level_text(hard: Hard) -> str:
    """'level 1.5'."""
    return "level unknown" if hard.level is None else f"level {hard.level:g}"


def _text(hard: Hard) -> str:
    values = {n: v if isinstance(v, str) else f"{v:g}" for n, v in hard.arguments.items()}
    inside = ", ".join(f"{name}={value}" for name, value in values.items())
    return f"{plain_name(hard.problem)}({inside})" if inside else plain_name(hard.problem)


def _is_of(hard: Hard, result: Result) -> bool:
    """By names, without a path: a theorem names a problem of its own file as that file does."""
    spec = result.spec
    if plain_name(hard.problem) != plain_name(spec.problem) or is_file(spec.problem) == (hard.problem in PROBLEMS):
        return False
    departures = json.loads(result.identity).get("problem_args", {})  # from the problem's defaults
    return set(departures) <= set(hard.arguments) and all(
        spec.problem_args.get(name) == value for name, value in hard.arguments.items()
    )
