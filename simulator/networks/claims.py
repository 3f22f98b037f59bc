"""What is claimed of ladders, with the exponents that were written down before any of them was run.

The claim is always the same: ‖g‖₁ = Θ(√d)‖g‖₂, so ρ = ‖g‖₁/(√d‖g‖₂) has the exponent 0. Where a derivation says that
it must fail, that is a false control, and the exponent which it predicts is told beside what was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Settings = Mapping[str, object]


@dataclass(frozen=True)
class LadderTheorem:
    """A claim about recordings. ``about`` their settings; ``axis``: 'd', or the name of the setting that grows;
    ``layer``: whose ρ, '' for the whole gradient, '*' for each layer that grows, against its own number of coordinates;
    ``predicted``: the exponent; ``expected``: 'holds', or 'fails' for a false control."""

    name: str
    statement: str
    about: Callable[[Settings], bool]
    predicted: float
    axis: str = "d"
    layer: str = ""
    expected: str = "holds"
    source: str = ""


def _width(s: Settings) -> bool:
    return s.get("axis", "d") == "d" and s.get("task") != "vectors"


LADDER_THEOREMS = {
    t.name: t
    for t in (
        LadderTheorem(
            "theta-d",
            "‖∇f‖₁ = Θ(√d)‖∇f‖₂ of the exact gradient, as d grows in standard parametrization",
            lambda s: _width(s) and s.get("parametrization", "standard") == "standard",
            0.0,
        ),
        LadderTheorem(
            "theta-d-layers",
            "‖∇f‖₁ = Θ(√d)‖∇f‖₂ within each layer, as it grows in any parametrization",
            _width,
            0.0,
            layer="*",
        ),
        LadderTheorem(
            "theta-gaussian",
            "‖g‖₁ = Θ(√d)‖g‖₂ of Gaussian vectors",
            lambda s: s.get("task") == "vectors" and s.get("law") == "gaussian",
            0.0,
        ),
        LadderTheorem(
            "theta-d-mup",
            "FALSE: ‖∇f‖₁ = Θ(√d)‖∇f‖₂ as d grows in µP, where the readout has all of ‖∇f‖₂ and few of the parameters",
            lambda s: _width(s) and s.get("parametrization") == "mup",
            -0.25,
            expected="fails",
        ),
        LadderTheorem(
            "theta-vocabulary",
            "FALSE: ‖∇f‖₁ = Θ(√d)‖∇f‖₂ of the embedding as the vocabulary grows, where rare words have small rows",
            lambda s: s.get("axis") == "vocabulary",
            -0.5,
            axis="vocabulary",
            layer="embedding",
            expected="fails",
        ),
        LadderTheorem(
            "theta-sparse",
            "FALSE: ‖g‖₁ = Θ(√d)‖g‖₂ of vectors with a fixed number of entries that are not 0",
            lambda s: s.get("task") == "vectors" and s.get("law") == "sparse",
            -0.5,
            expected="fails",
        ),
    )
}
