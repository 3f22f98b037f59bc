"""The card against the CPU engine: bits of x and state for every profile, optimizer and law, in both precisions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from problems import NOISES, PROBLEMS
from simulator.cells.cell import Cell
from simulator.cells.spec import Spec
from simulator.cells.stats import Stats
from simulator.cores import cores
from simulator.engines.cpu import engine as cpu
from simulator.engines.gpu import engine as gpu
from simulator.engines.gpu.batch import load
from simulator.engines.gpu.device import Device
from simulator.engines.gpu.sizes import Room, Shape
from simulator.engines.measures import Measures
from simulator.engines.parts import Part
from simulator.engines.resolve import resolve
from simulator.optimizers import OPTIMIZERS
from tests.bench.page import Section

from .findings import Findings
from .same import SUMS, final_state, same_bits
from .sizes import Sizes

HYPER = {"lr": 0.02, "beta1": 0.9, "beta2": 0.97, "eps": 1e-3, "weight_decay": 0.1}
HYPER |= {"threshold": 0.03, "memory": 1.0}
DTYPES = ("float64", "float32")
QUANTITIES = ("max_f_gap", "min_grad_linf", "last_max_abs_x", "mean_grad_l1_squared")  # of every kind of fold


@dataclass(frozen=True)
class Difference:
    """How a card's run differs: *step* after which x or the state first does (None: never), and the worst sum.

    On ``ramp``, which depends on the horizon, the step is that of the shortest run that differs.
    """

    step: int | None
    sums: float

    def wrong(self, dtype: str) -> str | None:
        if self.step is not None:
            return f"x or the state differs after step {self.step}"
        return None if self.sums <= SUMS[dtype] else f"sums differ by {self.sums:.1e}, expected ≤ {SUMS[dtype]:.1e}"


@dataclass(frozen=True, eq=False)
class Trial:
    """A cell, how the GPU engine is to cut it (by default as it does itself), and what both measure besides."""

    name: str
    cell: Cell
    options: Mapping[str, object] = field(default_factory=dict)
    quantities: tuple[str, ...] = ()


def trials(sizes: Sizes) -> Iterator[Trial]:
    """Every combination at a size that fills no block, and some at sizes and cuts that reach all of the kernel."""
    combinations = list(itertools.product(PROBLEMS, OPTIMIZERS, NOISES, DTYPES))
    for problem, optimizer, noise, dtype in combinations[:: sizes.stride]:
        yield Trial(f"{optimizer} on {problem}, {noise}, {dtype}", cell(problem, optimizer, noise, dtype, 37, 37, 2))
    for dtype in DTYPES:
        differing = cell("rational", "adamw", "skew", dtype, sizes.wide[0], 40, 2, **DIFFERING)
        yield Trial(f"coordinates that differ, {dtype}", differing)
    for optimizer, dtype in itertools.product(("sgd", "adamw", "adamw_torch"), DTYPES):
        for dim in sizes.wide:
            name = f"{optimizer} on rational, {dtype}, d = {dim}"
            yield Trial(name, cell("rational", optimizer, "gaussian", dtype, dim, 40, 1))
        several = cell("rational", optimizer, "student", dtype, sizes.wide[0], 40, 3)
        yield Trial(f"{name}, groups of several blocks", several, {"shape": Shape(128, 4, 2048), "chunk": 16})
        least = Room.of(several, measures(several), Part.whole(several.spec), Shape.of(several.spec.dim), 0).least
        yield Trial(f"{name}, one replica after the other", several, {"memory": least})
        if optimizer == "adamw":
            yield Trial(f"{name}, more quantities", several, quantities=QUANTITIES)


DIFFERING = {
    "problem_args": {
        "center": 0.5,
        "centers": "spread",
        "starts": "alternating",
        "noise_spectrum": 0.5,
        "spectrum": 0.5,
    },
    "noise_args": {"affine": 0.25},
}


def cell(
    problem: str, optimizer: str, noise: str, dtype: str, dim: int, steps: int, replicas: int, **differing: object
) -> Cell:
    given = {name: HYPER[name] for name in OPTIMIZERS[optimizer].settings}
    more = {"schedule": "constant", "optimizer_args": given, "dtype": dtype, "seed": 11}
    if noise == "pareto" and "sigma" in PROBLEMS[problem].requires:  # so the variance must be finite
        more["noise_args"] = {"nu": 3.0}
    return resolve(Spec.of(problem, optimizer, dim, steps, replicas, noise=noise, **{**more, **differing}))


def measures(cell: Cell, quantities: tuple[str, ...] = ()) -> Measures:
    return Measures.of(quantities, cell.optimizer)


def compare(cell: Cell, device: Device, quantities: tuple[str, ...] = (), **options: object) -> Difference:
    """Run *cell*, whose schedule is constant, on both engines, on the GPU's with *options*."""

    def after(steps: int) -> tuple[Stats, Stats, bool]:
        # With constant hyper-parameters, a shorter run is the beginning of a longer one.
        shorter = resolve(Spec.from_dict({**cell.spec.to_dict(), "steps": steps}))
        ours, state = final_state(gpu.simulate, shorter, quantities=quantities, device=device, **options)
        expected, wanted = final_state(cpu.simulate, shorter, quantities=quantities)
        return ours, expected, same_bits(state, wanted)

    ours, expected, same = after(cell.spec.steps)
    if same:
        return Difference(None, _worst(ours, expected))
    good, bad = 0, cell.spec.steps
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if after(middle)[2] else (good, middle)
    return Difference(bad, _worst(ours, expected))


