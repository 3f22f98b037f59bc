"""Growth exponents with intervals, measured over groups of cells that differ in d and K only."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..cells.evidence import Result
from ..cells.spec import canonical_json
from ..cells.telling import telling
from .intervals import Estimate, power_law, seed_of

LEAST_VALUES = 3  # two give a slope through any trend, with nothing left over to see it bend
LEAST_REPLICAS = 8
GRID = ("steps", "dim")
SYMBOLS = {"steps": "K", "dim": "d", "sigma": "σ", "smoothness": "L", "gap": "Δ"}
CONSTANTS = ("sigma", "smoothness", "gap")


@dataclass(frozen=True)
class Group:
    """Cells whose specs agree in everything but the free fields and the number of replicas."""

    settings: Mapping[str, object]
    cells: tuple[Result, ...]


@dataclass(frozen=True)
class Growth:
    """Joint exponents in K and d ("steps", "dim") over the larger half of a group's grid.

    ``missing`` says in words why an axis has no exponent; ``cells`` is how many cells the fit has.
    """

    exponents: Mapping[str, Estimate] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    cells: int = 0


@dataclass(frozen=True)
class ConstantExponent:
    """The measured exponent of a quantity in one constant, all else held.

    ``expected`` is the exponent of the theorem's own rate over the same cells, None where a cell has no rate.
    """

    constant: str
    exponent: Estimate
    expected: float | None
    settings: Mapping[str, object]
    values: tuple[float, ...]
    cells: tuple[Result, ...]


def groups(results: Iterable[Result], free: Sequence[str] = GRID) -> list[Group]:
    """The results in groups, in the order in which they first appear."""
    found: dict[str, tuple[dict, list[Result]]] = {}
    for result in results:
        settings = {name: value for name, value in result.spec.to_dict().items() if name not in (*free, "replicas")}
        found.setdefault(canonical_json(settings), (settings, []))[1].append(result)
    return [Group(settings, tuple(cells)) for settings, cells in found.values()]


def labels(found: Sequence[Group]) -> list[str]:
    """A short name for each group: its problem, and in what it departs from most of that problem's."""
    flat = [_flat(group.settings) for group in found]
    names = [str(own["problem"]) for own in flat]
    for problem in dict.fromkeys(names):
        peers = [i for i, own in enumerate(flat) if own["problem"] == problem]
        for i, told in zip(peers, telling([flat[i] for i in peers]), strict=True):
            if told:
                names[i] += f" ({', '.join(_setting(name, value) for name, value in told.items())})"
    return names


def _setting(name: str, value: object) -> str:
    return f"{SYMBOLS.get(name, name)}={value:g}" if isinstance(value, float) else f"{name}={value}"


def growth(results: Sequence[Result], ratios: Sequence[NDArray[np.float64]]) -> Growth:
    """The exponents of *ratios* (per result, one value a replica) in K and d.

    The larger half: at least LEAST_VALUES, or half, of the values on each axis, from the top. An
    exponent in d compares cells of equal K only, and one in K cells of equal d: a trend in one axis
    that is no power law can't pass for growth in the other on a grid that has gaps.
    """
    pairs = [
        (result.spec, y)
        for result, y in zip(results, ratios, strict=True)
        if y.size > 1 and np.all(np.isfinite(y)) and np.all(y > 0)
    ]
    floors = {axis: _larger_half(getattr(spec, axis) for spec, _ in pairs) for axis in GRID}
    used = [(s, y) for s, y in pairs if all(getattr(s, axis) >= floors[axis] for axis in GRID)]
    exponents, missing = {}, {}
    for axis, other in (GRID, GRID[::-1]):
        lines: dict[int, set[int]] = {}
        for spec, _ in used:
            lines.setdefault(getattr(spec, other), set()).add(getattr(spec, axis))
        count = max(map(len, lines.values()), default=0)
        if count < LEAST_VALUES:
            missing[axis] = (
                f"{count} value(s) of {SYMBOLS[axis]} at the same {SYMBOLS[other]} on the larger half of the grid, "
                f"{LEAST_VALUES} are needed"
            )
            continue
        fitted = power_law(
            np.log([[getattr(s, axis)] for s, _ in used]),
            [y for _, y in used],
            _seed(s for s, _ in used),
            levels=[getattr(s, other) for s, _ in used],
            spread=np.log([[getattr(s, name) for name in GRID] for s, _ in used]),
        )
        if fitted is None:
            missing[axis] = f"the values of {SYMBOLS[axis]} at the same {SYMBOLS[other]} lie too close together"
            continue
        exponents[axis] = fitted[0]
    return Growth(exponents, missing, len(used))


def constant_exponents(
    results: Sequence[Result], samples: Sequence[NDArray[np.float64]], rates: Sequence[float | None]
) -> list[ConstantExponent]:
    """Exponents of *samples* (per result, one value a replica) in σ, L and Δ, wherever LEAST_VALUES of one were run,
    all else equal, and those of *rates* (per result).

    Takes results with enough replicas whose values are all positive and finite.
    """
    of = {
        id(result): (values, rate)
        for result, values, rate in zip(results, samples, rates, strict=True)
        if values.size >= LEAST_REPLICAS and np.all(np.isfinite(values)) and np.all(values > 0)
    }
    sound = [result for result in results if id(result) in of]
    found = []
    for constant in CONSTANTS:
        positive = [result for result in sound if getattr(result.spec, constant) > 0]
        for group in groups(positive, free=(constant,)):
            values = sorted({getattr(result.spec, constant) for result in group.cells})
            if len(values) < LEAST_VALUES:
                continue
            logs = np.log([getattr(result.spec, constant) for result in group.cells])
            own = [of[id(result)] for result in group.cells]
            fitted = power_law(logs[:, None], [y for y, _ in own], _seed(result.spec for result in group.cells))
            if fitted is None:  # the values lie too close together
                continue
            expected = _slope(logs, [rate for _, rate in own])
            found.append(ConstantExponent(constant, fitted[0], expected, group.settings, tuple(values), group.cells))
    return found


def _slope(logs: NDArray[np.float64], rates: Sequence[float | None]) -> float | None:
    """The exponent of *rates*, by least squares of their logarithms."""
    usable = [rate for rate in rates if rate is not None and 0 < rate < math.inf]
    if len(usable) < len(rates):
        return None
    return float(np.polyfit(logs, np.log(usable), 1)[0])


def _larger_half(values: Iterable[int]) -> float:
    """The least value that belongs to the larger half of the grid."""
    distinct = sorted(set(values))
    return distinct[-max(LEAST_VALUES, math.ceil(len(distinct) / 2)) :][0] if distinct else 0


def _seed(specs: Iterable) -> int:
    return seed_of("\n".join(sorted(canonical_json(spec.to_dict()) for spec in specs)))


def _flat(settings: Mapping[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in settings.items():
        flat.update(value if isinstance(value, Mapping) else {name: value})
    return flat
