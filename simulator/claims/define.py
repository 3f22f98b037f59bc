"""Theorems as functions: one a claim, whose docstring is the statement and which says what to compare.

A claim about runs takes a cell (a ``Result``) and returns the measured values, one a replica, and the
bound. A user's own claim is the same (``FILE.py:NAME``)::

    from . import claim

    @claim("lion-l1", optimizer="lion", schedule="constant", axes=("steps",))
    def lion_l1(cell):
        \"\"\"(1/K) Σ E‖∇f(x^k)‖₁ ≤ O(d L^(1/2) Δ^(1/2) / K^(1/2)) for my Lion with its tuned step.\"\"\"
        c = cell.constants
        return cell.stats.mean_grad_l1, c.dim * (c.smoothness * c.gap / c.steps) ** 0.5

``simulator.judge`` judges it; docs/theory.md has the proofs and the sources.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from ratecheck.problems.errors import InputError

from ..cells.evidence import Result
from ..optimizers import OPTIMIZERS
from ..schedules import horizon

AXES = ("steps", "dim")


@dataclass(frozen=True)
class Claim:
    """A claim about runs; made by the decorator ``claim``, where the arguments are explained."""

    name: str
    measure: Callable[[Result], tuple[np.ndarray, float]]
    statement: str
    optimizer: tuple[str, ...]
    schedule: str
    explicit: bool
    expected: str
    axes: tuple[str, ...]
    finite_variance: bool
    source: str
    __doc__: str | None = None

    def concerns(self, cell: Result) -> bool:
        """Whether the cell ran an optimizer and a schedule of this claim."""
        file, _, name = cell.spec.optimizer.rpartition(":")
        if file and name in OPTIMIZERS:  # a user's optimizer that has the name of a shipped one is not that one
            return False
        return cell.spec.schedule == self.schedule and name in self.optimizer

    def broken(self, cell: Result) -> str:
        """The assumption that the cell breaks, in words, or ''."""
        if self.finite_variance and math.isinf(cell.constants.true_sigma):
            return "the noise has infinite variance, so C is infinite and the claim says nothing"
        return ""

    def evaluate(self, cell: Result) -> tuple[np.ndarray, float]:
        """Measured values, shape (R,), with +∞ for what is not finite, and the bound.

        Raises InputError when the claim's function returns something else.
        """
        try:
            returned = self.measure(cell)
        except Exception as error:  # the user's own function
            raise InputError(
                f"claim {self.name!r} fails on {cell.spec.optimizer} on {cell.spec.problem}, d = {cell.spec.dim}, "
                f"K = {cell.spec.steps}: {type(error).__name__}: {error}"
            ) from error
        try:
            values, bound = returned
            values, bound = np.asarray(values, dtype=np.float64), float(bound)
        except (TypeError, ValueError) as error:
            raise InputError(f"claim {self.name!r} must return (values of every replica, bound): {error}") from error
        if values.shape != cell.stats.mean_grad_l1.shape or math.isnan(bound) or bound < 0:
            raise InputError(
                f"claim {self.name!r} must return one value for each of the "
                f"{cell.stats.mean_grad_l1.size} replicas and a bound ≥ 0, "
                f"got shape {values.shape} and bound {bound:g}"
            )
        return np.where(np.isfinite(values), values, math.inf), bound


@dataclass(frozen=True)
class NormClaim:
    """An inequality 'gap ≥ 0' about random vectors, judged on the rows of a Monte Carlo norm check.

    ``gap`` takes a row (``simulator.samples.NormRow``) and returns the measured gap, an upper bound of
    its standard error, and its exact value (None if there is none). ``law``: whose rows; None for all.
    """

    name: str
    gap: Callable[[object], tuple[float, float, float | None]]
    statement: str
    law: str | None = None
    expected: str = "holds"
    source: str = ""
    __doc__: str | None = None


def claim(
    name: str,
    *,
    optimizer: str | tuple[str, ...],
    schedule: str = "horizon",
    explicit: bool = False,
    expected: str = "holds",
    axes: tuple[str, ...] = AXES,
    finite_variance: bool = True,
    source: str = "",
):
    """Decorator that turns ``cell → (values of every replica, bound)`` into a Claim.

    ``optimizer`` and ``schedule`` choose the cells; a user's optimizer is named without its file. With
    the horizon schedule, cells whose hyper-parameters depart from the theorem's rule are left aside.
    ``explicit``: the bound has its constants, so that every cell must lie under it. Otherwise it is an
    O(·), and measured/bound must not grow along ``axes`` ("steps" is K, "dim" is d).
    ``expected="fails"`` makes it a false control. ``finite_variance=False`` lifts that assumption.
    Raises InputError for a function without a docstring or a wrong argument.
    """
    if expected not in ("holds", "fails"):
        raise InputError(f"claim {name!r}: expected must be 'holds' or 'fails', got {expected!r}")
    if not axes or set(axes) - set(AXES):
        raise InputError(f"claim {name!r}: axes must be some of {', '.join(AXES)}, got {axes!r}")

    def wrap(function: Callable) -> Claim:
        names = (optimizer,) if isinstance(optimizer, str) else tuple(optimizer)
        return Claim(
            name,
            function,
            _statement(name, function),
            names,
            schedule,
            explicit,
            expected,
            tuple(axes),
            finite_variance,
            source,
            function.__doc__,
        )

    return wrap


def norm_claim(name: str, *, law: str | None = None, source: str = ""):
    """Decorator that turns ``row → (gap, its standard error, exact gap)`` into a NormClaim."""
    return lambda function: NormClaim(
        name, function, _statement(name, function), law, "holds", source, function.__doc__
    )


def departure(cell: Result) -> str:
    """Where a horizon cell's own hyper-parameters leave the theorem's rule, in words, or ''.

    The AdamW theorem allows a weight decay smaller than its rule's, and any θ ≤ β ≤ √θ.
    """
    spec = cell.spec
    if spec.schedule != "horizon" or not spec.optimizer_args:
        return ""
    rule = horizon(spec.resolve().optimizer, cell.constants, {})
    allowed = {name: (value, value) for name, value in rule.items()}
    if spec.optimizer in ("adamw", "nadamw"):
        allowed |= {"weight_decay": (0.0, rule["weight_decay"]), "beta2": (rule["beta1"], math.sqrt(rule["beta1"]))}
    outside = [name for name, value in spec.optimizer_args.items() if not allowed[name][0] <= value <= allowed[name][1]]
    return f"{', '.join(outside)} overridden: not the theorem's rule" if outside else ""


def _statement(name: str, function: Callable) -> str:
    """The first paragraph of the docstring, in one line."""
    text = " ".join((function.__doc__ or "").strip().split("\n\n")[0].split())
    if not text:
        raise InputError(f"claim {name!r}: its function needs a docstring whose first paragraph is the statement")
    return text
