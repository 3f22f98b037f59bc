"""One cell's results as they travel from an engine to the store, the judge and the figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .constants import Constants
from .spec import Spec
from .stats import Stats


@dataclass(frozen=True)
class Result:
    """A cell's Spec, constants, hyper-parameters as used, statistics and provenance.

    ``provenance`` has what does not determine the numbers but for their last digits: seconds, backend, versions, date.
    """

    spec: Spec
    constants: Constants
    hyper: Mapping[str, float]
    stats: Stats
    provenance: Mapping[str, object] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """'ok' or 'diverged' (some replica left the finite numbers)."""
        return "diverged" if bool(np.any(self.stats.diverged)) else "ok"

    @property
    def bound_l1(self) -> float:
        """√d C K^(−1/4), the rate of adamw-l1 without its constant; infinite for an infinite C."""
        return math.sqrt(self.spec.dim) * self.bound_l2

    @property
    def bound_l2(self) -> float:
        """C K^(−1/4), the rate of sgd-l2 without its constant."""
        return self.constants.c * self.spec.steps**-0.25
