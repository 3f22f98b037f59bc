"""The exponent of measured/rate in κ = LΔ/σ², the one combination of the constants that no copy changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .eligible import Judged
from .fit import CONSTANTS, LEAST_VALUES, groups, spec_seed
from .growth import MARGIN, OCTAVES, trend
from .intervals import Estimate, Sampled


@dataclass(frozen=True)
class KappaTrend:
    """Cells equal in all but σ, L and Δ: the exponent in κ, and a p-value against 'it is within ±MARGIN, or soon'.

    Two-sided: towards κ → 0 a falling ratio has no limit either.
    """

    where: str
    exponent: Estimate
    p: float
    ends: tuple[Judged, ...]


def kappa_trends(witnesses: Sequence[Judged]) -> list[KappaTrend]:
    """The trends of witnesses that have LEAST_VALUES of κ over OCTAVES."""
    cells = {id(j.result): j for j in witnesses if j.result.spec.sigma > 0 and j.over_rate is not None}
    found = []
    for group in groups((j.result for j in cells.values()), free=CONSTANTS):
        own = sorted((cells[id(c)] for c in group.cells), key=_kappa)
        values = [_kappa(j) for j in own]
        spread = len({f"{value:.9g}" for value in values})
        if spread < LEAST_VALUES or values[-1] < values[0] * 2**OCTAVES:
            continue
        samples = [j.over_rate for j in own if j.over_rate is not None]
        if not all(np.all(np.isfinite(y) & (y > 0)) for y in samples):
            continue
        sampled = Sampled(samples, spec_seed(j.result.spec for j in own), np.log(values)[:, None])
        up, down = trend(values, sampled), trend([1 / v for v in values], sampled)
        if up is None or down is None:
            continue
        p = min(max(b.p_above(MARGIN) for b in up), max(b.p_above(MARGIN) for b in down))
        spec = own[0].result.spec
        where = (
            f"{own[0].label.split(' (')[0]}, d = {spec.dim}, K = {spec.steps}, κ = {values[0]:.3g} … {values[-1]:.3g}"
        )
        found.append(KappaTrend(where, up[0], min(1.0, 2 * p), (own[0], own[-1])))
    return found


def _kappa(judged: Judged) -> float:
    spec = judged.result.spec
    value = math.log(spec.smoothness) + math.log(spec.gap) - 2 * math.log(spec.sigma)
    return round(math.exp(value), 12) if value < 100 else math.exp(value)
