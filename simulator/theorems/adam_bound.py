"""The explicit bound of AdamW and NAdamW in the 1-norm, for all hyper-parameters (docs/theory.md, section 9)."""

from __future__ import annotations

import math

from ..cells.constants import Constants, require
from ..cells.hyper import Hyper
from ..words import number

SLACK = 1e-12  # the rule without momentum makes the condition on the step an equality


def l1_bound(c: Constants, h: Hyper, twice: bool = False) -> float:
    """What (1/K) Σ E‖∇f(x^k)‖₁ is at most: the largest root of (9.4); *twice* for NAdamW.

    Raises SaysNothing where the step or the decay is too large for the proof.
    """
    require(h.lr > 0 and h.eps > 0, "the proof divides by η and ε, and one of them is 0")
    theta, alpha, root = h.beta1, 1 - h.beta1, math.sqrt(h.eps)
    q = c.smoothness * h.lr / (alpha * root)
    pull = largest_pull(c, h, twice)
    fewer = theta**2 if twice else 1.0  # of the momentum's error that is left in the step's
    noise = alpha * (1 + theta - theta**2) if twice else alpha
    used = (2 if h.weight_decay else 1) * (q * alpha + fewer * theta**2 * q**2)
    told = f"qα + θ²q² = {number(used, 4)} must be at most 1, q = Lη/(α√ε)"
    require(used <= 1 + SLACK, f"the step is too long for the proof: {told}")
    error = 2 * c.smoothness * c.gap * theta / alpha + 2 * (theta * q * pull) ** 2 * h.eps * c.dim * c.steps
    start = 2 * c.gap / h.lr + 2 * c.steps * c.smoothness * h.lr * c.dim * pull**2
    start += (fewer * error + c.steps * noise * c.sigma**2) / root
    return _root(start, 2 * pull, c.steps * denominators(c, h.eps), 1 + math.sqrt(h.beta2)) / c.steps


def largest_pull(c: Constants, h: Hyper, twice: bool) -> float:
    """r ≥ |λx_i| along the whole run: the start and K − 1 steps of at most η times the largest |m|/√v."""
    if not h.weight_decay:
        return 0.0
    theta, alpha = h.beta1, 1 - h.beta1
    require(h.weight_decay * h.lr <= 1, "with λη > 1 the decay overshoots")
    require(theta**2 < h.beta2 or theta == 0, "with decay the proof needs θ² < β, or m may outgrow √v without limit")
    z = theta**2 / h.beta2 if theta else 0.0
    squared = (1 + theta) ** 2 + theta**2 * z / (1 - z) if twice else 1 / (1 - z)
    largest = alpha * math.sqrt(squared / (1 - h.beta2))
    return h.weight_decay * (c.start_linf + largest * h.lr * (c.steps - 1))


def denominators(c: Constants, eps: float) -> float:
    """Σ √(σ_i² + ε), at most: by Cauchy and Schwarz, or by √(a + b) ≤ √a + √b."""
    return min(math.sqrt(c.dim * (c.sigma**2 + c.dim * eps)), c.sigma_l1 + c.dim * math.sqrt(eps))


def _root(start: float, slope: float, base: float, factor: float) -> float:
    """The largest S with S² ≤ A·(base + factor·A), A = start + slope·S."""
    a = 1 - factor * slope**2
    require(a > 0, f"the decay is too strong for this horizon and start: 4(1 + √β)r² = {1 - a:.4g} must be below 1")
    b = slope * (base + 2 * factor * start)
    return (b + math.sqrt(b * b + 4 * a * start * (base + factor * start))) / (2 * a)
