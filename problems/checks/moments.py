"""The moments of a noise law over the words it is fed, beside those that it declares."""

from __future__ import annotations

from dataclasses import dataclass

from ..noise import Noise
from ..words import means
from .jumps import jumps


@dataclass(frozen=True)
class Moments:
    """Means over the words: E z, E|z|, E z², E z⁴, and E z₀z₁ of the two numbers of a 'pair' law (else 0)."""

    mean: float
    absolute: float
    square: float
    fourth: float
    cross: float


def moments(noise: Noise) -> Moments:
    """Moments of *noise* in float32, by quadrature (problems/words.py); of both numbers of a 'pair' law together."""
    return Moments(*means(noise.formula, noise.draws, noise.formula_argument_array, noise.breaks, between=jumps(noise)))
