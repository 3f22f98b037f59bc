"""Powers of K: that of a rate, found from its numbers, and a rate's formula without it."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from fractions import Fraction

CLOSE = 1e-6
POWER = re.compile(r"K(?:\^(?:\{(?P<long>\d+(?:/\d+)?)\}|(?P<short>\d)))?")
ROOT = re.compile(r"\\sqrt\{?\s*K\s*\}?")


def power_of(lines: Sequence[Sequence[tuple[int, float | None]]]) -> float:
    """The exponent of K that all *lines* of (K, rate) have between neighbours; 0 where they have no common one."""
    slopes = [
        math.log(b / a) / math.log(next_k / k)
        for line in lines
        for (k, a), (next_k, b) in itertools.pairwise(line)
        if a is not None and b is not None and k != next_k
    ]
    if not slopes or max(slopes) - min(slopes) > CLOSE:
        return 0.0
    return float(Fraction(slopes[0]).limit_denominator(24)) if _simple(slopes[0]) else slopes[0]


def _simple(power: float) -> bool:
    return abs(Fraction(power).limit_denominator(24) - power) < CLOSE


def exponent_tex(power: float) -> str:
    """'^{-1/4}', as mathtext; '' for the power 1."""
    text = str(Fraction(power).limit_denominator(24)) if _simple(power) else f"{power:.3g}"
    return "" if text == "1" else f"^{{{text}}}"


def without_horizon(tex: str, power: float) -> str:
    r"""The formula of a rate without its last factor, where that is a division by K to the -*power*: '\sqrt{d}\,C';
    '' where it isn't."""
    front, slash, last = tex.rpartition("/K")
    if slash and (found := POWER.fullmatch(f"K{last}")):
        divided = float(Fraction(found["long"] or found["short"] or "1"))
    else:
        front, slash, last = tex.rpartition("/\\sqrt")
        if not (slash and ROOT.fullmatch(f"\\sqrt{last}")):
            return ""
        divided = 0.5
    # a denominator of several factors, or a sum, is no product with a power of K
    plain = not re.search(r"[+\-]|\\min|\\max|\\log", front)
    return front if front and plain and abs(divided + power) < CLOSE else ""
