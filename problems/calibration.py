"""From a profile to a problem with the wanted L and Δ at every dimension.

Fixing s and moving x¹ instead would make every problem a quadratic bowl at large d; so the start u₀ is given in units
of the profile and the scale s follows from the gap (docs/theory.md, section 3).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .columns import Column, Number, added, largest, uniform
from .errors import InputError, require_number
from .formulas.formula import Formula
from .problem import SeparableProblem
from .variety import ALL, noise_shares, patterned, power_sum, require_noisy, require_pattern

# what every profile's problem takes beside the start, with the values that change nothing
COMMON: Mapping[str, float | str] = {
    "spectrum": 0.0,
    "center": 0.0,
    "centers": "same",
    "starts": "same",
    "noise_spectrum": 0.0,
    "noisy": ALL,
}
NO_SMOOTHNESS = "f'' grows with |f′|: the problem is (L₀, L₁)-smooth and has no smoothness L in the 2-norm"
NO_CURVATURES = "f'' grows with |f′|: the coordinates have no largest curvatures h_i"


@dataclass(frozen=True)
class Fixed:
    """A profile whose parameters have values: |φ''| ≤ ``curvature`` + ``growth`` |φ′|, min φ, and, where there is one,
    ``pl``: the largest m with φ′² ≥ 2m(φ − min φ). ``supplies``: further constants for theorems."""

    name: str
    phi: Formula
    dphi: Formula
    arguments: tuple[float, ...]
    curvature: float
    minimum: float
    growth: float = 0.0
    pl: float | None = None
    supplies: Mapping[str, float] = field(default_factory=dict)

    def height(self, u: Any) -> Any:
        """φ(u) − min φ of a number or an array."""
        return self.phi(u, *self.arguments) - self.minimum


def common_values(given: Mapping[str, object], owner: str) -> dict[str, float | str]:
    """The start and all of COMMON, checked; raises InputError."""
    values: dict[str, float | str] = {
        name: require_number(given[name], f"{owner}: {name}", least=0.0 if name == "spectrum" else None)
        for name in ("start", "spectrum", "center", "noise_spectrum")
    }
    patterns = {name: require_pattern(given[name], f"{owner}: {name}") for name in ("centers", "starts")}
    return values | patterns | {"noisy": require_noisy(given["noisy"], f"{owner}: noisy")}


def calibrated(fixed: Fixed, dim: int, smoothness: float, gap: float, values: Mapping[str, Any]) -> SeparableProblem:
    """The problem of *fixed* with exactly this L and Δ, *values* being all arguments; raises InputError for a start
    without a gap, or a scale that is no number."""
    owner = f"problem {fixed.name!r}"
    start = patterned(values["start"], values["starts"])
    total = _total_height(fixed, dim, values["spectrum"], start)
    if not (total > 0 and math.isfinite(total)):
        height = total / power_sum(dim, values["spectrum"])
        raise InputError(
            f"{owner}: φ(start) − min φ must be > 0 and finite, got {height:g} at start={values['start']:g}; "
            "choose another start"
        )
    scale = math.sqrt(fixed.curvature * gap / (smoothness * total))
    if not (scale > 0 and math.isfinite(scale)):
        raise InputError(
            f"{owner}: smoothness={smoothness:g} and gap={gap:g} give the scale {scale:g}; choose them nearer to 1"
        )
    return _made(fixed, dim, smoothness, gap, scale, start, values)


def at_rest(fixed: Fixed, dim: int, smoothness: float, scale: float, values: Mapping[str, Any]) -> SeparableProblem:
    """The problem of *fixed* with Δ = 0 and this scale; raises InputError for a start that is no minimum."""
    start = patterned(values["start"], values["starts"])
    total = _total_height(fixed, dim, values["spectrum"], start)
    if total != 0:
        raise InputError(
            f"problem {fixed.name!r}: without a gap it must start where φ is least, got φ − min φ = {total:g} at "
            f"start={values['start']:g}; give a gap, or the minimum as the start"
        )
    return _made(fixed, dim, smoothness, 0.0, scale, start, values)


def _total_height(fixed: Fixed, dim: int, spectrum: float, start: Number) -> float:
    """Σ i^(−α) (φ(u_i) − min φ)."""
    if not isinstance(start, Column):
        return power_sum(dim, spectrum) * float(fixed.height(np.float64(start)))
    return added(lambda i: i**-spectrum * fixed.height(start.rule(i)), dim)


def _made(
    fixed: Fixed, dim: int, smoothness: float, gap: float, scale: float, start: Number, values: Mapping[str, Any]
) -> SeparableProblem:
    spectrum, center = values["spectrum"], patterned(values["center"], values["centers"])
    at = _in_space(scale, start, center)
    total = smoothness * power_sum(dim, spectrum)
    supplies = dict(fixed.supplies)
    if fixed.pl is not None:
        supplies["pl"] = smoothness * dim**-spectrum * fixed.pl / fixed.curvature
    if fixed.growth:
        supplies |= {
            "smoothness_l0": smoothness,
            "smoothness_l0_sum": total,
            "smoothness_l1": fixed.growth / scale,
        }
    else:
        supplies["curvature_l1"] = total
    return SeparableProblem(
        fixed.name,
        fixed.phi,
        fixed.dphi,
        dim,
        smoothness,
        gap,
        minimum=fixed.minimum * total * scale * scale / fixed.curvature,
        start=at,
        scale=scale,
        curvature=fixed.curvature,
        profile_minimum=fixed.minimum,
        center=_in_space(scale, 0.0, center),
        spectrum=spectrum,
        formula_arguments=fixed.arguments,
        arguments=values,
        supplies=supplies | {"start_linf": largest(at, dim)},
        growth=fixed.growth,
        missing={"smoothness": NO_SMOOTHNESS, "curvature_l1": NO_CURVATURES} if fixed.growth else {},
        noise=noise_shares(dim, values["noise_spectrum"], values["noisy"]),
    )


def _in_space(scale: float, u: Number, center: Number) -> Number:
    """s (u + c): from units of the profile to those of x."""
    if uniform(u, center):
        return scale * (u + center)  # type: ignore[operator]  # two floats
    return Column(lambda i: scale * (_of(u, i) + _of(center, i)))


def _of(number: Number, i: Any) -> Any:
    return number.rule(i) if isinstance(number, Column) else number
