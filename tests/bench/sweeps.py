"""What a sweep costs beside its cells: a cell's overhead, ``status``, and how much two workers are worth."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np

from simulator import lab
from simulator.engines import run
from simulator.lab.asks import quantities
from simulator.lab.compute import compute
from simulator.lab.executors.place import Place
from simulator.lab.plan import Plan, plan_of
from simulator.lab.planfile import write_plan
from simulator.lab.status import status
from simulator.lab.store import Store
from simulator.lab.sweepfile import load_plan

from .page import Section, number, spread
from .results import Spread

TINY = 10_000  # cells
HUGE = {"problem": "rational", "optimizer": "adamw", "dim": 10**8, "steps": 100, "replicas": 1}  # 2.4 GB of state
PARTS, SAVED = 4, 5.0  # its workers; seconds between two savings, from which on a cell is worth cutting
MOST_OVERHEAD, MOST_STATUS, LEAST_SHARE = 5.0, 2.0, 0.85  # ms, s, and the share of two workers' time that is of use


def sweeps_section(rounds: int) -> Section:
    """Medians of *rounds* (least–most), but for the overhead, which is one sweep of many cells."""
    tiny = {"problem": "quadratic", "optimizer": "sgd", "dim": 2, "steps": 10}
    tiny |= {"replicas": 1, "seed": list(range(TINY))}
    plan = plan_of([tiny], [], "tiny cells")
    with tempfile.TemporaryDirectory(prefix="ratecheck-bench-") as folder:
        store = Store(Path(folder))
        overhead, sync = _overhead(plan, store), _sync(Path(folder))
        looks = Spread.of(np.array([_seconds(lambda: status(folder)) for _ in range(rounds)]))
    shares = Spread.of(np.array([_share() for _ in range(rounds)]))
    rows = [
        [f"ms a cell beyond its engine's time, {TINY} cells", number(overhead), f"at most {MOST_OVERHEAD:g}"],
        ["of these, ms until the disk has a file", number(sync), ""],
        [f"s for the status of {TINY} cells", spread(looks), f"at most {MOST_STATUS:g}"],
        [f"times faster with {PARTS} workers than with one, the large cell, the same bits", number(_huge()), ""],
        ["speed of two workers over twice one's, the shipped sweep", spread(shares), f"at least {LEAST_SHARE:g}"],
    ]
    text = (
        "One thread a worker; machine code is on disk. The shipped sweep is the quick one, which is minutes shorter. "
        f"The large cell has {HUGE['steps']} steps of AdamW at d = 10⁸ and is saved every {SAVED:g} s. With {PARTS} "
        "workers it is cut; more of them than cores don't make it faster, but each holds only its share."
    )
    return Section("Sweeps", text, ("what", "here", "promised"), rows)


def _overhead(plan: Plan, store: Store) -> float:
    """Milliseconds a cell of *plan*, by one process, less those that the engine takes for it."""
    store.prepare()
    write_plan(store.directory, plan)
    one = plan.cells[0]
    run(one.spec, threads=1, quantities=quantities(one.asks))
    seconds = _seconds(lambda: compute(plan.cells, store, place=replace(Place(), one_thread=True), quiet=True))
    engine = sum(float(store.load(due.key).provenance["seconds"]) for due in plan.cells[:: TINY // 100]) / 100
    return 1e3 * (seconds / len(plan.cells) - engine)


def _sync(folder: Path) -> float:
    """Milliseconds that a file of a cell's size takes to reach the disk."""
    from simulator.files import write_whole

    return 1e3 * float(np.median([_seconds(lambda: write_whole(folder / "sync", bytes(8192))) for _ in range(100)]))


def _huge() -> float:
    """How many times faster one large cell is with PARTS workers than with one; raises ValueError for other bits."""
    plan = plan_of([HUGE], [], "a large cell")
    (alone, whole), (together, cut) = (_computed(plan, jobs) for jobs in (1, PARTS))
    if any(whole[name].tobytes() != cut[name].tobytes() for name in whole):
        raise ValueError("a cell that was cut has other bits than one that was not")
    return alone / together


def _computed(plan: Plan, jobs: int) -> tuple[float, dict[str, np.ndarray]]:
    """The seconds that *jobs* workers take for the one cell of *plan*, and its arrays."""
    with tempfile.TemporaryDirectory(prefix="ratecheck-bench-") as folder:
        store, place = Store(Path(folder)), Place("pool", jobs=jobs, one_thread=True)
        store.prepare()
        seconds = _seconds(lambda: compute(plan.cells, store, place=place, quiet=True, interval=SAVED))
        return seconds, store.load(plan.cells[0].key).stats.arrays()


def _share() -> float:
    plan = load_plan(str(files(lab.__package__) / "rates.toml"), quick=True)
    one, two = (_sweep(plan, jobs) for jobs in (1, 2))
    return one / two / 2


def _sweep(plan: Plan, jobs: int) -> float:
    with tempfile.TemporaryDirectory(prefix="ratecheck-bench-") as folder:
        store = Store(Path(folder))
        store.prepare()
        return _seconds(lambda: compute(plan.cells, store, place=Place("pool", jobs=jobs, one_thread=True), quiet=True))


def _seconds(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin
