"""Noise laws: formulas from uniform random words to numbers with mean 0 and variance exactly 1.

A law gets, for each random word, a sign (±1, fair) and a size (uniform in (0, 1], 31 bits), and computes
in float32 on every backend and for every precision of the run. ``draws`` says what it consumes:

- ``single``: f(sign, size) → one number;
- ``pair``: f(sign_a, a, sign_b, b) → two independent numbers, for two steps of the same coordinate;
- ``double``: f(sign_a, a, sign_b, b) → one number, from two independent words.

Every law has mean 0, so the stochastic gradient is unbiased. ``gaussian``, ``rademacher``, ``uniform``, ``laplace``,
``student`` and ``sparse`` are symmetric; ``skew`` and ``pareto`` are not: their mean is 0 because both sides weigh
the same, up to the rounding of float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

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
    E|z| for unit variance (0 for infinite variance). ``absolute_moment`` gives E|z|^p exactly, for ``moment``;
    E|z|^p exists for p < ``moments_below``, which by default follows from variance and kurtosis. ``breaks`` are
    sizes where the law jumps or changes its sign: integrals over the words (problems/words.py) need them to be exact.
    ``largest`` is sup|z|, infinity by default.
    ``supplies``: further constants of the law, for theorems. ``affine`` ρ: coordinate i gets noise of variance
    σ_i² + ρ(∇_i f)² instead of σ_i².
    """

    name: str
    formula: Formula
    draws: str
    variance: float
    kurtosis: float
    ratio: float
    arguments: dict[str, float] = field(default_factory=dict)
    formula_arguments: tuple[np.float32, ...] = ()
    absolute_moment: Callable[[float], float] | None = None
    moments_below: float | None = None
    breaks: tuple[float, ...] = ()
    supplies: Mapping[str, float] = field(default_factory=dict)
    affine: float = 0.0
    largest: float = math.inf

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

    @property
    def drawn_kurtosis(self) -> float:
        """The kurtosis of the numbers that a run gets: finite even where the ideal law's is not, because sizes end at
        2^(−32). A sum of n of them has about n over this many jumps. Of laws with variance 1."""
        if math.isfinite(self.kurtosis):
            return self.kurtosis
        return _drawn_fourth(self.formula, self.draws, self.formula_arguments, self.breaks)

    @property
    def order(self) -> float:
        """The order p ≤ 2 of the moment E|z|^p that theorems are given: 2 where the variance is finite; else, with ν
        the end of the moments, 1 + 0.8(ν − 1), for near ν the moment is without limit."""
        if math.isfinite(self.variance):
            return 2.0
        return 1 + 0.8 * ((self.moments_below or 2.0) - 1)

    def moment(self, p: float) -> float:
        """E|z|^p, p > 0; math.inf where it does not exist. By quadrature over the words if the law has no formula.

        Formulas are the ideal law's. A law that ends where its words end has, of moments near ``moments_below``, less.
        """
        p = require_number(p, f"moment of noise {self.name!r}: p", above=0)
        below = self.moments_below or (
            2.0 if not math.isfinite(self.variance) else 4.0 if not math.isfinite(self.kurtosis) else math.inf
        )
        if p >= below:
            return math.inf
        if p == 2:
            return self.variance
        if p == 1 and math.isfinite(self.variance):
            return self.ratio
        if self.absolute_moment is not None:
            return self.absolute_moment(p)
        from .words import means  # late: it compiles, and few ask

        return float(means(self.formula, self.draws, self.formula_argument_array, self.breaks, p)[1])


def noise(
    *, draws: str, kurtosis: float, ratio: float, variance: float = 1.0, name: str = "", **others: Any
) -> Callable[[Callable[..., Any]], Noise]:
    """Decorator that turns a formula of random words into the law of that name, its arguments as ``Noise`` has them::

        @noise(draws="double", kurtosis=2.4, ratio=math.sqrt(6) / 3)
        def triangle(sign_a, a, sign_b, b):
            return math.sqrt(1.5) * (sign_a * a + sign_b * b)

    Raises InputError for a wrong argument or a formula that leaves the language.
    """

    def wrap(function: Callable[..., Any]) -> Noise:
        try:
            return Noise(name or function.__name__, Formula(function), draws, variance, kurtosis, ratio, **others)
        except TypeError as error:
            raise InputError(f"noise {function.__name__!r}: {error}") from error

    return wrap


@cache
def _drawn_fourth(formula: Formula, draws: str, arguments: tuple[np.float32, ...], breaks: tuple[float, ...]) -> float:
    """E z⁴ over the words."""
    from .words import means  # late: it compiles, and few ask

    return float(means(formula, draws, np.array(arguments, np.float32), breaks)[3])


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


