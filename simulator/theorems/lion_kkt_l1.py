"""Lion with a decay that does not shrink: it goes to KKT points of f under ‖x‖∞ ≤ 1/λ."""

from __future__ import annotations

from ..cells.constants import require
from ..cells.quantities import Quantity, reading
from ..decorators import theorem
from .lion_l1 import SOURCE, averages, noise
from .sign_bound import RATE_TEX, best_step, l1_bound, rate

OUTSIDE = {"center": 3.0, "start": -1.0}  # the start is nearer to 0 than the minimum, which has ‖x‖∞ > 1/λ


@reading(
    fold="sum",
    degrees=(1.0, -1.0),
    text="‖∇f(x^k)‖₁ + λ⟨∇f(x^k), x^k⟩",
    tex=r"(\|\nabla f(x^k)\|_1+\lambda\langle\nabla f(x^k),x^k\rangle)",
)
def kkt(gradient, x, weight_decay):
    return abs(gradient) + weight_decay * gradient * x


def rule(c):
    """Lion's η, β₁ and β₂ (lion-l1), λ = 1/‖x¹‖∞ for every K, and 0 for a start at 0."""
    return {**averages(c), "weight_decay": 1 / c.start_linf if c.start_linf > 0 else 0.0}


def bound(c, h):
    """Δ/(ηK) + ‖h‖₁η(2 + 4β₁/(1 − β₂)) + 2‖σ‖₁ω."""
    require(h.weight_decay * h.lr <= 1, "with λη > 1 the decay overshoots")
    require(h.weight_decay * c.start_linf <= 1 + 1e-12, "the start must have ‖x¹‖∞ ≤ 1/λ")
    return l1_bound(c, h.lr, h.beta1 / (1 - h.beta2), noise(c, h), 1.0 if h.weight_decay else 0.0)


@theorem(
    optimizer="lion",
    rule=rule,
    measures=Quantity("mean_kkt_l1", kkt, "mean"),
    assumes=("separable", "variance"),
    hard=("quadratic", {}, None),
    grid=[
        {
            "problem": ["rational", "cosine"],
            "dim": [4, 16, 64],
            "steps": [1000, 4000, 16000, 64000],
            "quick": {"steps": [1000, 4000]},
        },
        {"problem": "quadratic", "problem_args": OUTSIDE, "dim": 16, "steps": [4000, 64000]},
    ],
    source=SOURCE,
    rate_tex=RATE_TEX,
)
def lion_kkt_l1(c):
    """(1/K) Σ E[‖∇f(x^k)‖₁ + λ⟨∇f(x^k), x^k⟩] ≤ Δ/(ηK) + ‖h‖₁η(2 + 4β₁/(1 − β₂)) + 2‖σ‖₁ω for Lion with any η, β₁, β₂
    and any λ ≤ 1/‖x¹‖∞, 1/η, where ω is the mean over k of the 2-norm of the weights of g_1 … g_k.

    What is measured is ≥ 0, and 0 exactly at the KKT points of f under ‖x‖∞ ≤ 1/λ.
    """
    return rate(c)


@lion_kkt_l1.proved
def _(c, h):
    """As for lion-l1 with r = 1, where −ηλ⟨∇f, x⟩ stays on the left."""
    return bound(c, h)


@lion_kkt_l1.control(grid={"problem": "quadratic", "dim": [64, 256], "steps": [16000, 64000]})
def smaller(c, h):
    """FALSE: a quarter of the bound of lion-kkt-l1; `quadratic` shows it."""
    return bound(c, h) / 4


@lion_kkt_l1.control(
    measures="mean_grad_l1",
    hard=(),
    grid={"problem": "quadratic", "problem_args": OUTSIDE, "dim": [4, 16], "steps": [16000, 64000]},
)
def without_the_constraint(c, h):
    """FALSE: the bound of lion-kkt-l1 is one on ‖∇f(x^k)‖₁, where the minimum has ‖x‖∞ > 1/λ."""
    return bound(c, h)


def fixed_beta1(c):
    """The rule, but β₁ = 1/2 for every K."""
    h = rule(c)
    return {**h, "lr": best_step(c, 0.5 / (1 - h["beta2"])), "beta1": 0.5}


@lion_kkt_l1.control(
    rule=fixed_beta1,
    assumes=("separable", "variance", "noisy"),
    hard=(),
    grid={"problem": "quadratic", "noise": "skew", "noise_args": {"q": 0.45}, "dim": 4, "steps": [64000, 256000]},
)
def half_of_every_step_is_new(c):
    """FALSE: (1/K) Σ E[‖∇f(x^k)‖₁ + λ⟨∇f(x^k), x^k⟩] ≤ 4 (‖h‖₁Δ‖σ‖₁²/K)^(1/4) for Lion whose β₁ is 1/2 for every K."""
    return 4 * rate(c)
