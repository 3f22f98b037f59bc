"""Groups of cells that differ in few fields only, and measured exponents in σ, L and Δ."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..cells.evidence import Result
from ..cells.spec import Spec, canonical_json
from ..cells.telling import telling
from ..plugins import plain_name
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
            fitted = power_law(
                logs[:, None],
                [y for y, _ in own],
                spec_seed(r.spec for r in group.cells),
            )
            if fitted is None:  # the values lie too close together
                continue
            expected = _slope(logs, [rate for _, rate in own])
            found.append(ConstantExponent(constant, fitted[0], expected, group.settings, tuple(values), group.cells))
    return found


def spec_seed(specs: Iterable[Spec]) -> int:
    """A bootstrap's seed from the cells that it is about, wherever files lie."""
    return seed_of("\n".join(sorted(canonical_json(_anywhere(spec)) for spec in specs)))


def _anywhere(spec: Spec) -> dict[str, object]:
    return {name: plain_name(v) if isinstance(v, str) else v for name, v in spec.to_dict().items()}


def _slope(logs: NDArray[np.float64], rates: Sequence[float | None]) -> float | None:
    """The exponent of *rates*, by least squares of their logarithms."""
    usable = [rate for rate in rates if rate is not None and 0 < rate < math.inf]
    if len(usable) < len(rates):
        return None
    return float(np.polyfit(logs, np.log(usable), 1)[0])


def _flat(settings: Mapping[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in settings.items():
        flat.update(value if isinstance(value, Mapping) else {name: value})
    return flat