@Formula
def skew_law(sign, size, share, rare, common):
    """sign · share is −share for half of the words, and no size is below that."""
    return rare if size < sign * share else common


@Formula
def pareto_law(sign, size, power, excess, scale):
    """size^(−power) − 1 by expm1, less its mean; the sign is not used."""
    return scale * (math.expm1(-power * math.log(size)) - excess)


def gaussian() -> Noise:
    """Standard normal, |z| ≤ 6.66."""
    return Noise("gaussian", gaussian_law, "pair", 1.0, 3.0, math.sqrt(2 / math.pi), absolute_moment=_gaussian_moment)


def rademacher() -> Noise:
    """±1 with probability ½ each."""
    return Noise("rademacher", rademacher_law, "single", 1.0, 1.0, 1.0, absolute_moment=lambda p: 1.0, largest=1.0)


def uniform() -> Noise:
    """Uniform on (−√3, √3)."""
    return Noise(
        "uniform",
        uniform_law,
        "single",
        1.0,
        1.8,
        math.sqrt(3) / 2,
        absolute_moment=lambda p: _exp(p / 2 * math.log(3) - math.log(p + 1)),
        largest=ROOT_3,
    )


def laplace() -> Noise:
    """Laplace with scale 1/√2."""
    return Noise(
        "laplace",
        laplace_law,
        "single",
        1.0,
        6.0,
        math.sqrt(0.5),
        absolute_moment=lambda p: _exp(math.lgamma(p + 1) - p / 2 * math.log(2)),
    )


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

    def absolute_moment(p: float) -> float:
        gammas = math.lgamma((p + 1) / 2) + math.lgamma((nu - p) / 2) - math.lgamma(nu / 2)
        return _exp(p * math.log(scale) + p / 2 * math.log(nu) + gammas - math.log(math.pi) / 2)

    return Noise(
        "student",
        student_law,
        "double",
        1.0 if finite else math.inf,
        3 + 6 / (nu - 4) if nu > 4 else math.inf,
        ratio,
        {"nu": nu},
        (np.float32(nu), np.float32(scale)),
        absolute_moment,
        moments_below=nu,
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
        lambda p: _exp((1 - p / 2) * math.log(share) + _log_gaussian_moment(p)),
        breaks=(share,),
    )


def skew(q: float = 0.1) -> Noise:
    """√((1−q)/q) with probability q, else −√(q/(1−q)): two values, mean 0, variance 1, E|z| = 2√(q(1−q)),
    E z⁴ = 1/(q(1−q)) − 3.

    At q = ½ it is ``rademacher``, bit by bit. The value of the rarer side comes where the sign is + and the size is
    among the smallest: that sign and size are one number of 32 bits, and the side's probability a whole number of its
    2³² words. The two values are made from this probability, so that mean and variance are exact but for
    their rounding to float32. It differs from q by at most 2⁻²³ of itself, or half a word.
    """
    q = require_number(q, "skew: q (probability of the positive value)", least=2.0**-20)  # 2¹² words
    if q > 1 - 2.0**-20:
        raise InputError(f"skew: q (probability of the positive value) must be at most 1 − 2⁻²⁰, got {q!r}")
    given, rarer = q, min(q, 1 - q)
    share = np.nextafter(_size(round(rarer * 2**32) - 1), np.float32(2))  # the least float32 above the last size
    words = _words_below(share)
    q, side = (words / 2**32, 1.0) if q <= 0.5 else (1 - words / 2**32, -1.0)
    positive, negative = math.sqrt((1 - q) / q), -math.sqrt(q / (1 - q))
    rare, common = (positive, negative) if side > 0 else (negative, positive)

    def absolute_moment(p: float) -> float:
        return _exp(math.log(q) + p * math.log(positive)) + _exp(math.log(1 - q) + p * math.log(-negative))

    return Noise(
        "skew",
        skew_law,
        "single",
        1.0,
        1 / (q * (1 - q)) - 3,
        2 * math.sqrt(q * (1 - q)),
        {"q": given},
        (share, np.float32(rare), np.float32(common)),
        absolute_moment,
        breaks=(words / 2**31,),
        largest=max(positive, -negative),
    )


