"""What a problem is: a function on R^d whose smoothness and gap are known exactly.

'Exact' means: f is L-smooth in the 2-norm with no smaller L, and f(x¹) − inf f = Δ, at every
dimension, up to the rounding of a few float64 operations. Where no L exists, f is (L₀, L₁)-smooth with
no smaller L₀ or L₁.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .columns import Column, Number, added, largest, numbers, uniform
from .errors import InputError
from .formulas.formula import Formula


@dataclass(frozen=True)
class SeparableProblem:
    """f(x) = Σ w_i φ((x_i − c_i)/s_i), with curvatures h_i = L r_i i^(−α) and weights w_i = h_i s_i²/sup|φ''|.

    ``smoothness`` L, ``gap`` Δ and ``minimum`` f* are exact. A ``Number`` is one for all coordinates or a Column, one
    for each: ``start`` x¹_i, ``center`` c_i, ``scale`` s_i, ``curvature`` sup|φ''|, ``profile_minimum`` min φ, so that
    coordinate i is w_i (φ(u_i) − min φ) above its part of f*, ``relative`` r_i, and φ's further arguments. ``noise``
    is σ_i/σ, with Σσ_i² = σ², None where all are 1/√d. ``supplies`` has the constants beside L and Δ that a theorem
    may use: ``curvature_l1`` Σ h_i, ``start_linf`` ‖x¹‖∞, and ``pl`` μ where ‖∇f‖₂² ≥ 2μ(f − f*) everywhere;
    ``missing`` says why one that may be expected isn't there. With ``growth`` m > 0, |φ''| ≤ ``curvature`` + m|φ′|
    instead of ``curvature``, ``smoothness`` is L₀ and ``supplies`` has L₀ and L₁ in L's place.
    """

    name: str
    phi: Formula
    dphi: Formula
    dim: int
    smoothness: float
    gap: float
    minimum: float
    start: Number
    scale: Number
    curvature: Number
    profile_minimum: Number = 0.0
    center: Number = 0.0
    spectrum: float = 0.0
    formula_arguments: tuple[Number, ...] = ()
    arguments: Mapping[str, float | str] = field(default_factory=dict)
    supplies: dict[str, float] = field(default_factory=dict)
    growth: float = 0.0
    missing: Mapping[str, str] = field(default_factory=dict)
    relative: Number = 1.0
    noise: Column | None = None

    @property
    def uniform_slopes(self) -> bool:
        """Whether w_i/s_i is the same for all coordinates."""
        return self.spectrum == 0 and uniform(self.relative, self.scale, self.curvature)

    @property
    def columns(self) -> dict[str, Column]:
        """What each coordinate has its own of, by name; a spectrum of curvatures is none of it."""
        named: dict[str, Number | None] = {name: getattr(self, name) for name in COLUMNS}
        named |= {f"argument {j}": argument for j, argument in enumerate(self.formula_arguments)}
        return {name: number for name, number in named.items() if isinstance(number, Column)}

    def curvatures(self, low: int = 0, high: int | None = None) -> NDArray[np.float64]:
        """h_i of coordinates low … high−1 (all by default), shape (high − low,)."""
        high = self.dim if high is None else high
        index = np.arange(low, high, dtype=np.float64) + 1.0
        h: NDArray[np.float64] = self.smoothness * index**-self.spectrum
        return h if self.relative == 1.0 else h * numbers(self.relative, low, high)

    def weights(self, low: int = 0, high: int | None = None) -> NDArray[np.float64]:
        """w_i of coordinates low … high−1: what φ is multiplied with in f."""
        high = self.dim if high is None else high
        scale = numbers(self.scale, low, high)
        return self.curvatures(low, high) * (scale * scale / numbers(self.curvature, low, high))

    def slopes(self, low: int = 0, high: int | None = None) -> NDArray[np.float64]:
        """w_i/s_i of coordinates low … high−1: what φ′ is multiplied with in ∇f."""
        high = self.dim if high is None else high
        return self.curvatures(low, high) * (numbers(self.scale, low, high) / numbers(self.curvature, low, high))

    def start_point(self) -> NDArray[np.float64]:
        """x¹, shape (dim,)."""
        return np.full(self.dim, numbers(self.start, 0, self.dim))

    def noise_sum(self, power: float) -> float:
        """Σ (σ_i/σ)^power: ‖σ‖₁/σ for power 1."""
        noise = self.noise
        if noise is None:
            return float(self.dim ** (1 - power / 2))
        return added(lambda i: noise.rule(i) ** power, self.dim)

    def noise_largest(self) -> float:
        """max σ_i/σ."""
        return self.dim**-0.5 if self.noise is None else largest(self.noise, self.dim)

    def value(self, x: ArrayLike) -> NDArray[np.float64]:
        """f at *x*, shape (..., dim) → (...). Raises InputError for another last dimension."""
        total: NDArray[np.float64] = np.sum(self.weights() * self.phi(self.inner(x), *self.own_arguments()), axis=-1)
        return total

    def gradient(self, x: ArrayLike) -> NDArray[np.float64]:
        """∇f at *x*, same shape. Raises InputError for another last dimension."""
        slopes: NDArray[np.float64] = self.slopes() * self.dphi(self.inner(x), *self.own_arguments())
        return slopes

    def own_arguments(self, low: int = 0, high: int | None = None) -> list[float | NDArray[np.float64]]:
        """φ's further arguments, for coordinates low … high−1."""
        return [numbers(argument, low, self.dim if high is None else high) for argument in self.formula_arguments]

    def inner(self, x: ArrayLike) -> NDArray[np.float64]:
        """u = (x − c)/s, same shape. Raises InputError for another last dimension."""
        x = np.asarray(x, dtype=np.float64)
        if x.shape[-1:] != (self.dim,):
            raise InputError(f"problem {self.name!r} takes arrays of shape (..., {self.dim}), got {x.shape}")
        inner: NDArray[np.float64] = (x - numbers(self.center, 0, self.dim)) * (1.0 / numbers(self.scale, 0, self.dim))
        return inner


COLUMNS = ("start", "center", "scale", "curvature", "profile_minimum", "relative", "noise")
