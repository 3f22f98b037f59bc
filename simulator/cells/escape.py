"""Which runs escaped: they went up instead of down, or far away, where a small gradient says nothing.

A gradient that vanishes at infinity, as on ``rational``, makes every theorem about gradient norms look true of a run
that flew off. So an escaped run may convict a theorem and never acquit it (``simulator.judge``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FAR = 1e6  # times its start's size is far away


def climbed(f_gap: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which replicas have f, averaged over the last half of their checkpoints, above f(x¹): (R, P) → (R,).

    Differences are averaged, so that a run that never moved is not above its start by rounding.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # a sum that overflows is above, what is no number is not
        above = f_gap[:, f_gap.shape[1] // 2 :] - f_gap[:, :1]
        return np.asarray(above.mean(axis=1) > 0)


def far(max_abs_x: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which replicas were at some checkpoint farther than FAR times ‖x¹‖∞ from 0: (R, P) → (R,).

    From a start of size 0 no finite distance is far; from every start an infinite one is. Divided, as FAR times a
    start may overflow.
    """
    start, most = max_abs_x[:, 0], max_abs_x.max(axis=1)
    return np.asarray(((start > 0) & (most / FAR > start)) | np.isposinf(most))
