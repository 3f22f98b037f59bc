"""Fit the polynomials of problems/formulas/coefficients.py (needs mpmath): python docs/fit_elementary.py

Each function is interpolated at Chebyshev nodes with 60 digits, which is within a factor of two of
the best polynomial of its degree, and turned into powers before rounding. The test-suite runs this
and compares its output with the coefficients in use.
"""

from mpmath import atanh, chebyt, cos, exp, log, mp, mpf, pi, sin, sqrt, taylor

mp.dps = 60


def fit(function, low, high, degree):
    """Coefficients c_0..c_degree of the interpolant of *function* on [low, high]."""
    n = degree + 1
    low, high = mpf(low), mpf(high)
    nodes = [cos(pi * (mpf(k) + mpf(1) / 2) / n) for k in range(n)]
    values = [function((low + high) / 2 + (high - low) / 2 * t) for t in nodes]
    result = [mpf(0)] * n
    to_unit = [-(low + high) / (high - low), 2 / (high - low)]
    for j in range(n):
        c = 2 * sum(v * chebyt(j, t) for v, t in zip(values, nodes, strict=True)) / n / (2 if j == 0 else 1)
        for power, a in enumerate(taylor(lambda t, j=j: chebyt(j, t), 0, j)):
            term = [mpf(1)]
            for _ in range(power):
                term = [
                    sum(term[i] * to_unit[k - i] for i in range(len(term)) if 0 <= k - i <= 1)
                    for k in range(len(term) + 1)
                ]
            for k, b in enumerate(term):
                result[k] += c * a * b
    return [float(c) for c in result]


def away_from_zero(function, limit):
    """*function*, with *limit* where its formula would be 0/0."""
    return lambda t: mpf(limit) if abs(t) < mpf(10) ** -25 else function(t)


def sine_tail(z):
    return (sin(sqrt(z)) / sqrt(z) - 1) / z


def coefficients():
    """Name → coefficients; z stands for the square of the argument."""
    square = (pi / 2) ** 2
    return {
        # log(1+t) = t - t²/2 + t³ P(t)
        "LOG_32": fit(
            away_from_zero(lambda t: (log(1 + t) - t + t * t / 2) / t**3, mpf(1) / 3),
            sqrt(mpf(1) / 2) - 1,
            sqrt(mpf(2)) - 1,
            7,
        ),
        # 2 atanh(s) = 2s + s P(s²), z = s²
        "LOG_64": fit(
            away_from_zero(lambda z: 2 * (atanh(sqrt(z)) / sqrt(z) - 1) / z, mpf(2) / 3),
            0,
            (3 - 2 * sqrt(mpf(2))) ** 2,
            6,
        ),
        # e^r = 1 + r + r² P(r)
        "EXP_32": fit(away_from_zero(lambda r: (exp(r) - 1 - r) / r**2, mpf(1) / 2), -log(2) / 2, log(2) / 2, 5),
        "EXP_64": fit(away_from_zero(lambda r: (exp(r) - 1 - r) / r**2, mpf(1) / 2), -log(2) / 2, log(2) / 2, 10),
        # sin(r) = r + r³ P(r²) on [-π/2, π/2]
        "SIN_32": fit(away_from_zero(sine_tail, -mpf(1) / 6), 0, square, 4),
        "SIN_64": fit(away_from_zero(sine_tail, -mpf(1) / 6), 0, square, 8),
        # sin(πu/2) = u P(u²) and cos(πu/2) = P(u²) on [0, 1]
        "SIN_QUARTER": fit(away_from_zero(lambda z: sin(pi / 2 * sqrt(z)) / sqrt(z), pi / 2), 0, 1, 5),
        "COS_QUARTER": fit(lambda z: cos(pi / 2 * sqrt(z)), 0, 1, 6),
    }


if __name__ == "__main__":
    for name, values in coefficients().items():
        print(f"{name} = (")
        print("\n".join(f"    {value!r}," for value in values))
        print(")")
