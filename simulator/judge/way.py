"""How far a run comes on the ramp: what it makes of the gradient shows in where it is, and not in the gradient's size.

docs/theory.md, section 6, has the derivation. Far out the gradient of a coordinate is G throughout, so what a rule
makes of it is known to second order in the noise of its averages.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..cells.constants import Constants

MOST_STEPS = 10**7  # an array of them is made
SYMMETRIC = ("gaussian", "rademacher", "uniform", "laplace", "student", "sparse")


def fallen(c: Constants, slope: float, steps: NDArray[np.float64], decay: float) -> float:
    """The part of Δ that is gone at x^K. *slope*: the 2-norm of the gradient far out; *steps*: of a coordinate, those
    after x¹ … x^(K−1), shape (K − 1,); *decay*: λη."""
    height = c.smoothness * c.gap / slope**2  # φ(u₀)
    start = math.sqrt(height * (2 + height))
    kept = (1 - decay) ** np.arange(steps.size - 1, -1, -1.0)
    scale = slope / (math.sqrt(c.dim) * c.smoothness)
    end = start * (1 - decay) ** steps.size - float(np.dot(kept, steps)) / scale
    return 1 - (math.sqrt(1 + end * end) - 1) / height


def sgd_steps(c: Constants, gradient: float, h: Mapping[str, float]) -> NDArray[np.float64]:
    """η times a coordinate's *gradient*."""
    return np.full(int(c.steps) - 1, h["lr"] * gradient)


def adaptive_steps(
    c: Constants, gradient: float, h: Mapping[str, float], twice: bool, kurtosis: float
) -> NDArray[np.float64]:
    """η E m/√(v + ε) to second order, m and v as averages that start at 0, of noise with σ/√d in each coordinate.

    *twice*: the momentum is used twice, as NAdamW does. The noise of v, of variance (1 − β)/(1 + β) Var g², makes
    1/√v larger on average; that of m has the covariance (1 − θ)(1 − β)/(1 − θβ) Cov(g, g²) with v, 2Gσ_i² for a
    symmetric law, which makes m/√v smaller.
    """
    k = np.arange(1, c.steps, dtype=np.float64)
    theta, beta, variance = h.get("beta1", 0.0), h["beta2"], c.sigma**2 / c.dim
    m = gradient * (1 - theta**k)
    m = theta * m + (1 - theta) * gradient if twice else m
    v = (variance + gradient**2) * (1 - beta**k) + h["eps"]
    of_square = (kurtosis - 1) * variance**2 + 4 * gradient**2 * variance
    spread = (1 - beta) / (1 + beta) * (1 - beta ** (2 * k)) * of_square
    joint = (1 - theta) * (1 - beta) / (1 - theta * beta) * 2 * gradient * variance
    steps: NDArray[np.float64] = h["lr"] * (m / np.sqrt(v) * (1 + 3 / 8 * spread / v**2) - joint / (2 * v**1.5))
    return steps
