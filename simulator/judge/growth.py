"""Growth exponents of a ratio in K and d, and where the trend of its local slopes leads one step beyond the grid."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..cells.evidence import Result
from ..words import count
from .fit import GRID, LEAST_VALUES, SYMBOLS, spec_seed
from .intervals import Estimate, Sampled

OCTAVES = 3  # of an axis for any word on growth: K = 16000, 16001, 16002 are three values and no trend
MARGIN = 0.02


@dataclass(frozen=True)
class Growth:
    """Joint exponents in K and d ("steps", "dim") over the larger half of a group's grid.

    ``beyond`` is, by axis, the slope of the parabola in the logarithm through the same cells, one grid step past their
    largest: the exponent if the local slopes go on as they do. ``missing`` says in words why an axis has no exponent;
    ``floors`` are the least values that were fitted, ``cells`` how many cells were.
    """

    exponents: Mapping[str, Estimate] = field(default_factory=dict)
    beyond: Mapping[str, Estimate] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    floors: Mapping[str, float] = field(default_factory=dict)
    cells: int = 0

    def p_grows(self, axis: str) -> float:
        """p-value against 'it grows by at most MARGIN, or is about to stop': the larger of two."""
        return max(self.exponents[axis].p_above(MARGIN), self.beyond[axis].p_above(MARGIN))

    def p_level(self, axis: str) -> float:
        """p-value against 'the exponent is not within ±MARGIN': the larger of two one-sided tests."""
        b = self.exponents[axis]
        return max(b.p_below(MARGIN), b.p_above(-MARGIN))

    def settled(self, axis: str, alpha: float) -> bool:
        """Whether the exponent's upper limit is below MARGIN."""
        return axis in self.exponents and self.exponents[axis].high(alpha) < MARGIN


def growth(results: Sequence[Result], ratios: Sequence[NDArray[np.float64]]) -> Growth:
    """The exponents of *ratios* (per result, one value a replica) in K and d.

    The larger half: at least LEAST_VALUES, half of the values, and OCTAVES on each axis, from the top. An exponent
    in d compares cells of equal K only, and one in K cells of equal d: a trend in one axis that is no power law can't
    pass for growth in the other on a grid that has gaps.
    """
    pairs = [
        (result.spec, y)
        for result, y in zip(results, ratios, strict=True)
        if y.size > 1 and np.all(np.isfinite(y)) and np.all(y > 0)
    ]
    floors = {axis: _larger_half(getattr(spec, axis) for spec, _ in pairs) for axis in GRID}
    used = [(s, y) for s, y in pairs if all(getattr(s, axis) >= floors[axis] for axis in GRID)]
    logs = np.log([[getattr(s, name) for name in GRID] for s, _ in used])
    sampled = Sampled([y for _, y in used], spec_seed(s for s, _ in used), logs)
    exponents, beyond, missing = {}, {}, {}
    for axis, other in (GRID, GRID[::-1]):
        if why := _too_little(used, axis, other):
            missing[axis] = why
            continue
        fitted = trend([getattr(s, axis) for s, _ in used], sampled, [getattr(s, other) for s, _ in used])
        if fitted is None:
            missing[axis] = f"the values of {SYMBOLS[axis]} at the same {SYMBOLS[other]} lie too close together"
            continue
        exponents[axis], beyond[axis] = fitted
    return Growth(exponents, beyond, missing, floors, len(used))


def trend(
    values: Sequence[float], sampled: Sampled, levels: Sequence[float] | None = None
) -> tuple[Estimate, Estimate] | None:
    """The exponent of *sampled* in *values*, and the slope of the parabola one grid step beyond the largest value.

    See ``Sampled.exponents``, which has *levels* too; None where the values can't tell.
    """
    logs = np.log(np.asarray(values, dtype=np.float64))
    distinct = np.unique(logs)
    if distinct.size < LEAST_VALUES:
        return None
    past = logs - (2 * distinct[-1] - distinct[-2])
    line = sampled.exponents(logs[:, None], levels)
    parabola = sampled.exponents(np.column_stack([past, past**2]), levels)
    return None if line is None or parabola is None else (line[0], parabola[0])


def _too_little(used: Sequence[tuple], axis: str, other: str) -> str:
    """Why no line of equal *other* has enough values of *axis*, or ''."""
    lines: dict[int, set[int]] = {}
    for spec, _ in used:
        lines.setdefault(getattr(spec, other), set()).add(getattr(spec, axis))
    most = max(map(len, lines.values()), default=0)
    where = f"of {SYMBOLS[axis]} at the same {SYMBOLS[other]}"
    if most < LEAST_VALUES:
        return f"{count(most, 'value')} {where} on the larger half of the grid, {LEAST_VALUES} are needed"
    widest = max(math.log2(max(line) / min(line)) for line in lines.values() if len(line) >= LEAST_VALUES)
    if widest < OCTAVES:
        return f"the values {where} span {widest:.2g} octaves, {OCTAVES} are needed"
    return ""


def _larger_half(values: Iterable[int]) -> float:
    """The least value that belongs to the larger half of the grid, or to its last OCTAVES where these are more."""
    distinct = sorted(set(values))
    if not distinct:
        return 0
    half = distinct[-max(LEAST_VALUES, math.ceil(len(distinct) / 2)) :][0]
    wide = [value for value in distinct if value * 2**OCTAVES <= distinct[-1]]
    return min(half, wide[-1]) if wide else half
