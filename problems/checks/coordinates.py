"""A problem's coordinates as scalar profiles: of each kind one, because many are alike."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..columns import Number, numbers, pieces, uniform
from ..problem import SeparableProblem
from .scalar import Scalar


def of(number: Number, coordinate: int) -> float:
    """The number of one coordinate, counted from 0."""
    return float(np.ravel(numbers(number, coordinate, coordinate + 1))[0])


def inner(problem: SeparableProblem, coordinate: int) -> float:
    """u = (x¹ − c)/s of one coordinate."""
    return (of(problem.start, coordinate) - of(problem.center, coordinate)) / of(problem.scale, coordinate)


def scalar_of(problem: SeparableProblem, coordinate: int) -> Scalar:
    """The profile of a coordinate as declared; an error in f* is an error in min φ, the same for all coordinates."""
    weight, least = 0.0, 0.0
    for _, weights, minima in _weighed(problem):
        weight += math.fsum(weights)
        least += math.fsum(weights * minima)
    arguments = tuple(of(argument, coordinate) for argument in problem.formula_arguments)
    return Scalar(
        problem.phi,
        problem.dphi,
        of(problem.curvature, coordinate),
        of(problem.profile_minimum, coordinate) + (problem.minimum - least) / weight,
        inner(problem, coordinate),
        arguments,
        problem.growth,
    )


def kinds(problem: SeparableProblem) -> list[int]:
    """The first coordinate of each kind: those of one profile with the same arguments and constants."""
    telling = (problem.curvature, problem.profile_minimum, *problem.formula_arguments)
    if uniform(*telling):
        return [0]
    first: dict[tuple[float, ...], int] = {}
    for low, high in pieces(problem.dim):
        table = np.stack([np.full(high - low, numbers(number, low, high)) for number in telling], axis=1)
        rows, places = np.unique(table, axis=0, return_index=True)
        for row, place in zip(rows.tolist(), places.tolist(), strict=True):
            first.setdefault(tuple(row), low + place)
    return sorted(first.values())


def start_values(problem: SeparableProblem) -> Iterator[tuple[NDArray, NDArray, NDArray]]:
    """(w_i, φ(u_i) − min φ, rounding of w_i φ(u_i) in units of 2⁻⁵²) at the start, some coordinates at a time."""
    for (low, high), weights, minima in _weighed(problem):
        start, center = (numbers(number, low, high) for number in (problem.start, problem.center))
        scale, arguments = numbers(problem.scale, low, high), problem.own_arguments(low, high)
        u = np.full(high - low, (start - center) * (1.0 / scale))
        value, slope = problem.phi(u, *arguments), problem.dphi(u, *arguments)
        reach = np.abs(u) + np.abs(center / scale)  # x¹ − c is rounded in units of both
        yield weights, value - minima, weights * (np.abs(value) + reach * np.abs(slope))


def _weighed(problem: SeparableProblem) -> Iterator[tuple[tuple[int, int], NDArray, NDArray]]:
    for low, high in pieces(problem.dim):
        minima = np.full(high - low, numbers(problem.profile_minimum, low, high))
        yield (low, high), problem.weights(low, high), minima
