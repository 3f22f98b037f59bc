"""SGD under the Polyak–Łojasiewicz inequality: f at the last iterate, an equality on quadratics."""

from __future__ import annotations

import math

from ..cells.constants import require
from ..decorators import theorem


def rule(c):
    """η = min(1/L, ln(1 + K)/(μK))."""
    return {"lr": min(1 / c.smoothness, math.log1p(c.steps) / (c.pl * c.steps))}


def bound(c, h, mu=None):
    """q^(K−1)Δ + (Lη²σ_s²/2)(1 − q^(K−1))/(1 − q), q = 1 − 2μη(1 − Lη/2)."""
    length = c.smoothness * h.lr
    require(0 < length < 2, f"the step must be below 2/L = {2 / c.smoothness:.4g} and not 0, got {h.lr:.4g}")
    lost = 2 * (c.pl if mu is None else mu) * h.lr * (1 - length / 2)  # 1 − q
    left = math.exp((c.steps - 1) * math.log1p(-lost)) if lost < 1 else float(c.steps == 1)
    return left * c.gap + c.smoothness * h.lr**2 * c.sigma**2 / 2 * (1 - left) / lost


MANY = {"dim": [256, 1024], "steps": [400, 1600, 6400], "replicas": 64}


@theorem(
    optimizer="sgd",
    rule=rule,
    measures="last_f_gap",
    assumes=("smooth", "variance", "polyak"),
    hard=("quadratic", {"spectrum": 0.006}, 0.96),
    grid=[
        {
            "problem": "quadratic",
            "problem_args": {"spectrum": 0.1},
            **MANY,
            "quick": {"dim": 256, "steps": [400, 1600]},
        },
        {"problem": "quadratic", "problem_args": {"spectrum": 0.5}, "dim": [16, 64], "steps": [1000, 16000]},
    ],
    source="Karimi, Nutini, Schmidt, ECML 2016, for gradient descent; docs/proofs.md, section 3",
    rate_tex=r"L\sigma^2\ln(1+K)/(4\mu^2K)",
)
def sgd_pl_last(c):
    """E f(x^K) − f* ≤ q^(K−1)Δ + (Lη²σ_s²/2)(1 − q^(K−1))/(1 − q), q = 1 − 2μη(1 − Lη/2), for SGD with any constant η <
    2/L where ‖∇f‖₂² ≥ 2μ(f − f*).

    On a quadratic with h_i = L = μ it is an equality for every K, d and law.
    """
    return c.smoothness * c.sigma**2 * math.log1p(c.steps) / (4 * c.pl**2 * c.steps)


@sgd_pl_last.proved
def _(c, h):
    """The descent lemma with ‖∇f‖₂² ≥ 2μ(f − f*), K − 1 times."""
    return bound(c, h)


@sgd_pl_last.control
def smaller(c, h):
    """FALSE: a bound 1/1.1 of that of sgd-pl-last; `quadratic` with nearly equal h_i shows it."""
    return bound(c, h) / 1.1


@sgd_pl_last.control
def twice_mu(c, h):
    """FALSE: the bound of sgd-pl-last with 2μ in the place of μ."""
    return bound(c, h, 2 * c.pl)
