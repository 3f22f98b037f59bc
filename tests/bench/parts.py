"""Where a coordinate-step's time goes: the engine's parts, each timed alone on one core."""

from __future__ import annotations

import time
from collections.abc import Callable

import numba
import numpy as np

from problems.formulas.elementary import FLAGS
from simulator.cells.cell import Cell
from simulator.cells.spec import Spec
from simulator.engines.cpu import engine as cpu
from simulator.engines.cpu import noise_tile
from simulator.engines.cpu.steps import SCRATCH, UNIT, Block, Found, Span, compile_steps
from simulator.engines.numbers import SIGMA, Layout, shared_numbers
from simulator.engines.resolve import resolve
from simulator.engines.rng import TILE
from simulator.optimizers import OPTIMIZERS, Optimizer, optimizer

from .limits import clock, limits
from .page import Section, number, spread
from .results import Spread

CALLS = 500  # of a tile each, between two looks at the clock
SPEC = Spec.of("rational", "adamw", UNIT, 20_000, 8)


@optimizer()
def descent(x, g):
    """The least an update can be."""
    return x - 1e-3 * g


def parts_sections(rounds: int) -> list[Section]:
    """Each part's time, and the distance to the limit, in both precisions; medians of *rounds* (least–most)."""
    columns = {dtype: _column(dtype, rounds) for dtype in ("float64", "float32")}
    return [_times(columns), _distances(columns)]


def _times(columns: dict[str, dict[str, np.ndarray]]) -> Section:
    rows = [[name, *(spread(Spread.of(column[name])) for column in columns.values())] for name in columns["float64"]]
    text = (
        f"ns per coordinate-step on one core, d = {UNIT}. Bits and normals are timed alone; “norms” is a step with the "
        "gradient u and the update x − ηg, loads and stores included; update and gradient are what AdamW's and then "
        "`rational`'s formula add to it. “Rest” is what a whole run takes beyond: calls, blocks in and out, sums "
        "over time."
    )
    return Section("Parts of a coordinate-step", text, ("part", *columns), rows)


def _distances(columns: dict[str, dict[str, np.ndarray]]) -> Section:
    ghz, rows = clock(), {}
    for dtype, column in columns.items():
        step = column["norms"] + column["update"] + column["gradient"]
        for name, least in limits(dtype).items():
            cycles = float(np.median(step if name == "step" else column[name])) * ghz
            rows.setdefault(name, [name]).extend([number(cycles), number(least), number(cycles / least)])
    heads = ["part", *(f"{dtype}, {what}" for dtype in columns for what in ("cycles", "at least", "ratio"))]
    text = (
        f"Cycles per coordinate-step on one core at {ghz:.2f} GHz (measured), beside the least that AVX2 needs for the "
        "parts one after the other (docs/performance.md has the counts). “Step” is norms, update and gradient."
    )
    return Section("Distance to the limit", text, heads, list(rows.values()))


def _column(dtype: str, rounds: int) -> dict[str, np.ndarray]:
    """One number a round and part."""
    runs = _runs(np.dtype(dtype))
    seconds = {name: [] for name in runs}
    for _ in range(rounds):
        for name, (run, work) in runs.items():
            begin = time.process_time()
            run()
            seconds[name].append((time.process_time() - begin) / work * 1e9)
    t = {name: np.array(values) for name, values in seconds.items()}
    parts = {
        "bits": t["bits"],
        "normals": t["normals"],
        "norms": t["norms"],
        "update": t["updated"] - t["norms"],
        "gradient": t["steps"] - t["updated"],
    }
    return {**parts, "rest": t["whole"] - sum(parts.values()), "whole": t["whole"]}


def _runs(dtype: np.dtype) -> dict[str, tuple[Callable[[], object], int]]:
    """Name → something to time, warm, and its coordinate-steps."""
    spec = Spec.of(SPEC.problem, SPEC.optimizer, SPEC.dim, SPEC.steps, SPEC.replicas, dtype=dtype.name)
    cell = resolve(spec)
    square = resolve(Spec.of("quadratic", "adamw", UNIT, 1000, 1))
    tiles = CALLS * TILE * UNIT
    runs = {
        "bits": (_bits(), tiles),
        "normals": (_normals(cell), tiles),
        "norms": (_steps(square, descent, dtype), tiles),
        "updated": (_steps(square, OPTIMIZERS["adamw"], dtype), tiles),
        "steps": (_steps(cell, OPTIMIZERS["adamw"], dtype), tiles),
        "whole": (lambda: cpu.simulate(cell, threads=1), spec.dim * spec.steps * spec.replicas),
    }
    for run, _ in runs.values():
        run()
    return runs


def _bits() -> Callable[[], object]:
    make_words = noise_tile.words_loop(UNIT)

    @numba.njit(**FLAGS)
    def bits(out):
        one = np.uint64(1)
        for call in range(CALLS):
            make_words(out, one, np.uint64(TILE * call), one, one, one, one)

    out = np.empty(TILE * UNIT, np.uint32)
    return lambda: bits(out)


def _normals(cell: Cell) -> Callable[[], object]:
    make_noise = noise_tile.law_loop(cell.noise.formula, cell.noise.draws, UNIT)

    @numba.njit(**FLAGS)
    def normals(z, words, constants):
        for _ in range(CALLS):
            make_noise(z, words, words, constants)

    words = np.random.default_rng(1).integers(0, 2**32, TILE * UNIT, dtype=np.uint32)
    z, constants = np.empty(words.size, np.float32), cell.noise.formula_argument_array
    return lambda: normals(z, words, constants)


def _steps(cell: Cell, update: Optimizer, dtype: np.dtype) -> Callable[[], object]:
    problem = cell.problem
    steps = compile_steps(problem.phi, problem.dphi, update, dtype, UNIT, Layout.of(cell))

    @numba.njit(**FLAGS)
    def loop(block, z, found):
        for _ in range(CALLS):
            steps(block, z, Span(TILE, 0, 0, UNIT, 0, 0), found)

    rows = 2 + len(update.state) + SCRATCH
    w = np.full(rows * UNIT, 0.1, dtype)
    w[:UNIT] = problem.start
    z = np.random.default_rng(1).standard_normal(TILE * UNIT).astype(np.float32)
    table = np.array([[cell.hyper[name] for name in update.hyper]], dtype).reshape(1, -1)
    shared = shared_numbers(cell).astype(dtype)
    shared[SIGMA] = 0.1
    block = Block(w, shared, table)
    found = Found(np.zeros((2, TILE)), np.empty(0, np.int64), np.empty((0, 3)))
    return lambda: loop(block, z, found)
