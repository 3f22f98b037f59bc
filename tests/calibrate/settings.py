"""Random settings: a profile, noise, constants and a grid, as one might choose them without knowing the theorem.

A kind (profile, law, what coordinates differ in) costs a compilation, so there are KINDS of them that cover all
profiles, laws and departures; everything else is drawn anew for each setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

PROFILES = ("quadratic", "rational", "welsch", "cauchy", "cosine", "ripple")
LAWS: tuple[tuple[str, Mapping[str, float]], ...] = (
    ("gaussian", {}),
    ("rademacher", {}),
    ("uniform", {}),
    ("laplace", {}),
    ("student", {"nu": 3.0}),
    ("sparse", {"q": 0.01}),
    ("skew", {"q": 0.05}),
)
KINDS = 14
LARGEST = (512, 16000)  # d and K


@dataclass(frozen=True)
class Setting:
    """``dims`` and ``steps`` are the grid; the constants are log-uniform over two decades each."""

    profile: str
    profile_args: Mapping[str, float | str]
    noise: str
    noise_args: Mapping[str, float]
    smoothness: float
    gap: float
    sigma: float
    center: float
    dims: tuple[int, ...]
    steps: tuple[int, ...]
    seed: int

    @property
    def kappa(self) -> float:
        return self.smoothness * self.gap / self.sigma**2

    @property
    def shortest(self) -> int:
        """The shortest horizon that is fitted: of the largest three, or of as many as span three octaves."""
        return min(self.steps[-3], max(k for k in self.steps if 8 * k <= self.steps[-1]))


def draw(number: int, seed: int, largest: tuple[int, int] = LARGEST) -> list[Setting]:
    """*number* settings; the first n of a seed are the same for any number. *largest*: of d and K."""
    return [_draw(np.random.default_rng([seed, index]), index, *largest) for index in range(number)]


def _draw(rng: np.random.Generator, index: int, most_dim: int, most_steps: int) -> Setting:
    kind = int(rng.integers(KINDS))
    profile, (law, law_args) = PROFILES[kind % 6], LAWS[kind % 7]
    arguments: dict[str, float | str] = {"start": round(10 ** rng.uniform(-0.5, 1.0), 3)}
    if kind % 2:
        arguments["spectrum"] = round(rng.uniform(0.0, 2.0), 3)
    if kind % 3 == 1:
        arguments |= {"center": round(rng.uniform(-1.0, 1.0), 3), "centers": "alternating"}
    if kind % 4 == 2:
        arguments["starts"] = "spread"
    if kind % 5 == 3:
        arguments["noise_spectrum"] = round(rng.uniform(0.0, 1.0), 3)
    smoothness, gap, sigma = (float(f"{10 ** rng.uniform(-1, 1):.6g}") for _ in range(3))
    center = round(rng.uniform(1.0, 8.0), 3)
    dims, steps = _grid(rng, 8, most_dim), _grid(rng, 250, most_steps)
    return Setting(profile, arguments, law, law_args, smoothness, gap, sigma, center, dims, steps, index)


def _grid(rng: np.random.Generator, least: int, most: int) -> tuple[int, ...]:
    """Three to five values a constant factor apart, from *least* to at most *most*, over three octaves or more."""
    count = int(rng.choice([3, 4, 5], p=[0.8, 0.15, 0.05]))
    octaves = np.log2(most / least)
    span = octaves - (octaves - 3.2) * rng.uniform() ** 0.5 if octaves > 3.2 else octaves
    return tuple(int(round(least * 2 ** (span * i / (count - 1)))) for i in range(count))
