"""Which cells a claim is judged on, and why the others are not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..cells.evidence import Result
from ..claims import Claim
from ..claims.define import departure
from .fit import LEAST_REPLICAS, groups, labels
from .intervals import Estimate, mean

TOO_FEW = f"too few replicas (fewer than {LEAST_REPLICAS})"


@dataclass(frozen=True)
class Judged:
    """A cell with its ratio per replica, shape (R,), the estimate of its mean, and its group's label."""

    cell: Result
    ratio: NDArray[np.float64]
    mean: Estimate
    label: str

    @property
    def where(self) -> str:
        return f"{self.label}, d = {self.cell.spec.dim}, K = {self.cell.spec.steps}"


@dataclass(frozen=True)
class Sorted:
    """The cells of a claim. ``broken`` and ``aside`` count, by reason, those that are not judged."""

    sound: list[Judged]
    diverged: list[Judged]
    few: list[Judged]
    broken: Counter
    aside: Counter


def sort_cells(claim: Claim, results: Sequence[Result]) -> Sorted:
    """The cells that *claim* concerns, with their ratios. What breaks an assumption is never judged, not
    even when it diverged; a replica at +∞ settles its cell, however few replicas there are."""
    cells = Sorted([], [], [], Counter(), Counter())
    found = groups(filter(claim.concerns, results))
    named = [(cell, label) for group, label in zip(found, labels(found), strict=True) for cell in group.cells]
    for cell, label in named:
        if reason := departure(cell):
            cells.aside[reason] += 1
        elif reason := claim.broken(cell):
            cells.broken[reason] += 1
        else:
            values, bound = claim.evaluate(cell)
            if not 0 < bound < math.inf:
                cells.aside[f"the bound is {bound:g}"] += 1
                continue
            judged = Judged(cell, values / bound, mean(values / bound), label)
            kind = (
                cells.diverged
                if judged.mean.value == math.inf
                else cells.few
                if values.size < LEAST_REPLICAS
                else cells.sound
            )
            kind.append(judged)
    return cells
