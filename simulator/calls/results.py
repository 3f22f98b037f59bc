"""Cells as a call gives them back: a sequence of Results with labels, as a table too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from ratecheck.problems.errors import InputError

from ..cells.evidence import Result
from ..cells.stats import FIELDS
from ..lab.folder import Folder
from ..plugins import plain_name
from ..words import count, span

CURVES = tuple(name for name in FIELDS if name != "checkpoints")
MOST_ROWS = 20  # of a table in a notebook
MOST_NAMES = 3  # of the optimizers, and of the problems, in a line


@dataclass(frozen=True)
class Curve:
    """What was recorded along a cell's runs. ``label`` says in which settings the cell differs from the others;
    ``steps``, shape (P,), are the steps k, and ``values`` the recorded arrays by name (``Stats``), shape (R, P)."""

    label: str
    result: Result
    steps: NDArray[np.int64]
    values: Mapping[str, NDArray[np.float64]]

    def __repr__(self) -> str:
        return f"Curve({self.label}: {count(self.steps.size, 'recorded step')}, {', '.join(self.values)})"


@dataclass(frozen=True)
class Results(Sequence[Result]):
    """Cells in the order of their plan; ``folder`` is where they were read from."""

    folder: Folder

    @property
    def directory(self) -> Path:
        return self.folder.directory

    @overload
    def __getitem__(self, index: int) -> Result: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Result]: ...

    def __getitem__(self, index: int | slice) -> Result | Sequence[Result]:
        return self.folder.results[index]

    def __len__(self) -> int:
        return len(self.folder.results)

    def __iter__(self) -> Iterator[Result]:
        return iter(self.folder.results)

    def __repr__(self) -> str:
        """How many cells, what they range over, and where they lie, in a line."""
        place = "" if self.directory == Path() else f" of {self.directory}"
        return f"Results({count(len(self), 'cell')}{place}{_ranges(self)})"

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The settings in which cells differ, of each cell: 'problem=ramp, dim=16'."""
        flat = [_flat(result.spec.to_dict()) for result in self]
        names = dict.fromkeys(name for own in flat for name in own)
        differing = [name for name in names if len({own.get(name) for own in flat}) > 1]
        return tuple(", ".join(f"{name}={own[name]}" for name in differing if name in own) or "all" for own in flat)

    @property
    def curves(self) -> tuple[Curve, ...]:
        """What was recorded along the runs of each cell."""
        return tuple(
            Curve(label, cell, cell.stats.checkpoints, {name: getattr(cell.stats, name) for name in CURVES})
            for label, cell in zip(self.labels, self, strict=True)
        )

    def to_pandas(self, curves: bool = False) -> Any:
        """A DataFrame with a row for each cell: its Spec, constants, hyper-parameters, status, and the mean over
        replicas of all that was measured with its standard error; with *curves*, a row for each cell, replica and
        recorded step k. Raises InputError where pandas is not installed."""
        try:
            import pandas
        except ImportError as error:
            raise InputError("to_pandas needs pandas, which is not installed; pip install pandas") from error
        if not curves:
            return pandas.DataFrame([_row(result) for result in self])
        frames = []
        for curve in self.curves:
            replicas, points = curve.values["f_gap"].shape
            columns = {name: values.ravel() for name, values in curve.values.items()}
            where = {"replica": np.repeat(np.arange(replicas), points), "k": np.tile(curve.steps, replicas)}
            frames.append(pandas.DataFrame({"cell": curve.label, **_settings(curve.result), **where, **columns}))
        return pandas.concat(frames, ignore_index=True) if frames else pandas.DataFrame()

    def _repr_html_(self) -> str:
        names = ("problem", "optimizer", "noise", "dim", "steps", "replicas")
        head = "".join(f"<th>{name}</th>" for name in (*names, "mean ‖∇f‖₁", "mean ‖∇f‖₂", "status"))
        body = ""
        for result in self.folder.results[:MOST_ROWS]:
            shown = [_plain(getattr(result.spec, name)) for name in names]
            shown += [
                f"{result.stats.mean_grad_l1.mean():.4g}",
                f"{result.stats.mean_grad_l2.mean():.4g}",
                result.status,
            ]
            body += f"<tr>{''.join(f'<td>{escape(str(value))}</td>' for value in shown)}</tr>"
        more = f"<div>and {count(len(self) - MOST_ROWS, 'more cell')}</div>" if len(self) > MOST_ROWS else ""
        return f"<table><tr>{head}</tr>{body}</table>{more}"


def _ranges(results: Sequence[Result]) -> str:
    """': sgd; rational, cosine; d = 4, 16; K = 250…4k (5)', '' of no cells."""
    if not results:
        return ""
    specs = [result.spec for result in results]
    told = []
    for names in (
        dict.fromkeys(plain_name(s.optimizer) for s in specs),
        dict.fromkeys(plain_name(s.problem) for s in specs),
    ):
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        told.append(", ".join(list(names)[:MOST_NAMES]) + more)
    told.append(f"d = {span(sorted({spec.dim for spec in specs}))}")
    told.append(f"K = {span(sorted({spec.steps for spec in specs}))}")
    bad = sum(result.status != "ok" for result in results)
    return ": " + "; ".join(told) + (f"; {bad} escaped or diverged" if bad else "")


def _settings(result: Result) -> dict[str, object]:
    return {name: _plain(value) for name, value in _flat(result.spec.to_dict()).items()}


def _row(result: Result) -> dict[str, object]:
    measured = {}
    for name, values in result.stats.measured.items():
        finite = values.size > 1 and bool(np.all(np.isfinite(values)))
        measured[name] = float(values.mean())
        measured[f"{name}_error"] = float(values.std(ddof=1)) / values.size**0.5 if finite else np.nan
    hyper = {name: v if isinstance(v, (int, float)) else str(v) for name, v in result.hyper.items()}
    constants = {name: value for name, value in result.constants.items() if name not in result.spec.to_dict()}
    return {**_settings(result), **constants, **hyper, "status": result.status, **measured, "key": result.key}


def _flat(settings: Mapping[str, Any]) -> dict[str, object]:
    """Arguments beside the other settings: 'problem_args' of 'steepness' as 'problem.steepness'."""
    flat: dict[str, object] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            flat |= {f"{name.removesuffix('_args')}.{own}": each for own, each in value.items()}
        else:
            flat[name] = _plain(value)
    return flat


def _plain(value: object) -> object:
    return plain_name(value) if isinstance(value, str) else value
