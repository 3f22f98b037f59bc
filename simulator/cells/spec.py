"""What one cell is: a frozen, fully resolved description, its canonical JSON and its key.

``Spec`` says everything that determines the numbers of a cell and nothing of the host, the backend
or the number of threads. ``resolve`` turns names into objects: the ``Cell`` that engines run.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property

from ratecheck.problems import NOISES, PROBLEMS, Noise, SeparableProblem
from ratecheck.problems.errors import InputError, choose, require_integer, require_known, require_number

from ..optimizers import OPTIMIZERS, Optimizer
from ..plugins import find
from ..schedules import SCHEDULES, check_given
from .constants import Constants
from .of_step import OfStep

NUMERICS = 1  # raise when engines or schedules give other numbers for the same Spec
MOST_STEPS = 2**32
DTYPES = ("float64", "float32")


@dataclass(frozen=True)
class Spec:
    """One cell: names, sizes, constants and arguments. Build it with ``Spec.of``, which checks them."""

    problem: str
    optimizer: str
    noise: str
    schedule: str
    dim: int
    steps: int
    replicas: int
    smoothness: float
    gap: float
    sigma: float
    dtype: str
    seed: int
    problem_args: Mapping[str, float] = field(default_factory=dict)
    optimizer_args: Mapping[str, float] = field(default_factory=dict)
    noise_args: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        problem: str,
        optimizer: str,
        dim: int,
        steps: int,
        replicas: int,
        *,
        noise: str = "gaussian",
        schedule: str = "horizon",
        smoothness: float = 1.0,
        gap: float = 1.0,
        sigma: float = 1.0,
        dtype: str = "float64",
        seed: int = 0,
        problem_args: Mapping[str, float] | None = None,
        optimizer_args: Mapping[str, float] | None = None,
        noise_args: Mapping[str, float] | None = None,
    ) -> Spec:
        """A checked Spec with every default filled in; raises InputError for what is out of range."""
        choose(dict.fromkeys(DTYPES, True), dtype, "dtype")
        spec = cls(
            problem,
            optimizer,
            noise,
            schedule,
            dim=require_integer(dim, "dim", least=1, most=2**32),
            steps=require_integer(steps, "steps", least=1, most=MOST_STEPS),
            replicas=require_integer(replicas, "replicas", least=1, most=2**32),
            smoothness=require_number(smoothness, "smoothness", above=0),
            gap=require_number(gap, "gap", above=0),
            sigma=require_number(sigma, "sigma", least=0),
            dtype=dtype,
            seed=require_integer(seed, "seed", least=0, most=2**64 - 1),
            problem_args=dict(problem_args or {}),
            optimizer_args=dict(optimizer_args or {}),
            noise_args=dict(noise_args or {}),
        )
        cell = spec.resolve()
        return replace(
            spec,
            problem_args=cell.problem.arguments,
            noise_args=cell.noise.arguments,
            optimizer_args={k: float(v) for k, v in spec.optimizer_args.items()},
        )

    @classmethod
    def from_dict(cls, data: Mapping) -> Spec:
        """The inverse of ``to_dict``; raises InputError for missing or unknown entries."""
        names = {f.name for f in fields(cls)}
        if not isinstance(data, Mapping) or set(data) != names:
            raise InputError(f"a spec has exactly the entries {', '.join(sorted(names))}; got {data!r:.200}")
        return cls(**data)

    def to_dict(self) -> dict:
        return asdict(self)

    def resolve(self) -> Cell:
        """The objects behind the names; raises InputError for unknown names and wrong arguments."""
        optimizer = find(OPTIMIZERS, self.optimizer, "optimizer", Optimizer)
        noise = _noise(self.noise, self.noise_args)
        constants = Constants(self.dim, self.steps, self.smoothness, self.gap, self.sigma, noise.variance)
        generator = find(PROBLEMS, self.problem, "problem")
        if not hasattr(generator, "requires"):
            raise InputError(f"{self.problem} is no problem, but {type(generator).__name__}; see docs/extending.md")
        own = {
            "dim": self.dim,
            "smoothness": self.smoothness,
            "gap": self.gap,
            "steps": self.steps,
            "sigma": constants.true_sigma,
        }
        problem = generator(**{name: own[name] for name in generator.requires}, **self.problem_args)
        check_given(optimizer, self.optimizer_args)
        schedule = choose(SCHEDULES, self.schedule, "schedule")
        return Cell(self, problem, noise, optimizer, constants, schedule(optimizer, constants, self.optimizer_args))

    def key(self) -> str:
        """The content address of the cell's results: of the spec, what its names stand for, and the numerics."""
        return self.resolve().key


@dataclass(frozen=True)
class Cell:
    """A Spec with its objects: what an engine runs. ``hyper`` holds the hyper-parameters as used."""

    spec: Spec
    problem: SeparableProblem
    noise: Noise
    optimizer: Optimizer
    constants: Constants
    hyper: Mapping[str, float]

    @cached_property
    def key(self) -> str:
        problem, noise = self.problem, self.noise
        formulas = {"phi": problem.phi, "dphi": problem.dphi, "noise": noise.formula, "update": self.optimizer.update}
        numbers = {
            "problem": [
                problem.scale,
                problem.start,
                problem.center,
                problem.spectrum,
                problem.curvature,
                problem.minimum,
                *problem.constants,
            ],
            "noise": [noise.variance, *noise.constants],
            "hyper": [self.hyper[h] for h in sorted(self.hyper)],
        }
        # 12 digits: the last ones may be another C library's
        content = {
            "numerics": NUMERICS,
            "spec": self.spec.to_dict(),
            "formulas": {name: f.digest for name, f in formulas.items()},
            "numbers": {name: [_content(x) for x in values] for name, values in numbers.items()},
        }
        return hashlib.sha256(canonical_json(content).encode()).hexdigest()[:32]


def _content(number: float | OfStep) -> str | list[str]:
    return number.meaning if isinstance(number, OfStep) else f"{float(number):.12g}"


def canonical_json(content: object) -> str:
    """Sorted keys, no spaces, shortest floats: equal content gives equal text on every host."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _noise(name: str, arguments: Mapping[str, float]) -> Noise:
    make = find(NOISES, name, "noise")
    known = [] if isinstance(make, type) else list(inspect.signature(make).parameters)
    require_known(arguments, known, f"noise {name!r}")
    noise = None if isinstance(make, type) else make(**arguments)
    if not isinstance(noise, Noise):
        raise InputError(f"{name} is no noise: it must be a function that returns a Noise; see docs/extending.md")
    return noise
