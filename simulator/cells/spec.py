"""What one cell is, as plain data: names, sizes, constants and arguments. ``simulator.engines.resolve`` gives them
meaning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ratecheck.problems.errors import InputError, choose, require_integer, require_number

MOST_STEPS = 2**32
DTYPES = ("float64", "float32")
TABLES = ("problem_args", "optimizer_args", "noise_args")

Value = float | str


@dataclass(frozen=True)
class Spec:
    """One cell. Build it with ``Spec.of``, which checks what can be checked without running code.

    A value of ``problem_args``, ``optimizer_args`` and ``noise_args`` is a number, a name, or a vector of numbers in
    one text such as ``"0.5 -1 1"``.
    """

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
    problem_args: Mapping[str, Value] = field(default_factory=dict)
    optimizer_args: Mapping[str, Value] = field(default_factory=dict)
    noise_args: Mapping[str, Value] = field(default_factory=dict)

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
        problem_args: Mapping[str, Value] | None = None,
        optimizer_args: Mapping[str, Value] | None = None,
        noise_args: Mapping[str, Value] | None = None,
    ) -> Spec:
        """A checked Spec; raises InputError for what is of the wrong kind or out of range."""
        choose(dict.fromkeys(DTYPES, True), dtype, "dtype")
        return cls(
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
            problem_args=_arguments(problem_args, f"problem {problem!r}"),
            optimizer_args=_arguments(optimizer_args, f"optimizer {optimizer!r}"),
            noise_args=_arguments(noise_args, f"noise {noise!r}"),
        )

    @classmethod
    def from_dict(cls, data: object) -> Spec:
        """The inverse of ``to_dict``; raises InputError for missing, unknown or wrong entries."""
        names = {f.name for f in fields(cls)}
        if not isinstance(data, Mapping) or set(data) != names:
            raise InputError(f"a spec has exactly the entries {', '.join(sorted(names))}; got {data!r:.200}")
        for name in ("problem", "optimizer", "noise", "schedule", "dtype"):
            if not isinstance(data[name], str):
                raise InputError(f"{name} must be a name, got {data[name]!r:.200}")
        return cls.of(**data)

    def to_dict(self) -> dict:
        """Plain data that ``from_dict`` reads, with tables of arguments that are the caller's own."""
        return {**vars(self), **{name: dict(getattr(self, name)) for name in TABLES}}


def canonical_json(content: object) -> str:
    """Sorted keys, no spaces, shortest floats: equal content gives equal text on every host."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def key_of(identity: str) -> str:
    """The key of a cell: the hash of the text that says all that determines its numbers."""
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def copies_of_one(told: Mapping[str, Any]) -> bool:
    """Whether the identity *told* is of a cell whose coordinates are all copies of one."""
    return "columns" not in told and "spectrum" not in told["numbers"]


def _arguments(given: Mapping[str, Value] | None, owner: str) -> dict[str, Value]:
    if given is not None and not isinstance(given, Mapping):
        raise InputError(f"{owner}: arguments are a table of names and values, got {given!r}")
    return {str(name): _argument(value, f"{owner}: {name}") for name, value in (given or {}).items()}


def _argument(value: object, what: str) -> Value:
    """A finite number, a name, or a vector as numbers with single spaces between."""
    if not isinstance(value, str):
        return require_number(value, what)
    words = value.split()
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        if len(words) == 1:
            return words[0]
        raise InputError(f'{what} must be a number, a name, or numbers such as "0.5 -1 1", got {value!r}') from None
    if not numbers:
        raise InputError(f'{what} must be a number, a name, or numbers such as "0.5 -1 1", got {value!r}')
    return " ".join(f"{require_number(number, what):.17g}" for number in numbers)
