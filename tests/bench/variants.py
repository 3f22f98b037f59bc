"""What else than AdamW on ``rational`` costs: precisions, optimizers, profiles, users' formulas, threads."""

from __future__ import annotations

import time
from pathlib import Path

from simulator.cells.spec import Spec
from simulator.cores import cores
from simulator.engines import run

from .page import Section, spread
from .results import Spread
from .workloads import WORKLOADS

OWN = Path(__file__).with_name("own_formulas.py")
CONSTANT = {"schedule": "constant", "optimizer_args": {"lr": 1e-3}}
HEADS = ("what differs", "ns per coordinate-step", "times AdamW on rational")


def specs() -> dict[str, tuple[Spec, int | None]]:
    """Name → spec and number of threads (None: all cores), the standard first; all of workload A's size."""
    size = WORKLOADS["A"]

    def spec(problem="rational", optimizer="adamw", **more) -> Spec:
        return Spec.of(problem, optimizer, size.dim, size.steps, size.replicas, **more)

    return {
        "AdamW on rational": (spec(), None),
        "one thread": (spec(), 1),
        "float32": (spec(dtype="float32"), None),
        "SGD": (spec(optimizer="sgd"), None),
        "NAdamW": (spec(optimizer="nadamw"), None),
        "PyTorch's AdamW": (spec(optimizer="adamw_torch", **CONSTANT), None),
        "own formula: AMSGrad": (spec(optimizer=f"{OWN}:amsgrad", **CONSTANT), None),
        "exp: welsch": (spec("welsch"), None),
        "sin: cosine": (spec("cosine"), None),
        "tanh: own formula": (spec(f"{OWN}:log_cosh"), None),
        "log: own formula": (spec(f"{OWN}:log_squared"), None),
    }


def variants_section(rounds: int) -> Section:
    """Interleaved runs; a ratio is to the standard of the same round."""
    chosen = specs()
    for spec, _ in chosen.values():
        run(spec)
    times = {name: [] for name in chosen}
    for _ in range(rounds):
        for name, (spec, threads) in chosen.items():
            begin = time.perf_counter()
            run(spec, threads=threads)
            times[name].append((time.perf_counter() - begin) / (spec.dim * spec.steps * spec.replicas) * 1e9)
    standard = next(iter(times.values()))
    rows = [
        [name, spread(Spread.of(values)), spread(Spread.of([v / s for v, s in zip(values, standard, strict=True)]))]
        for name, values in times.items()
    ]
    text = f"Workload A on {cores()} cores, float64, Gaussian noise, but for what the first column says."
    return Section("Formulas, precisions and threads", text, HEADS, rows)
