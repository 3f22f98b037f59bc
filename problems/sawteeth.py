"""The worst functions of gradient descent with step 1/L: a slope with teeth, whose iterates see the tips only.

They depend on the horizon, as the functions of lower-bound proofs do: a new function for each K.
"""

from __future__ import annotations

import math
from dataclasses import replace

from .errors import InputError, choose, require_integer, require_known, require_number
from .problem import SeparableProblem
from .separable import profile

FORMS = {"minimum": 1, "mean": 2}  # form → the fewest steps it has


@profile(curvature=1.0, start=3.0, plateau=1e-4, end=3.0)
def teeth(u, plateau, end):
    """u²/2 up to u = 1, then teeth of width 1: φ′ is 1 on [n, n + 2w], n = 1 … end, and falls and rises with slope 1
    between; after the last plateau it falls once more and rises for ever."""
    short = 0.5 - plateau
    n = math.floor(u)
    r = u - n
    v = u - end
    if u < 1.0:
        return 0.5 * u * u
    if v < 0.0:
        rest = 1.0 - r
        lost = short * short - 0.5 * rest * rest
        if r < 0.5 + plateau:
            past = max(0.0, r - 2.0 * plateau)
            lost = 0.5 * past * past
        return 0.5 + (n - 1.0) * (1.0 - short * short) + (r - lost)
    rise = v - plateau
    last = 0.5 * rise * rise + 0.25 + 1.5 * plateau - 0.25 * plateau * plateau
    if v < 0.5 + 1.5 * plateau:
        past = max(0.0, v - 2.0 * plateau)
        last = v - 0.5 * past * past
    return 0.5 + (end - 1.0) * (1.0 - short * short) + last


@teeth.derivative
def _teeth(u, plateau, end):
    r = u - math.floor(u)
    v = u - end
    if u < 1.0:
        return u
    if v < 0.0:
        return 1.0 - max(0.0, min(r - 2.0 * plateau, 1.0 - r))
    return max(min(1.0, 1.0 + 2.0 * plateau - v), v - plateau)


class Sawtooth:
    """Teeth on which gradient descent with step 1/L sees the largest gradients that L, Δ and K allow.

    ``form`` "minimum": all K gradients are equal, and min ‖∇f‖₂² is as large as can be. "mean": the first is 3/2 of
    the others, and the mean of ‖∇f‖₂ is. ``plateau`` is w: φ′ is level within w of a step's length of each iterate, so
    that an error of rounding does not double at each step, and the gradients are a little smaller, as ``height`` says
    (docs/theory.md, section 6). Rounding adds up to K² 2⁻⁵⁴ of a step (K² 2⁻²⁵ in float32), which must stay below w:
    the default is good for a million steps in float64 and 57 in float32.
    """

    name = "sawtooth"
    requires = ("dim", "smoothness", "gap", "steps")
    parameters = {"form": "minimum", "plateau": teeth.shape["plateau"]}
    phi, dphi, shape = teeth.phi, teeth.dphi, teeth.shape

    def __call__(
        self, dim: int, smoothness: float = 1.0, gap: float = 1.0, *, steps: int, **arguments: float | str
    ) -> SeparableProblem:
        """The teeth for horizon K = *steps*; raises InputError for an unknown form or a plateau out of range."""
        require_known(arguments, self.parameters, "problem 'sawtooth'")
        values = {**self.parameters, **arguments}
        form, steps, plateau = _checked(values["form"], steps, values["plateau"])
        end, start = (steps, steps + plateau) if form == "minimum" else (steps - 1, steps + 0.5 + plateau)
        problem = teeth(dim, smoothness, gap, start=start, plateau=plateau, end=end)
        return replace(problem, name=self.name, arguments={"form": form, "plateau": plateau})

    @staticmethod
    def height(form: str, steps: int, plateau: float) -> float:
        """φ(u₀) − min φ in closed form; LΔ is this times ‖∇f(x^K)‖₂²."""
        form, steps, w = _checked(form, steps, plateau)
        tooth = 0.75 + w - w * w
        if form == "minimum":
            return 0.5 + (steps - 1) * tooth + w
        return 0.5 + (steps - 2) * tooth + 1.375 + 1.5 * w - 0.25 * w * w


def _checked(form: object, steps: object, plateau: object) -> tuple[str, int, float]:
    if not isinstance(form, str):
        raise InputError(f"problem 'sawtooth': form must be one of {', '.join(FORMS)}, got {form!r}")
    least = choose(FORMS, form, "form of problem 'sawtooth'")
    plateau = require_number(plateau, "problem 'sawtooth': plateau", least=0)
    if plateau > 0.25:
        raise InputError(f"problem 'sawtooth': plateau must be from 0 to 0.25, got {plateau!r}; teeth have width 1")
    return form, require_integer(steps, f"problem 'sawtooth' of form {form!r}: steps", least=least, most=2**32), plateau


sawtooth = Sawtooth()
