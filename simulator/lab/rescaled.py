"""Which cells stand for their copies in other units, and what a theorem says of these (``judge.copies``).

Whether a rule is covariant is found by trying: a small cell of the kind is run again at c = 4 and at s = 2, and what is
measured must be the same to SAME in the new units. How each hyper-parameter went with c and s is read off these runs,
and on every copy of every cell the rule must give just that; else the copy is none. Constant hyper-parameters are
rescaled as their optimizer says (``Optimizer.degrees``); without that word a cell has no copies.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from ratecheck.problems.errors import InputError

from ..cells.cell import Cell
from ..cells.evidence import Result
from ..cells.hyper import Hyper
from ..cells.of_step import OfStep, meanings
from ..cells.quantities import ALWAYS, QUANTITIES, READINGS, Quantity
from ..cells.spec import Spec, Value, canonical_json
from ..cells.stats import FIELDS, Stats
from ..engines import run
from ..engines.resolve import Landscapes, resolve
from ..judge.copies import HERE, POINTS, SAME, Copies, Point, rescaled
from ..judge.statement import Judgeable
from ..theorem import Bearing, Theorem

PROBES: tuple[Point, ...] = ((4.0, 1.0), (1.0, 2.0))
SIZES = ("dim", "steps", "replicas", "seed", "dtype")  # in which cells of a kind differ
SMALL_DIM, SMALL_STEPS = 8, 16
CURVES = {  # the degrees of what is recorded along a run
    name: READINGS[name.replace("running", "grad")].degrees for name in FIELDS if name != "checkpoints"
}
Degrees = Mapping[str, tuple[float, float]]  # of the hyper-parameters
Within = dict[tuple[str, Point], Bearing | None]  # of each copy: whether it is in a theorem's scope


@dataclass(frozen=True)
class Copy(Result):
    """A measured cell in other units. Nobody ran it: ``identity`` and key are those of the cell that it is a copy of,
    ``told`` is what would be told of the copy itself."""

    told: Mapping[str, Any] = field(kw_only=True)


class Rescaler:
    """Finds the copies of cells for one theorem after the other; runs and resolved copies are kept between them."""

    def __init__(self, results: Iterable[Result]):
        self._by_update: dict[str, list[Result]] = {}  # of the optimizer, by its digest
        for result in results:
            self._by_update.setdefault(result.formulas.get("update", ""), []).append(result)
        self._kinds: dict[str, str] = {}
        self._degrees: dict[tuple[str, str], Degrees | None] = {}
        self._copies: dict[str, dict[Point, Result]] = {}
        self._landscapes = Landscapes()
        self._within: dict[tuple, Within] = {}  # by scope

    def __call__(self, theorem: Judgeable) -> dict[str, Copies]:
        """The copies of each cell that *theorem* says something of, by the cell's key; what a folder holds of a
        theorem that is not here as code."""
        if not isinstance(theorem, Theorem):
            return dict(getattr(theorem, "copies", {}))
        known = self._within.setdefault(theorem.scope, {})
        ran = self._by_update.get(theorem.optimizer.update.digest, ())
        found = {result.key: self._of(theorem, result, known) for result in ran}
        return {key: copies for key, copies in found.items() if copies is not None}

    def _of(self, theorem: Theorem, result: Result, known: Within) -> Copies | None:
        here = _said(theorem, result, HERE, known)
        if here is None:
            return None
        degrees = self._kind(result, theorem.measures)
        if degrees is None:
            return None
        factors, count = {}, 0
        for point, copy in self._copies_of(result, degrees).items():
            there = _said(theorem, _measuring(copy, result, theorem.measures, point), point, known)
            if there is None:
                continue
            count += 1
            factor = _power(point, theorem.measures.degrees) * here / there if there > 0 else math.inf
            if abs(factor - 1) > SAME:
                factors[point] = factor
        return Copies(factors, count)

    def _kind(self, result: Result, quantity: Quantity) -> Degrees | None:
        """How the hyper-parameters of cells of this kind go with the units; None where the kind is not covariant."""
        if result.key not in self._kinds:
            told = {n: v for n, v in result.spec.to_dict().items() if n not in SIZES}
            self._kinds[result.key] = canonical_json(told)
        kind = self._kinds[result.key], "" if quantity in ALWAYS else f"{quantity.name} {quantity.digest}"
        if kind not in self._degrees:
            try:
                self._degrees[kind] = _probe(result.spec, quantity)
            except InputError:  # a file that may not run here, or constants that no run has
                self._degrees[kind] = None
        return self._degrees[kind]

    def _copies_of(self, result: Result, degrees: Degrees) -> dict[Point, Result]:
        if result.key not in self._copies:
            base, found = resolve(result.spec, self._landscapes), {}
            for point in POINTS if base.key == result.key else ():  # else the run was another than its Spec says now
                try:
                    copy = _resolved(base, result, point, degrees, self._landscapes)
                except InputError:  # constants that no run has
                    continue
                if copy is not None:
                    found[point] = copy
            self._copies[result.key] = found
        return self._copies[result.key]


def _said(theorem: Theorem, result: Result, point: Point, known: Within) -> float | None:
    """The bound, or the rate, where the theorem says something of the cell; *result* is its copy at *point*."""
    place = result.key, point
    try:
        if place not in known:
            known[place] = theorem.within(result)
        within = known[place]
        bearing = within and theorem.on(result, within)
    except InputError:  # the user's own function, on constants that no sweep has
        return None
    if bearing is None or bearing.void or bearing.aside:
        return None
    limit = bearing.rate if theorem.kind == "none" else bearing.bound
    return None if limit is None or not 0 <= limit < math.inf else limit


def _probe(spec: Spec, quantity: Quantity) -> Degrees | None:
    """Run a small cell of the kind of *spec*, and again in other units."""
    small = replace(spec, dim=min(spec.dim, SMALL_DIM), steps=min(spec.steps, SMALL_STEPS), replicas=1, dtype="float64")
    asked = () if quantity in ALWAYS else (quantity,)
    moved = [_moved(resolve(small), small, point) for point in PROBES]
    if None in moved:
        return None
    base, *others = (run(each, "reference", quantities=asked) for each in (small, *moved) if each is not None)
    for point, other in zip(PROBES, others, strict=True):
        for q in (*ALWAYS, *asked):
            before, after = base.stats.measured[q.name], other.stats.measured[q.name]
            if not np.all(np.isfinite(before)) or not np.allclose(
                after, before * _power(point, q.degrees), rtol=SAME, atol=0.0
            ):
                return None
    found = {}
    for name, value in base.hyper.items():
        logs = [_log_ratio(other.hyper[name], value, small.steps) for other in others]
        found[name] = (logs[0] / math.log(4.0), -logs[1] / math.log(2.0))
    return found


def _moved(cell: Cell, spec: Spec, point: Point) -> Spec | None:
    """*spec*, which *cell* is of, in other units; None where a given hyper-parameter can't be rescaled."""
    sigma, smoothness, gap = rescaled(point, spec)
    given: dict[str, Value] = {}
    for name, value in (cell.hyper if spec.schedule == "constant" else spec.optimizer_args).items():
        if not isinstance(value, (int, float)) or (value and name not in cell.optimizer.degrees):
            return None
        given[name] = value * _power(point, cell.optimizer.degrees[name]) if value else value
    return replace(spec, sigma=sigma, smoothness=smoothness, gap=gap, optimizer_args=given)


