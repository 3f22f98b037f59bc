"""Which cells a theorem is judged on, and why the others are not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.errors import InputError

from ..cells.evidence import Result
from .fit import LEAST_REPLICAS, groups, labels
from .intervals import Estimate, mean
from .statement import Judgeable

TOO_FEW = f"too few replicas (fewer than {LEAST_REPLICAS})"


@dataclass(frozen=True)
class Judged:
    """A cell with its ratio per replica, shape (R,), the estimate of its mean, and its group's label."""

    result: Result
    ratio: NDArray[np.float64]
    mean: Estimate
    label: str

    @property
    def escaped(self) -> bool:
        """Whether a replica escaped: the cell may convict, never acquit."""
        return self.result.status == "escaped"

    @property
    def where(self) -> str:
        return f"{self.label}, d = {self.result.spec.dim}, K = {self.result.spec.steps}"


@dataclass(frozen=True)
class Eligible:
    """The cells of a theorem: *sound* ones, *diverged* ones, those with too few replicas (*scarce*).

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


def eligible(theorem: Judgeable, results: Sequence[Result]) -> Eligible:
    """The cells that *theorem* concerns, with their ratios. What breaks an assumption is never judged, not even when
    it diverged; a replica at +∞ settles its cell, however few replicas there are."""
    cells = Eligible([], [], [], Counter(), Counter())
    bearings = [(result, bearing) for result in results if (bearing := theorem.on(result)) is not None]
    found = groups(result for result, _ in bearings)
    label = {id(c): name for group, name in zip(found, labels(found), strict=True) for c in group.cells}
    for result, bearing in bearings:
        if bearing.aside:
            cells.aside[bearing.aside] += 1
            continue
        if bearing.void:
            cells.broken[bearing.void] += 1
            continue
        limit = bearing.rate if theorem.kind == "none" else bearing.bound
        if limit is None or not 0 < limit < math.inf:
            cells.aside["it has no bound" if limit is None else f"the bound is {limit:g}"] += 1
            continue
        values = measured(theorem, result)
        judged = Judged(result, values / limit, mean(values / limit), label[id(result)])
        if judged.mean.value == math.inf:
            cells.diverged.append(judged)
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
        f"{len(escaped)} cell(s) escaped: {names}: they may convict and never acquit, for a vanishing gradient far out "
        "shows nothing"
    ]


def measured(theorem: Judgeable, result: Result) -> NDArray[np.float64]:
    """What the theorem measures of each replica, with +∞ for what is not finite; raises InputError for bad shapes."""
    values = np.asarray(result.stats.measured[theorem.measures.name], dtype=np.float64)
    if values.shape != (result.spec.replicas,) and values.ndim != 1:
        raise InputError(f"{theorem.measures.name} has shape {values.shape}, one value a replica is expected")
    return np.where(np.isfinite(values), values, math.inf)
