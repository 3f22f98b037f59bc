"""One cell's results as they travel from an engine to the store, the judge and the figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .constants import Constants
from .hyper import Hyper
from .spec import Spec, key_of
from .stats import Stats


@dataclass(frozen=True)
class Result:
    """A cell's Spec, constants, hyper-parameters as used, statistics and provenance.

    ``identity`` is the text that the cell's key is the hash of. ``provenance`` has what does not determine the numbers
    but for their last digits: seconds, backend, versions, date.
    """

    spec: Spec
    constants: Constants
    hyper: Hyper
    stats: Stats
    identity: str
    provenance: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """The content address of the cell."""
        return key_of(self.identity)

    @cached_property
    def formulas(self) -> Mapping[str, str]:
        """Digests of the formulas that ran: phi, dphi, noise and update."""
        return json.loads(self.identity)["formulas"]

    @cached_property
    def alike(self) -> bool:
        """Whether all coordinates were copies of one, so that what is measured scales with d by construction."""
        identity = json.loads(self.identity)
        return "columns" not in identity and "spectrum" not in identity["numbers"]

    @cached_property
    def status(self) -> str:
        """The worst of its replicas: 'diverged' (left the finite numbers), 'escaped' (went up, or far away, instead of
        down: ``Stats.escaped``) or 'ok'."""
        if bool(np.any(self.stats.diverged)):
            return "diverged"
        return "escaped" if bool(np.any(self.stats.escaped)) else "ok"
