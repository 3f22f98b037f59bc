"""The bound of methods that step by the sign of averaged gradients, in the 1-norm (docs/proofs.md, section 1)."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..cells.constants import Constants, require

EXACT = 1_000_000  # steps whose weights are added up one by one
LONGER = 1.001  # blocks of later steps end at so many times their beginning; of a block the largest counts


@lru_cache(maxsize=4096)
def mean_weight(beta1: float, beta2: float, steps: int, p: float = 2.0) -> float:
    """(1/K) Σ_k ‖w_k‖_p, w_k the weights of g_1 … g_k in the k-th average c = β₁ m + (1 − β₁) g, divided by their sum.

    m ← β₂ m + (1 − β₂) g from m⁰ = 0, so β₁ = β₂ is the exponential mean itself. Beyond *EXACT* steps an upper bound.
    """
    first = min(steps, EXACT)
    old = (beta1 * (1 - beta2)) ** p / (-math.expm1(p * math.log(beta2)) if beta2 > 0 else 1.0)

    def norms(least: NDArray[np.float64], most: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of steps whose β₂^(k−1) is between these."""
        found: NDArray[np.float64] = ((1 - beta1) ** p + old * (1 - least**p)) ** (1 / p) / (1 - beta1 * most)
        return found

    z = beta2 ** np.arange(first, dtype=np.float64)
    total = float(norms(z, z).sum())
    if steps > first:
        blocks = math.ceil(math.log(steps / first) / math.log(LONGER))
        ends = np.unique(np.ceil(np.geomspace(first, steps, blocks + 1)))
        z = beta2**ends
        total += float((np.diff(ends) * norms(z[1:], z[:-1])).sum())
    return float(total / steps)


def share_of_new(c: Constants) -> float:
    """1 − θ = min(1, 2√(‖h‖₁Δ/K)/‖σ‖₁): where the sum of the bound's terms is least, to leading order."""
    drift, noise = 2 * math.sqrt(c.curvature_l1 * c.gap / c.steps), c.sigma_l1
    return min(1.0, drift / noise) if noise > 0 else 1.0


def best_step(c: Constants, lag: float) -> float:
    """η = √(Δ/(K‖h‖₁(1/2 + 2τ))), τ = *lag* the mean age of the gradients in an average."""
    return math.sqrt(c.gap / (c.steps * c.curvature_l1 * (0.5 + 2 * lag)))


def l1_bound(c: Constants, lr: float, lag: float, noise: float, r: float = 0.0) -> float:
    """Δ/(ηK) + ‖h‖₁η((1 + r)²/2 + 2(1 + r)τ) + 2·*noise*: at least the mean of E‖∇f(x^k)‖₁ − r E‖∇f(x^k)‖₁, *r* at
    least what decay adds to a step of ±η, over η, and *noise* the mean of E‖Σ_j w_kj ξ_j‖₁."""
    require(lr > 0, "the step is 0")
    return c.gap / (lr * c.steps) + c.curvature_l1 * lr * ((1 + r) ** 2 / 2 + 2 * (1 + r) * lag) + 2 * noise


def rate(c: Constants) -> float:
    """(‖h‖₁Δ‖σ‖₁²/K)^(1/4), which is √d C/K^(1/4) where all h_i and all σ_i are equal."""
    return float(math.sqrt(c.sigma_l1) * (c.curvature_l1 * c.gap / c.steps) ** 0.25)


RATE_TEX = r"(\|h\|_1\Delta\|\sigma\|_1^2/K)^{1/4}"
