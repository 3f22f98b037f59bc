"""The problem on which the constant of SGD's bound is attained in the 2-norm: one slope beside many bowls."""

from __future__ import annotations

import math

from .errors import InputError, require_number
from .mixtures import Share, mixture
from .profiles import quadratic, soft_ramp


@mixture
def slope_and_bowl(dim, smoothness, gap, sigma, steps, reserve=0.03):
    """A soft ramp of slope √((1 − reserve)Δ/(ηK)) in the first coordinate, which has all of the gap, and bowls of
    curvature L in the others, which start at their minimum; all have the same noise. η = min(1/L, √(2Δ/(LKσ²))).

    On the slope SGD is still at step K, and its square is the part Δ/(ηK) of the bound on (1/K)Σ E‖∇f‖₂²; the bowls'
    stationary noise is the other, Lησ²/2. Neither changes with time or, for large d, by chance, so that Jensen's
    inequality loses nothing. ``reserve`` keeps the slope's random walk from the foot (docs/theory.md, section 6).
    """
    reserve = require_number(reserve, "problem 'slope-and-bowl': reserve", least=0)
    if dim < 2 or reserve >= 1:
        raise InputError(f"problem 'slope-and-bowl' needs dim ≥ 2 and reserve < 1, got dim={dim}, reserve={reserve:g}")
    if not 0 <= sigma < math.inf:
        raise InputError(
            f"problem 'slope-and-bowl' needs a finite sigma, got {sigma!r}; choose a noise of finite variance"
        )
    lr = 1 / smoothness
    if sigma > 0:
        lr = min(lr, math.sqrt(2 * gap / (smoothness * steps)) / sigma)
    height = smoothness * lr * steps / (1 - reserve)  # φ(u₀) = LΔ/G², and √((1 + φ)² − 1) = √(φ(2 + φ))
    start = math.sqrt(height * (2 + height))
    return (
        Share(soft_ramp, 1, gap=1.0, noise=1 / dim, start=start),
        Share(quadratic, dim - 1, gap=0.0, noise=1 - 1 / dim, start=0.0),
    )
