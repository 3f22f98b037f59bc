"""A theorem's hard instances: what the measured ratio to the rate attains there, beside the level.

A level that isn't attained says that the instance is easier than claimed, or the runs short.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from ..cells.evidence import Result
from ..judge.hard import hard_of
from ..plugins import plain_name
from ..theorem import Theorem
from ..theorem_settings import Hard


def attained(theorem: Theorem, result: Result) -> float | None:
    """The measured mean over the rate, infinite where a replica diverged; None where the theorem says nothing."""
    bearing, values = theorem.on(result), result.values(theorem.measures)
    if bearing is None or bearing.void or bearing.aside or values is None or not bearing.rate:
        return None
    if math.isinf(bearing.rate):
        return None
    return float(values.mean()) / bearing.rate


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
            start = f"{theorem.name}: on the hard instance {_text(hard)}"
            known = "" if hard.level is None else f"; the theorem says {hard.level:g}"
            if not found:
                yield f"{start} no cell can be compared with the rate{known}"
                continue
            ratio, spec = max(found, key=lambda pair: pair[0])
            which = f"the largest of {len(found)}, " if len(found) > 1 else ""
            yield f"{start} measured/rate is {ratio:.5g} ({which}at d = {spec.dim}, K = {spec.steps}){known}"


def _text(hard: Hard) -> str:
    values = {n: v if isinstance(v, str) else f"{v:g}" for n, v in hard.arguments.items()}
    inside = ", ".join(f"{name}={value}" for name, value in values.items())
    return f"{plain_name(hard.problem)}({inside})" if inside else plain_name(hard.problem)