def _resolved(base: Cell, result: Result, point: Point, degrees: Degrees, landscapes: Landscapes) -> Result | None:
    """The copy of a cell, *base* resolved, with the shipped quantities; None where the rule doesn't give what the
    symmetry asks for."""
    moved = _moved(base, result.spec, point)
    if moved is None:
        return None
    cell = resolve(moved, landscapes)
    for name, value in cell.hyper.items():
        expected = math.log(_power(point, degrees[name]))
        if not abs(_log_ratio(value, base.hyper[name], result.spec.steps) - expected) <= SAME:
            return None
    stats = result.stats
    with np.errstate(over="ignore"):  # of a run that is about to diverge
        measured = {
            name: values * _power(point, QUANTITIES[name].degrees)
            for name, values in stats.measured.items()
            if name in QUANTITIES
        }
        curves = {name: getattr(stats, name) * _power(point, degree) for name, degree in CURVES.items()}
    here = Stats(measured, stats.checkpoints, **curves)
    return Copy(
        cell.spec,
        cell.constants,
        Hyper(cell.hyper),
        here,
        result.identity,
        {"quantities": dict(result.quantities)},
        told={**result.told, "hyper": meanings(cell.hyper)},
    )


def _measuring(copy: Result, result: Result, quantity: Quantity, point: Point) -> Result:
    """*copy* with a user's *quantity* too, as the cell *result* has it."""
    name = quantity.name
    if name in copy.stats.measured or name not in result.stats.measured:
        return copy
    values = result.stats.measured[name] * _power(point, quantity.degrees)
    return replace(copy, stats=replace(copy.stats, measured={**copy.stats.measured, name: values}))


def _log_ratio(after: object, before: object, steps: int) -> float:
    """log after/before, nan where it differs between the first and the last step, 0 for 0/0."""
    logs = []
    for k in (1, steps):
        new, old = _at(after, k), _at(before, k)
        if new == old:
            logs.append(0.0)
        elif new * old > 0:
            logs.append(math.log(new / old))
        else:
            return math.nan
    return logs[0] if abs(logs[0] - logs[1]) <= SAME else math.nan


def _at(value: object, k: int) -> float:
    return float(value(np.array([float(k)]))[0]) if isinstance(value, OfStep) else float(value)  # type: ignore[arg-type]


def _power(point: Point, degrees: tuple[float, float]) -> float:
    """c^a s^(−b): a point's s divides lengths, degrees are those of f(x) → c f(x/s)."""
    return point[0] ** degrees[0] * point[1] ** -degrees[1]
