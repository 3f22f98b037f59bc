"""Which cells a theorem is judged on, and why the others are not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.errors import InputError

from ..cells.evidence import Result
from ..cells.quantities import QUANTITIES
from ..words import count
from .copies import NONE, Copies
from .fit import LEAST_REPLICAS, groups, labels
from .intervals import Estimate, mean
from .statement import Judgeable, Measured

TOO_FEW = f"too few replicas (fewer than {LEAST_REPLICAS})"
LEAST_JUMPS = 10
RARE = f"a run's noise has fewer than {LEAST_JUMPS} large values, so that replicas say little of the mean"
HEAVY = "the noise has no fourth moment, so that replicas say little of the mean of a square"
FIRST_ORDER = ((1.0, -1.0), (0.0, 1.0))  # degrees of what is linear in gradients or in x
EQUAL = "all replicas are equal, though there is noise"


@dataclass(frozen=True)
class Judged:
    """A cell with its ratio per replica, shape (R,), the estimate of its mean, and its group's label.

    ``ratio`` is measured/bound, of a rate measured/rate; ``over_rate`` is measured/rate always, None where the rate is
    no positive number. ``limit`` is the bound or rate, ``copies`` what is known of its rescaled copies.
    """

    result: Result
    ratio: NDArray[np.float64]
    mean: Estimate
    label: str
    limit: float = 1.0
    over_rate: NDArray[np.float64] | None = None
    copies: Copies = NONE

    @property
    def escaped(self) -> bool:
        """Whether a replica escaped: the cell may convict, never acquit."""
        return self.result.status == "escaped"

    @property
    def where(self) -> str:
        return f"{self.label}, d = {self.result.spec.dim}, K = {self.result.spec.steps}"

    @property
    def certain(self) -> str:
        """Why an infinite mean ratio is infinite."""
        if self.limit == 0:
            return f"{self.where}: the bound is 0, and more was measured"
        lost = int(np.sum(np.isinf(self.ratio)))
        return f"{self.where}: {lost} of {self.ratio.size} replicas diverged, so the mean is infinite"


@dataclass(frozen=True)
class Eligible:
    """The cells of a theorem: *sound* ones, those whose ratio is infinite (*diverged*, or more than a bound of 0), and
    those with too few replicas (*scarce*).

    ``broken`` and ``aside`` count, by reason, those that are not judged. Any sound cell may convict; only
    ``acquitting`` ones, which did not escape, may acquit: the gradient of a run that flew off may vanish whatever is
    true.
    """

    sound: list[Judged]
    diverged: list[Judged]
    scarce: list[Judged]
    broken: Counter
    aside: Counter

    @property
    def acquitting(self) -> list[Judged]:
        return [judged for judged in self.sound if not judged.escaped]

    @property
    def escaped(self) -> list[Judged]:
        """Those that escaped, judged or too few replicas."""
        return [judged for judged in self.sound + self.scarce if judged.escaped]


def eligible(theorem: Judgeable, results: Sequence[Result], copies: Mapping[str, Copies]) -> Eligible:
    """The cells that *theorem* concerns, with their ratios. What breaks an assumption is never judged, not even when
    it diverged; a replica at +∞ settles its cell, however few replicas there are."""
    cells = Eligible([], [], [], Counter(), Counter())
    bearings = [(result, bearing) for result in results if (bearing := theorem.on(result)) is not None]
    found = groups(result for result, _ in bearings)
    label = {id(c): name for group, name in zip(found, labels(found), strict=True) for c in group.cells}
    explicit = theorem.kind != "none"
    what = "bound" if explicit else "rate"
    for result, bearing in bearings:
        if bearing.aside:
            cells.aside[bearing.aside] += 1
            continue
        if bearing.void:
            cells.broken[bearing.void] += 1
            continue
        limit = bearing.bound if explicit else bearing.rate
        if limit is None or not limit < math.inf:
            reason, into = (
                ("it has no bound", cells.aside) if limit is None else (f"the {what} is infinite", cells.broken)
            )
            into[reason] += 1
            continue
        if limit == 0 and not explicit:
            cells.aside["the rate is 0, and what lies below it is hidden in O(·)"] += 1
            continue
        values = measured(theorem, result)
        ratio = _over(values, limit)
        judged = Judged(
            result,
            ratio,
            mean(ratio),
            label[id(result)],
            limit,
            _over(values, bearing.rate) if bearing.rate and bearing.rate < math.inf else None,
            copies.get(result.key, NONE),
        )
        if judged.mean.value == math.inf:
            cells.diverged.append(judged)
        elif reason := _worthless(result, values, theorem.measures):
            cells.aside[reason] += 1
        else:
            (cells.scarce if values.size < LEAST_REPLICAS else cells.sound).append(judged)
    return cells


def escape_reasons(escaped: Sequence[Judged], most: int = 4) -> list[str]:
    """A sentence that names the first cells that escaped and says what they are good for; none where none did."""
    if not escaped:
        return []
    more = f"; and {len(escaped) - most} more" if len(escaped) > most else ""
    names = "; ".join(j.where for j in escaped[:most]) + more
    return [
        f"{count(len(escaped), 'cell')} escaped: {names}: they may convict and never acquit, for a vanishing gradient "
        "far out shows nothing"
    ]


def measured(theorem: Judgeable, result: Result) -> NDArray[np.float64]:
    """What the theorem measures of each replica, with +∞ for what is not finite; raises InputError for bad shapes."""
    values = result.stats.values(theorem.measures.name)
    if values.shape != (result.spec.replicas,) and values.ndim != 1:
        raise InputError(f"{theorem.measures.name} has shape {values.shape}, one value a replica is expected")
    return values


def _over(values: NDArray[np.float64], limit: float) -> NDArray[np.float64]:
    """measured/limit; over a limit of 0 it is 0 or infinite."""
    return values / limit if limit > 0 else np.where(values > 0, math.inf, 0.0)


def _is_first_order(measured: Measured) -> bool:
    """Whether a quantity is linear in the noise, as norms are and their squares or f − f* are not."""
    return degrees(measured) in FIRST_ORDER


def degrees(measured: Measured) -> tuple[float, float]:
    """How a quantity goes with f(x) → c f(x/s); a user's that is here by its digest alone counts as a norm."""
    known = (quantity.degrees for quantity in QUANTITIES.values() if quantity.digest == measured.digest)
    return getattr(measured, "degrees", next(known, FIRST_ORDER[0]))


def _worthless(result: Result, values: NDArray[np.float64], measured: Measured) -> str:
    """Why the spread of the replicas is no measure of the error of their mean, or ''."""
    if result.constants.get("jumps", math.inf) < LEAST_JUMPS:
        return RARE
    if "kurtosis" in result.constants.missing and not _is_first_order(measured):
        return HEAVY
    noisy = result.spec.sigma > 0 and values.size > 1
    return EQUAL if noisy and float(np.ptp(values)) == 0.0 else ""
