"""Runs that have come to rest at a floor: what they measure is no transient, on whatever function."""

from __future__ import annotations

import numpy as np

from ..cells.evidence import Result

CHANGE = 0.2  # between the halves of a run


def steady(result: Result) -> bool:
    """Whether the mean gradient norms over the later half of the steps are those over the earlier half, to CHANGE; the
    halves meet at the checkpoint nearest to the middle. Of a run without one nobody knows."""
    points, steps = result.stats.checkpoints, result.spec.steps
    if points.size < 2 or points[-1] != steps:
        return False
    middle = int(np.argmin(np.abs(points[:-1] - steps / 2)))
    share = points[middle] / steps
    for running in (result.stats.running_l1, result.stats.running_l2):
        first, whole = float(running[:, middle].mean()), float(running[:, -1].mean())
        later = (whole - share * first) / (1 - share)
        if not abs(later - first) <= CHANGE * first:
            return False
    return True
