"""All cells as one tidy table: a row per cell, a column per number."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ..cells.constants import MissingConstant
from ..cells.evidence import Result
from ..judge.intervals import mean
from .csv_text import as_csv
from .shown import Shown

LEVEL = 0.025  # one-sided: two limits make a 95 % interval
NORMS = ("mean_grad_l1", "mean_grad_l2")
SQUARED = "mean_grad_l2_squared"
CLOSING = ("max_abs_x", "status", "replicas_escaped", "replicas_diverged", "seconds", "backend")


def tidy_rows(cells: Sequence[Shown]) -> list[dict[str, object]]:
    """A row per cell; cells have the same columns, None where one does not apply or can't be had.

    The spec with each argument in a column of its own, C, the hyper-parameters as used, mean, standard error and 95 %
    t-limits over the replicas of both mean norms and of their ratios to √d C K^(−1/4) and C K^(−1/4); the mean of
    every further quantity; the theorem that the cell is shown under, its quantity, bound and rate, and the ratio to
    the bound or else the rate; the status, ok, escaped or diverged, and how many replicas did. A diverged replica makes
    all means infinite.
    """
    sections = [_sections(shown) for shown in cells]
    taken = {name for row in sections for part in row for name in part}
    ambiguous = _ambiguous(shown.result for shown in cells)
    sections = [
        (*row, _further(shown.result, taken, ambiguous), _closing(shown.result))
        for row, shown in zip(sections, cells, strict=True)
    ]
    columns = list(dict.fromkeys(name for kind in zip(*sections, strict=True) for part in kind for name in part))
    rows = [{name: value for part in row for name, value in part.items()} for row in sections]
    return [{name: row.get(name) for name in columns} for row in rows]


def tidy_csv(cells: Sequence[Shown]) -> str:
    """The table as CSV (``as_csv``)."""
    return as_csv(tidy_rows(cells))


def _sections(shown: Shown) -> tuple[dict[str, object], ...]:
    """The row in parts, so that a column which only some cells have still stands beside its kind."""
    result = shown.result
    entries = result.spec.to_dict()
    arguments = {
        f"{name[:-1]}_{argument}": value
        for name in ("problem_args", "optimizer_args", "noise_args")
        for argument, value in entries.pop(name).items()
    }
    used = {f"used_{name}": value for name, value in result.hyper.items()}
    return {"key": result.key} | entries, arguments, used, _norms(result), _theorem(shown)


def _norms(result: Result) -> dict[str, object]:
    """C, the mean norms in units of the gradient, and in units of √d C K^(−1/4) and C K^(−1/4)."""
    measured = result.stats.measured
    try:
        c = result.constants.c
    except MissingConstant:
        c = None
    unit = c * result.spec.steps**-0.25 if c else None
    columns: dict[str, object] = {"C": c}
    for name in NORMS:
        columns |= _estimate(name, measured[name])
    columns[SQUARED] = mean(measured[SQUARED]).value
    for ratio, name, factor in (("ratio_l1", NORMS[0], math.sqrt(result.spec.dim)), ("ratio_l2", NORMS[1], 1.0)):
        columns |= _estimate(ratio, None if unit is None else measured[name] / (factor * unit))
    return columns


def _theorem(shown: Shown) -> dict[str, object]:
    return {
        "theorem": None if shown.theorem is None else shown.theorem.name,
        "quantity": shown.quantity.name,
        **_estimate("measured", shown.values),
        "bound": shown.bearing.bound,
        "rate": shown.bearing.rate,
        **_estimate("ratio", shown.ratio),
        "void": shown.void or None,
    }


def _further(result: Result, taken: set[str], ambiguous: set[str]) -> dict[str, object]:
    """The means of the quantities that not every run measures. A name that is another column's gets a prefix, one that
    several quantities have its digest behind it."""

    def column(name: str) -> str:
        own = f"{name}_{result.quantities.get(name, '')}" if name in ambiguous else name
        return f"measured_{own}" if own in taken or own in CLOSING else own

    names = [name for name in result.stats.measured if name not in (*NORMS, SQUARED)]
    return {column(name): mean(result.stats.measured[name]).value for name in names}


def _ambiguous(results: Iterable[Result]) -> set[str]:
    """The names that quantities of several meanings have in these cells."""
    digests: dict[str, set[str | None]] = {}
    for result in results:
        for name in result.stats.measured:
            digests.setdefault(name, set()).add(result.quantities.get(name))
    return {name for name, own in digests.items() if len(own) > 1}


def _closing(result: Result) -> dict[str, object]:
    told = result.provenance if isinstance(result.provenance, Mapping) else {}
    stats = result.stats
    extent, escaped, lost = float(np.max(stats.max_abs_x, initial=0.0)), stats.escaped.sum(), stats.diverged.sum()
    closing = (extent, result.status, int(escaped), int(lost), told.get("seconds"), told.get("backend"))
    return dict(zip(CLOSING, closing, strict=True))


def _estimate(name: str, values: np.ndarray | None) -> dict[str, float | None]:
    names = (name, f"{name}_sem", f"{name}_low", f"{name}_high")
    if values is None:
        return dict.fromkeys(names)
    e = mean(values)
    if e.df < 1 and math.isfinite(e.value):
        return dict(zip(names, (e.value, None, None, None), strict=True))
    return dict(zip(names, (e.value, e.error, e.low(LEVEL), e.high(LEVEL)), strict=True))
