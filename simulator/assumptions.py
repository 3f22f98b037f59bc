"""What a theorem takes for granted, as objects that are checked on a cell: a cell that breaks one is VOID for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ratecheck.problems.errors import choose

from .cells.evidence import Result


@dataclass(frozen=True)
class Assumption:
    """``check`` takes a finished cell and says in words how it breaks the assumption, '' if it doesn't."""

    name: str
    text: str
    check: Callable[[Result], str]


def assumption(text: str, name: str = "") -> Callable[[Callable[[Result], str]], Assumption]:
    """decorator that turns ``result → reason or ''`` into an Assumption that is stated by *text*."""
    return lambda function: Assumption(name or function.__name__, text, function)


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
    return "there is noise, and E min_k ≤ min_k E is all that is known then"


@assumption("with weight decay, ‖x¹‖∞ ≤ √(KΔ/(dL))")
def start_near(result: Result) -> str:
    c = result.constants
    if not result.hyper.get("weight_decay"):
        return ""
    limit = math.sqrt(c.steps * c.gap / (c.dim * c.smoothness))
    if c.start_linf <= limit * (1 + 1e-12):
        return ""
    return f"with weight decay the start must be within √(KΔ/(dL)) = {limit:.4g} of 0, got ‖x¹‖∞ = {c.start_linf:.4g}"


ASSUMPTIONS = {a.name: a for a in (smooth, variance, noiseless, start_near)}


def find_assumption(assumption: str | Assumption) -> Assumption:
    """The assumption of that name; raises InputError for an unknown one."""
    return assumption if isinstance(assumption, Assumption) else choose(ASSUMPTIONS, assumption, "assumption")
