"""Errors that are the user's to mend: one sentence with what was given, what is allowed, what to do."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")
HELD: tuple[str, ...] = ("dim", "steps", "smoothness", "gap", "sigma", "sigma_l1", "curvature_l1", "start_linf", "c")
HELD += ("sigma_0", "sigma_1", "jumps")
HELD += ("missing", "but", "get", "keys", "values", "items")  # of the table of constants itself
HANDFUL = 5  # of the known names, as much as a message tells of many
LISTS = {  # what `ratecheck list` calls all things of a kind
    "problem": "problems",
    "noise": "noises",
    "noise law": "noises",
    "optimizer": "optimizers",
    "schedule": "schedules",
    "theorem": "theorems",
    "quantity": "quantities",
    "assumption": "assumptions",
}


class Told(Exception):
    """An error that somebody's input or machine explains, and no fault of this program. A notebook shows its type and
    its message, which say what to do, without the traceback."""

    def _render_traceback_(self) -> list[str]:
        """What IPython prints in a traceback's place."""
        return [f"{type(self).__name__}: {self}"]


class InputError(Told, ValueError):
    """Bad input. The message stands alone in one line; the command line prints it and exits with 2."""


def nearest(name: str, known: Iterable[str], shown: str = "'{}'") -> str:
    """Return ``"; did you mean 'x'?"`` for the closest of *known*, or an empty string. *shown*: how x is written."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {shown.format(close[0])}?" if close else ""


def known_names(name: str, known: Collection[str], see: str = "", word: str = "known") -> str:
    """What a message says of *known* after an unknown *name*: the nearest of them, and if none is near, a handful.

    *see*: the command that shows all.
    """
    if guess := nearest(name, known):
        return guess + (f" (see: {see})" if see and len(known) > HANDFUL else "")
    told = list(known) if len(known) <= HANDFUL + 1 else list(known)[:HANDFUL]
    listed = ", ".join(told) or "none"
    more = f" and {len(known) - len(told)} more" if len(told) < len(known) else ""
    return f" ({word}: {listed}{more}{f'; see: {see}' if more and see else ''})"


def choose(registry: Mapping[str, T], name: str, what: str, offer: Collection[str] | None = None) -> T:
    """Return ``registry[name]``; raise InputError naming the nearest that is there, else a handful.

    *offer*: the names that may be told, by default all of the registry.
    """
    if name in registry:
        return registry[name]
    see = f"ratecheck list {LISTS[what]}" if what in LISTS else ""
    raise InputError(f"unknown {what} {name!r}{known_names(name, registry if offer is None else offer, see)}")


def require_known(given: Iterable[str], known: Collection[str], owner: str) -> None:
    """Raise InputError for the first name of *given* that is no argument of *owner*, with the nearest that is."""
    for name in given:
        if name not in known:
            raise InputError(f"{owner} has no argument {name!r}{known_names(name, known, word='it has')}")


def require_supplies(names: Iterable[str], owner: str) -> None:
    """Raise InputError for a constant that *owner* can't supply: every cell has it already, or it is no name."""
    for name in names:
        if name in HELD or not isinstance(name, str) or not name.isidentifier() or name.startswith("_"):
            raise InputError(
                f"{owner} supplies {name!r}: a constant's name is a Python name such as smoothness_l1, and none that "
                "every cell has already, such as dim; rename it"
            )


def require_number(value: object, what: str, *, above: float | None = None, least: float | None = None) -> float:
    """Return *value* as a finite float, optionally > *above* or ≥ *least*; raise InputError otherwise."""
    wanted = "a finite number"
    if above is not None:
        wanted += f" > {above:g}"
    if least is not None:
        wanted += f" ≥ {least:g}"
    if isinstance(value, int) and abs(value) > 2**1023:
        raise InputError(f"{what} must be {wanted}, got an integer beyond the floating-point numbers")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise InputError(f"{what} must be {wanted}, got {value!r}")
    if (above is not None and value <= above) or (least is not None and value < least):
        raise InputError(f"{what} must be {wanted}, got {value!r}")
    return float(value)


def require_integer(value: object, what: str, *, least: int, most: int | None = None) -> int:
    """Return *value* as an int in [least, most]; 4096.0 counts as an integer; raise InputError otherwise."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and least <= value and (most is None or value <= most):
        return value
    span = f"an integer ≥ {least}" if most is None else f"an integer from {least} to {most}"
    raise InputError(f"{what} must be {span}, got {value!r}")
