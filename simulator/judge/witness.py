"""Families of cells, and which of them are witnesses: those on which a true rate is level, so that growth is evidence.

A theorem is about all functions of a class, a family about one; on a fixed function the ratio may climb for as long as
anyone can run it towards a limit that the rate allows. No transient can do so on a family that is made anew for each
horizon such that a run of that length stays where the function is hard.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems import PROBLEMS

from .eligible import Judged, degrees
from .fit import Group, groups
from .growth import Growth, growth
from .hard import hard_of
from .rest import at_rest
from .statement import Judgeable

STAYS = 0.9  # of the level; of the first gradient, and not 1/0.9 of it
STRAIGHT = 1e-6  # of log rate: of rounding, far less than a logarithm of d departs from a power
DEEP = 0.15  # of 2LΔ is what ‖∇f(x¹)‖₂² may be: near the bottom of a bowl of curvature L it is all of it


@dataclass(frozen=True)
class Family:
    """Cells that differ in K and d only. Of a witness ``fitted`` are those that stay on the hard part, and ``growth``
    is of them; ``share`` is by key how much of its hard part a cell kept. ``level_in_dim``: in d, too, it is level by
    derivation, so that growth in d is evidence as well. ``ceiling`` is the growth of the root mean square over the
    rate, where the mean of a 2-norm is measured: that is what derivations are about, and the mean climbs up to it as
    noise averages out, which may take any d. ``held`` is the growth of measured/rate over what each cell kept of its
    first gradient, of a family made for its horizon: cells that lose less and less of it climb towards 1, and those
    that lose more and more hide that a rate falls behind."""

    group: Group
    members: tuple[Judged, ...]
    fitted: tuple[Judged, ...]
    growth: Growth
    witness: bool
    share: dict[str, float]
    level_in_dim: bool = True
    ceiling: Growth | None = None
    held: Growth | None = None

    @property
    def name(self) -> str:
        return self.members[0].label

    def convicts_by(self, axis: str) -> tuple[Growth, tuple[Judged, ...]]:
        """The growth in *axis* that may show a rate wrong, and the cells that it is of.

        No transient is growth without end: on other families than witnesses it is in K that of runs at rest, and in d
        that of copies of one coordinate.
        """
        if self.evidence(axis) or (axis == "dim" and self.alike):
            return self.growth, self.fitted
        if axis == "dim":
            return Growth(), ()
        floors = tuple(j for j in self.fitted if at_rest(j.result))
        return (self.growth if len(floors) == len(self.fitted) else _growth(floors)), floors

    def p_grows(self, axis: str) -> float:
        """p-value of growth in *axis*, of the measured quantity and of what it climbs up to, if that is another."""
        grows = [self.growth, *(g for g in (self.ceiling, self.held) if g is not None)]
        return max(g.p_grows(axis) if axis in g.exponents else 1.0 for g in grows)

    def p_level(self, axis: str) -> float:
        """p-value against 'measured/rate is level in *axis*', also over what cells kept."""
        return max(g.p_level(axis) for g in self._level if axis in g.exponents)

    def settled(self, axis: str, alpha: float) -> bool:
        """Whether measured/rate is shown not to grow in *axis*, also over what cells kept."""
        return all(g.settled(axis, alpha) for g in self._level)

    @property
    def _level(self) -> list[Growth]:
        return [self.growth] if self.held is None else [self.growth, self.held]

    @property
    def alike(self) -> bool:
        """Whether coordinates are copies of one: what d does is then by construction."""
        return self.members[0].result.alike

    def settles(self, axes: Sequence[str], alpha: float) -> bool:
        """Whether this witness shows that the ratio grows in none of *axes*."""
        return self.witness and all(self.counts(axis) and self.settled(axis, alpha) for axis in axes)

    def evidence(self, axis: str) -> bool:
        """Whether growth in *axis* is evidence here."""
        return self.witness and (axis == "steps" or self.level_in_dim)

    def counts(self, axis: str) -> bool:
        """Whether its exponent in *axis* may acquit."""
        return axis in self.growth.exponents and self.evidence(axis) and not (axis == "dim" and self.alike)


def families(theorem: Judgeable, sound: Sequence[Judged]) -> list[Family]:
    """The cells of *sound* that have a rate, in families."""
    cells = {id(j.result): j for j in sound if j.over_rate is not None}
    indexed = _indexed(list(cells.values()))
    return [
        _family(theorem, group, [cells[id(c)] for c in group.cells], indexed)
        for group in groups(j.result for j in cells.values())
    ]


def _family(theorem: Judgeable, group: Group, members: list[Judged], indexed: set[str]) -> Family:
    share = {j.result.key: _share(theorem, j, indexed) for j in members}
    known = {key: value for key, value in share.items() if value is not None}
    witness = bool(known)
    fitted = [j for j in members if not witness or known.get(j.result.key, 0.0) >= STAYS]
    level = _level_in_dim(theorem, members[0]) and (members[0].result.alike or _rate_is_power(theorem, fitted))
    ceiling = _growth(fitted, _to_ceiling) if witness and theorem.measures.name == "mean_grad_l2" else None
    held = _growth(fitted, partial(_to_first, theorem)) if witness and _problem(members[0]) in indexed else None
    return Family(group, tuple(members), tuple(fitted), _growth(fitted), witness, known, level, ceiling, held)


def _growth(cells: Sequence[Judged], factor: Callable[[Judged], float | NDArray[np.float64]] = lambda _: 1.0) -> Growth:
    """The growth of measured/rate, each cell's times *factor*."""
    rated = [(j.result, j.over_rate * factor(j)) for j in cells if j.over_rate is not None]
    return growth([result for result, _ in rated], [ratio for _, ratio in rated])


