"""TIGHT: the rate is attained on a witness, or the measured ratio is a derived one near the constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..words import power
from .eligible import Judged
from .fit import SYMBOLS
from .intervals import holm
from .known import exact_ratio
from .outcome import Attained
from .statement import Judgeable
from .witness import Family

NEAR = 0.95  # of the bound: from here on a derived ratio leaves no room for a better constant


@dataclass(frozen=True)
class Told:
    """A place where a rate or a bound is attained: as data, and in ``words``."""

    at: Attained
    words: str


def attained(theorem: Judgeable, found: Sequence[Family], alpha: float) -> list[Told]:
    """Witnesses on which all exponents of the theorem's axes are within ±MARGIN, after Holm over them.

    In d only where coordinates differ, for else it is so by construction.
    """
    whole = [f for f in found if f.witness and all(f.counts(axis) for axis in theorem.axes)]
    adjusted = holm([max(f.p_level(axis) for axis in theorem.axes) for f in whole])
    return [_told(theorem, f) for f, p in zip(whole, adjusted, strict=True) if p < alpha]


def by_construction(theorem: Judgeable, found: Sequence[Family], alpha: float) -> list[str]:
    """Witnesses that attain the rate in K, and in d by construction."""
    alike = [f for f in found if f.witness and f.alike and "dim" in theorem.axes and "steps" in theorem.axes]
    alike = [f for f in alike if "steps" in f.growth.exponents and "dim" in f.growth.exponents]
    adjusted = holm([f.p_level("steps") for f in alike])
    return [f.name for f, p in zip(alike, adjusted, strict=True) if p < alpha]


def derived_ratios(theorem: Judgeable, cells: Sequence[Judged]) -> dict[str, float]:
    """By key, measured/bound where it is derived, is measured so, and does not exceed 1."""
    if theorem.kind == "none":
        return {}
    ratios = {j.result.key: exact_ratio(j, theorem.measures.name) for j in cells if j.copies.worst[1] == 1.0}
    return {key: ratio for key, ratio in ratios.items() if ratio is not None and ratio <= 1.0}


def exactly(cells: Sequence[Judged], derived: dict[str, float]) -> list[Told]:
    """The cell whose derived ratio is the largest, where it is NEAR the bound."""
    near = [j for j in cells if derived.get(j.result.key, 0.0) >= NEAR]
    if not near:
        return []
    top = max(near, key=lambda j: derived[j.result.key])
    words = f"{top.where}: measured/bound is {top.mean.value:.4g}, derived {derived[top.result.key]:.4g}"
    return [Told({"where": top.label, "ratio": top.mean.value}, words)]


def _told(theorem: Judgeable, f: Family) -> Told:
    powers = " ".join(power(SYMBOLS[axis], f.growth.exponents[axis].value) for axis in theorem.axes)
    top = max(f.fitted, key=lambda j: j.mean.value).mean.value
    share = f", {100 * top:.3g} % of the constant" if theorem.kind != "none" else f", measured/rate {top:.4g}"
    return Told({"where": f.name, "ratio": top}, f"{f.name} ({powers}{share})")
