"""Noise laws: formulas from uniform random words to numbers with mean 0 and variance exactly 1.

A law gets, for each random word, a sign (±1, fair) and a size (uniform in (0, 1], 31 bits), and computes
in float32 on every backend and for every precision of the run. ``draws`` says what it consumes:

- ``single``: f(sign, size) → one number;
- ``pair``: f(sign_a, a, sign_b, b) → two independent numbers, for two steps of the same coordinate;
- ``double``: f(sign_a, a, sign_b, b) → one number, from two independent words.

All laws are symmetric, so the mean is 0 and the stochastic gradient unbiased.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from .errors import InputError, require_number, require_supplies
from .formulas.coefficients import COS_QUARTER, SIN_QUARTER
from .formulas.formula import Formula

S0, S1, S2, S3, S4, S5 = SIN_QUARTER
C0, C1, C2, C3, C4, C5, C6 = COS_QUARTER
ROOT_3, ROOT_HALF = math.sqrt(3.0), math.sqrt(0.5)


@dataclass(frozen=True, eq=False)
class Noise:
    """A law with its parameters fixed.

    ``variance`` and ``kurtosis`` (E z⁴ / (E z²)²) are exact, infinity where the moment does not exist;
    ``formula_arguments`` are the law's trailing float32 arguments; ``ratio`` is lim ‖g‖₁/(√d‖g‖₂), that is
    E|z| for unit variance (0 for infinite variance). ``supplies``: further constants of the law, for theorems.
    """

    name: str
    formula: Formula
    draws: str
    variance: float
    kurtosis: float
    ratio: float
    arguments: dict[str, float] = field(default_factory=dict)
    formula_arguments: tuple[np.float32, ...] = ()
    supplies: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.variance not in (1.0, math.inf):
            raise InputError(
                f"noise {self.name!r}: variance must be 1 (scale the formula) or math.inf, got {self.variance!r}"
            )
        require_supplies(self.supplies, f"noise {self.name!r}")
        for name, value in self.supplies.items():
            require_number(value, f"noise {self.name!r}: supplies {name}")

    @property
    def formula_argument_array(self) -> np.ndarray:
        """``formula_arguments`` as a float32 array, shape (number of them,)."""
        return np.array(self.formula_arguments, dtype=np.float32)


@Formula
def cos_quarter(z):
    return C0 + z * (C1 + z * (C2 + z * (C3 + z * (C4 + z * (C5 + z * C6)))))


@Formula
def sin_quarter(z):
    return S0 + z * (S1 + z * (S2 + z * (S3 + z * (S4 + z * S5))))


@Formula
def gaussian_law(sign_a, a, sign_b, b):
    """Box and Muller (1958): radius from a, angle from b in (-π/2, π/2), the radius signed."""
    radius = sign_a * math.sqrt(-2.0 * math.log(a))
    z = b * b
    return radius * cos_quarter(z), radius * (sign_b * b * sin_quarter(z))


@Formula
def rademacher_law(sign, size):
    return sign


@Formula
def uniform_law(sign, size):
    return sign * size * ROOT_3


@Formula
def laplace_law(sign, size):
    return -sign * math.log(size) * ROOT_HALF


@Formula
def student_law(sign_a, a, sign_b, b, nu, scale):
    """Bailey (1994): √(ν(a^(-2/ν) − 1)) cos θ is Student's t; θ runs over a quarter, the sign is fair."""
    radius = math.sqrt(nu * math.expm1(-2.0 / nu * math.log(a)))
    return sign_a * scale * radius * cos_quarter(b * b)


@Formula
def sparse_law(sign_a, a, sign_b, b, q, scale):
    """A Gaussian with probability q: given b < q, b/q is uniform again and serves as the angle."""
    angle = b / q
    value = sign_a * scale * math.sqrt(-2.0 * math.log(a)) * cos_quarter(angle * angle)
    return value if b < q else 0.0


def gaussian() -> Noise:
    """Standard normal, |z| ≤ 6.66."""
    return Noise("gaussian", gaussian_law, "pair", 1.0, 3.0, math.sqrt(2 / math.pi))


def rademacher() -> Noise:
    """±1 with probability ½ each."""
    return Noise("rademacher", rademacher_law, "single", 1.0, 1.0, 1.0)


def uniform() -> Noise:
    """Uniform on (−√3, √3)."""
    return Noise("uniform", uniform_law, "single", 1.0, 1.8, math.sqrt(3) / 2)


def laplace() -> Noise:
    """Laplace with scale 1/√2."""
    return Noise("laplace", laplace_law, "single", 1.0, 6.0, math.sqrt(0.5))


def student(nu: float = 5.0) -> Noise:
    """Student's t with ν degrees of freedom, scaled to variance 1 for ν > 2; as it is for ν ≤ 2, where
    the variance is infinite and the theorems' assumption is broken.

    Sizes end at 2^(−32), so the tail ends where Student's has 2^(−32) left. The scale makes the variance
    1 all the same; it is 7e-7 above Student's own √((ν−2)/ν) at ν = 5, 3e-4 at 3 and 23 % at 2.1.
    """
    nu = require_number(nu, "student: nu (degrees of freedom)", least=1)
    if nu > 1e6:  # the difference of the gamma functions loses its digits, and nobody can tell it from a Gaussian
        raise InputError(f"student: nu (degrees of freedom) must be at most 1e6, got {nu:g}; use gaussian")
    finite = nu > 2
    scale = 1 / math.sqrt(nu * (_mean_power(2 / nu) - 1) / 2) if finite else 1.0
    ratio = 0.0
    if finite:
        mean = 2 * math.sqrt(nu) / (math.sqrt(math.pi) * (nu - 1))
        ratio = scale * mean * math.exp(math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2))
    return Noise(
        "student",
        student_law,
        "double",
        1.0 if finite else math.inf,
        3 + 6 / (nu - 4) if nu > 4 else math.inf,
        ratio,
        {"nu": nu},
        (np.float32(nu), np.float32(scale)),
    )


def sparse(q: float = 0.1) -> Noise:
    """With probability q a Gaussian of variance 1/q, else 0."""
    q = require_number(q, "sparse: q (probability of a nonzero coordinate)", least=1e-5)  # b has 31 bits
    if q > 1:
        raise InputError(f"sparse: q (probability of a nonzero coordinate) must be at most 1, got {q:g}")
    share = round(q * 2**31) / 2**31  # q in whole sizes
    return Noise(
        "sparse",
        sparse_law,
        "double",
        1.0,
        3 / share,
        math.sqrt(2 * share / math.pi),
        {"q": q},
        (np.float32(share), np.float32(1 / math.sqrt(share))),
    )


def _mean_power(s: float) -> float:
    """E a^(−s), 0 < s < 1, over the 2³¹ sizes a = (k + ½) 2^(−31).

    The integral 1/(1−s) plus the end correction h^(1−s) ζ(s, ½), ζ by Euler and Maclaurin's sum.
    """
    n = 1000
    zeta = float(np.sum((np.arange(n) + 0.5) ** -s)) - n ** (1 - s) / (1 - s) - s * n ** (-s - 1) / 24
    return float(1 / (1 - s) + 2.0 ** (-31 * (1 - s)) * zeta)


NOISES: dict[str, Callable[..., Noise]] = {
    f.__name__: f for f in (gaussian, rademacher, uniform, laplace, student, sparse)
}