def _to_ceiling(judged: Judged) -> NDArray[np.float64]:
    """The root mean square of ‖∇f‖₂ over its mean, replica by replica."""
    stats = judged.result.stats
    return np.sqrt(stats.mean_grad_l2_squared) / stats.mean_grad_l2


def _to_first(theorem: Judgeable, judged: Judged) -> float:
    """What is measured at the first step over its mean, 1 for what is no norm of the gradient nor a square of one."""
    stats, name = judged.result.stats, theorem.measures.name
    if "_l1" in name:
        kept = _over_first(stats.mean_grad_l1, stats.grad_l1)
    elif "_l2" in name:
        kept = _over_first(stats.mean_grad_l2, stats.grad_l2)
    else:
        kept = 1.0
    return kept ** -degrees(theorem.measures)[0]


def _level_in_dim(theorem: Judgeable, judged: Judged) -> bool:
    """Whether the family's gradients, in the norm that the theorem measures, are level in d by derivation: those of its
    hard instances, ``ramp`` and ``sawtooth``, whose coordinates are all alike, and ``uneven-ramp`` in the 1-norm, for
    which it is made; in the 2-norm if its slopes are equal. Of a user's family nobody knows."""
    hard, spec = hard_of(theorem, judged.result), judged.result.spec
    if (hard is not None and hard.level is not None) or spec.problem in ("ramp", "sawtooth"):
        return True
    equal = spec.problem_args.get("slope_spectrum") == 0
    return spec.problem == "uneven-ramp" and (
        "_l1" in theorem.measures.name or (equal and "_l2" in theorem.measures.name)
    )


def _rate_is_power(theorem: Judgeable, cells: Sequence[Judged]) -> bool:
    """Whether the rate is a power of d on *cells* of equal K.

    One with ‖σ‖₁ in it is none where σ_i ∝ i^(−1/2): it falls behind √d σ by √(log d), and so does the rule's step.
    That runs stay on their slopes at the d that were swept says nothing then of whether they do at the next.
    """
    lines: dict[int, dict[float, float]] = {}
    for judged in cells:
        bearing, spec = theorem.on(judged.result), judged.result.spec
        if bearing is None or not bearing.rate:
            return False
        lines.setdefault(spec.steps, {})[math.log(spec.dim)] = math.log(bearing.rate)
    return all(_is_straight(line) for line in lines.values())


def _is_straight(line: Mapping[float, float]) -> bool:
    """Whether the points of *line* lie on one, to STRAIGHT."""
    if len(line) < 3:
        return True
    x, y = np.array(list(line)), np.array(list(line.values()))
    return bool(np.max(np.abs(y - np.polyval(np.polyfit(x, y, 1), x))) <= STRAIGHT)


def _share(theorem: Judgeable, judged: Judged, indexed: set[str]) -> float | None:
    """How much of its hard part the cell kept; None where it has none that is known.

    Of a hard instance with a level measured/rate over that. Of another family made for its horizon the mean gradient
    over the first, in the norm in which it is less, if that is a start on the hard part: deep enough that the
    gradient is no bowl's. A mean that is larger than the first is another thing than was started on, and counts as
    far from it as one that is as much smaller.
    """
    hard = hard_of(theorem, judged.result)
    if hard is not None and hard.level is not None and judged.over_rate is not None:
        return float(judged.over_rate.mean()) / hard.level
    if _problem(judged) not in indexed:
        return None
    stats, constants = judged.result.stats, judged.result.constants
    if "smoothness" not in constants:
        return 0.0
    kept = [_kept(stats.mean_grad_l1, stats.grad_l1), _kept(stats.mean_grad_l2, stats.grad_l2)]
    shallow = float(stats.grad_l2[:, 0].mean()) ** 2 / (2 * constants.smoothness * constants.gap)
    return min(*kept, 1.0 if shallow <= DEEP else STAYS * DEEP / shallow)


def _kept(means: NDArray[np.float64], curve: NDArray[np.float64]) -> float:
    """The mean over the first, or the first over the mean where this is less."""
    over = _over_first(means, curve)
    return min(over, 1 / over) if 0 < over < math.inf else 0.0


def _over_first(means: NDArray[np.float64], curve: NDArray[np.float64]) -> float:
    """The mean over the run over the first of its *curve*, nan where there is no first."""
    first = float(curve[:, 0].mean())
    return float(means.mean()) / first if 0 < first < math.inf else math.nan


def _indexed(cells: Sequence[Judged]) -> set[str]:
    """The problems, with their arguments, that are another function for each horizon.

    A shipped one says so; of a user's the numbers that its cells were run with tell.
    """
    found: set[str] = set()
    numbers: dict[tuple, str] = {}
    for judged in cells:
        spec = judged.result.spec
        if spec.problem in PROBLEMS:
            if "steps" in PROBLEMS[spec.problem].requires:
                found.add(_problem(judged))
            continue
        told = json.dumps([judged.result.told.get(part) for part in ("numbers", "columns", "profile")])
        key = (_problem(judged), *(getattr(spec, name) for name in ("dim", "smoothness", "gap", "sigma", "noise")))
        if numbers.setdefault(key, told) != told:
            found.add(_problem(judged))
    return found


def _problem(judged: Judged) -> str:
    spec = judged.result.spec
    return json.dumps([spec.problem, dict(spec.problem_args)], sort_keys=True)
