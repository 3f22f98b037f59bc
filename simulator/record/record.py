"""A recording that grows: its rows, the file that they are written to, and what ``print`` shows of it."""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from ratecheck.problems.errors import InputError

from ..cells.recording import Recording, gathered, identity
from ..version import version

LEAST = 1e-150  # of ‖g‖₂
GROWTH = 1.25  # a file is written again when it has grown by so much: all writing together stays linear in the rows


class Record(ABC):
    """What ``watch`` returns. ``recording``: what was recorded so far, None before the first row."""

    def __init__(self, directory: Path, settings: Mapping[str, object], every: int, samples: int):
        self.directory, self.every, self.samples = directory, every, samples
        self._settings = dict(settings)
        self._rows: list[Mapping[str, object]] = []
        self._written = 0
        self._text = ""
        self._notes: tuple[str, ...] = ()
        self._vanished = False
        self._begun = f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {os.urandom(6).hex()}"

    def __enter__(self) -> Record:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._write()

    def update(self, gradients: Any, step: int, *, exact: bool = False, loss: float = float("nan")) -> None:
        """Record *gradients* (arrays in any nesting of mappings and sequences) before step *step*, from 1.

        *exact*: of the whole objective and not of a minibatch. Raises InputError on a record that a model's optimizer
        feeds.
        """
        raise InputError("this record is fed by the optimizer; for arrays use ratecheck.watch(out=…), without a model")

    @property
    def recording(self) -> Recording | None:
        if not self._rows:
            return None
        told = {"ratecheck": version(), **self._provenance()}
        if self._vanished:
            told["left_out"] = [*told["left_out"], f"a layer's gradient with ‖g‖₂ < {LEAST:g} was met: it counts as 0"]
        return gathered(self._text, self._layers(), self._rows, told)

    @abstractmethod
    def _layers(self) -> tuple[str, ...]:
        """The names of the layers that the columns of the rows are of."""

    def _provenance(self) -> Mapping[str, Any]:
        return {"left_out": list(self._notes)}

    def _name(self, **further: object) -> None:
        """Give the recording its identity: its own each time, for nobody knows whether two runs of a loop are one."""
        self._text = identity(self._settings, begun=self._begun, every=self.every, **further)

    def _add(self, row: Mapping[str, Any]) -> None:
        # the squares of what is smaller vanish, and its norms would be no norms
        vanished = np.asarray(row["l2"]) < LEAST
        if np.any(np.asarray(row["l1"])[vanished]):
            zero = {"l1": np.where(vanished, 0.0, row["l1"]), "l2": np.where(vanished, 0.0, row["l2"])}
            row = {**row, **zero, "zeros": np.where(vanished, row["sizes"], row["zeros"])}
            self._vanished = True
        self._rows.append(row)

    def _write_grown(self) -> None:
        if len(self._rows) >= GROWTH * self._written:
            self._write()

    def _write(self) -> None:
        from ..lab.recordings import save

        if self._rows and len(self._rows) > self._written:
            recording = self.recording
            assert recording is not None
            save(self.directory, recording)
            self._written = len(self._rows)

    def __str__(self) -> str:
        from .summary import summary

        return summary(self.recording)
