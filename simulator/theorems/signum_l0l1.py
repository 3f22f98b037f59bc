"""Signum where no smoothness L exists: (L₀, L₁)-smooth coordinates, in the 1-norm."""

from __future__ import annotations

import math

from ..cells.constants import require
from ..decorators import theorem
from .sign_bound import mean_weight


def rule(c):
    """1 − θ = min(1, 2√(‖L₀‖₁Δ/K)/‖σ‖₁), η = √(Δ/(K‖L₀‖₁(1/2 + 2θ/(1 − θ)))), at most (1 − θ)/(8 L₁)."""
    alpha = 1.0
    if c.sigma_l1 > 0:
        alpha = min(1.0, 2 * math.sqrt(c.smoothness_l0_sum * c.gap / c.steps) / c.sigma_l1)
    lr = math.sqrt(c.gap / (c.steps * c.smoothness_l0_sum * (0.5 + 2 * (1 - alpha) / alpha)))
    return {"lr": min(lr, alpha / (8 * c.smoothness_l1)), "beta1": 1 - alpha}


def bound(c, h):
    """[Δ/(ηK) + ‖L₀‖₁E/η + 2Γ‖L₀‖₁/L₁ + 2‖σ‖₁ω]/(1 − L₁E/η − 2Γ)."""
    require(h.lr > 0 and c.smoothness_l1 > 0, "the proof divides by η and L₁, and one of them is 0")
    reach = c.smoothness_l1 * h.lr
    require(reach < 700 and h.beta1 * math.exp(reach) < 1, f"the step is too long for the proof: L₁η = {reach:.4g}")
    grown = _grown(reach) * h.lr / reach  # E/η
    drift = h.beta1 * math.expm1(reach) / (1 - h.beta1 * math.exp(reach))
    share = 1 - c.smoothness_l1 * grown - 2 * drift
    require(share > 0, f"the step is too long for the proof: 1 − L₁E/η − 2Γ = {share:.4g} must be above 0")
    noise = 2 * c.sigma_l1 * mean_weight(h.beta1, h.beta1, c.steps)
    l0 = c.smoothness_l0_sum
    return (c.gap / (h.lr * c.steps) + l0 * grown + 2 * drift * l0 / c.smoothness_l1 + noise) / share


def _grown(reach):
    """(e^u − 1 − u)/u at u = *reach*, without the loss of digits for a small one."""
    return reach / 2 + reach**2 / 6 + reach**3 / 24 if reach < 1e-3 else (math.expm1(reach) - reach) / reach


QUIET = {"problem": "cosh", "sigma": 0.0, "problem_args": {"start": 10.0}, "dim": 16}


@theorem(
    optimizer="signum",
    rule=rule,
    measures="mean_grad_l1",
    assumes=("generalised_smooth", "variance"),
    hard=[("cosh", {}, 1.0), ("cosh", {"start": 10.0}, None)],
    grid=[
        {**QUIET, "steps": [4000, 16000, 64000, 256000], "quick": {"steps": [4000, 16000]}},
        {"problem": "cosh", "sigma": 0.0, "dim": 64, "steps": [4000, 16000, 64000]},
        {"problem": "cosh", "dim": [4, 16], "steps": [16000, 64000], "quick": {"steps": 16000}},
    ],
    source="docs/proofs.md, section 1; the class of functions: Zhang, He, Sra, Jadbabaie, ICLR 2020",
    rate_tex=r"\sqrt{2\|L_0\|_1\Delta/K}+4(\|L_0\|_1\Delta\|\sigma\|_1^2/K)^{1/4}",
)
def signum_l0l1(c):
    """(1/K) Σ E‖∇f(x^k)‖₁ ≤ [Δ/(ηK) + ‖L₀‖₁E/η + 2Γ‖L₀‖₁/L₁ + 2‖σ‖₁ω]/(1 − L₁E/η − 2Γ) for Signum with any η and θ on
    (L₀, L₁)-smooth coordinates, E = (e^(L₁η) − 1 − L₁η)/L₁², Γ = (1 − θ)/(1 − θe^(L₁η)) − 1, ω as in signum-l1.

    Without noise, θ = 0, it tends to √(2‖L₀‖₁Δ/K), however large the curvature at the start.
    """
    quiet = c.smoothness_l0_sum * c.gap / c.steps
    return math.sqrt(2 * quiet) + 4 * math.sqrt(c.sigma_l1) * quiet**0.25


@signum_l0l1.proved
def _(c, h):
    """Grönwall's inequality for f_i′ along a step and along the age of an average; else as for signum-l1."""
    return bound(c, h)


@signum_l0l1.control(grid={**QUIET, "steps": 16000})
def smaller(c, h):
    """FALSE: a bound 5 % below that of signum-l0l1; `cosh` shows it without noise."""
    return bound(c, h) / 1.05


@signum_l0l1.control(grid={"problem": "cosh", "dim": 16, "steps": [16000, 64000]})
def without_noise(c, h):
    """FALSE: the bound of signum-l0l1 without its term 2‖σ‖₁ω, over 2."""
    return bound(c.but(sigma_l1=0.0), h) / 2
