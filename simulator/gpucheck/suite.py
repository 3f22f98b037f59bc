"""The card against the CPU engine: bits of x and state for every profile, optimizer and law, in both precisions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from problems import NOISES, PROBLEMS

from ..bench.page import Section
from ..cores import cores
from ..engines import cpu, gpu
from ..engines.cuda_source import kernel_source
from ..engines.device import Device
from ..optimizers import OPTIMIZERS
from ..spec import Cell, Spec
from ..stats import Stats
from .findings import Findings
from .sizes import Sizes

HYPER = {"lr": 0.02, "beta1": 0.9, "beta2": 0.97, "eps": 1e-3, "weight_decay": 0.1}
DTYPES = ("float64", "float32")
# Sums of float64 terms differ by their order alone. A float32 sum of terms ≥ 0 errs by the depth of its tree times
# 2⁻²⁴: on the CPU 4 vectors of 16 lanes and 4 levels, on the GPU 4 coordinates of a thread and 5 levels.
SUMS = {"float64": 1e-12, "float32": (4 + 16 + 4 + 5) * 2.0**-24}


@dataclass(frozen=True)
class Difference:
    """How a card's run differs: *step* after which x or the state first does (None: never), and the worst sum."""

    step: int | None
    sums: float

    def wrong(self, dtype: str) -> str | None:
        if self.step is not None:
            return f"x or the state differs after step {self.step}"
        return None if self.sums <= SUMS[dtype] else f"sums differ by {self.sums:.1e}, expected ≤ {SUMS[dtype]:.1e}"


def cells(sizes: Sizes) -> Iterator[tuple[str, Cell]]:
    """Every combination at a small size that fills no block, and some optimizers at one of many blocks."""
    combinations = list(itertools.product(PROBLEMS, OPTIMIZERS, NOISES, DTYPES))
    for problem, optimizer, noise, dtype in combinations[:: sizes.stride]:
        yield f"{optimizer} on {problem}, {noise}, {dtype}", cell(problem, optimizer, noise, dtype, 37, 37, 2)
    for optimizer, dtype in itertools.product(("sgd", "adamw", "adamw_torch"), DTYPES):
        wide = cell("rational", optimizer, "gaussian", dtype, *sizes.wide)
        yield f"{optimizer} on rational, gaussian, {dtype}, d = {sizes.wide[0]}", wide


def cell(problem: str, optimizer: str, noise: str, dtype: str, dim: int, steps: int, replicas: int) -> Cell:
    given = {name: HYPER[name] for name in OPTIMIZERS[optimizer].settings}
    more = {"schedule": "constant", "optimizer_args": given, "dtype": dtype, "seed": 11}
    return Spec.of(problem, optimizer, dim, steps, replicas, noise=noise, **more).resolve()


def final_state(simulate: Callable[..., Stats], cell: Cell, **options: object) -> tuple[Stats, NDArray]:
    """Stats, and x and state of all replicas at the end."""
    states: list[NDArray] = []
    stats = simulate(cell, observe=states.append, **options)
    return stats, np.concatenate(states)


def compare(cell: Cell, device: Device) -> Difference:
    """Run *cell*, whose schedule is constant, on both engines."""

    def after(steps: int) -> tuple[Stats, Stats, bool]:
        # With constant hyper-parameters, a shorter run is the beginning of a longer one.
        shorter = Spec.from_dict({**cell.spec.to_dict(), "steps": steps}).resolve()
        ours, state = final_state(gpu.simulate, shorter, device=device)
        expected, wanted = final_state(cpu.simulate, shorter)
        return ours, expected, np.array_equal(state, wanted, equal_nan=True)

    ours, expected, same = after(cell.spec.steps)
    if same:
        return Difference(None, _worst(ours, expected))
    good, bad = 0, cell.spec.steps
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if after(middle)[2] else (good, middle)
    return Difference(bad, _worst(ours, expected))


def _worst(ours: Stats, expected: Stats) -> float:
    """The largest difference of any statistic, relative to the largest size of that statistic."""
    worst = 0.0
    for name, values in ours.arrays().items():
        wanted = expected.arrays()[name]
        if not np.array_equal(values, wanted):
            worst = max(worst, float(np.max(np.abs(values - wanted)) / np.max(np.abs(wanted))))
    return worst


def bits(device: Device, sizes: Sizes, say: Callable[[str], None]) -> Findings:
    """Compare all cells."""
    chosen = dict(cells(sizes))
    say(f"compiling {len(chosen)} combinations")
    with ThreadPoolExecutor(cores()) as pool:  # cubins, on disk from then on

        def compiled(cell: Cell) -> None:
            shape = gpu.Shape.of(cell.spec.dim)
            device.load(kernel_source(cell, shape.threads, shape.coordinates))

        list(pool.map(compiled, chosen.values()))
    found = {}
    for i, (name, cell) in enumerate(chosen.items()):
        say(f"bits: {i + 1} of {len(chosen)}")
        found[name] = compare(cell, device)
    wrong = {name: d.wrong(chosen[name].spec.dtype) for name, d in found.items()}
    wrong = {name: text for name, text in wrong.items() if text}
    rows, worst = [], {}
    for dtype in DTYPES:
        mine = [d for name, d in found.items() if chosen[name].spec.dtype == dtype]
        same, worst[dtype] = sum(d.step is None for d in mine), max(d.sums for d in mine)
        rows.append([dtype, str(len(mine)), str(same), f"{worst[dtype]:.1e}", f"{SUMS[dtype]:.1e}"])
    text = (
        "x and the optimizer's state after the last step, beside the CPU engine's, for every profile, optimizer and "
        "law; and the norms, whose sums are added in another order."
    )
    heads = ("precision", "combinations", "the same bits", "sums differ by at most", "allowed")
    data = {
        "combinations": len(found),
        "differing": {name: d.step for name, d in found.items() if d.step is not None},
        "worst_sum": worst,
    }
    return Findings(
        "bits", Section("The same bits", text, heads, rows), data, tuple(f"{n}: {t}" for n, t in wrong.items())
    )
