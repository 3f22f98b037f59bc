"""Coordinate-steps a second, beside what the card can do of their parts."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from simulator.cells.cell import Cell
from simulator.cells.spec import Spec
from simulator.engines.gpu import engine as gpu
from simulator.engines.gpu.batch import set_constants
from simulator.engines.gpu.device import Device
from simulator.engines.gpu.sizes import MOST_THREADS
from simulator.engines.gpu.source import kernel_source
from simulator.engines.measures import Measures
from simulator.engines.resolve import resolve
from simulator.engines.rng import TILE
from simulator.lab.cost import work
from tests.bench.page import Section

from .findings import Findings
from .sizes import Sizes

TARGETS = {"float64": 1.0e11, "float32": 2.0e11}  # coordinate-steps a second of TARGET_CARD
TARGET_CARD = "H200"
CHAINS = 8  # as in limits.cu
FMA_ROUNDS = 512  # of CHAINS operations, for each tile of the other limits
WHAT = {  # what is timed at the first size: AdamW and what differs from it
    "AdamW": {},
    "AdamW, --fast": {"fast": True},
    "SGD": {"optimizer": "sgd"},
    "NAdamW": {"optimizer": "nadamw"},
    "AdamW on welsch": {"problem": "welsch"},
}


def speed(device: Device, sizes: Sizes, say: Callable[[str], None]) -> Findings:
    """Interleaved rounds of all runs; medians."""
    runs = dict(_runs(sizes))
    seconds: dict[tuple[str, str, str], list[float]] = {key: [] for key in runs}
    for index in range(sizes.rounds + 1):  # the first one loads and warms up
        for key, (cell, fast) in runs.items():
            say(f"speed: round {index} of {sizes.rounds}, {key[0]}, {key[1]}, {key[2]}")
            begin = time.perf_counter()
            gpu.simulate(cell, device=device, fast=fast)
            if index:
                seconds[key].append(time.perf_counter() - begin)
    rates = {key: work(runs[key][0].spec) / np.array(values) for key, values in seconds.items()}
    limits = {dtype: limit(device, dtype, sizes) for dtype in TARGETS}
    rows, wrong = [], []
    for (size, what, dtype), values in rates.items():
        share = float(np.median(values)) / limits[dtype]["parts"] if what == "AdamW" else None
        rows.append(
            [size, what, dtype, _rate(np.median(values)), f"{_rate(values.min())}–{_rate(values.max())}"]
            + [f"{share:.0%}" if share else ""]
        )
    first = next(iter(sizes.speed))
    for dtype, target in TARGETS.items():
        best = float(np.median(rates[first, "AdamW", dtype]))
        if best < target and TARGET_CARD in device.name:
            wrong.append(f"{dtype}: {_rate(best)}·10⁹ coordinate-steps a second, the target is {_rate(target)}·10⁹")
    text = (
        f"Whole runs, from the start point to all diagnostics; median and range of {sizes.rounds} rounds, billions of "
        "coordinate-steps a second. The limit is what this card does of the noise and of the steps when each has "
        "the card to itself, in registers and without norms over coordinates: "
        + "; ".join(
            f"{dtype}: noise {_rate(most['noise'])}, steps {_rate(most['steps'])}, one after the other "
            f"{_rate(most['parts'])}, fused multiply-adds {_rate(most['multiply_adds'])} billion a second"
            for dtype, most in limits.items()
        )
        + "."
    )
    heads = ("size", "what", "precision", "10⁹/s", "range", "of the limit")
    data = {
        "coordinate_steps_per_second": {" | ".join(key): float(np.median(v)) for key, v in rates.items()},
        "limits_per_second": limits,
    }
    return Findings("speed", Section("Speed", text, heads, rows), data, tuple(wrong))


def _runs(sizes: Sizes):
    first, *others = sizes.speed
    for dtype in TARGETS:
        for what, differs in WHAT.items():
            yield (first, what, dtype), _cell(sizes.speed[first], dtype, **differs)
        for size in others:
            yield (size, "AdamW", dtype), _cell(sizes.speed[size], dtype)


def _cell(size, dtype: str, problem="rational", optimizer="adamw", fast=False) -> tuple[Cell, bool]:
    return resolve(Spec.of(problem, optimizer, *size, dtype=dtype)), fast


def _rate(per_second: float) -> str:
    return f"{per_second / 1e9:.3g}"


@cache
def _limits_text() -> str:
    return Path(__file__).with_name("limits.cu").read_text(encoding="utf-8")


def limit(device: Device, dtype: str, sizes: Sizes) -> dict[str, float]:
    """Operations a second of the parts of AdamW's coordinate-step on ``rational``, and of fused multiply-adds."""
    cell = resolve(Spec.of("rational", "adamw", 1 << 20, 1000, 1, dtype=dtype))
    threads, real = MOST_THREADS, np.dtype(dtype)
    module = device.load(kernel_source(cell, Measures.of((), cell.optimizer), threads, 1) + _limits_text())
    set_constants(module, cell)
    places = sizes.limit_blocks * threads
    out, noise = device.zeros((places,), real), device.zeros((places,), np.float32)
    tiles, slope = np.int64(sizes.limit_tiles), real.type(cell.problem.slopes(0, 1)[0])

    def per_second(amount: int, kernel: str, *arguments: object) -> float:
        best = np.inf
        for _ in range(4):
            device.synchronize()
            begin = time.perf_counter()
            module.launch(kernel, sizes.limit_blocks, threads, 0, *arguments)
            device.synchronize()
            best = min(best, time.perf_counter() - begin)
        return amount / best

    steps = places * sizes.limit_tiles * TILE
    rounds = sizes.limit_tiles * FMA_ROUNDS
    found = {
        "noise": per_second(steps, "limit_noise", noise, tiles),
        "steps": per_second(steps, "limit_step", out, slope, real.type(1.0), tiles),
        "multiply_adds": per_second(
            places * rounds * CHAINS, "limit_multiply_add", out, real.type(0.999), np.int64(rounds)
        ),
    }
    return {**found, "parts": 1 / (1 / found["noise"] + 1 / found["steps"])}
