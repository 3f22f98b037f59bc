"""Lion with decoupled decay: sign descent along two averages, in the 1-norm."""

from __future__ import annotations

from ..cells.constants import require
from ..decorators import theorem
from .sign_bound import RATE_TEX, best_step, l1_bound, mean_weight, rate, share_of_new

SOURCE = "Dong, Li, Lin, arXiv 2411.07724, for the rate; rule, constants and proof: docs/proofs.md, section 1"
DECAY = 0.1  # of a step, at most


def averages(c):
    """1 − β₂ = min(1, 2√(‖h‖₁Δ/K)/‖σ‖₁), 1 − β₁ = min(1, 2(1 − β₂)), and the best η for these."""
    alpha = share_of_new(c)
    beta1 = 1 - min(1.0, 2 * alpha)
    return {"lr": best_step(c, beta1 / alpha), "beta1": beta1, "beta2": 1 - alpha}


def rule(c):
    """1 − β₂ = min(1, 2√(‖h‖₁Δ/K)/‖σ‖₁), 1 − β₁ = min(1, 2(1 − β₂)), η = √(Δ/(K‖h‖₁(1/2 + 2β₁/(1 − β₂)))),
    λ = 0.1/(‖x¹‖∞ + ηK)."""
    h = averages(c)
    return {**h, "weight_decay": DECAY / (c.start_linf + h["lr"] * c.steps)}


def noise(c, h):
    """The mean over k of E‖Σ_j w_kj ξ_j‖₁, at most."""
    return c.sigma_l1 * mean_weight(h.beta1, h.beta2, c.steps)


def bound(c, h):
    """[Δ/(ηK) + ‖h‖₁η((1 + r)²/2 + 2(1 + r)β₁/(1 − β₂)) + 2‖σ‖₁ω]/(1 − r)."""
    require(h.weight_decay * h.lr <= 1, "with λη > 1 the decay overshoots")
    r = h.weight_decay * (c.start_linf + h.lr * (c.steps - 1))
    require(r < 1, f"the decay is too strong for this horizon and start: λ(‖x¹‖∞ + ηK) = {r:.4g} must be below 1")
    return l1_bound(c, h.lr, h.beta1 / (1 - h.beta2), noise(c, h), r) / (1 - r)


@theorem(
    optimizer="lion",
    rule=rule,
    measures="mean_grad_l1",
    assumes=("separable", "variance"),
    hard=[("ramp", {"steepness": 1.0}, 1.0), ("quadratic", {}, 1.4)],
    grid=[
        {
            "problem": ["rational", "cosine"],
            "dim": [4, 16, 64],
            "steps": [1000, 4000, 16000, 64000],
            "quick": {"steps": [1000, 4000, 16000]},
        },
        {"problem": "quadratic", "optimizer_args": {"weight_decay": 0.0}, "dim": [16, 64], "steps": [4000, 16000]},
    ],
    source=SOURCE,
    rate_tex=RATE_TEX,
)
def lion_l1(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ [Δ/(ηK) + ‖h‖₁η((1 + r)²/2 + 2(1 + r)β₁/(1 − β₂)) + 2‖σ‖₁ω]/(1 − r) for Lion with any η,
    β₁, β₂ and any λ with r = λ(‖x¹‖∞ + η(K − 1)) < 1, where ω is the mean over k of the 2-norm of the weights of
    g_1 … g_k.

    Without decay, r = 0, it tends to 4 (‖h‖₁Δ‖σ‖₁²/K)^(1/4) at the rule's η, β₁ and β₂, as for Signum.
    """
    return rate(c)


@lion_l1.proved
def _(c, h):
    """As for signum-l1; decay makes a step at most 1 + r as long, and takes at most r‖∇f‖₁ from what f falls."""
    return bound(c, h)


@lion_l1.control(grid={"problem": "quadratic", "dim": [64, 256], "steps": [16000, 64000]}, hard=())
def smaller(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ 1.35 (‖h‖₁Δ‖σ‖₁²/K)^(1/4) for Lion at the rule; `quadratic` shows it."""
    return 1.35 * rate(c)


@lion_l1.control(explicit=False, axes=("dim",), rate_tex=r"C/K^{1/4}")
def without_root_d(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(C/K^(1/4)) for Lion, without √d."""
    return c.c * c.steps**-0.25


def fixed_beta1(c):
    """The rule, but β₁ = 1/2 for every K."""
    h = averages(c)
    return {**h, "lr": best_step(c, 0.5 / (1 - h["beta2"])), "beta1": 0.5, "weight_decay": 0.0}


@lion_l1.control(
    rule=fixed_beta1,
    assumes=("separable", "variance", "noisy"),
    hard=(),
    grid={"problem": "quadratic", "noise": "skew", "noise_args": {"q": 0.45}, "dim": 4, "steps": [64000, 256000]},
)
def half_of_every_step_is_new(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ 4 (‖h‖₁Δ‖σ‖₁²/K)^(1/4) for Lion whose β₁ is 1/2 for every K.

    With `skew` on a quadratic ‖∇f‖₁ tends to (1 − β₁)‖σ‖₁√(q/(1 − q)): of the noise (1 − β₁)ξ is left in the average.
    """
    return 4 * rate(c)