def _worst(ours: Stats, expected: Stats) -> float:
    """The largest difference of any statistic, relative to the largest finite size of that statistic."""
    worst = 0.0
    for name, values in ours.arrays().items():
        wanted = expected.arrays()[name]
        finite = np.isfinite(wanted)
        if not np.array_equal(np.where(finite, 0.0, values), np.where(finite, 0.0, wanted)):
            return np.inf
        if finite.any() and (size := np.max(np.abs(wanted[finite]))) > 0:
            worst = max(worst, float(np.max(np.abs(values[finite] - wanted[finite])) / size))
    return worst


def bits(device: Device, sizes: Sizes, say: Callable[[str], None]) -> Findings:
    """Compare all cells."""
    chosen = list(trials(sizes))
    say(f"compiling {len(chosen)} combinations")
    with ThreadPoolExecutor(cores()) as pool:  # cubins, on disk from then on

        def compiled(trial: Trial) -> None:
            shape = trial.options.get("shape", Shape.of(trial.cell.spec.dim))
            load(trial.cell, measures(trial.cell, trial.quantities), device, shape)

        list(pool.map(compiled, chosen))
    found: dict[Trial, Difference] = {}
    for i, trial in enumerate(chosen):
        say(f"bits: {i + 1} of {len(chosen)}")
        found[trial] = compare(trial.cell, device, trial.quantities, **trial.options)
    wrong = [(trial.name, d.wrong(trial.cell.spec.dtype)) for trial, d in found.items()]
    rows, worst = [], {}
    for dtype in DTYPES:
        mine = [d for trial, d in found.items() if trial.cell.spec.dtype == dtype]
        same, worst[dtype] = sum(d.step is None for d in mine), max(d.sums for d in mine)
        rows.append([dtype, str(len(mine)), str(same), f"{worst[dtype]:.1e}", f"{SUMS[dtype]:.1e}"])
    text = (
        "x and the optimizer's state after the last step, beside the CPU engine's, for every profile, optimizer and "
        "law; and the norms, whose sums are added in another order."
    )
    heads = ("precision", "trials", "the same bits", "sums differ by at most", "allowed")
    data = {
        "trials": len(found),
        "differing": {trial.name: d.step for trial, d in found.items() if d.step is not None},
        "worst_sum": worst,
    }
    section = Section("The same bits", text, heads, rows)
    return Findings("bits", section, data, tuple(f"{name}: {what}" for name, what in wrong if what))
