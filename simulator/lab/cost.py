"""How long cells will take: dim · steps · replicas with a rate per kind of cell, corrected as cells finish.

The rates are those of one core of a 2020s x86 server, as ``python -m tests.bench.costs`` prints them.
``slowness`` compares them with the machine at hand, ``TimeLeft`` with the sweep as it goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from ..cells.spec import Spec
from ..engines import AUTO
from ..engines.auto import pick

CORE_RATE = 2.3e-9  # seconds a coordinate-step on one core, adamw on rational, Gaussian noise, float64
EXTRA = {  # what else costs more or less, in times that
    "quadratic": -0.14,
    "welsch": 0.41,
    "cosine": 0.32,
    "ripple": 0.37,
    "cosh": 0.42,
    "ramp": 0.18,
    "sgd": -0.27,
    "momentum": -0.26,
    "rmsprop": -0.04,
    "adam": 0.07,
    "adamw_torch": 0.08,
    "rademacher": -0.17,
    "uniform": -0.17,
    "student": 0.49,
    "sparse": 0.26,
    "skew": -0.13,
    "pareto": 0.3,
    "float32": -0.24,
    "small": 0.31,
    "wide": -0.07,
}
SMALL, WIDE = 16, 256  # up to this dimension the engine has blocks of its own; from this one norms cost less
CELL = 0.01  # seconds a cell takes anyway
COMPILE_FIRST, COMPILE = 2.5, 0.8  # seconds: the loops of a process, then the formulas of one combination
LOAD_FIRST, LOAD = 0.7, 0.1  # the same where the machine code is on disk
NORM_RATE, NORM_COMPILE, NORM_LOAD = 1.4e-9, 1.2, 0.2  # seconds a coordinate on one core; seconds a noise law
REFERENCE_STEP, REFERENCE_RATE = 4e-5, 3e-8  # seconds a step and a coordinate-step of the reference engine
# Seconds a step and a coordinate-step of the gpu engine, and to compile a combination: guesses, see docs/gpu/README.md.
GPU_STEP, GPU_RATE, GPU_COMPILE = 5e-7, 1.5e-11, 1.0


def work(spec: Spec) -> int:
    """Coordinate-steps of a cell: dim · steps · replicas."""
    return spec.dim * spec.steps * spec.replicas


def combination(spec: Spec) -> tuple[str | bool, ...]:
    """What an engine compiles for: cells with equal combinations share it."""
    return spec.problem, spec.optimizer, spec.noise, spec.dtype, spec.dim <= SMALL


def cell_seconds(spec: Spec, backend: str = "cpu", threads: int = 1) -> float:
    """Expected seconds of a cell whose combination is compiled already."""
    if backend == AUTO:
        backend = pick(spec)[0]
    if backend == "gpu":
        return CELL + spec.steps * GPU_STEP + work(spec) * GPU_RATE
    if backend == "reference":
        return CELL + spec.replicas * spec.steps * (REFERENCE_STEP + REFERENCE_RATE * spec.dim)
    block = SMALL if spec.dim <= SMALL else 64  # whole blocks of coordinates are computed
    padded = -(-spec.dim // block) * block * spec.steps * spec.replicas
    size = "small" if block == SMALL else "wide" if spec.dim >= WIDE else ""
    names = spec.problem, spec.optimizer, spec.noise, spec.dtype, size
    relative = 1.0 + sum(EXTRA.get(name, 0.0) for name in names)
    return CELL + CORE_RATE * relative * padded / threads


def total_seconds(specs: Iterable[Spec], backend: str = "cpu", threads: int = 1, jobs: int = 1) -> float:
    """Expected seconds for all cells, compilation included, by *jobs* workers of *threads* threads."""
    specs = list(specs)
    run = sum(cell_seconds(spec, backend, threads) for spec in specs) / jobs
    if backend == "reference" or not specs:
        return run
    combinations = len({combination(spec) for spec in specs})
    if backend == "gpu":
        return run + GPU_COMPILE * combinations
    first, each = (LOAD_FIRST, LOAD) if _stored(combinations) else (COMPILE_FIRST, COMPILE)
    return run + first + each * combinations


def norm_seconds(laws: int, coordinates: int, threads: int = 1, backend: str = "cpu") -> float:
    """Expected seconds of norm checks of so many laws, *coordinates* numbers in all."""
    if backend == "gpu":
        return GPU_COMPILE * laws + GPU_RATE * coordinates
    return (NORM_LOAD if _stored(laws) else NORM_COMPILE) * laws + NORM_RATE * coordinates / threads


def _stored(functions: int) -> bool:
    """Whether at least so many functions are compiled on disk: most likely those that are asked for."""
    from ..engines.cpu.machine_code import version_folder

    folder = version_folder()
    try:
        return folder is not None and sum(1 for _ in folder.iterdir()) > functions
    except OSError:  # not there, or not ours to read
        return False


@cache
def slowness(threads: int) -> float:
    """How many times longer than the table says *threads* threads of this machine take: the median of a few runs of a
    fifth of a second, because in shorter ones the start of the threads shows.

    Compiles or loads the standard combination, which takes seconds the first time.
    """
    from ..engines import run

    spec = Spec.of("rational", "adamw", 256, 40_000, 8 * threads)
    run(Spec.of("rational", "adamw", 256, 16, 1))
    told = [run(spec, threads=threads).provenance["seconds"] for _ in range(5)]
    return sorted(each for each in told if isinstance(each, float))[2] / cell_seconds(spec, "cpu", threads)


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
