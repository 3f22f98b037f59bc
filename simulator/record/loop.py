"""The hook before each step of a torch optimizer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from ratecheck.problems.errors import InputError

from ..cells.recording import BATCH
from .layers import ABSENT, SPARSE, Layers
from .needs import torch_for
from .probe import Probe
from .record import Record
from .ring import L1, NONZERO, SQUARES, Ring
from .shards import Shards, local


class Hook(Record):
    """A ``Record`` that a model's optimizer feeds, by ``register_step_pre_hook``.

    Before the step, because some optimizers drop the gradients within it.
    """

    def __init__(
        self,
        directory: Path,
        settings: Mapping[str, object],
        every: int,
        samples: int,
        layers: Layers,
        model: Any,
        optimizer: Any,
        probe: Probe | None,
        at: frozenset[int],
    ):
        super().__init__(directory, settings, every, samples)
        self._layers_of, self._model, self._optimizer = layers, model, optimizer
        self._probe, self._at = probe, at
        self._shards = Shards.of(layers.parameters)
        self._notes = layers.left_out
        if probe is not None:
            probe.require(layers, self._shards)
        self._ring = Ring(len(layers.parameters), layers.parameters[0].device)
        self._waiting: list[tuple[int, Any]] = []  # of each record in the ring: its step, which gradients were there
        self._unseen: dict[str, None] = {}
        self._thawed: dict[str, None] = {}
        self._step = 0
        self._seconds = 0.0
        self._handle: Any = None
        self._name(
            layers=list(layers.names),
            parameters=layers.sizes.tolist(),
            optimizer=f"{type(optimizer).__module__}.{type(optimizer).__qualname__}",
        )

    def __enter__(self) -> Hook:
        if self._handle is not None:
            raise InputError("this record is entered already")
        self._handle = self._optimizer.register_step_pre_hook(self._before)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._handle is not None:
            self._handle.remove()
            self._handle = None
        if error is None or not self._shards.any:  # the others may not have come so far, and would be waited for
            self._take()
        self._write()

    def _before(self, optimizer: Any, args: tuple, kwargs: Mapping[str, Any]) -> None:
        if any(callable(a) for a in args) or kwargs.get("closure") is not None:
            raise InputError(
                "optimizer.step(closure) makes its gradients inside the step, where they can't be seen; call "
                "loss.backward() before optimizer.step(), or use record.update(gradients, step)"
            )
        self.before_step()

    def before_step(self, scale: Any = None) -> None:
        """The optimizer is about to step, and its gradients are there, multiplied by *scale*: for trainers that say so
        themselves."""
        self._step += 1
        if self._step in self._at:
            assert self._probe is not None
            row, unseen = self._probe.measure(self._model, self._layers_of)
            self._unseen |= dict.fromkeys(unseen)
            self._add({"steps": self._step, **row})
        if (self._step - 1) % self.every:
            return
        begun = time.perf_counter()
        with torch_for("watch").no_grad():
            self._put(getattr(self._optimizer, "grad_scale", None) if scale is None else scale)
        if self._ring.full:
            self._take()
            self._write_grown()
        self._seconds += time.perf_counter() - begun

    def _put(self, scale: Any) -> None:
        parameters = self._layers_of.parameters
        gradients = [p.grad for p in parameters]
        for index, gradient in enumerate(gradients):
            if gradient is not None and gradient.is_sparse:
                gradients[index] = None
                self._unseen[SPARSE] = None
        there = np.array([g is not None for g in gradients])
        for name, parameter in self._layers_of.frozen:
            if parameter.grad is not None:
                self._thawed[name] = None
        pairs = zip(gradients, parameters, strict=True)
        self._ring.put([None if g is None else local(g, p) for g, p in pairs], scale)
        self._waiting.append((self._step, there))

    def _take(self) -> None:
        """Bring the ring's records to the host."""
        if not self._waiting:
            return
        of = self._layers_of
        sums = self._shards.added(self._ring.take())
        there = np.array([present for _, present in self._waiting])
        sizes = np.where(there, of.sizes, 0)
        by_layer = {name: of.sums(sums[:, index]) for name, index in (("l1", L1), ("squares", SQUARES))}
        zeros = of.sums(np.where(there, sizes - np.rint(sums[:, NONZERO]).astype(np.int64), 0))
        counted = of.sums(sizes)
        for row, (step, present) in enumerate(self._waiting):
            if not present.all():
                self._unseen[ABSENT] = None
            self._add(
                {
                    "steps": step,
                    "kind": BATCH,
                    "samples": self.samples,
                    "sizes": counted[row],
                    "zeros": zeros[row],
                    "l1": by_layer["l1"][row],
                    "l2": np.sqrt(by_layer["squares"][row]),
                }
            )
        self._waiting.clear()

    def _write(self) -> None:
        if self._shards.writes:
            super()._write()

    def _layers(self) -> tuple[str, ...]:
        return self._layers_of.names

    def _provenance(self) -> Mapping[str, object]:
        unseen = [f"{what} was met; its parameter is left out of d there" for what in self._unseen]
        unseen += [f"{name}: trained later, and left out all the same" for name in self._thawed]
        return {
            "torch": str(torch_for("watch").__version__),
            "left_out": [*self._notes, *unseen],
            "seconds": self._seconds,
            "steps": self._step,
        }
