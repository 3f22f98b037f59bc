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
WORTH_TIMING = 20.0  # seconds a sweep must take, by the table, before the machine is timed for a better estimate
TRUST = 0.03  # of a sweep's work, which the plan's estimate of the time counts like
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
    seconds, startup = costs(specs, backend, threads, jobs)
    return sum(seconds) + startup


def costs(specs: Iterable[Spec], backend: str = "cpu", threads: int = 1, jobs: int = 1) -> tuple[list[float], float]:
    """Expected seconds of each cell in the order in which they are run, and those before the first makes any progress.

    The first cell of a combination has its compilation on it; the very first's comes before there is progress to see.
    """
    specs = list(specs)
    seen = set(map(combination, specs))
    first, each = _compilation(backend, len(seen)) if specs else (0.0, 0.0)
    seconds = []
    for index, spec in enumerate(specs):
        is_first = combination(spec) in seen
        seen.discard(combination(spec))
        seconds.append(cell_seconds(spec, backend, threads) / jobs + each * (is_first and index > 0))
    return seconds, first + each


def _compilation(backend: str, combinations: int) -> tuple[float, float]:
    """Seconds to compile or load what all cells share, and what those of one combination do."""
    if backend == "reference":
        return 0.0, 0.0
    if backend == "gpu":
        return 0.0, GPU_COMPILE
    return (LOAD_FIRST, LOAD) if _stored(combinations) else (COMPILE_FIRST, COMPILE)


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


def pace_of(rough: float, backend: str, threads: int) -> float:
    """How many times longer than the table says a sweep of *rough* seconds takes here: ``slowness``, and 1 where it
    isn't worth finding out, or another engine's."""
    return slowness(threads) if backend in ("cpu", AUTO) and rough > WORTH_TIMING else 1.0


@dataclass
class TimeLeft:
    """Time left of a sweep: the plan's, times how much slower than the plan it went so far.

    The clock of that begins with the first progress: what comes before, *startup* seconds by the plan, is compilation
    and says nothing of the cells. The plan itself counts like the share TRUST of all work, so that no first cell
    decides, and the estimate goes over from the plan's to the measured one without a jump.
    """

    expected: float
    startup: float = 0.0
    _begin: tuple[float, float] | None = field(default=None, init=False)

    def seconds(self, elapsed: float, done: float) -> float:
        """Seconds left after *elapsed* seconds, when *done* of ``expected`` seconds' work is done."""
        if self._begin is None and done <= 0:
            return self.expected + max(0.0, self.startup - elapsed)
        if self._begin is None:
            self._begin = elapsed, done
        begin, before = self._begin
        prior = TRUST * self.expected
        slowness = (elapsed - begin + prior) / (done - before + prior) if prior else 1.0
        return max(0.0, self.expected - done) * slowness


def human_seconds(seconds: float) -> str:
    """'8 s', '3 min 20 s', '2 h 05 min'."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def roughly(seconds: float) -> str:
    """'8 s', '25 s', '4 min', '1 h 40 min': an estimate, with no more digits than it deserves."""
    if seconds < 15:
        return f"{round(seconds)} s"
    if seconds < 97.5:
        return f"{5 * round(seconds / 5)} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    minutes = 10 * round(minutes / 10)
    return f"{minutes // 60} h {minutes % 60:02d} min"
