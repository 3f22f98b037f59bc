"""Levels that are known by a derivation: measured values are held against them, to check the instrument itself.

docs/theory.md, sections 5 and 6, derives each. A rate's verdict can't check the code, for a factor moves no exponent;
a level that is known does. What a derivation leaves out is below TOLERANCE where it is used.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ratecheck.problems import sawtooth

from ..cells.evidence import Result
from ..optimizers import OPTIMIZERS, Optimizer
from .eligible import Judged
from .intervals import holm, mean

TOLERANCE = 0.005
RESOLVED = 0.05  # a wider interval says nothing of an agreement
FIRM = 2.0  # standard deviations of the walk, from which on the foot is out of reach
QUIET = 0.05  # of the relative variance of v in the adaptive rules, below which it counts as constant
SGD = OPTIMIZERS["sgd"]
ADAPTIVE = tuple(OPTIMIZERS[name] for name in ("adamw", "nadamw", "rmsprop"))


@dataclass(frozen=True)
class Known:
    """``value`` is the mean of the quantity that ``measured`` names."""

    measured: str
    value: float


def known(result: Result) -> Known | None:
    """What a derivation gives for *result*, None where none does."""
    spec = result.spec
    if spec.problem == "ramp" and result.constants.get("sigma", 0.0) > 0:
        return _ramp(result)
    if spec.problem == "quadratic" and _ran(result, SGD) and result.alike and "sigma" in result.constants:
        return _quadratic(result)
    if spec.problem == "sawtooth" and _ran(result, SGD) and spec.sigma == 0 and spec.dtype == "float64":
        return _sawtooth(result)
    return None


def mismatches(cells: Iterable[Judged], alpha: float) -> list[str]:
    """Cells whose measured mean is not what was derived, by more than TOLERANCE, after Holm over them."""
    pairs = [(j, k) for j in cells if (k := known(j.result)) is not None]
    ratios = [mean(j.result.stats.measured[k.measured] / k.value) for j, k in pairs]
    adjusted = holm([min(1.0, 2 * min(r.p_above(1 + TOLERANCE), r.p_below(1 - TOLERANCE))) for r in ratios])
    return [
        f"{j.where}: {k.measured} is {ratio.value:.5g} times what is derived (docs/theory.md, section 6): the "
        f"instrument or the derivation is wrong (p = {p:.2g} after Holm over {len(pairs)} cells)"
        for (j, k), ratio, p in zip(pairs, ratios, adjusted, strict=True)
        if p < alpha
    ]


def exact_ratio(judged: Judged, quantity: str) -> float | None:
    """measured/bound as derived, where the theorem is about the very *quantity* that is known and was measured so."""
    found = known(judged.result)
    if found is None or found.measured != quantity or judged.limit <= 0:
        return None
    ratio = mean(judged.result.stats.measured[quantity] / found.value)
    reach = ratio.high() - ratio.value
    agrees = reach <= RESOLVED and abs(ratio.value - 1) <= TOLERANCE + reach
    return found.value / judged.limit if agrees else None


def _ran(result: Result, *optimizers: Optimizer) -> bool:
    return any(result.formulas.get("update") == o.update.digest for o in optimizers)


def _ramp(result: Result) -> Known | None:
    """γ C K^(−1/4) (1 − 1/(2u₀u₁)): u falls linearly from u₀ to u₁ and 1 − φ′ ≈ 1/(2u²).

    Where the noise makes u walk by no small part of u₁ a run may see the foot, and nothing is known.
    """
    c, spec = result.constants, result.spec
    slope = float(spec.problem_args["steepness"]) * c.c * spec.steps**-0.25
    step = _step(result, slope)
    if step is None:
        return None
    height = c.smoothness * c.gap / slope**2
    start = math.sqrt(height * (2 + height))
    end = start - spec.steps * step * c.smoothness  # slope over scale is L
    walk = step * c.sigma * math.sqrt(spec.steps) * c.smoothness / slope
    if end < FIRM * walk or end <= 0 or 1 / (2 * start * end) >= TOLERANCE:
        return None
    return Known("mean_grad_l2", slope * (1 - 1 / (2 * start * end)))


def _step(result: Result, slope: float) -> float | None:
    """The step in units of the gradient, on the ramp of that slope (2-norm); None where that is not derived."""
    c, lr = result.constants, result.hyper.get("lr")
    if not isinstance(lr, float):
        return None
    if _ran(result, SGD):
        return lr
    beta, eps = result.hyper.get("beta2"), result.hyper.get("eps")
    if not _ran(result, *ADAPTIVE) or not isinstance(beta, float) or not isinstance(eps, float):
        return None
    kurtosis = c.dim * c.steps / c.jumps if "jumps" in c else math.inf
    if (1 - beta) * kurtosis > QUIET:
        return None
    return lr / math.sqrt((c.sigma**2 + slope**2) / c.dim + eps)


def _quadratic(result: Result) -> Known | None:
    """E‖∇f‖₂² of SGD: q^(2(k−1)) 2LΔ + Lησ²/(2 − Lη) (1 − q^(2(k−1))), q = 1 − Lη, for any law of unit variance."""
    c, lr = result.constants, result.hyper.get("lr")
    if not isinstance(lr, float) or not 0 < c.smoothness * lr < 2:
        return None
    q = (1 - c.smoothness * lr) ** 2
    share = (1 - q**c.steps) / (1 - q) / c.steps if q > 0 else 1 / c.steps  # the mean of q^(k−1)
    rest = c.smoothness * lr * c.sigma**2 / (2 - c.smoothness * lr)
    value = share * 2 * c.smoothness * c.gap + (1 - share) * rest
    return Known("mean_grad_l2_squared", float(value))


def _sawtooth(result: Result) -> Known | None:
    """√(LΔ/H) on every plateau, and 3/2 of it in the first step of the form mean."""
    c, spec = result.constants, result.spec
    if result.hyper.get("lr") != 1 / c.smoothness:
        return None
    form, plateau = str(spec.problem_args["form"]), float(spec.problem_args["plateau"])
    if spec.steps**2 * 2.0**-54 > plateau / 2:
        return None
    level = math.sqrt(c.smoothness * c.gap / sawtooth.height(form, spec.steps, plateau))
    return Known("mean_grad_l2", level * (1 + (0.5 / spec.steps if form == "mean" else 0.0)))
