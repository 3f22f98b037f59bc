"""Problems whose coordinates are not alike: groups of them, each with its own profile and its share of Δ, σ² and L."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from .columns import Column, Number, joined, mapped
from .errors import InputError, require_integer, require_known, require_number
from .formulas.choice import choice
from .formulas.formula import Formula
from .problem import SeparableProblem
from .separable import Profile

GIVEN = ("dim", "smoothness", "gap", "sigma", "steps")  # what a cell has for a problem that asks for it
ROUNDING = 1e-9
NONE: Any = inspect.Parameter.empty


class Share:
    """*coordinates* of a mixture that have one *profile*, with their shares of the ``gap`` Δ and of the ``noise`` σ²,
    and ``curvature``, the largest of their h_i over L; *arguments* are the profile's.

    Raises InputError for shares out of [0, 1] and a number of coordinates below 1.
    """

    def __init__(
        self,
        profile: Profile,
        coordinates: int,
        *,
        gap: float,
        noise: float,
        curvature: float = 1.0,
        **arguments: float | str,
    ):
        if not isinstance(profile, Profile):
            raise InputError(f"a share of a mixture is of a profile, got {profile!r}; make one with @profile")
        what = f"share of {profile.name!r}"
        self.profile, self.arguments = profile, arguments
        self.coordinates = require_integer(coordinates, f"{what}: coordinates", least=1, most=2**32)
        self.gap, self.noise = _share(gap, f"{what}: gap"), _share(noise, f"{what}: noise")
        self.curvature = require_number(curvature, f"{what}: curvature", above=0)
        if curvature > 1:
            raise InputError(f"{what}: curvature is over L and must be at most 1, got {curvature!r}")


class Mixture:
    """A generator of mixtures, made by the decorator ``@mixture``: calling it builds a problem."""

    def __init__(self, function: Callable[..., Sequence[Share]]):
        self.function, self.name = function, function.__name__.replace("_", "-")
        self.__doc__, self.__name__, self.__module__ = function.__doc__, function.__name__, function.__module__
        takes = inspect.signature(function).parameters
        self.requires = tuple(dict.fromkeys(("dim", "smoothness", "gap", *(n for n in takes if n in GIVEN))))
        self.parameters: dict[str, float | str] = {n: p.default for n, p in takes.items() if n not in GIVEN}
        self._takes = tuple(name for name in takes if name in GIVEN)
        for name, default in self.parameters.items():
            if isinstance(default, bool) or not isinstance(default, (int, float, str)):
                raise InputError(
                    f"mixture {self.name!r}: {name} needs a number or a name as its default, so that there is a "
                    f"problem without it; it has {'none' if default is NONE else repr(default)}"
                )

    def __call__(self, dim: int, smoothness: float = 1.0, gap: float = 1.0, **arguments: Any) -> SeparableProblem:
        """The problem with exactly this dimension, smoothness L and gap Δ, for a noise of Σσ_i² = σ².

        ``sigma`` and ``steps`` are needed where the function asks for them. Raises InputError for what is out of
        range and for shares that don't add up.
        """
        owner = f"problem {self.name!r}"
        cell: dict[str, Any] = {
            "dim": require_integer(dim, "dim", least=1, most=2**32),
            "smoothness": require_number(smoothness, "smoothness", above=0),
            "gap": require_number(gap, "gap", above=0),
        }
        for name in ("sigma", "steps"):
            if name in self.requires:
                if name not in arguments:
                    raise InputError(f"{owner} depends on {name}; give {name}=…")
                cell[name] = arguments.pop(name)
        require_known(arguments, self.parameters, owner)
        values = {**self.parameters, **arguments}
        values = {n: v if isinstance(v, str) else require_number(v, f"{owner}: {n}") for n, v in values.items()}
        shares = list(self.function(**{name: cell[name] for name in self._takes}, **values))
        _check(shares, cell["dim"], owner)
        return _mixed(self.name, shares, cell["dim"], cell["smoothness"], cell["gap"], values)


def mixture(function: Callable[..., Sequence[Share]]) -> Mixture:
    """Decorator for a function that returns the shares of a mixture, in the order of the coordinates::

        @mixture
        def half_and_half(dim, steepness=1.0):
            return Share(rational, dim // 2, gap=0.3, noise=0.9), Share(quadratic, dim - dim // 2, gap=0.7, noise=0.1)

    It takes what it needs of ``dim``, ``smoothness``, ``gap``, ``sigma`` and ``steps`` by name; its other arguments
    are the problem's, each with a default.
    """
    return Mixture(function)


def _share(value: object, what: str) -> float:
    number = require_number(value, what, least=0)
    if number > 1 + ROUNDING:
        raise InputError(f"{what} is a share and must be at most 1, got {value!r}")
    return number


def _check(shares: Sequence[Share], dim: int, owner: str) -> None:
    for share in shares:
        if not isinstance(share, Share):
            raise InputError(f"{owner}: its function must return shares, got {share!r}")
    count = sum(share.coordinates for share in shares)
    if count != dim:
        raise InputError(f"{owner}: its shares have {count} coordinates, and dim is {dim}; they must add up to dim")
    for what in ("gap", "noise"):
        total = math.fsum(getattr(share, what) for share in shares)
        if abs(total - 1) > ROUNDING:
            raise InputError(f"{owner}: its shares of the {what} add up to {total:.12g}; they must add up to 1")
    if max(share.curvature for share in shares) != 1:
        raise InputError(f"{owner}: the largest curvature of its shares must be 1, that is L; divide all by it")


def _mixed(
    name: str, shares: Sequence[Share], dim: int, smoothness: float, gap: float, values: Mapping[str, float | str]
) -> SeparableProblem:
    gaps, noises = (math.fsum(getattr(share, what) for share in shares) for what in ("gap", "noise"))
    parts = []
    for share in shares:
        make, largest = share.profile, smoothness * share.curvature
        if share.gap:
            parts.append(make(share.coordinates, largest, gap * (share.gap / gaps), **share.arguments))
        else:
            scale = math.sqrt(gap / (dim * smoothness))
            parts.append(make.at_rest(share.coordinates, largest, scale, **share.arguments))
    for part in parts:
        if part.growth:
            raise InputError(f"problem {name!r}: {part.name!r} is not L-smooth, and all profiles of a mixture must be")

    def side_by_side(of: Callable[[SeparableProblem], Number]) -> Number:
        return joined([(part.dim, of(part)) for part in parts])

    noise = joined(
        [(part.dim, _noise(math.sqrt(share.noise / noises), part)) for part, share in zip(parts, shares, strict=True)]
    )
    phi, dphi, arguments = _formulas(parts)
    return SeparableProblem(
        name,
        phi,
        dphi,
        dim,
        smoothness,
        gap,
        minimum=math.fsum(part.minimum for part in parts),
        start=side_by_side(lambda part: part.start),
        scale=side_by_side(lambda part: part.scale),
        curvature=side_by_side(lambda part: part.curvature),
        profile_minimum=side_by_side(lambda part: part.profile_minimum),
        center=side_by_side(lambda part: part.center),
        relative=side_by_side(lambda part: _relative(part, smoothness)),
        noise=noise if isinstance(noise, Column) else None,
        formula_arguments=arguments,
        arguments=values,
        supplies=_supplies(parts),
    )


def _noise(share: float, part: SeparableProblem) -> Number:
    """σ_i/σ of a part that has this share of σ."""
    return mapped(lambda own: share * own, part.noise or 1 / math.sqrt(part.dim))


def _relative(part: SeparableProblem, smoothness: float) -> Number:
    """h_i over L of the whole."""
    ratio = part.smoothness / smoothness
    return Column(lambda i: ratio * i**-part.spectrum) if part.spectrum else ratio


def _supplies(parts: Sequence[SeparableProblem]) -> dict[str, float]:
    """The constants of the whole; a further one of a profile's is the whole's if all parts have the same."""
    supplies = {n: v for n, v in parts[0].supplies.items() if all(part.supplies.get(n) == v for part in parts)}
    supplies["curvature_l1"] = math.fsum(part.supplies["curvature_l1"] for part in parts)
    supplies["start_linf"] = max(part.supplies["start_linf"] for part in parts)
    if all("pl" in part.supplies for part in parts):
        supplies["pl"] = min(part.supplies["pl"] for part in parts)
    return supplies


def _formulas(parts: Sequence[SeparableProblem]) -> tuple[Formula, Formula, tuple[Number, ...]]:
    """φ, φ′ and their further arguments: those of one profile, or a choice among several and all of theirs."""
    kinds: dict[tuple[str, str], SeparableProblem] = {}
    for part in parts:
        kinds.setdefault((part.phi.digest, part.dphi.digest), part)
    order = list(kinds)
    kind_of = [order.index((part.phi.digest, part.dphi.digest)) for part in parts]
    taken: list[Number] = []
    for number, first in enumerate(kinds.values()):
        for j in range(len(first.formula_arguments)):  # of another kind's coordinates: any, for instance the first's
            mine = [p.formula_arguments[j] if k == number else None for p, k in zip(parts, kind_of, strict=True)]
            usual = next(value for value in mine if value is not None)
            filled = [usual if value is None else value for value in mine]
            taken.append(joined([(part.dim, value) for part, value in zip(parts, filled, strict=True)]))
    if len(kinds) == 1:
        return parts[0].phi, parts[0].dphi, tuple(taken)
    kind = joined([(part.dim, float(number)) for part, number in zip(parts, kind_of, strict=True)])
    phi, dphi = (_choice(formulas) for formulas in zip(*((p.phi, p.dphi) for p in kinds.values()), strict=True))
    return phi, dphi, (kind, *taken)


@cache
def _choice(formulas: tuple[Formula, ...]) -> Formula:
    """One object for the same formulas, so that it is compiled once."""
    return choice(formulas, "chosen")
