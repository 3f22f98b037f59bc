"""The hard instance: a soft ramp so long that the horizon schedule is still on it at the last step.

It depends on the horizon, as the functions of lower-bound proofs do: a new function for each K.
"""

from __future__ import annotations

import math
from dataclasses import replace

from .errors import InputError, require_integer, require_known, require_number
from .problem import SeparableProblem
from .profiles import soft_ramp


class Ramp:
    """A soft ramp of slope γ C/(K^(1/4) √d) per coordinate, C = (σ² L Δ)^(1/4).

    ``steepness`` is γ. Under the AdamW schedule of docs/theory.md the run needs K√8/γ² steps to cross
    it, so up to γ = 8^(1/4) ≈ 1.68 the measured ratio tends to γ itself (docs/theory.md, section 6).
    The slope far out is w/s, the curvature w/s² = L and the gap d w φ(u₀) = Δ fix w, s and the start u₀.
    """

    name = "ramp"
    requires = ("dim", "smoothness", "gap", "sigma", "steps")
    parameters = {"steepness": 1.5}
    phi, dphi = soft_ramp.phi, soft_ramp.dphi

    def __call__(
        self, dim: int, smoothness: float = 1.0, gap: float = 1.0, *, sigma: float, steps: int, **arguments: float
    ) -> SeparableProblem:
        """The ramp for noise σ_s = *sigma* and horizon K = *steps*; raises InputError for an infinite or zero C."""
        require_known(arguments, self.parameters, "problem 'ramp'")
        steepness = require_number(
            arguments.get("steepness", self.parameters["steepness"]), "problem 'ramp': steepness", above=0
        )
        smoothness = require_number(smoothness, "smoothness", above=0)
        gap = require_number(gap, "gap", above=0)
        steps = require_integer(steps, "steps", least=1, most=2**32)
        require_noise(sigma, "problem 'ramp'")
        # φ(u₀) = LΔ/(d G²) with G the slope; u₀ = √((1 + φ)² − 1) = √(φ(2 + φ)), exact for small φ too
        squared = steepness * steepness * sigma
        height = math.sqrt(smoothness) * math.sqrt(gap) * math.sqrt(steps) / squared if squared > 0 else math.inf
        start = math.sqrt(height) * math.sqrt(2.0 + height)
        if not 1e-150 < start < 1e150:
            raise InputError(
                f"problem 'ramp': steepness={steepness:g} with sigma={sigma:g}, smoothness={smoothness:g}, gap={gap:g} "
                f"and steps={steps} puts the start at u₀={start:g}; choose constants of ordinary size"
            )
        problem = soft_ramp(dim, smoothness, gap, start=start)
        return replace(problem, name=self.name, arguments={"steepness": steepness})


def require_noise(sigma: object, owner: str) -> None:
    """Raise InputError for a σ of which no ramp can be made."""
    if not (isinstance(sigma, (int, float)) and 0 < sigma < math.inf):
        raise InputError(
            f"{owner} needs a finite C = (σ² L Δ)^(1/4) > 0, got sigma={sigma!r}; "
            "choose a noise of finite variance and sigma > 0"
        )


ramp = Ramp()
