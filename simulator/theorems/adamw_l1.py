"""AdamW (Li, Dong, Lin, arXiv 2505.11840): the paper's exponents, with a rule and constants of ours."""

from __future__ import annotations

import math

from ..decorators import theorem
from .adam_bound import l1_bound

PAPER = "Li, Dong, Lin, arXiv 2505.11840"
SOURCE = f"{PAPER}, for the exponents; rule, constants and proof: docs/theory.md, section 9"
RATE_TEX = r"\sqrt{d}\,C/K^{1/4}"
START_NEAR = ("smooth", "variance", "start_near")  # what O(·) takes for granted


def rule(c):
    """With σ̂ = max(σ_s, √(LΔ/K)): 1 − θ = √(LΔ/(K σ̂²)), β = √θ, η = √(Δ/(4 K d L)), ε = σ̂²/d,
    λ = (√d/K^(3/4)) (L³/(σ̂² Δ))^(1/4)."""
    least = math.sqrt(c.smoothness * c.gap / c.steps)
    sigma = max(c.sigma, least)
    theta = 1.0 - least / sigma
    return {
        "lr": math.sqrt(c.gap / (4 * c.steps * c.dim * c.smoothness)),
        "beta1": theta,
        "beta2": math.sqrt(theta),
        "eps": sigma**2 / c.dim,
        "weight_decay": math.sqrt(c.dim) / c.steps**0.75 * (c.smoothness**3 / (sigma**2 * c.gap)) ** 0.25,
    }


def allowed(rule):
    """λ ≤ the rule's, θ ≤ β ≤ √θ."""
    return {"weight_decay": (0.0, rule.weight_decay), "beta2": (rule.beta1, math.sqrt(rule.beta1))}


def rate(c):
    """√d C K^(−1/4)."""
    return math.sqrt(c.dim) * c.c * c.steps**-0.25


@theorem(
    optimizer="adamw",
    rule=rule,
    measures="mean_grad_l1",
    hard=[("ramp", {"steepness": 1.5}, 1.5), ("uneven-ramp", {}, 1.2)],
    source=SOURCE,
    rate_tex=RATE_TEX,
)
def adamw_l1(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ B for AdamW, B of all its hyper-parameters and ‖x¹‖∞; by the rule B → 4.11 √d C / K^(1/4).

    The exponents are the paper's, the rule and the constants are ours. Under the rule with λ = 0 (and then with any
    β < 1) B² is at most d (7√2 C²/√K + 98 LΔ/K), so that B → 3.15 √d C / K^(1/4). Both limits are rounded up, and are
    reached from above. With decay B is finite where 4(1 + √β)r² < 1, r the largest |λx_i| that a run can have.
    """
    return rate(c)


@adamw_l1.proved
def _(c, h):
    """The largest root of a quadratic inequality for the sum of all norms."""
    return l1_bound(c, h)


@adamw_l1.control(
    name="control-constant-lr",
    explicit=False,
    assumes=START_NEAR,
    rate_tex=RATE_TEX,
    rule=None,
    axes=("steps",),
    hard=("ramp", {"steepness": 1.5}, 1.5),
    grid={
        "problem": "rational",
        "schedule": "constant",
        "optimizer_args": {"lr": 0.05},
        "dim": [16, 64],
        "steps": [4000, 16000, 64000, 256000],
        "replicas": 8,
    },
)
def constant_lr(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/4)) for AdamW whose learning rate does not shrink with K.

    The stationary noise stays, so the mean norm has exponent 0 and the ratio grows like K^(1/4).
    """
    return rate(c)


def fixed_decay(c):
    """The rule, but λ = 0.1 for every K."""
    return rule(c) | {"weight_decay": 0.1}


@adamw_l1.control(
    rate_tex=RATE_TEX,
    rule=fixed_decay,
    hard=(),
    grid={
        "problem": "quadratic",
        "problem_args": {"center": 4.0},
        "dim": [4, 16],
        "steps": [1000, 4000, 16000, 64000],
        "replicas": 8,
    },
)
def decay_to_the_wrong_point(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ 4.11 √d C / K^(1/4) for AdamW whose λ does not shrink with K.

    Where the minimiser is not 0 decay and gradient balance at n/√(n² + 2σ_i²) = −λx_i, whatever K (docs/theory.md,
    section 6), and the ratio grows like K^(1/4).
    """
    return 4.11 * rate(c)


@adamw_l1.control(
    name="control-rate",
    explicit=False,
    assumes=START_NEAR,
    allows=allowed,
    axes=("steps",),
    rate_tex=r"\sqrt{d}\,C/\sqrt{K}",
)
def too_fast(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(√d C / K^(1/2)) for AdamW.

    With the true rate K^(−1/4) the ratio grows like K^(1/4).
    """
    return rate(c) * c.steps**-0.25


@adamw_l1.control(
    name="control-dimension", explicit=False, assumes=START_NEAR, allows=allowed, axes=("dim",), rate_tex=r"C/K^{1/4}"
)
def without_root_d(c):
    """FALSE: (1/K) Σ E‖∇f(x^k)‖₁ ≤ O(C / K^(1/4)) for AdamW, without √d.

    With the true √d the ratio grows like d^(1/2).
    """
    return c.c * c.steps**-0.25
