"""Gradients as arrays, from whatever makes them: NumPy, JAX, or anything that ``numpy.asarray`` takes."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from ratecheck.problems.errors import InputError, require_integer

from ..cells.recording import BATCH, EXACT
from .layers import Groups, Layers, arranged
from .record import Record


class Plain(Record):
    """A ``Record`` that the loop feeds itself, by ``update``."""

    def __init__(
        self, directory: Path, settings: Mapping[str, object], every: int, samples: int, groups: Groups | None
    ):
        super().__init__(directory, settings, every, samples)
        self._groups = groups
        self._found: Layers | None = None
        self._paths: tuple[str, ...] = ()

    def update(self, gradients: Any, step: int, *, exact: bool = False, loss: float = float("nan")) -> None:
        """Record *gradients* before step *step*, from 1: arrays in any nesting of mappings and sequences, the same each
        time; a leaf that is None is frozen.

        Steps other than 1, 1 + every, 1 + 2 every, … are passed over, unless *exact*: the gradient of the whole
        objective and not of a minibatch. Raises InputError for what is no array of numbers, or another nesting.
        """
        step = loop_integer(step, "step", least=1)
        if (step - 1) % self.every and not exact:
            return
        found = list(_leaves(gradients, ""))
        leaves = [(path, leaf) for path, leaf in found if leaf is not None]
        paths = tuple(path for path, _ in leaves)
        if self._found is None:
            if not leaves:
                raise InputError("update takes gradients: arrays in mappings or sequences; got none")
            self._paths = paths
            self._notes = tuple(f"{path}: frozen" for path, leaf in found if leaf is None)
            self._found = arranged([(path, None, leaf.size) for path, leaf in leaves], self._groups)
            self._name(layers=list(self._found.names), parameters=self._found.sizes.tolist())
        elif paths != self._paths or [leaf.size for _, leaf in leaves] != self._found.sizes.tolist():
            raise InputError("these gradients are not arranged as those of the first update")
        flat = [leaf.ravel().astype(np.float64) for _, leaf in leaves]
        sums = {
            "l1": [np.abs(leaf).sum() for leaf in flat],
            "squares": [np.dot(leaf, leaf) for leaf in flat],
            "zeros": [leaf.size - np.count_nonzero(leaf) for leaf in flat],
            "sizes": [leaf.size for leaf in flat],
        }
        of = {name: self._found.sums(np.array([values]))[0] for name, values in sums.items()}
        of["l2"] = np.sqrt(of.pop("squares"))
        kind = EXACT if exact else BATCH
        self._add({"steps": step, "kind": kind, "samples": self.samples, "loss": float(loss), **of})
        self._write_grown()

    def _layers(self) -> tuple[str, ...]:
        assert self._found is not None
        return self._found.names


def loop_integer(value: Any, what: str, *, least: int, most: int | None = None) -> int:
    """``require_integer`` of what a training loop has, which may be an integer of NumPy's or JAX's."""
    with suppress(TypeError):
        value = value if isinstance(value, bool) else operator.index(value)
    return require_integer(value, what, least=least, most=most)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, np.ndarray | None]]:
    if value is None:
        yield path or "gradient", None
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}.{index}" if path else str(index))
    else:
        leaf = np.asarray(value)
        # ml_dtypes' bfloat16 has the kind V
        if leaf.dtype.kind not in "fiu" and leaf.dtype.name not in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
            raise InputError(f"gradient {path or 'given'} is no array of numbers: {value!r:.100}")
        yield path or "gradient", leaf
