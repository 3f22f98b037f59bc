"""Signum, sign descent with momentum: the rate of AdamW in the 1-norm, with its constant."""

from __future__ import annotations

from ..decorators import theorem
from .sign_bound import RATE_TEX, best_step, l1_bound, mean_weight, rate, share_of_new

SKEWED = {"problem": "quadratic", "noise": "skew", "noise_args": {"q": 0.2}, "dim": [4, 16], "steps": [16000, 64000]}


def rule(c):
    """1 − θ = min(1, 2√(‖h‖₁Δ/K)/‖σ‖₁), η = √(Δ/(K‖h‖₁(1/2 + 2θ/(1 − θ))))."""
    alpha = share_of_new(c)
    return {"lr": best_step(c, (1 - alpha) / alpha), "beta1": 1 - alpha}


def bound(c, h):
    """Δ/(ηK) + ‖h‖₁η(1/2 + 2θ/(1 − θ)) + 2‖σ‖₁ω."""
    noise = c.sigma_l1 * mean_weight(h.beta1, h.beta1, c.steps)
    return l1_bound(c, h.lr, h.beta1 / (1 - h.beta1), noise)


@theorem(
    optimizer="signum",
    rule=rule,
    measures="mean_grad_l1",
    assumes=("separable", "variance"),
    hard=[("ramp", {"steepness": 1.15}, 1.15), ("quadratic", {}, 1.4)],
    grid={
        "problem": ["rational", "cosine"],
        "dim": [4, 16, 64],
        "steps": [1000, 4000, 16000, 64000],
        "quick": {"steps": [1000, 4000, 16000]},
    },
    source="Bernstein, Wang, Azizzadenesheli, Anandkumar, arXiv 1802.04434, for the method; docs/proofs.md, section 1",
    rate_tex=RATE_TEX,
)
def signum_l1(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ Δ/(ηK) + ‖h‖₁η(1/2 + 2θ/(1 − θ)) + 2‖σ‖₁ω for Signum with any η and θ, where ω is the mean
    over k of the 2-norm of the momentum's weights, √((1 − θ)(1 + θ^k)/((1 + θ)(1 − θ^k))).

    At the rule's η and θ it tends to 4 (‖h‖₁Δ‖σ‖₁²/K)^(1/4); on a quadratic at least one of these 4 is attained, and
    1.4 are measured.
    """
    return rate(c)


@signum_l1.proved
def _(c, h):
    """f falls by η‖∇f‖₁ a step, but for twice the error of the average, which is drift and averaged noise."""
    return bound(c, h)


@signum_l1.control(grid={"problem": "quadratic", "dim": [64, 256], "steps": [16000, 64000]}, hard=())
def smaller(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ 1.35 (‖h‖₁Δ‖σ‖₁²/K)^(1/4) for Signum at the rule's η and θ; `quadratic` shows it."""
    return 1.35 * rate(c)


@signum_l1.control(explicit=False, axes=("steps",), rate_tex=r"\sqrt{\|h\|_1\Delta/K}")
def too_fast(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O((‖h‖₁Δ‖σ‖₁²/K)^(1/4)/K^(1/4)) for Signum."""
    return rate(c) * c.steps**-0.25


@signum_l1.control(explicit=False, axes=("dim",), rate_tex=r"C/K^{1/4}")
def without_root_d(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(C/K^(1/4)) for Signum, without √d."""
    return c.c * c.steps**-0.25


def one_sample(c):
    """The rule with θ = 0, and its η."""
    return {"lr": best_step(c, 0.0), "beta1": 0.0}


@signum_l1.control(rule=one_sample, assumes=("separable", "variance", "noisy"), hard=(), grid=SKEWED)
def without_momentum(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ 4 (‖h‖₁Δ‖σ‖₁²/K)^(1/4) for sign descent with one sample a step.

    With `skew` on a quadratic ‖∇f‖₁ tends to ‖σ‖₁√(q/(1 − q)), where the median of each coordinate of g is 0.
    """
    return 4 * rate(c)
