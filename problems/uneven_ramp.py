"""The ramp whose coordinates differ: slopes and noise fall off with the coordinate, and yet its level is known."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .columns import Column, added, largest
from .errors import InputError, require_integer, require_known, require_number
from .problem import SeparableProblem
from .profiles import soft_ramp
from .ramps import require_noise
from .variety import ALL, noise_shares, power_sum


class UnevenRamp:
    """A soft ramp of slope G_i = γ √d C K^(−1/4) i^(−α)/Σj^(−α) in coordinate i, with noise σ_i ∝ i^(−β).

    Under the AdamW schedule of docs/theory.md coordinate i moves η G_i/√(σ_i² + σ²/d) a step. It starts so far out
    that all coordinates reach the foot together, which takes each its share of the gap; while they are on their slopes
    ‖∇f‖₁ is ΣG_i and the measured ratio is γ, ``steepness``. They are at step K up to the ``critical`` one.
    """

    name = "uneven-ramp"
    requires = ("dim", "smoothness", "gap", "sigma", "steps")
    parameters = {"steepness": 1.2, "slope_spectrum": 0.5, "noise_spectrum": 0.5}
    phi, dphi = soft_ramp.phi, soft_ramp.derived

    def __call__(
        self, dim: int, smoothness: float = 1.0, gap: float = 1.0, *, sigma: float, steps: int, **arguments: float
    ) -> SeparableProblem:
        """The ramp for noise σ = *sigma* and horizon K = *steps*; raises InputError for an infinite or zero C."""
        owner = f"problem {self.name!r}"
        require_known(arguments, self.parameters, owner)
        given = {**self.parameters, **arguments}
        steepness = require_number(given["steepness"], f"{owner}: steepness", above=0)
        alpha, beta = (require_number(given[n], f"{owner}: {n}") for n in ("slope_spectrum", "noise_spectrum"))
        dim = require_integer(dim, "dim", least=1, most=2**32)
        smoothness, gap = require_number(smoothness, "smoothness", above=0), require_number(gap, "gap", above=0)
        steps = require_integer(steps, "steps", least=1, most=2**32)
        require_noise(sigma, owner)
        unit = math.sqrt(sigma) * (smoothness * gap / steps) ** 0.25  # C K^(−1/4)
        shape = slope_shape(dim, alpha)
        noise = noise_shares(dim, beta, ALL)
        pace = _pace(dim, noise)
        steep = steepness * math.sqrt(dim) * unit
        total = added(lambda i: pace(i) * (steep * shape(i)) ** 2, dim)

        def start(i: NDArray[np.float64]) -> NDArray[np.float64]:
            height = smoothness * gap * pace(i) / total  # φ(u_i) = LΔ_i/G_i², and u_i = √(φ(2 + φ))
            return steep * shape(i) / smoothness * np.sqrt(height) * np.sqrt(2.0 + height)

        at = Column(start)
        furthest = largest(at, dim)
        if not (0 < total < math.inf and 0 < furthest < math.inf):
            raise InputError(f"{owner}: with {given} and these constants it starts at {furthest:g}; choose milder ones")
        return SeparableProblem(
            self.name,
            self.phi,
            self.dphi,
            dim,
            smoothness,
            gap,
            minimum=0.0,
            start=at,
            scale=Column(lambda i: steep * shape(i) / smoothness),  # slope w/s and curvature w/s² = L
            curvature=1.0,
            arguments={"steepness": steepness, "slope_spectrum": alpha, "noise_spectrum": beta},
            supplies={"curvature_l1": dim * smoothness, "start_linf": furthest},
            noise=noise,
        )

    def critical(self, dim: int, slope_spectrum: float | None = None, noise_spectrum: float | None = None) -> float:
        """The steepness up to which the AdamW schedule is still on all slopes at step K: 8^(1/4) for equal slopes and
        equal noise."""
        alpha = self.parameters["slope_spectrum"] if slope_spectrum is None else slope_spectrum
        beta = self.parameters["noise_spectrum"] if noise_spectrum is None else noise_spectrum
        shape, pace = slope_shape(dim, alpha), _pace(dim, noise_shares(dim, beta, ALL))
        return math.sqrt(2 / (math.sqrt(dim) * added(lambda i: pace(i) * shape(i) ** 2, dim)))


def slope_shape(dim: int, alpha: float) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """i^(−α)/Σj^(−α)."""
    total = power_sum(dim, alpha)
    return lambda i: i**-alpha / total


def _pace(dim: int, noise: Column | None) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """1/√(σ_i²/σ² + 1/d): how fast a coordinate moves, for its slope."""
    if noise is None:
        return lambda i: np.full(i.shape, math.sqrt(dim / 2))
    return lambda i: 1.0 / np.sqrt(noise.rule(i) ** 2 + 1.0 / dim)


uneven_ramp = UnevenRamp()
