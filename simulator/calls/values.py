"""``ratecheck.judge_values``: a bound judged on somebody's own arrays, by the level test that theorems get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from ratecheck.problems.errors import InputError

from ..cells.cell import NUMERICS
from ..cells.constants import Constants
from ..cells.evidence import Result
from ..cells.hyper import Hyper
from ..cells.quantities import ALWAYS
from ..cells.spec import Spec, canonical_json
from ..cells.stats import FIELDS, Stats
from ..judge.cells import judge_cells
from ..judge.intervals import ALPHA
from ..judge.outcome import Verdict
from ..judge.stored_theorem import StoredQuantity, StoredTheorem
from ..lab.grounds import Grounds
from ..theorem import Bearing
from .given import known_arguments

QUANTITY = StoredQuantity("values", "given", "the given values", r"\mathrm{E}\,\mathrm{value}")
Bound = ArrayLike | Callable[[Any, Any], ArrayLike]


@known_arguments
def judge_values(
    values: ArrayLike, bound: Bound, *, steps: ArrayLike, dim: ArrayLike, name: str = "values", noisy: bool = True
) -> Verdict:
    """The verdict on 'the mean of *values* is at most *bound*', cell by cell, with Holm's correction over the cells.

    *values*: independent replicas on the last axis, 8 or more. Of shape (R,) they are one cell; of shape (N, R) cells
    whose *dim* and *steps* are numbers or sequences of N; of shape (D, S, R) the grid of all *dim* (D of them) and
    *steps* (S). *bound*: a number, an array of the cells' shape, or a function of (steps, dim). What is not finite
    counts as infinite. *noisy*: replicas that are all equal show nothing, unless it is False. Growth is not judged: on
    values of an unknown origin it is no evidence. Raises InputError for shapes that don't fit and bounds below 0.
    """
    found = np.asarray(values, dtype=np.float64)
    if found.ndim not in (1, 2, 3) or not found.size:
        known = "(replicas,), (cells, replicas) or (dim, steps, replicas)"
        raise InputError(f"values has the shape {found.shape}; expected is {known}")
    shape = found.shape[:-1]
    dims, horizons = _sizes(dim, "dim", 0, shape), _sizes(steps, "steps", 1, shape)
    given = bound(horizons, dims) if callable(bound) else bound
    try:
        limits = np.broadcast_to(np.asarray(given, dtype=np.float64), shape)
    except ValueError as error:
        raise InputError(f"bound has the shape {np.shape(given)}, and the cells have {shape}") from error
    if not np.all(limits >= 0):
        raise InputError("bound must be numbers ≥ 0")
    cells, bearings = [], {}
    for place in np.ndindex(shape):
        cell = _cell(found[place], int(dims[place]), int(horizons[place]), noisy, place)
        cells.append(cell)
        bearings[cell.key] = Bearing(bound=float(limits[place]), rate=float(limits[place]))
    statement = "the mean of the given values is at most the given bound"
    theorem = StoredTheorem(
        name, statement, "holds", "declared", ("steps", "dim"), "", "", r"\mathrm{the\ bound}", QUANTITY, bearings
    )
    return replace(judge_cells(theorem, cells, ALPHA), grounds=Grounds(theorem, cells, {}))


def _sizes(given: ArrayLike, what: str, axis: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Dimensions or horizons, one for each cell."""
    sizes = np.asarray(given)
    if len(shape) == 2 and sizes.ndim == 1:
        sizes = sizes[:, None] if axis == 0 else sizes[None, :]
    try:
        whole = np.broadcast_to(sizes, shape)
    except ValueError as error:
        raise InputError(f"{what} has the shape {np.shape(given)}, and values has the cells {shape}") from error
    if whole.dtype.kind not in "iu" and not np.all(whole == np.floor(whole)) or not np.all(whole >= 1):
        raise InputError(f"{what} must be whole numbers ≥ 1")
    return whole.astype(np.int64)


def _cell(values: NDArray[np.float64], dim: int, steps: int, noisy: bool, place: tuple[int, ...]) -> Result:
    """A Result that measured *values* and nothing else."""
    spec = Spec.of("values", "given", dim, steps, values.size, sigma=1.0 if noisy else 0.0)
    nothing = np.ones((values.size, 1))
    usual = np.where(np.isfinite(values), 1.0, np.inf)
    measured = {**{quantity.name: usual for quantity in ALWAYS}, QUANTITY.name: values}
    curves = {name: nothing for name in FIELDS if name != "checkpoints"}
    told = {
        "numerics": NUMERICS,
        "place": place,
        "dim": dim,
        "steps": steps,
        "formulas": {},
        "numbers": {},
        "hyper": {},
    }
    constants = Constants({"dim": dim, "steps": steps, "sigma": spec.sigma})
    stats = Stats.of(measured, np.array([1]), **curves)
    provenance = {"quantities": {QUANTITY.name: QUANTITY.digest}}
    return Result(spec, constants, Hyper({}), stats, canonical_json(told), provenance)
