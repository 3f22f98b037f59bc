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

from .errors import InputError
from .formulas.formula import Formula


@dataclass(frozen=True)
class SeparableProblem:
    """f(x) = Σ w_i φ((x_i − c)/s), with curvatures h_i = L i^(−α) and weights w_i = h_i s²/sup|φ''|.

    ``smoothness`` L, ``gap`` Δ and ``minimum`` f* are exact; ``profile_minimum`` is min φ, so that coordinate i is
    w_i (φ(u_i) − min φ) above its part of f*; ``start`` is the value that every coordinate of x¹ has. Arrays have
    shape (..., dim); values have the leading shape. ``supplies`` has the constants beside L and Δ that a theorem may
    use: ``curvature_l1`` Σ h_i, ``start_linf`` ‖x¹‖∞, and ``pl`` μ where ‖∇f‖₂² ≥ 2μ(f − f*) everywhere; ``missing``
    says why one that may be expected isn't there. With ``growth`` m > 0, |φ''| ≤ ``curvature`` + m|φ′| instead of
    ``curvature``, ``smoothness`` is L₀ and ``supplies`` has L₀ and L₁ in L's place.
    """

    name: str
    phi: Formula
    dphi: Formula
    dim: int
    smoothness: float
    gap: float
    minimum: float
    start: float
    scale: float
    curvature: float
    profile_minimum: float = 0.0
    center: float = 0.0
    spectrum: float = 0.0
    formula_arguments: tuple[float, ...] = ()
    arguments: Mapping[str, float | str] = field(default_factory=dict)
    supplies: dict[str, float] = field(default_factory=dict)
    growth: float = 0.0
    missing: Mapping[str, str] = field(default_factory=dict)

    def curvatures(self, low: int = 0, high: int | None = None) -> NDArray[np.float64]:
        """h_i of coordinates low … high−1 (all by default), shape (high − low,)."""
        index = np.arange(low, self.dim if high is None else high, dtype=np.float64) + 1.0
        return self.smoothness * index**-self.spectrum

    def weights(self, low: int = 0, high: int | None = None) -> NDArray[np.float64]:
        """w_i of coordinates low … high−1: what φ is multiplied with in f."""
        return self.curvatures(low, high) * (self.scale * self.scale / self.curvature)

    def slopes(self, low: int = 0, high: int | None = None) -> NDArray[np.float64]:
        """w_i/s of coordinates low … high−1: what φ′ is multiplied with in ∇f."""
        return self.curvatures(low, high) * (self.scale / self.curvature)

    def start_point(self) -> NDArray[np.float64]:
        """x¹, shape (dim,)."""
        return np.full(self.dim, self.start)

    def value(self, x: ArrayLike) -> NDArray[np.float64]:
        """f at *x*, shape (..., dim) → (...). Raises InputError for another last dimension."""
        total: NDArray[np.float64] = np.sum(self.weights() * self.phi(self._inner(x), *self.formula_arguments), axis=-1)
        return total

    def gradient(self, x: ArrayLike) -> NDArray[np.float64]:
        """∇f at *x*, same shape. Raises InputError for another last dimension."""
        slopes: NDArray[np.float64] = self.slopes() * self.dphi(self._inner(x), *self.formula_arguments)
        return slopes

    def _inner(self, x: ArrayLike) -> NDArray[np.float64]:
        x = np.asarray(x, dtype=np.float64)
        if x.shape[-1:] != (self.dim,):
            raise InputError(f"problem {self.name!r} takes arrays of shape (..., {self.dim}), got {x.shape}")
        return (x - self.center) * (1.0 / self.scale)
