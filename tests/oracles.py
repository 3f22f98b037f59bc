"""Exact expectations and limits that runs are compared with; derivations: docs/theory.md, sections 5 and 6.

Quadratic f(x) = ½ Σ h_i x_i² with Gaussian noise of variance σ_i² = σ²/d a coordinate: every ∇_i is Gaussian,
so its absolute mean and its square are known at every step. Curvatures have shape (n,).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.integrate import quad, solve_ivp
from scipy.special import ndtr

ADAMW_FLOOR = 2**-1.25  # of rms ‖∇f‖₂ / (C K^(-1/4)), section 5 (5)
SGD_FLOOR = 2**-0.25
ROOT_2_PI = math.sqrt(2 / math.pi)


def folded_normal(mean, std):
    """E|N(mean, std²)|; |mean| where std = 0."""
    safe = np.where(std > 0, std, 1.0)
    ratio = mean / safe
    folded = safe * ROOT_2_PI * np.exp(-0.5 * ratio * ratio) + mean * (2 * ndtr(ratio) - 1)
    return np.where(std > 0, folded, np.abs(mean))


def gaussian_norm(dim):
    """E‖N(0, I_d)‖₂."""
    return math.sqrt(2) * math.exp(math.lgamma((dim + 1) / 2) - math.lgamma(dim / 2))


def linear_quadratic(transition, push, curvatures, first, steps):
    """Averages over k = 1..steps of (E‖∇‖₁, E‖∇‖₂²) of the linear recursion y ← A y + b z, a coordinate each.

    y = (x_i, further state), z standard normal: *transition* (n, p, p), *push* (n, p), *first* y¹ (n, p).
    """
    mean, covariance = first, np.zeros_like(transition)
    sums = np.zeros(2)
    for _ in range(steps):
        x, variance = mean[:, 0], covariance[:, 0, 0]
        sums += (curvatures * folded_normal(x, np.sqrt(variance))).sum(), (curvatures**2 * (x * x + variance)).sum()
        mean = np.einsum("nij,nj->ni", transition, mean)
        covariance = transition @ covariance @ transition.swapaxes(1, 2) + push[:, :, None] * push[:, None, :]
    return sums / steps


def sgd_quadratic(lr, curvatures, start, sigma, steps):
    """Section 5 (1): x ← (1 − ηh) x − ησ_i z. *sigma* is σ_i, *start* x¹ (n,)."""
    h = np.asarray(curvatures)
    return linear_quadratic(
        (1 - lr * h)[:, None, None], np.full((h.size, 1), -lr * sigma), h, np.asarray(start)[:, None], steps
    )


def momentum_quadratic(lr, beta1, curvatures, start, sigma, steps):
    """Section 5 (2), EMA form: m ← θm + (1 − θ)(hx + σ_i z), x ← x − ηm."""
    h, one, away = np.asarray(curvatures), np.ones(len(curvatures)), 1 - beta1
    transition = np.moveaxis(np.array([[one - lr * away * h, -lr * beta1 * one], [away * h, beta1 * one]]), 2, 0)
    push = np.outer(one, [-lr * away * sigma, away * sigma])
    return linear_quadratic(transition, push, h, np.stack([start, 0 * one], axis=1), steps)


def heavy_ball_quadratic(lr, beta1, curvatures, start, sigma, steps):
    """Section 5 (2), x ← x − ηg + θ(x − x_before), with the state (x, x_before) and x⁰ = x¹."""
    h, one = np.asarray(curvatures), np.ones(len(curvatures))
    transition = np.moveaxis(np.array([[(1 + beta1) - lr * h, -beta1 * one], [one, 0 * one]]), 2, 0)
    push = np.outer(one, [-lr * sigma, 0.0])
    return linear_quadratic(transition, push, h, np.stack([start, start], axis=1), steps)


def stationary_variance(lr, beta1, h, sigma):
    """Section 5 (2): Var x in the limit k → ∞ of the EMA form (SGD at θ = 0)."""
    return lr * sigma**2 / (h * (2 - lr * h * (1 - beta1) / (1 + beta1)))


def adamw_transient(problem, curvature, height, start, kappa=1.0):
    """Section 5 (6): c and t*, with K^(1/4) (ratio_l1 − floor) → c, from the noise-free limit of AdamW's run.

    *problem* is φ′, *curvature* sup|φ''|, *height* φ(u₀) − min φ, *kappa* LΔ/σ². t*(level) is the time, in
    units of √K steps, after which |∇_i|/σ_i stays below *level*.
    """
    root = math.sqrt(kappa)
    slope, speed = math.sqrt(kappa / (curvature * height)), math.sqrt(height / (4 * curvature))

    def flow(_, y):
        u, m, v, _ = y
        g = slope * problem(u)
        return [-speed * m / math.sqrt(v + 1), root * (g - m), root / 2 * (1 + g * g - v), abs(g)]

    run = solve_ivp(flow, (0, 60 / root), [start, 0, 0, 0], rtol=1e-9, atol=1e-12, max_step=0.05 / root)
    size = np.abs(slope * np.array([problem(u) for u in run.y[0]]))
    return run.y[3, -1] / kappa**0.25, lambda level: float(run.t[np.flatnonzero(size > level)[-1]])


def ramp_sgd_limit(steepness):
    """Section 6: lim_{K, d → ∞} of ratio_l2 for SGD on the ramp of steepness γ."""
    crossing = 1 / (math.sqrt(2) * steepness**2)
    if crossing >= 1:
        return steepness
    return crossing * steepness + (1 - crossing) * steepness * math.sqrt(gibbs_slope_squared(crossing))


def ramp_adamw_limit(steepness):
    """Section 6: lim_{K → ∞} of ratio_l1 for AdamW on the ramp of steepness γ, any d."""
    crossing = math.sqrt(8) / steepness**2
    if crossing >= 1:
        return steepness
    temperature = ADAMW_FLOOR**2 / steepness**2
    size = gibbs(lambda u: u / math.sqrt(1 + u * u), temperature)
    return crossing * steepness + (1 - crossing) * steepness * size


def gibbs(function, temperature):
    """Mean of an even *function* under the density ∝ exp(−(√(1+u²) − 1)/T)."""

    def weight(u):
        return math.exp(-u * u / (math.sqrt(1 + u * u) + 1) / temperature)

    total = quad(weight, 0, math.inf, epsabs=0, epsrel=1e-10)[0]
    return quad(lambda u: function(u) * weight(u), 0, math.inf, epsabs=0, epsrel=1e-10)[0] / total


def gibbs_slope_squared(temperature):
    return gibbs(lambda u: u * u / (1 + u * u), temperature)
