"""Runs that descend no more: what they measure is no transient, on whatever function.

A run pays for its gradients with f, or noise pays: every proof of a rate bounds the mean gradient over a stretch by the
fall of f along it plus what noise adds, and a level that is attained on hard instances is what both can add up to.
Where f falls no more, a mean far above that level is no stage on the way down.
"""

from __future__ import annotations

import numpy as np

from ..cells.evidence import Result

FALL = 0.05  # of f(x¹) − f*, what f may still fall by


def at_rest(result: Result) -> bool:
    """Whether f, averaged over the checkpoints of the later half of the steps, lies at most FALL of the start's gap
    below its average over those of the quarter before. Of a run without checkpoints there nobody knows."""
    points, steps = result.stats.checkpoints, result.spec.steps
    f_gap = result.stats.f_gap.mean(axis=0)
    before, later = f_gap[(4 * points > steps) & (2 * points <= steps)], f_gap[2 * points > steps]
    if not (before.size and later.size and np.isfinite(f_gap).all()):
        return False
    return bool(before.mean() - later.mean() <= FALL * f_gap[0])


def spent(result: Result) -> float:
    """The share of the start's gap that f has come down by at the last checkpoint, 0 … 1; 0 where f is not finite."""
    f_gap = result.stats.f_gap.mean(axis=0)
    share = 1 - f_gap[-1] / f_gap[0] if np.isfinite(f_gap).all() and f_gap[0] > 0 else 0.0
    return float(min(max(share, 0.0), 1.0))
