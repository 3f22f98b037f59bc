"""Levels that are known by a derivation: measured values are held against them, to check the instrument itself.

docs/theory.md, sections 5 and 6, derives each. A rate's verdict can't check the code, for a factor moves no exponent;
a level that is known does. What a derivation leaves out is below TOLERANCE where it is used.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems import sawtooth

from ..cells.constants import Constants
from ..cells.evidence import Result
from ..optimizers import OPTIMIZERS, Optimizer
from ..theorems.sgd_l2 import rule as sgd_rule
from ..words import count, p_value
from .eligible import Judged
from .intervals import holm, mean
from .way import MOST_STEPS, SYMMETRIC, adaptive_steps, fallen, sgd_steps

TOLERANCE = 0.005
RESOLVED = 0.05  # a wider interval says nothing of an agreement
FIRM = 2.0  # standard deviations of the walk, from which on the foot is out of reach
QUIET = 0.05  # of the relative variance of v in the adaptive rules, below which it counts as constant
SGD = OPTIMIZERS["sgd"]
ADAPTIVE = tuple(OPTIMIZERS[name] for name in ("adamw", "nadamw", "rmsprop"))


WAY = "the part of the gap that is gone at the last step"


@dataclass(frozen=True)
class Known:
    """``value`` is the mean of the quantity that ``measured`` names, or of WAY."""

    measured: str
    value: float

    def ratios(self, result: Result) -> NDArray[np.float64]:
        """What each replica of *result* measured, over the value: shape (R,)."""
        if self.measured == WAY:
            return (1 - result.stats.f_gap[:, -1] / result.constants.gap) / self.value
        return result.stats.measured[self.measured] / self.value


def known(result: Result) -> Known | None:
    """What a derivation gives for *result*, None where none does."""
    spec, c = result.spec, result.constants
    if spec.problem == "ramp" and c.get("sigma", 0.0) > 0:
        return _ramp(result)
    # without a fourth moment the mean of a few squares lies below its expectation far more often than limits say
    squares = "sigma" in c and "kurtosis" not in c.missing and _ran(result, SGD)
    if spec.problem == "quadratic" and squares and result.alike:
        return _quadratic(result)
    if spec.problem == "slope-and-bowl" and squares:
        return _slope_and_bowl(result)
    if spec.problem == "sawtooth" and _ran(result, SGD) and spec.sigma == 0 and spec.dtype == "float64":
        return _sawtooth(result)
    return None


def way(result: Result) -> Known | None:
    """How far a run on the ramp comes, which tells what its optimizer makes of a gradient; None where that isn't
    derived: where the ramp's level isn't, or the noise may be skewed."""
    spec, c = result.spec, result.constants
    if spec.problem != "ramp" or spec.noise not in SYMMETRIC or not 1 < spec.steps <= MOST_STEPS:
        return None
    level = known(result)
    if level is None:
        return None
    h = {name: value for name, value in result.hyper.items() if isinstance(value, float)}
    if set(h) != set(result.hyper):
        return None
    slope = _slope(result)
    gradient = slope / math.sqrt(c.dim)
    if _ran(result, SGD):
        steps = sgd_steps(c, gradient, h)
    else:
        steps = adaptive_steps(c, gradient, h, _ran(result, OPTIMIZERS["nadamw"]), c.dim * c.steps / c.jumps)
    return Known(WAY, fallen(c, slope, steps, h.get("weight_decay", 0.0) * h["lr"]))


def mismatches(cells: Iterable[Judged], alpha: float) -> list[str]:
    """Cells whose measured mean is not what was derived, by more than TOLERANCE, after Holm over them."""
    pairs = [(j, k) for j in cells for k in (known(j.result), way(j.result)) if k is not None]
    ratios = [mean(k.ratios(j.result)) for j, k in pairs]
    adjusted = holm([min(1.0, 2 * min(r.p_above(1 + TOLERANCE), r.p_below(1 - TOLERANCE))) for r in ratios])
    return [
        f"{j.where}: {k.measured} is {ratio.value:.5g} times what is derived (docs/theory.md, section 6): the "
        f"instrument or the derivation is wrong ({p_value(p)} after Holm over {count(len(pairs), 'cell')})"
        for (j, k), ratio, p in zip(pairs, ratios, adjusted, strict=True)
        if p < alpha
    ]


def exact_ratio(judged: Judged, quantity: str) -> float | None:
    """measured/bound as derived, where the theorem is about the very *quantity* that is known and was measured so."""
    found = known(judged.result)
    if found is None or found.measured != quantity or judged.limit <= 0:
        return None
    ratio = mean(found.ratios(judged.result))
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
    slope = _slope(result)
    step = _step(result, slope)
    if step is None:
        return None
    height = c.smoothness * c.gap / slope**2
    start = math.sqrt(height * (2 + height))
    walk = step * c.sigma * math.sqrt(spec.steps) * c.smoothness / slope
    bend = _bend(start, spec.steps * step * c.smoothness, walk)  # slope over scale is L
    return None if bend is None else Known("mean_grad_l2", slope * (1 - bend / 2))


def _bend(start: float, way: float, walk: float) -> float | None:
    """1/(u₀u₁), the mean of 1 − φ′² ≈ 1/u² on the *way* from u₀ to u₁; None near the foot."""
    end = start - way
    if end < FIRM * walk or end <= 0 or 1 / (2 * start * end) >= TOLERANCE:
        return None
    return 1 / (start * end)


def _slope(result: Result) -> float:
    """γ C K^(−1/4), the 2-norm of the gradient far out on the ramp."""
    return float(result.spec.problem_args["steepness"]) * result.constants.c * result.spec.steps**-0.25


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
    share, rest = _stationary(c, lr)
    return Known("mean_grad_l2_squared", float(share * 2 * c.smoothness * c.gap + (1 - share) * rest))


def _stationary(c: Constants, lr: float) -> tuple[float, float]:
    """The mean of q^(2(k−1)) over the steps, and Lησ²/(2 − Lη)."""
    q = (1 - c.smoothness * lr) ** 2
    share = (1 - q**c.steps) / (1 - q) / c.steps if q > 0 else 1 / c.steps
    return share, c.smoothness * lr * c.sigma**2 / (2 - c.smoothness * lr)


def _slope_and_bowl(result: Result) -> Known | None:
    """E‖∇f‖₂² of SGD: G²(1 − 1/(u₀u₁)) of the slope, as on the ramp, and of each bowl what it has from rest on."""
    c, spec, lr = result.constants, result.spec, result.hyper.get("lr")
    if not isinstance(lr, float) or not 0 < c.smoothness * lr < 2:
        return None
    square = (1 - float(spec.problem_args["reserve"])) * c.gap / (sgd_rule(c)["lr"] * c.steps)  # G²
    height = c.smoothness * c.gap / square
    walk = lr * c.sigma * math.sqrt(c.steps / (c.dim * square)) * c.smoothness
    bend = _bend(math.sqrt(height * (2 + height)), c.steps * lr * c.smoothness, walk)
    if bend is None:
        return None
    share, rest = _stationary(c, lr)
    return Known("mean_grad_l2_squared", float(square * (1 - bend) + (1 - 1 / c.dim) * (1 - share) * rest))


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
