"""What a theorem takes for granted, as objects that are checked on a cell: a cell that breaks one is VOID for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ratecheck.problems.errors import choose

from .cells.evidence import Result
from .cells.quantities import Quantity, find_quantity


@dataclass(frozen=True)
class Assumption:
    """``check`` takes a finished cell and says in words how it breaks the assumption, '' if it doesn't.

    ``needs`` are the quantities that it looks at in ``result.stats.measured``, beyond those of every run; cells of a
    theorem that assumes it measure them.
    """

    name: str
    text: str
    check: Callable[[Result], str]
    needs: tuple[Quantity, ...] = ()


def assumption(
    text: str, name: str = "", needs: Iterable[str | Quantity] = ()
) -> Callable[[Callable[[Result], str]], Assumption]:
    """decorator that turns ``result → reason or ''`` into an Assumption that is stated by *text*.

    *needs*: names of ``quantities.QUANTITIES`` or Quantity objects. Raises InputError for an unknown one.
    """
    wanted = tuple(map(find_quantity, (needs,) if isinstance(needs, (str, Quantity)) else needs))
    return lambda function: Assumption(name or function.__name__, text, function, wanted)


@assumption("f is L-smooth in the 2-norm and bounded below")
def smooth(result: Result) -> str:
    return "" if "smoothness" in result.constants else "the problem has no smoothness L in the 2-norm"


@assumption("coordinate i of the noise has variance at most σ_i², Σσ_i² = σ² < ∞")
def variance(result: Result) -> str:
    if "sigma" in result.constants:
        return ""
    return "the noise has infinite variance, so C is infinite and the theorem says nothing"


@assumption("there is no noise: σ = 0")
def noiseless(result: Result) -> str:
    if result.constants.get("sigma") == 0:
        return ""
    return "there is noise, and the theorem is about descent without"


@assumption("there is noise: σ > 0")
def noisy(result: Result) -> str:
    return "there is no noise" if result.constants.get("sigma") == 0 else ""


@assumption("√(1 − β)·|∇_i f(x^k)| ≤ √ε/2 in every coordinate at every step", needs=("max_grad_linf",))
def small_gradients(result: Result) -> str:
    """Of the replicas seen. The bound is proved for the run that ends where this fails, so that is enough
    (docs/theory.md, section 9)."""
    h = result.hyper
    largest = math.sqrt(1 - h.beta2) * float(result.stats.measured["max_grad_linf"].max())
    limit = math.sqrt(h.eps) / 2
    if largest <= limit:
        return ""
    return f"√(1 − β)·max|∇_i f(x^k)| must be at most √ε/2 = {limit:.4g}, got {largest:.4g}"


@assumption("with weight decay, ‖x¹‖∞ ≤ √(KΔ/(dL))")
def start_near(result: Result) -> str:
    c = result.constants
    if not result.hyper.get("weight_decay"):
        return ""
    limit = math.sqrt(c.steps * c.gap / (c.dim * c.smoothness))
    if c.start_linf <= limit * (1 + 1e-12):
        return ""
    return f"with weight decay the start must be within √(KΔ/(dL)) = {limit:.4g} of 0, got ‖x¹‖∞ = {c.start_linf:.4g}"


@assumption("E‖ξ‖₂² ≤ σ₀² + σ₁²‖∇f‖₂² given the past, σ₁ > 0")
def growing_variance(result: Result) -> str:
    """With a bounded variance it would be another theorem once more, whose cells need no second verdict."""
    if "sigma_1" in result.constants:
        return ""
    return variance.check(result) or "the variance does not grow with the gradient: sgd-l2-squared is about that"


@assumption("‖∇f‖₂² ≥ 2μ(f − f*) everywhere")
def polyak(result: Result) -> str:
    return "" if "pl" in result.constants else "no μ > 0 is known with ‖∇f‖₂² ≥ 2μ(f − f*)"


@assumption("|f_i''| ≤ L₀,ᵢ + L₁|f_i'|, f separable and bounded below")
def generalised_smooth(result: Result) -> str:
    return "" if "smoothness_l1" in result.constants else "the problem has no L₀ and L₁"


@assumption("f = Σf_i(x_i), |f_i''| ≤ h_i, bounded below")
def separable(result: Result) -> str:
    return "" if "curvature_l1" in result.constants else "the problem has no curvatures h_i"


@assumption("coordinate i of the noise has E|ξ_i|^p ≤ s_i^p with a p in (1, 2]")
def moment(result: Result) -> str:
    return "" if "tail_order" in result.constants else "the noise has no moment of an order above 1"


@assumption("|g_i| ≤ √ε in every coordinate at every step", needs=("max_grad_linf",))
def bounded_gradients(result: Result) -> str:
    """Of the replicas seen, as for ``small_gradients``."""
    if "noise_linf" not in result.constants and result.constants.get("sigma") != 0:
        return "the noise is not bounded"
    largest = float(result.stats.measured["max_grad_linf"].max()) + result.constants.get("noise_linf", 0.0)
    limit = math.sqrt(result.hyper.eps)
    if largest <= limit:
        return ""
    return f"max|∇_i f(x^k)| + max|ξ_i| must be at most √ε = {limit:.4g}, got {largest:.4g}"


@assumption("|∇_i f(x^k)| ≤ τ/2 in every coordinate at every step", needs=("max_grad_linf",))
def half_the_threshold(result: Result) -> str:
    """Of the replicas seen, as for ``small_gradients``."""
    largest, limit = float(result.stats.measured["max_grad_linf"].max()), result.hyper.threshold / 2
    return "" if largest <= limit else f"max|∇_i f(x^k)| must be at most τ/2 = {limit:.4g}, got {largest:.4g}"


_ALL = [smooth, variance, noiseless, noisy, small_gradients, start_near]
_ALL += [growing_variance, polyak, generalised_smooth, separable, moment, bounded_gradients, half_the_threshold]
ASSUMPTIONS = {a.name: a for a in _ALL}


def find_assumption(assumption: str | Assumption) -> Assumption:
    """The assumption of that name; raises InputError for an unknown one."""
    return assumption if isinstance(assumption, Assumption) else choose(ASSUMPTIONS, assumption, "assumption")
