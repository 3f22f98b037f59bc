"""How long cells will take: dim · steps · replicas with a rate per kind of cell, corrected as cells finish.

The rates are rough, of one core of a 2020s x86 server; ``TimeLeft`` scales them to the machine at hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..spec import Spec

CORE_RATE = 5e-9  # seconds a coordinate-step on one core, adamw on rational, Gaussian noise, float64
RELATIVE = {
    "cosine": 1.3,
    "ripple": 1.7,
    "welsch": 2.0,
    "cauchy": 1.2,
    "ramp": 1.2,
    "sgd": 0.8,
    "momentum": 0.9,
    "adam": 1.1,
    "adamw_torch": 1.1,
    "student": 1.6,
    "sparse": 1.3,
    "rademacher": 0.8,
    "uniform": 0.8,
    "float32": 0.6,
}
SMALL = 16  # up to this dimension the engine has blocks of its own
CELL = 0.01  # seconds a cell takes anyway
COMPILE_FIRST, COMPILE = 3.5, 0.8  # seconds: the loops of a process, then the formulas of one combination
REFERENCE_STEP, REFERENCE_RATE = 4e-5, 3e-8  # seconds a step and a coordinate-step of the reference engine


def work(spec: Spec) -> int:
    """Coordinate-steps of a cell: dim · steps · replicas."""
    return spec.dim * spec.steps * spec.replicas


def combination(spec: Spec) -> tuple[str | bool, ...]:
    """What an engine compiles for: cells with equal combinations share it."""
    return spec.problem, spec.optimizer, spec.noise, spec.dtype, spec.dim <= SMALL


def cell_seconds(spec: Spec, backend: str = "cpu", threads: int = 1) -> float:
    """Expected seconds of a cell whose combination is compiled already."""
    if backend == "reference":
        return CELL + spec.replicas * spec.steps * (REFERENCE_STEP + REFERENCE_RATE * spec.dim)
    block = SMALL if spec.dim <= SMALL else 64  # whole blocks of coordinates are computed
    padded = -(-spec.dim // block) * block * spec.steps * spec.replicas
    relative = 1.0
    for name in (spec.problem, spec.optimizer, spec.noise, spec.dtype):
        relative *= RELATIVE.get(name, 1.0)
    return CELL + CORE_RATE * relative * padded / threads


def total_seconds(specs: Iterable[Spec], backend: str = "cpu", threads: int = 1, jobs: int = 1) -> float:
    """Expected seconds for all cells, compilation included, by *jobs* workers of *threads* threads."""
    specs = list(specs)
    run = sum(cell_seconds(spec, backend, threads) for spec in specs) / jobs
    if backend == "reference" or not specs:
        return run
    return run + COMPILE_FIRST + COMPILE * len({combination(spec) for spec in specs})


@dataclass
class TimeLeft:
    """Time left of a sweep: the model's, times how much slower than the model it went so far.

    The model itself counts like *trust* seconds of measurement, so that the first cell does not decide.
    """

    expected: float
    trust: float = 3.0
    done: float = field(default=0.0)

    def seconds(self, elapsed: float) -> float:
        """Seconds left after *elapsed* seconds in which ``done`` of ``expected`` seconds' work was done."""
        slowness = (elapsed + self.trust) / (self.done + self.trust)
        return max(0.0, self.expected - self.done) * slowness


def human_seconds(seconds: float) -> str:
    """'8 s', '3 min 20 s', '2 h 05 min'."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
