"""Where the hyper-parameters of a cell leave a theorem's rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .cells.constants import Constants, MissingConstant
from .cells.evidence import Result
from .cells.of_step import OfStep, as_used

Ranges = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Departure:
    """``outside`` are the hyper-parameters that are not what the rule gives or the theorem allows; ``missing`` is why
    the rule or the ranges can't be told, '' if they can: then nothing counts as given or allowed."""

    outside: tuple[str, ...] = ()
    missing: str = ""

    @property
    def reason(self) -> str:
        """The departure in words, or ''. Raises MissingConstant where that can't be said."""
        if self.outside and self.missing:
            raise MissingConstant(self.missing)
        return f"{', '.join(self.outside)} overridden: not the theorem's rule" if self.outside else ""


def departure(
    rule: Callable[[Constants], Mapping[str, object]],
    allowed: Callable[[Mapping[str, object]], Ranges],
    result: Result,
) -> Departure:
    """Where *result* leaves *rule* and the ranges *allowed* beside it."""
    try:
        # σ as the run had it, of infinite variance too
        given = as_used(rule(result.constants.but(sigma=result.spec.sigma)))
    except MissingConstant as error:
        return Departure(tuple(result.hyper), str(error))
    except Exception:  # noqa: BLE001 (the user's own function: what it doesn't give, the cell didn't follow)
        return Departure(tuple(result.hyper))
    ranges, missing = {name: (v, v) for name, v in given.items() if not isinstance(v, OfStep)}, ""
    try:
        ranges |= allowed(given)
    except MissingConstant as error:
        missing = str(error)
    outside = [
        name for name, v in given.items() if name in ranges and not _within(result.hyper.get(name), *ranges[name])
    ]
    formulas = {name: getattr(v, "meaning", None) for name, v in given.items() if name not in ranges}
    if formulas:
        told = result.told["hyper"]
        outside += [name for name, meaning in formulas.items() if told.get(name) != meaning]
    return Departure(tuple(name for name in given if name in outside), missing)


def _within(value: object, low: float, high: float) -> bool:
    slack = 1e-9 * max(abs(low), abs(high))
    return isinstance(value, (int, float)) and low - slack <= value <= high + slack
