"""E‖g‖₁ and E‖g‖₂ of d independent coordinates, for every noise law but pareto, without Monte Carlo.

E‖g‖₁ = d·E|g_i|. The Gaussian E‖g‖₂ is a ratio of gamma functions; for the others, with
M(t) = E exp(−t g_i²) and √S = (1/(2√π)) ∫₀^∞ (1 − e^(−tS)) t^(−3/2) dt for S ≥ 0,

    E‖g‖₂ = (1/(2√π)) ∫₀^∞ (1 − M(t)^d) t^(−3/2) dt.

Each law gives 1 − M(t) without cancellation at small t, where the integrand of a large d lives.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems import Noise
from ratecheck.problems.errors import InputError, require_integer

Array = NDArray[np.float64]


def mean_l1(noise: Noise, dim: int) -> float:
    """E‖g‖₁ = d·E|g_i|. Raises InputError for a law of infinite variance."""
    _check(noise, dim)
    return dim * noise.ratio


def mean_l2(noise: Noise, dim: int) -> float:
    """E‖g‖₂, to about 1e-12 relative. Raises InputError for a law of infinite variance or one without a formula."""
    _check(noise, dim)
    if noise.name == "gaussian":
        return gaussian_l2(dim)
    if noise.name == "rademacher":
        return math.sqrt(dim)
    if noise.name not in DEFECTS:
        raise InputError(
            f"no exact E‖g‖₂ is known for the noise {noise.name!r} (known: gaussian, rademacher, {', '.join(DEFECTS)})"
        )
    if noise.arguments.get("nu", math.inf) < 4:
        raise InputError(
            f"E‖g‖₂ is not known for student with nu={noise.arguments['nu']:g}: its tail, which 32-bit "
            "words cut, decides it; take nu ≥ 4"
        )
    return integrate(lambda t: DEFECTS[noise.name](t, **noise.arguments), dim)


def gaussian_l2(dim: int) -> float:
    """√2 Γ((d+1)/2)/Γ(d/2), within 1e-14 relative for every d ≥ 1.

    Log-gamma values differ by ½ log d and are of size d log d: their difference is lost at large d.
    So there the logarithm of the ratio is summed as its asymptotic series (DLMF 5.11.8) in x = d/2.
    """
    if dim < 64:
        return math.sqrt(2.0) * math.gamma((dim + 1) / 2) / math.gamma(dim / 2)
    x = dim / 2
    y = 1.0 / (x * x)
    series = -1 / 8 + y * (1 / 192 + y * (-1 / 640 + y * (17 / 14336 - y * 31 / 18432)))
    return math.sqrt(dim) * math.exp(series / x)


def integrate(defect, dim: int) -> float:
    """The integral above from *defect*: array t → 1 − M(t), by the trapezoidal rule in w = log t.

    For Re t > 0 M is analytic and |M| ≤ 1, so the integrand is analytic and bounded in |Im w| < π/2
    and the rule of step h errs by about e^(−π²/h): 10⁻¹⁷ at h = 1/4. Both tails fall as e^(−|w|/2)
    about w = −log d; ±80 leave 10⁻¹⁷.
    """
    step = 0.25
    w = np.arange(-80.0, 80.0 + step, step) - math.log(dim)
    t = np.exp(w)
    with np.errstate(divide="ignore"):  # 1 − M rounds to 1, or just above, where t is large: log 0 = −∞ gives M^d = 0
        integrand = -np.expm1(dim * np.log1p(-np.minimum(defect(t), 1.0))) * np.exp(-0.5 * w)
    return step * math.fsum(integrand) / (2 * math.sqrt(math.pi))


def uniform_defect(t: Array) -> Array:
    """1 − M for the uniform law on (−√3, √3): M = √π erf(y)/(2y), y = √(3t)."""
    from scipy.special import erf

    square = 3.0 * t
    small = np.minimum(square, 1.0)
    series = sum(-((-small) ** k) / (math.factorial(k) * (2 * k + 1)) for k in range(1, 20))
    y = np.sqrt(square)
    return np.where(square < 1.0, series, 1.0 - math.sqrt(math.pi) / 2 * erf(y) / y)


def laplace_defect(t: Array) -> Array:
    """1 − M for the Laplace law of scale 1/√2: M = √π y erfcx(y), y = 1/√(2t)."""
    from scipy.special import erfcx

    y = 1.0 / np.sqrt(2.0 * t)
    far = 1.0 / np.maximum(y, 6.0) ** 2  # where the asymptotic series of erfcx is good to e^(−36)
    series, term = np.zeros_like(t), -np.ones_like(t)
    for k in range(1, 31):
        term = term * -(k - 0.5) * far
        series = series + term
    return np.where(y > 6.0, series, 1.0 - math.sqrt(math.pi) * y * erfcx(y))


def sparse_defect(t: Array, q: float) -> Array:
    """1 − M for a Gaussian of variance 1/q with probability q: M = 1 − q + q (1 + 2t/q)^(−1/2)."""
    return -q * np.expm1(-0.5 * np.log1p(2.0 * t / q))


def student_defect(t: Array, nu: float) -> Array:
    """1 − M for Student's t of variance 1, as ∫ (1 − exp(−t z²)) p(z) dz by the trapezoidal rule in log |z|.

    In u = log |z| the density is analytic for |Im u| < π/2 and the exponential bounded for
    |Im u| < π/4: the error is about e^(−π²/(2h)), 10⁻¹⁷ at h = 1/8. No terms cancel.
    """
    step = 0.125
    u = np.arange(-70.0, 120.0, step)
    log_norm = math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2) - 0.5 * math.log(nu * math.pi)
    weights = 2 * step * np.exp(log_norm + u - (nu + 1) / 2 * np.logaddexp(0.0, 2 * u - math.log(nu)))
    square = (nu - 2) / nu * np.exp(2 * u)
    return np.array([np.dot(-np.expm1(-s * square), weights) for s in t])


def skew_defect(t: Array, q: float) -> Array:
    """1 − M for two values: √((1−q)/q) with probability q, else −√(q/(1−q))."""
    return -q * np.expm1(-t * (1 - q) / q) - (1 - q) * np.expm1(-t * q / (1 - q))


DEFECTS: dict[str, Callable[..., NDArray[np.float64]]] = {
    "uniform": uniform_defect,
    "laplace": laplace_defect,
    "sparse": sparse_defect,
    "student": student_defect,
    "skew": skew_defect,
}


def _check(noise: Noise, dim: int) -> None:
    require_integer(dim, "dim", least=1)
    if not math.isfinite(noise.variance):
        raise InputError(
            f"norms need a noise of finite variance, got {noise.name!r} with {noise.arguments}; "
            "for student and pareto take nu > 2"
        )
