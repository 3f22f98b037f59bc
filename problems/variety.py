"""How coordinates of a problem may differ: in sign or place by a pattern, and in their share of the noise."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .columns import Column, Number, added
from .errors import InputError, choose, require_integer

GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
PATTERNS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "same": np.ones_like,
    "alternating": lambda i: 1.0 - 2.0 * ((i - 1.0) % 2.0),
    # Weyl's sequence: as even as can be in every run of coordinates, and in no relation to their order
    "spread": lambda i: 2.0 * (i * GOLDEN % 1.0) - 1.0,
}
ALL = "all"


def require_pattern(value: object, what: str) -> str:
    """The name of a pattern; raises InputError for anything else."""
    if not isinstance(value, str):
        raise InputError(f"{what} must be one of {', '.join(PATTERNS)}, got {value!r}")
    choose(PATTERNS, value, what)
    return value


def patterned(value: float, pattern: str) -> Number:
    """*value* times the pattern's number in [−1, 1] of each coordinate; a float where all have the same."""
    factors = PATTERNS[pattern]
    return value if pattern == "same" or value == 0 else Column(lambda i: value * factors(i))


def noise_shares(dim: int, decay: float, noisy: float | str) -> Column | None:
    """σ_i/σ ∝ i^(−*decay*) for the first *noisy* coordinates (all of them if there are fewer), 0 for the others, so
    that Σσ_i² = σ²; None where all coordinates have the same."""
    count = dim if isinstance(noisy, str) else min(int(noisy), dim)
    if decay == 0 and count == dim:
        return None
    norm = math.sqrt(power_sum(count, 2 * decay))
    return Column(lambda i: np.where(i <= count, i**-decay / norm, 0.0))


def require_noisy(value: object, what: str) -> float | str:
    """A number of coordinates, or "all"; raises InputError for anything else."""
    if value == ALL:
        return ALL
    if isinstance(value, str):
        raise InputError(f'{what} must be a number of coordinates or "{ALL}", got {value!r}')
    return float(require_integer(value, what, least=1, most=2**32))


def power_sum(dim: int, exponent: float) -> float:
    """Σ_{i=1..dim} i^(−exponent), summed in pieces so that memory stays small."""
    if exponent == 0:
        return float(dim)
    return added(lambda i: i**-exponent, dim)
