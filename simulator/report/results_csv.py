"""All cells as one tidy table: a row per cell, a column per number."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

import numpy as np

from ..cells.evidence import Result
from ..judge.intervals import mean

LEVEL = 0.025  # one-sided: two limits make a 95 % interval
NORMS = ("mean_grad_l1", "mean_grad_l2")


def tidy_rows(results: Sequence[Result]) -> list[dict[str, object]]:
    """A row per cell; cells have the same columns, None where one does not apply or can't be had.

    The spec with each argument in a column of its own, C, the hyper-parameters as used, mean, standard
    error and 95 % t-limits of both mean norms over the replicas, their ratios to √d C K^(−1/4) and
    C K^(−1/4) with the same limits, and the status. A diverged replica makes all of them infinite.
    """
    cells = [_sections(result) for result in results]
    columns = list(dict.fromkeys(name for kind in zip(*cells, strict=True) for section in kind for name in section))
    rows = [{name: value for section in cell for name, value in section.items()} for cell in cells]
    return [{name: row.get(name) for name in columns} for row in rows]


def tidy_csv(results: Sequence[Result]) -> str:
    """The table as CSV (RFC 4180 but for line ends); infinities are 'inf', what is None stays empty."""
    rows = tidy_rows(results)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["key"], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _sections(result: Result) -> tuple[dict[str, object], ...]:
    """The row in parts, so that a column which only some cells have still stands beside its kind."""
    spec, stats = result.spec, result.stats
    entries = spec.to_dict()
    arguments = {
        f"{name[:-1]}_{argument}": value
        for name in ("problem_args", "optimizer_args", "noise_args")
        for argument, value in entries.pop(name).items()
    }
    measured: dict[str, object] = {"C": result.constants.c}
    for name in NORMS:
        measured |= _estimate(name, getattr(stats, name))
    measured["mean_grad_l2_squared"] = mean(stats.mean_grad_l2_squared).value
    for norm, bound in (("l1", result.bound_l1), ("l2", result.bound_l2)):
        values = getattr(stats, f"mean_grad_{norm}")
        measured |= _estimate(f"ratio_{norm}", values / bound if 0 < bound < math.inf else None)
    measured |= {
        "max_abs_x": float(np.max(stats.max_abs_x, initial=0.0)),
        "status": result.status,
        "replicas_diverged": int(np.sum(stats.diverged)),
    }
    measured |= {name: result.provenance.get(name) for name in ("seconds", "backend")}
    return ({"key": spec.key()} | entries, arguments, {f"used_{name}": v for name, v in result.hyper.items()}, measured)


def _estimate(name: str, values: np.ndarray | None) -> dict[str, float | None]:
    names = (name, f"{name}_sem", f"{name}_low", f"{name}_high")
    if values is None:
        return dict.fromkeys(names)
    e = mean(values)
    if e.df < 1 and math.isfinite(e.value):
        return dict(zip(names, (e.value, None, None, None), strict=True))
    return dict(zip(names, (e.value, e.error, e.low(LEVEL), e.high(LEVEL)), strict=True))


def _plain(value: object) -> object:
    return "" if value is None else repr(value) if isinstance(value, float) else value
