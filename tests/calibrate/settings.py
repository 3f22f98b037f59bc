"""Random settings: a profile, noise, constants and a grid, as one might choose them without knowing the theorem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simulator.cells.spec import Spec

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
WITNESSES = {
    "adamw": (("ramp", {"steepness": 1.5}), ("uneven-ramp", {"steepness": 1.2})),
    "sgd": (("ramp", {"steepness": 0.75}), ("uneven-ramp", {"steepness": 0.5, "slope_spectrum": 0.0})),
}


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
    dims: tuple[int, ...]
    steps: tuple[int, ...]
    seed: int

    @property
    def kappa(self) -> float:
        return self.smoothness * self.gap / self.sigma**2

    def specs(self, optimizer: str) -> list[Spec]:
        """The cells: the profile, and the witnesses of the optimizer."""
        problems = [(self.profile, self.profile_args), *WITNESSES[optimizer]]
        return [
            Spec.of(
                problem,
                optimizer,
                dim,
                steps,
                8,
                problem_args=dict(arguments),
                noise=self.noise,
                noise_args=dict(self.noise_args),
                smoothness=self.smoothness,
                gap=self.gap,
                sigma=self.sigma,
                seed=self.seed,
            )
            for problem, arguments in problems
            for dim in self.dims
            for steps in self.steps
        ]


def draw(number: int, seed: int = 1, largest: tuple[int, int] = (512, 16000)) -> list[Setting]:
    """*number* settings; the first n of a seed are the same for any number. *largest*: of d and K."""
    return [_draw(np.random.default_rng([seed, index]), index, *largest) for index in range(number)]


def _draw(rng: np.random.Generator, index: int, most_dim: int, most_steps: int) -> Setting:
    law, law_args = LAWS[rng.integers(len(LAWS))]
    arguments: dict[str, float | str] = {"start": float(np.round(rng.uniform(0.5, 4.0), 3))}
    if rng.random() < 0.5:
        arguments["spectrum"] = float(np.round(rng.uniform(0.0, 2.0), 3))
    if rng.random() < 0.3:
        arguments |= {"center": float(np.round(rng.uniform(-1.0, 1.0), 3)), "centers": "alternating"}
    if rng.random() < 0.3:
        arguments["starts"] = "spread"
    smoothness, gap, sigma = (float(f"{10 ** rng.uniform(-1, 1):.6g}") for _ in range(3))
    return Setting(
        PROFILES[rng.integers(len(PROFILES))],
        arguments,
        law,
        law_args,
        smoothness,
        gap,
        sigma,
        _grid(rng, 8, most_dim),
        _grid(rng, 250, most_steps),
        index,
    )


def _grid(rng: np.random.Generator, least: int, most: int) -> tuple[int, ...]:
    """Three to five values a constant factor apart, from *least* to at most *most*, over three octaves or more."""
    count = int(rng.integers(3, 6))
    octaves = np.log2(most / least)
    span = rng.uniform(min(3.2, octaves), octaves)
    return tuple(int(round(least * 2 ** (span * i / (count - 1)))) for i in range(count))
