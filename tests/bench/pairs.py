"""Two commits beside each other: runs in pairs, whose order alternates, and what the ratios of the pairs say.

A machine that others use changes its pace by more than what is looked for; but it does so for both runs of a pair.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.stats

from .processes import ROOT, Process
from .results import Spread
from .workloads import Workload

SIDE = Path(__file__).with_name("side.py")
LEAST_PAIRS = 15
SAMPLE = 1.0  # seconds that the runs behind a number take, about: short ones are repeated, and the fastest counts
MOST_TIMES = 20
CONFIDENCE = 0.95


class Side(Process):
    """The engine of one folder; its machine code is kept in *cache*, where no other side's is."""

    def __init__(self, name: str, root: Path, cache: Path):
        # -P: the folder of SIDE has modules of its own. -S: a package that is installed in place is found by a hook,
        # which would look up in the working tree what an older commit lacks.
        others = [folder for folder in sys.path if Path(folder).resolve() not in (ROOT, ROOT / "simulator")]
        path = os.pathsep.join([str(root), *others])
        super().__init__(name, ["-S", "-P", str(SIDE)], {"PYTHONPATH": path, "RATECHECK_CACHE": str(cache)})

    def seconds(self, workload: Workload, seed: int, times: int) -> tuple[float, float]:
        """Seconds of a run, and its ‖∇f‖₁."""
        size = {"dim": workload.dim, "steps": workload.steps, "replicas": workload.replicas}
        answer = self.ask({**size, "seed": seed, "times": times})
        return answer["seconds"], answer["norm"]


@dataclass(frozen=True)
class Pairs:
    """A workload's seconds on both sides, pair by pair; *same* says whether both computed the same norms."""

    workload: Workload
    old: tuple[float, ...]
    new: tuple[float, ...]
    same: bool

    @property
    def ratio(self) -> Spread:
        """Median of new/old over the pairs, with its interval."""
        return median(np.array(self.new) / np.array(self.old))


def measure(workload: Workload, old: Side, new: Side, pairs: int, say: Callable[[str], None]) -> Pairs:
    """Compile both, then run them in turn."""
    say(f"{workload.name}: compiling")
    for side in (old, new):
        side.seconds(workload, 0, 1)
    longest = max(side.seconds(workload, 0, 1)[0] for side in (old, new))
    times = min(MOST_TIMES, max(1, round(SAMPLE / longest)))
    found: dict[Side, list[tuple[float, float]]] = {old: [], new: []}
    for index in range(pairs):
        say(f"{workload.name}: pair {index + 1} of {pairs}")
        for side in (old, new) if index % 2 == 0 else (new, old):
            found[side].append(side.seconds(workload, index, times))
    seconds, norms = ([tuple(row[i] for row in rows) for rows in found.values()] for i in range(2))
    return Pairs(workload, *seconds, bool(np.allclose(*norms, rtol=1e-9)))


def median(values: Sequence[float]) -> Spread:
    """The median and its 95 % interval between two order statistics, which holds whatever the distribution.

    How many values lie below the true median is binomial; so the r-th from either end bounds it but for twice the
    chance of fewer than r.
    """
    rank = int(scipy.stats.binom.ppf((1 - CONFIDENCE) / 2, len(values), 0.5))
    if rank < 1:
        raise ValueError(f"{len(values)} values have no interval of {CONFIDENCE:.0%} for their median")
    ordered = np.sort(values)
    return Spread(float(np.median(ordered)), float(ordered[rank - 1]), float(ordered[-rank]))
