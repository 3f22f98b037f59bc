"""One run of a ladder: what is trained on what, plain values that its key is the hash of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from ratecheck.problems.errors import InputError, choose, require_integer, require_known, require_number

from ..cells.recording import Recording, identity

VERSION = 2  # of what a run's numbers depend on and its settings don't say; a change makes all keys new
IMAGES, TEXTS = ("digits", "mnist-5k"), ("stdlib", "kjv")
DATA = {"mlp": IMAGES, "resnet": IMAGES, "transformer": TEXTS, "vectors": ("none",)}
GROUPS = 4  # of the channels that a ResNet normalizes together
CHOICES = {
    "task": tuple(DATA),
    "parametrization": ("standard", "mup"),
    "optimizer": ("adamw", "adamw_paper", "sgd"),
    "schedule": ("constant", "horizon"),
    "law": ("none", "gaussian", "sparse"),
    "axis": ("d", "vocabulary", "depth", "steps"),
    "device": ("cpu", "cuda"),
}


@dataclass(frozen=True)
class Run:
    """What a ladder's TOML may say. ``family``: runs of one family differ in size and seed only; ``axis``: what grows.

    ``objective``: how many images, or how many windows of ``context`` tokens, f is the mean over; training draws
    ``batch`` of them, with replacement. ``vocabulary``: tokens of a byte-level BPE, 0 for characters; ``tied``: the
    readout's weights are the embedding's; ``head``: coordinates of an attention head. ``horizon`` multiplies ``lr`` by
    K^(−1/2). ``checkpoints``: shares of training at which the gradient of f is measured, besides the first step;
    ``average``: at how many random steps it is measured for its mean over K, 0 for none; ``threads``: of a processor,
    since the last digits depend on them.
    """

    task: str
    family: str
    axis: str = "d"
    data: str = "none"
    parametrization: str = "standard"
    width: int = 64
    depth: int = 2
    vocabulary: int = 0
    tied: bool = False
    context: int = 64
    head: int = 16
    law: str = "none"
    size: int = 0
    optimizer: str = "adamw"
    schedule: str = "constant"
    lr: float = 1e-3
    weight_decay: float = 0.01
    batch: int = 128
    steps: int = 400
    objective: int = 5000
    chunks: int = 8
    checkpoints: str = "0.01 0.1 0.3 1"
    average: int = 0
    batches: str = ""
    seed: int = 0
    device: str = "cpu"
    threads: int = 1

    @classmethod
    def of(cls, values: Mapping[str, object], where: str) -> Run:
        """A run of the values of a ladder's table; raises InputError, beginning with *where*, for wrong ones."""
        try:
            require_known(values, [f.name for f in fields(cls)], "a run")
            if missing := [name for name in ("task", "family") if not values.get(name)]:
                raise InputError(f"a run needs {' and '.join(missing)}")
            run = cls(**{name: _value(name, value) for name, value in values.items()})
            choose(dict.fromkeys(DATA[run.task]), run.data, f"data of {run.task}")
            run._require_sizes()
        except InputError as error:
            raise InputError(f"{where}: {error}") from error
        return run

    @classmethod
    def that_left(cls, recording: Recording) -> Run | None:
        """The run of a recording, None where that is of somebody's own loop."""
        try:
            return cls.of(recording.settings, recording.family)
        except InputError:
            return None

    def _require_sizes(self) -> None:
        if self.task == "vectors":
            if self.law == "none" or self.size < 16:
                raise InputError("vectors have a law (gaussian, sparse) and a size of 16 or more")
            return
        if self.batch > self.objective or self.objective % self.chunks:
            raise InputError(
                f"objective={self.objective} must be a multiple of chunks={self.chunks} and at least batch={self.batch}"
            )
        if self.task == "transformer" and self.width % self.head:
            raise InputError(f"width={self.width} of a transformer must be a multiple of head={self.head}")
        if self.task == "resnet" and self.width % GROUPS:
            raise InputError(f"width={self.width} of a resnet must be a multiple of {GROUPS}, its groups of channels")
        if self.tied and self.parametrization == "mup":
            raise InputError("tied weights have one scale, and µP asks for two, the embedding's and the readout's")
        if self.average > self.steps or self.average and self.steps % self.average:
            raise InputError(f"steps={self.steps} must be a multiple of average={self.average}, its equal parts")
        if any(not 0 < share <= 1 for share in self.shares):
            raise InputError(f"checkpoints are shares of training in (0, 1], got {self.checkpoints!r}")
        if any(not 1 <= size <= self.objective or size != int(size) for size in self.batch_sizes):
            raise InputError(f"batches are sizes from 1 to objective={self.objective}, got {self.batches!r}")

    @property
    def shares(self) -> list[float]:
        return [float(word) for word in self.checkpoints.split()]

    @property
    def batch_sizes(self) -> list[float]:
        return [float(word) for word in self.batches.split()]

    @property
    def measured(self) -> list[int]:
        """The steps before which the gradient of f is measured: 1, and each share of training, the last after it."""
        return sorted({1, *(max(2, round(share * self.steps) + 1) for share in self.shares)})

    @property
    def averaged(self) -> list[int]:
        """``average`` steps, one at random in each of as many equal parts of the run: a mean over them is unbiased."""
        if not self.average:
            return []
        edges = np.linspace(0, self.steps, self.average + 1)
        places = edges[:-1] + np.random.default_rng([self.seed, 3]).random(self.average) * np.diff(edges)
        return sorted({1 + int(place) for place in places})

    def settings(self) -> dict[str, object]:
        """What departs from the defaults, and what must be there: the size in which a family grows among it."""
        own, plain = asdict(self), {f.name: f.default for f in fields(self)}
        needed = ("task", "family", "seed", "axis", "parametrization", self.axis)
        return {n: v for n, v in own.items() if v != plain[n] or n in needed}

    def identity(self, data: Mapping[str, str]) -> str:
        """The text that its key is the hash of; *data*: digests of what it is trained on, by name."""
        return identity(self.settings(), source="networks", version=VERSION, data=dict(data))


def _value(name: str, value: object) -> Any:
    if name in CHOICES:
        return choose(
            {choice: choice for choice in CHOICES[name]}, value if isinstance(value, str) else repr(value), name
        )
    if name in ("family", "data"):
        if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) < 200:
            raise InputError(f"{name} must be a name, got {value!r:.100}")
        return value
    if name in ("checkpoints", "batches"):
        try:
            return " ".join(f"{float(word):g}" for word in str(value).split())
        except ValueError:
            raise InputError(f'{name} must be numbers such as "0.1 1", got {value!r:.100}') from None
    if name == "tied":
        if not isinstance(value, bool):
            raise InputError(f"tied is true or false, got {value!r:.100}")
        return value
    if name in ("lr", "weight_decay"):
        return require_number(value, name, least=0)
    least = 0 if name in ("seed", "vocabulary", "size", "average") else 1
    return require_integer(value, name, least=least, most=2**40)
