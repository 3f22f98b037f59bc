"""Sign descent in the 1-norm: exact without noise, and what noise costs a single sample."""

from __future__ import annotations

import math

from ..cells.constants import require
from ..decorators import theorem


def rule(c):
    """η = √(2Δ/(‖h‖₁K))."""
    return {"lr": math.sqrt(2 * c.gap / (c.curvature_l1 * c.steps))}


def bound(c, h):
    """Δ/(ηK) + ‖h‖₁η/2 + ‖σ‖₁."""
    require(h.lr > 0, "the step is 0")
    return c.gap / (h.lr * c.steps) + c.curvature_l1 * h.lr / 2 + c.sigma_l1


@theorem(
    optimizer="signsgd",
    rule=rule,
    measures="mean_grad_l1",
    hard=("quadratic", {}, 1.0),
    grid={
        "problem": ["rational", "cosine"],
        "sigma": 0.0,
        "dim": [16, 64, 256],
        "steps": [1000, 4000, 16000, 64000],
        "quick": {"steps": [250, 1000, 4000]},
    },
    source="Bernstein, Wang, Azizzadenesheli, Anandkumar, arXiv 1802.04434, for the method; docs/theory.md, section 9",
    rate_tex=r"\sqrt{2\|h\|_1\Delta/K}+\|\sigma\|_1",
    bound_tex=r"\Delta/(\eta K)+\|h\|_1\eta/2+\|\sigma\|_1",
)
def signgd_l1(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ Δ/(ηK) + ‖h‖₁η/2 + ‖σ‖₁ for sign descent with any η; at the rule's η √(2‖h‖₁Δ/K) + ‖σ‖₁.

    ‖h‖₁ is the sum of the coordinates' curvatures, ‖σ‖₁ that of their noise. Without noise measured/bound is
    1 − (f(x^(K+1)) − f*)/(2Δ) on a quadratic at the rule's η, and at least 1 − 1/(2K) if no coordinate starts farther
    than (K + 1)η from its minimum.
    """
    return math.sqrt(2 * c.curvature_l1 * c.gap / c.steps) + c.sigma_l1


@signgd_l1.proved
def _(c, h):
    """f(x − ηs) ≤ f(x) − η⟨∇f, s⟩ + ‖h‖₁η²/2 with s = sign(g), and E⟨∇f, s⟩ ≥ ‖∇f‖₁ − ‖σ‖₁ (Cantelli)."""
    return bound(c, h)


@signgd_l1.control
def smaller(c, h):
    """FALSE: √(1.9‖h‖₁Δ/K) in the place of √(2‖h‖₁Δ/K); `quadratic` shows it."""
    return bound(c, h) * math.sqrt(1.9 / 2)


@signgd_l1.control(
    assumes=("smooth", "variance", "noisy"),
    hard=(),
    grid={
        "problem": "quadratic",
        "noise": "skew",
        "noise_args": {"q": 0.2},
        "dim": [4, 16],
        "steps": [1000, 4000, 16000, 64000],
    },
    rate_tex=r"\sqrt{2\|h\|_1\Delta/K}",
)
def noise_vanishes(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ √(2‖h‖₁Δ/K) for sign descent with noise, one sample a step.

    With skewed noise the median of a gradient is not its mean: for `skew` with q < 1/2 on a quadratic ‖∇f‖₁ tends to
    ‖σ‖₁√(q/(1 − q)), where the median of each coordinate is 0.
    """
    return math.sqrt(2 * c.curvature_l1 * c.gap / c.steps)