def pareto(nu: float = 1.5) -> Noise:
    """One-sided: U^(−1/ν) less its mean ν/(ν−1), U uniform, so that E|z|^p is finite for p < ν only; scaled to variance
    1 for ν > 2, as it is for ν ≤ 2, where the variance is infinite.

    Sizes end at 2⁻³², and the tail there. Mean and scale are those over the words, so that the mean is 0 and the
    variance 1 all the same; at ν = 1.5 the mean is 1e-4 below ν/(ν−1), near ν = 1 the cut is most of it.
    """
    nu = require_number(nu, "pareto: nu (order of the tail)", above=1)
    if nu > 1e4:  # nobody can tell it from the exponential law, and its hypergeometric series is lost
        raise InputError(f"pareto: nu (order of the tail) must be at most 1e4, got {nu:g}; take 1e4, its limit")
    power = float(np.float32(1 / nu))  # what the formula gets: the mean must be this one's
    if power == 1:
        raise InputError(f"pareto: nu (order of the tail) must be at least 1 + 1e-7, got {nu!r}")
    excess = power / (1 - power) + _end(power)  # E U^(−power) − 1
    finite = power < 0.5
    scale = 1.0
    if finite:  # the variance, in terms that do not cancel for a large ν
        ideal = power**2 / ((1 - 2 * power) * (1 - power) ** 2)
        end = _end(2 * power) - _end(power) * (2 / (1 - power) + _end(power))
        scale = 1 / math.sqrt(ideal + end)
    zero = math.exp(-math.log1p(excess) / power)  # the size whose number is 0; the mean is half of E|z| on either side
    ratio = 2 * scale * (zero * (1 + excess) * power / (1 - power) + _end(power))
    return Noise(
        "pareto",
        pareto_law,
        "single",
        1.0 if finite else math.inf,
        3 + 6 * (nu**3 + nu**2 - 6 * nu - 2) / (nu * (nu - 3) * (nu - 4)) if nu > 4 else math.inf,
        ratio if finite else 0.0,
        {"nu": nu},
        (np.float32(power), np.float32(excess), np.float32(scale)),
        _pareto_moment(nu, scale),
        moments_below=nu,
        breaks=(zero,),
    )


def _pareto_moment(nu: float, scale: float) -> Callable[[float], float]:
    """E|z|^p of scale · (X − m), X = U^(−1/ν), m = ν/(ν−1), from y = X/m, whose density is ν m^(−ν) y^(−ν−1).

    Above the mean ∫₁^∞ (y−1)^p y^(−ν−1) dy = B(p+1, ν−p); below it y runs over (1/m, 1), an incomplete
    beta function, as a hypergeometric series at 1 − 1/m = 1/ν (DLMF 8.17.8).
    """
    log_mean = -math.log1p(-1 / nu)

    def moment(p: float) -> float:
        from scipy.special import hyp2f1  # slow to import

        above = _exp(math.lgamma(p + 1) + math.lgamma(nu - p) - math.lgamma(nu + 1))
        below = math.exp(nu * log_mean - (p + 1) * math.log(nu)) / (p + 1) * float(hyp2f1(1, p + 1 - nu, p + 2, 1 / nu))
        return nu * (above + below) * _exp(p * (log_mean + math.log(scale)) - nu * log_mean)

    return moment


def _log_gaussian_moment(p: float) -> float:
    return p / 2 * math.log(2) + math.lgamma((p + 1) / 2) - math.log(math.pi) / 2


def _gaussian_moment(p: float) -> float:
    return _exp(_log_gaussian_moment(p))


def _exp(x: float) -> float:
    """e^x; infinity beyond the floating-point numbers, where math.exp raises."""
    return math.exp(x) if x < 709 else math.inf


def _size(word: int) -> np.float32:
    """The size of the lower 31 bits *word*, as every engine makes it: rounded to float32."""
    return (np.float32(word) + np.float32(0.5)) * np.float32(2.0**-31)


def _words_below(limit: np.float32) -> int:
    """How many of the 2³¹ sizes are below *limit*: sizes grow with their words, so by bisection."""
    low, high = 0, 2**31
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if _size(middle) < limit else (low, middle)
    return low


def _mean_power(s: float) -> float:
    """E a^(−s), 0 < s < 1, over the 2³¹ sizes a = (k + ½) 2^(−31).

    The integral 1/(1−s) plus the end correction h^(1−s) ζ(s, ½), ζ by Euler and Maclaurin's sum.
    """
    return float(1 / (1 - s) + _end(s))


def _end(s: float) -> float:
    """The end correction of ``_mean_power``."""
    n = 1000
    zeta = float(np.sum((np.arange(n) + 0.5) ** -s)) - n ** (1 - s) / (1 - s) - s * n ** (-s - 1) / 24
    return float(2.0 ** (-31 * (1 - s)) * zeta)


NOISES: dict[str, Callable[..., Noise]] = {
    f.__name__: f for f in (gaussian, rademacher, uniform, laplace, student, sparse, skew, pareto)
}
