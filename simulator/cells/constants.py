"""The constants of a cell, an open table: what a problem, its noise and the grid supply, a theorem may use."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ratecheck.problems.errors import InputError, nearest

SYMBOLS = {
    "dim": "d",
    "steps": "K",
    "smoothness": "L",
    "smoothness_l0": "L₀",
    "smoothness_l1": "L₁",
    "gap": "Δ",
    "sigma": "σ",
    "smoothness_l0_sum": "ΣL₀,ᵢ",
    "curvature_l1": "‖h‖₁",
    "sigma_l1": "‖σ‖₁",
    "sigma_0": "σ₀",
    "sigma_1": "σ₁",
    "start_linf": "‖x¹‖∞",
    "radius": "R",
    "pl": "μ",
    "tail_order": "p",
    "tail_l1": "‖s‖₁",
    "tail_p": "Σsᵢᵖ",
    "tail_2p": "Σsᵢ²ᵖ",
    "noise_linf": "max|ξᵢ|",
}
TOLD = (
    ("dim",),
    ("steps",),
    ("smoothness", "smoothness_l0"),
    ("gap",),
    ("sigma", "sigma_0"),
)  # the first that is there


class SaysNothing(InputError):
    """Raised by a bound or a rate where the theorem says nothing of a cell, with the reason in words."""


class MissingConstant(SaysNothing):
    """A theorem asks for a constant that the problem or its noise doesn't supply; the theorem says nothing there.

    ``name`` is that of the constant, '' where it is known and has no one value.
    """

    def __init__(self, reason: str, name: str = ""):
        super().__init__(reason)
        self.name = name


def require(condition: bool, reason: str) -> None:
    """Raise SaysNothing with *reason* unless *condition* holds: a condition of a proof, where the bound is made."""
    if not condition:
        raise SaysNothing(reason)


class Constants(Mapping[str, float]):
    """Constants by name, as attributes too: ``c.smoothness`` is ``c["smoothness"]``.

    Always: ``dim`` d, ``steps`` K. Of the shipped problems: ``smoothness`` L, ``gap`` Δ, ``curvature_l1`` ‖h‖₁ = Σ h_i,
    ``start_linf`` ‖x¹‖∞, and ``pl`` μ where f is Polyak–Łojasiewicz; where |f_i''| ≤ L₀,ᵢ + L₁|f_i′| only,
    ``smoothness_l0`` L₀ = max L₀,ᵢ, ``smoothness_l0_sum`` ΣL₀,ᵢ and ``smoothness_l1`` L₁ instead of L and ‖h‖₁. Of
    noise of finite variance: ``sigma`` σ, the root of Σσ_i², and ``sigma_l1`` Σσ_i, or, where the variance is
    σ₀² + σ₁²‖∇f‖², ``sigma_0`` and ``sigma_1``; ``jumps``, about how many large values a run's noise has, and
    ``kurtosis`` E z⁴ of the law where there is one. Of noise with E|ξ_i|^p ≤ s_i^p: ``tail_order`` p ≤ 2, ``tail_l1``
    Σs_i, ``tail_p`` Σs_i^p and ``tail_2p`` Σs_i^(2p), with p = 2 and s_i = σ_i where the variance is finite; of
    bounded noise ``noise_linf``, the largest |ξ_i|.
    ``c`` is C = (σ² L Δ)^(1/4).
    Problems and laws may supply more. What is not there raises MissingConstant with the reason; *missing* names
    reasons that are known.
    """

    _missing: Mapping[str, str]
    _values: Mapping[str, float]

    def __init__(self, values: Mapping[str, float], missing: Mapping[str, str] | None = None):
        # bounds ask for constants millions of times: found as attributes, they take no call
        vars(self).update(values)
        vars(self).update(_values=MappingProxyType(dict(values)), _missing=MappingProxyType(dict(missing or {})))

    @property
    def missing(self) -> Mapping[str, str]:
        """Why constants that one may expect are not there, by name."""
        return self._missing

    @property
    def c(self) -> float:
        """C = (σ² L Δ)^(1/4) of the theorems."""
        return math.sqrt(self.sigma * math.sqrt(self.smoothness) * math.sqrt(self.gap))

    def but(self, **changes: float) -> Constants:
        """The same table with some values changed or added."""
        if all(self._values.get(name) == value for name, value in changes.items()):
            return self
        return Constants({**self._values, **changes}, {k: v for k, v in self._missing.items() if k not in changes})

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __getattr__(self, name: str) -> float:
        if name.startswith("_"):
            raise AttributeError(name)
        symbol = f" ({SYMBOLS[name]})" if name in SYMBOLS else ""
        why = self._missing.get(name) or f"the problem supplies no {name}{symbol}{nearest(name, self._values)}"
        raise MissingConstant(why, name)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"constants don't change; {name} was to be set (use but({name}=…))")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __str__(self) -> str:
        """'d = 4, K = 100, L = 1, Δ = 1, σ = 1', for messages: what tells cells apart. The rest is in the repr."""
        names = [next((name for name in group if name in self._values), "") for group in TOLD]
        told = [f"{SYMBOLS[name]} = {self._values[name]:g}" for name in names if name]
        return ", ".join(told) or repr(self)

    def __repr__(self) -> str:
        return f"Constants({', '.join(f'{name}={value:g}' for name, value in self._values.items())})"

    def __reduce__(self):
        return Constants, (dict(self._values), dict(self._missing))
