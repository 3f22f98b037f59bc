"""The reference engine: plain NumPy, step by step, never optimised. The others are compared with it.

Nothing compiled is imported here. Formulas are evaluated as they are written, the noise law's too, on float32 arrays;
so noise agrees with compiled noise to a few roundings of float32. Who wants the very same gives it as *noise*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.columns import Column, Number, numbers

from ..cells.cell import Cell
from ..cells.stats import Stats
from . import loop, totals
from .hyper import hyper_rows
from .measures import Measures
from .parts import JOIN, Part, group_count, group_size, join, nodes
from .protocol import DIAGNOSTICS, State, Sums
from .rng import PAIR, TILE, words

SIZE_BITS, SIGN_SHIFT = np.uint32(0x7FFFFFFF), np.uint32(31)
MEASURED = ("weight φ", "|gradient|", "|x|")  # of which the diagnostics are folds
Source = Callable[[Cell, range, int, int], NDArray[np.float32]]


def noise_tile(cell: Cell, coordinates: range, first_step: int, replica: int) -> NDArray[np.float32]:
    """Standardised noise of TILE steps from *first_step*, a multiple of TILE: float32, (TILE, coordinates)."""

    def sign_and_size(stream: int) -> tuple[NDArray, NDArray]:
        word = words(cell.spec.seed, coordinates, first_step, replica, stream)
        sign = np.where(word >> SIGN_SHIFT, np.float32(-1), np.float32(1))
        return sign, ((word & SIZE_BITS).astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-31)

    law, arguments = cell.noise.formula, cell.noise.formula_arguments
    sign, size = sign_and_size(0)
    if cell.noise.draws == "single":
        return law(sign, size, *arguments)
    if cell.noise.draws == "double":
        return law(sign, size, *sign_and_size(1), *arguments)
    return np.concatenate(law(sign[:PAIR], size[:PAIR], sign[PAIR:], size[PAIR:], *arguments))


class Engine:
    """*noise* replaces the source of noise: a function as ``noise_tile``."""

    def __init__(self, noise: Source = noise_tile):
        self.noise = noise

    def most_replicas(self, cell: Cell, measures: Measures) -> int:
        return cell.spec.replicas

    def begin(self, cell: Cell, part: Part, measures: Measures, step: int = 0, values: NDArray | None = None) -> State:
        if values is None:
            count = len(part.coordinates(cell.spec.dim))
            values = np.zeros((len(part.replicas), 1 + len(cell.optimizer.state), count), dtype=cell.spec.dtype)
            coordinates = part.coordinates(cell.spec.dim)
            values[:, 0] = numbers(cell.problem.start, coordinates.start, coordinates.stop)
        return State(cell, part, measures, step, np.array(values))

    def values(self, state: State) -> NDArray:
        return np.array(state.values)

    def longest(self, state: State) -> int:
        return 256

    def advance(self, state: State, stop: int, marks: NDArray[np.int64]) -> Sums:
        first, part, kept = state.step, state.part, state.measures.sums
        size, count = group_size(state.cell.spec.dim), group_count(state.cell.spec.dim)
        shape = len(part.replicas), len(part.groups)
        steps = np.empty((*shape, len(kept), stop - first))
        diagnostics = np.empty((*shape, len(DIAGNOSTICS), marks.size))

        def in_groups(values: NDArray, fold: str) -> NDArray:
            """One number for each group."""
            every = np.broadcast_to(values, given["x"].shape).astype(np.float64)
            return JOIN[fold].reduceat(every, np.arange(len(part.groups)) * size)

        for row, replica in enumerate(part.replicas):
            for k, given in enumerate(self.steps(state.cell, part, replica, first, stop, state.values[row])):
                with np.errstate(all="ignore"):
                    for slot, one in enumerate(kept):
                        term = one.term(*(np.float64(given[name]) for name in one.term.parameters))
                        steps[row, :, slot, k] = in_groups(term, one.fold)
                    for mark in np.flatnonzero(marks == first + k):
                        for j, (name, fold) in enumerate(zip(MEASURED, DIAGNOSTICS, strict=True)):
                            diagnostics[row, :, j, mark] = in_groups(given[name], fold)
        for array, folds in ((steps, [one.fold for one in kept]), (diagnostics, DIAGNOSTICS)):
            for slot, fold in enumerate(folds):
                join(array[:, :, slot], part.groups, count, fold)
        rows = [node.start - part.groups.start for node in nodes(part.groups, count)]
        state.step = stop
        return Sums(first, steps[:, rows], marks, diagnostics[:, rows].swapaxes(2, 3))

    fold = staticmethod(totals.fold)

    def steps(
        self, cell: Cell, part: Part, replica: int, first: int, stop: int, values: NDArray
    ) -> Iterator[dict[str, NDArray]]:
        """Before each step, what the terms of readings and diagnostics may use, and the stochastic gradient: arrays
        of the part's coordinates, hyper-parameters as numbers. *values*, (1 + state, coordinates), follow the run."""
        spec, problem, coordinates = cell.spec, cell.problem, part.coordinates(cell.spec.dim)
        real = np.dtype(spec.dtype).type
        low, high = coordinates.start, coordinates.stop

        def rounded(number: Number) -> Any:
            return real(numbers(number, low, high))

        slopes, arguments = problem.slopes(low, high).astype(real), [rounded(a) for a in problem.formula_arguments]
        center, inverse = rounded(problem.center), real(1.0 / numbers(problem.scale, low, high))
        scale, least, affine = rounded(problem.scale), rounded(problem.profile_minimum), real(cell.noise.affine)
        shares = problem.noise
        sigma = real(spec.sigma / np.sqrt(spec.dim) if shares is None else spec.sigma * shares.values(low, high))
        noise = None
        for step in range(first, stop):
            if noise is None or step % TILE == 0:
                noise = self.noise(cell, coordinates, step - step % TILE, replica).astype(real)
            hyper = dict(zip(cell.optimizer.hyper, map(real, hyper_rows(cell, step, 1)[0]), strict=True))
            x, *state = (row.copy() for row in values)
            with np.errstate(all="ignore"):
                u = (x - center) * inverse
                gradient, height = slopes * problem.dphi(u, *arguments), problem.phi(u, *arguments)
                spread = np.sqrt(sigma * sigma + affine * gradient * gradient) if affine else sigma
                stochastic = gradient + spread * noise[step % TILE]
                gap = slopes * scale * (height - least)
                weighted = slopes * scale * height if isinstance(problem.scale, Column) else slopes * height
                measured = dict(zip(MEASURED, (weighted, np.abs(gradient), np.abs(x)), strict=True))
            yield {**hyper, **measured, "x": x, "gradient": gradient, "stochastic": stochastic, "gap": gap}
            with np.errstate(all="ignore"):
                values[:] = cell.optimizer.update(x, stochastic, *state, *hyper.values())


def trajectory(cell: Cell, replica: int, noise: Source = noise_tile) -> Iterator[tuple[NDArray, NDArray, NDArray]]:
    """Yield (x^k, ∇f(x^k), g^k) for k = 1 … K: the point, the true and the stochastic gradient, shape (dim,)."""
    engine, whole = Engine(noise), Part.whole(cell.spec)
    values = engine.begin(cell, whole, Measures.of((), cell.optimizer)).values[0]
    for given in engine.steps(cell, whole, replica, 0, cell.spec.steps, values):
        yield given["x"], given["gradient"], given["stochastic"]


def simulate(
    cell: Cell, threads: int | None = None, progress=None, *, quantities=(), noise: Source = noise_tile, observe=None
) -> Stats:
    """Run every replica of *cell*; *threads* is ignored. See ``loop.simulate``."""
    return loop.simulate(Engine(noise), cell, quantities, progress, observe)
