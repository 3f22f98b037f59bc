"""One cell's results as they travel from an engine to the store, the judge and the figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..words import count
from .constants import Constants
from .hyper import Hyper
from .quantities import ALWAYS
from .spec import Spec, copies_of_one, key_of
from .stats import Stats

OF_EVERY_RUN = {quantity.name: quantity.digest for quantity in ALWAYS}


class Named(Protocol):
    """A quantity as cells are asked for it: its name, and the digest of what it means."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str: ...


@dataclass(frozen=True)
class Result:
    """A cell's Spec, constants, hyper-parameters as used, statistics and provenance.

    ``identity`` is the text that the cell's key is the hash of. ``provenance`` has what does not determine the numbers
    but for their last digits: seconds, backend, versions, date; and under ``quantities`` the digests of what was
    measured beyond ALWAYS, by name.
    """

    spec: Spec
    constants: Constants
    hyper: Hyper
    stats: Stats
    identity: str
    provenance: Mapping[str, object] = field(default_factory=dict)

    def __repr__(self) -> str:
        """The cell and what came out, in a line."""
        spec, stats = self.spec, self.stats
        problem, optimizer, noise = (name.rpartition(":")[2] for name in (spec.problem, spec.optimizer, spec.noise))
        norms = f"mean ‖∇f‖₁ = {stats.mean_grad_l1.mean():.4g}, mean ‖∇f‖₂ = {stats.mean_grad_l2.mean():.4g}"
        sizes = f"d = {spec.dim}, K = {spec.steps}, {count(spec.replicas, 'replica')}"
        return f"Result({optimizer} on {problem}, {noise} noise, {sizes}: {self.status}, {norms})"

    @cached_property
    def key(self) -> str:
        """The content address of the cell."""
        return key_of(self.identity)

    @cached_property
    def told(self) -> Mapping[str, Any]:
        """``identity`` as the table that it is the text of."""
        return json.loads(self.identity)

    @property
    def formulas(self) -> Mapping[str, str]:
        """Digests of the formulas that ran: phi, dphi, noise and update."""
        return self.told["formulas"]

    @property
    def alike(self) -> bool:
        """Whether all coordinates were copies of one, so that what is measured scales with d by construction."""
        return copies_of_one(self.told)

    @cached_property
    def quantities(self) -> Mapping[str, str]:
        """The digests of all quantities that were measured, by their names."""
        told = self.provenance.get("quantities") if isinstance(self.provenance, Mapping) else None
        known = {**(told if isinstance(told, Mapping) else {}), **OF_EVERY_RUN}
        return {name: known[name] for name in self.stats.measured if name in known}

    def values(self, quantity: Named) -> NDArray[np.float64] | None:
        """*quantity* of each replica, shape (R,), +∞ for what is not finite; None where the cell ``lacks`` it."""
        return None if self.lacks(quantity) else self.stats.values(quantity.name)

    def lacks(self, quantity: Named) -> str:
        """Why there are no values of *quantity*, in words; '' if there are.

        The name alone is none: another theorem's quantity may have it, and a user may have edited the formula.
        """
        if quantity.name not in self.stats.measured:
            return f"the cell has no {quantity.name}"
        if self.quantities.get(quantity.name) != quantity.digest:
            return f"what the cell has as {quantity.name} is another quantity of that name"
        return ""

    @cached_property
    def status(self) -> str:
        """The worst of its replicas: 'diverged' (left the finite numbers), 'escaped' (went up, or far away, instead of
        down: ``Stats.escaped``) or 'ok'."""
        if bool(np.any(self.stats.diverged)):
            return "diverged"
        return "escaped" if bool(np.any(self.stats.escaped)) else "ok"
