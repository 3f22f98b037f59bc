"""How ρ = ‖g‖₁/(√d‖g‖₂) goes with the size of a network: exponents over a family, from exact gradients.

Least-squares slopes of log ρ, one a seed, over all sizes and over the upper half of them; their errors are the spread
over seeds.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..cells.recording import EXACT, Recording, by_family
from ..words import count, large
from .intervals import ALPHA, Estimate
from .statement import Stated

MARGIN = 0.05
LEAST_SIZES, LEAST_DECADES, LEAST_SEEDS = 5, 1.8, 4  # less is no family that says anything about growth


class Claim(Stated, Protocol):
    """A claim about ladders (``networks.claims.LadderTheorem``)."""

    @property
    def predicted(self) -> float: ...
    @property
    def axis(self) -> str: ...
    @property
    def layer(self) -> str: ...
    def about(self, settings: Mapping[str, object], /) -> bool: ...


@dataclass(frozen=True)
class Trend:
    """The exponent of ρ of one family at one step: ``whole`` over all ``sizes``, ``upper`` over their upper half;
    ``missing``: why there is no verdict on it, '' if there may be one."""

    family: str
    layer: str
    step: int
    sizes: tuple[float, ...]
    seeds: int
    ends: tuple[float, float]
    whole: Estimate | None
    upper: Estimate | None
    missing: str = ""

    @property
    def exponent(self) -> float:
        """Over all sizes; 0 where there is none."""
        return self.whole.value if self.whole else 0.0

    @property
    def p_moves(self) -> float:
        """p-value against 'one of the two is within the margin': the larger of both, on the better side."""
        if self.whole is None or self.upper is None:
            return 1.0
        below = max(self.whole.p_below(-MARGIN), self.upper.p_below(-MARGIN))
        above = max(self.whole.p_above(MARGIN), self.upper.p_above(MARGIN))
        return min(1.0, 2 * min(below, above))

    @property
    def p_level(self) -> float:
        """p-value against 'one of the two is beyond the margin'."""
        if self.whole is None or self.upper is None:
            return 1.0
        return max(max(e.p_below(MARGIN), e.p_above(-MARGIN)) for e in (self.whole, self.upper))

    def words(self, axis: str) -> str:
        """'mlp standard before step 100: ρ goes like d^-0.021 [-0.03, -0.01], from 0.48 at … to 0.42 at …'."""
        what = f"{self.family}{f', {self.layer}' if self.layer else ''} before step {self.step}"
        if self.whole is None:
            return f"{what}: {self.missing}"
        low, high = self.whole.low(ALPHA / 2), self.whole.high(ALPHA / 2)
        limits = f" [{low:.3f}, {high:.3f}]" if math.isfinite(low) else ""
        letter = {"d": "d", "vocabulary": "V"}.get(axis, axis)
        first, last = map(size_words, (self.sizes[0], self.sizes[-1]))
        return (
            f"{what}: ρ goes like {letter}^{self.whole.value:.3f}{limits}, from {self.ends[0]:.3f} at {letter} = "
            f"{first} to {self.ends[1]:.3f} at {last} ({count(self.seeds, 'seed')})"
        )


def trends(claim: Claim, recordings: Sequence[Recording]) -> list[Trend]:
    """The trends of each family at each step that all its recordings have an exact gradient of."""
    found = []
    for family, own in by_family(recordings).items():
        steps = set.intersection(*({int(r.steps[row]) for row in r.rows(EXACT)} for r in own))
        for step in sorted(steps):
            layers = [""] if not claim.layer else _growing(own) if claim.layer == "*" else [claim.layer]
            found += [_trend(claim, family, layer, step, own) for layer in layers]
    return found


def _growing(recordings: Sequence[Recording]) -> list[str]:
    """The layers whose number of coordinates is not the same in all recordings."""
    shared = [name for name in recordings[0].layers if all(name in r.layers for r in recordings)]
    sizes = {name: {int(r.sizes[:, r.layers.index(name)].max()) for r in recordings} for name in shared}
    return [name for name in shared if len(sizes[name]) > 1]


def by_size(
    recordings: Iterable[Recording], step: int, axis: str = "d", layer: str = ""
) -> dict[float, dict[int, float]]:
    """ρ of the exact gradient before *step*: size → seed → ρ, of the whole gradient or of one *layer*.

    Of several recordings of one size and seed the last is there; ``trends`` makes nothing of such.
    """
    return _table(_measured(recordings, step, axis, layer))


def _table(measured: Iterable[tuple[float, int, float]]) -> dict[float, dict[int, float]]:
    table: dict[float, dict[int, float]] = {}
    for size, seed, value in measured:
        table.setdefault(size, {})[seed] = value
    return dict(sorted(table.items()))


def _doubled(measured: Iterable[tuple[float, int, float]], axis: str) -> str:
    """'2 recordings of d = 100 and seed 0', where there are such; ''."""
    found = Counter((size, seed) for size, seed, _ in measured)
    twice = sorted(place for place, number in found.items() if number > 1)
    if not twice:
        return ""
    size, seed = twice[0]
    return f"{count(found[size, seed], 'recording')} of {axis} = {size_words(size)} and seed {seed}"


def _measured(recordings: Iterable[Recording], step: int, axis: str, layer: str) -> Iterator[tuple[float, int, float]]:
    """(size, seed, ρ) of each recording that has the exact gradient before *step*."""
    for recording in recordings:
        row = next((int(row) for row in recording.rows(EXACT) if recording.steps[row] == step), None)
        if row is None or layer and layer not in recording.layers:
            continue
        value, dim = recording.rho(row), recording.dim(row)
        if layer:
            j = recording.layers.index(layer)
            value, dim = float(recording.layer_rho(row)[j]), int(recording.sizes[row, j])
        size = dim if axis == "d" else recording.settings.get(axis)
        if isinstance(size, (int, float)) and 0 < size < math.inf:
            yield float(size), recording.seed, value


def _trend(claim: Claim, family: str, layer: str, step: int, recordings: Sequence[Recording]) -> Trend:
    measured = list(_measured(recordings, step, claim.axis, layer))
    table = _table(measured)
    sizes = tuple(table)
    seeds = sorted(set.intersection(*(set(own) for own in table.values()))) if table else []
    values = np.array([[table[size][seed] for size in sizes] for seed in seeds])
    ends, whole, upper, missing = (math.nan, math.nan), None, None, _no_slope(sizes, seeds)
    if twice := _doubled(measured, claim.axis):
        missing = f"{twice}: give each run of a family its own seed, or other runs another family or folder"
    elif seeds and len(sizes) > 1 and np.all(np.isfinite(values)) and np.all(values > 0):
        logs = np.log(sizes)
        whole = slope(logs, np.log(values))
        half = max(3, math.ceil(len(sizes) / 2))
        upper = slope(logs[-half:], np.log(values[:, -half:]))
        ends, missing = _ends(values), _too_little(claim, sizes, len(seeds))
    return Trend(family, layer, step, sizes, len(seeds), ends, whole, upper, missing)


def _ends(values: np.ndarray) -> tuple[float, float]:
    return float(values[:, 0].mean()), float(values[:, -1].mean())


def slope(logs: np.ndarray, values: np.ndarray) -> Estimate:
    """The mean over seeds of least-squares slopes in *logs*, with its error; *values*, shape (seeds, sizes)."""
    centred = logs - logs.mean()
    slopes = values @ centred / (centred @ centred)
    error = float(slopes.std(ddof=1) / math.sqrt(slopes.size)) if slopes.size > 1 else math.inf
    return Estimate(float(slopes.mean()), error, slopes.size - 1)


def _no_slope(sizes: Sequence[float], seeds: Sequence[int]) -> str:
    if len(sizes) < 2:
        return "one size: Θ is about what happens as it grows"
    return "no seed was run at all sizes" if not seeds else "a gradient is 0, or not finite"


def _too_little(claim: Claim, sizes: Sequence[float], seeds: int) -> str:
    """Why a verdict would be rash, or ''."""
    if len(sizes) < LEAST_SIZES:
        return f"{count(len(sizes), 'size')}, {LEAST_SIZES} are needed for a verdict"
    if seeds < LEAST_SEEDS:
        return f"{count(seeds, 'seed')}, {LEAST_SEEDS} are needed for a verdict"
    # of a network as wide as w the largest layers grow like w², and an embedding, a readout, a bias like w
    decades, least = math.log10(sizes[-1] / sizes[0]), LEAST_DECADES / (2 if claim.layer else 1)
    if decades < least:
        return f"{claim.axis} spans {decades:.2f} decades, {least:g} are needed for a verdict"
    return ""


def size_words(value: float) -> str:
    """'16384', '1.86 million' where four digits say it."""
    return large(round(value))
