"""The tables of runs: what was run, and every cell with what was measured."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from ..cells.evidence import Result
from ..judge.intervals import Estimate, mean
from ..words import count
from ..words import short as size
from .figures.names import arguments, order, problem_names, short
from .figures.style import LEVEL
from .provenance import spans
from .shown import Shown
from .table import Column, Table, tabled
from .wording import number

MOST_CELLS = 1000
SETTINGS = (
    Column("sigma", "σ", "number", "σ = {}"),
    Column("smoothness", "L", "number", "L = {}"),
    Column("gap", "Δ", "number", "Δ = {}"),
)
RUNS = (
    Column("optimizer", "optimizer", "head"),
    Column("problem", "problem", same="problem {}"),
    Column("theorem", "shown under", same="shown under {}"),
    Column("dims", "d", "long"),
    Column("steps", "K", "long"),
    Column("cells", "cells", "number"),
    Column("noise", "noise", same="noise {}"),
    Column("schedule", "schedule", same="schedule {}"),
    Column("replicas", "replicas", "number", "{} replicas"),
    Column("escaped", "escaped", "number", "{} escaped"),
    Column("diverged", "diverged", "number", "{} diverged"),
    *SETTINGS,
)
CELLS = (
    Column("theorem", "theorem", "head"),
    Column("optimizer", "optimizer", same="optimizer {}"),
    Column("problem", "problem", same="problem {}"),
    Column("noise", "noise", same="noise {}"),
    Column("schedule", "schedule", same="schedule {}"),
    Column("dim", "d", "number", "d = {}"),
    Column("steps", "K", "number", "K = {}"),
    *SETTINGS,
    Column("mean", "measured", "number"),
    Column("ratio", "measured/limit", "number"),
    Column("replicas", "replicas", "number", "{} replicas"),
    Column("status", "status", same="status {}"),
)


def run_table(cells: Sequence[Shown], plan) -> Table:
    """A row per problem, optimizer, noise and schedule: sizes, cells done and due, what they are shown under."""
    return tabled(
        "runs",
        "What was run",
        RUNS,
        run_rows(cells, plan),
        "d: dimension, K: horizon in steps, and L, Δ, σ: smoothness, gap f(x¹) − f* and noise, all exact. Every K is a "
        "run of its own. Figures show the cells under the theorem named here. Escaped: in some replica f, averaged "
        "over the last half of the checkpoints, lies above its start's, or x went 10⁶ times its start's size away; "
        "such a cell may show a theorem wrong and never right. Diverged: some replica left the finite numbers.",
    )


def run_rows(cells: Sequence[Shown], plan) -> list[dict]:
    def kind(spec) -> tuple[str, ...]:
        return short(spec.optimizer), short(spec.problem), short(spec.noise), short(spec.schedule)

    done: dict[tuple, list[Shown]] = {}
    for shown in sorted(cells, key=lambda shown: order(shown.result)):
        done.setdefault(kind(shown.spec), []).append(shown)
    due: dict[tuple, int] = {}
    for spec in plan.specs if plan is not None else [shown.spec for shown in cells]:
        due[kind(spec)] = due.get(kind(spec), 0) + 1
    rows = []
    for name in dict.fromkeys([*done, *due]):
        own = done.get(name, [])
        specs = [shown.spec for shown in own]
        statuses = Counter(shown.result.status for shown in own)
        rows.append(
            {
                "optimizer": name[0],
                "problem": name[1],
                "noise": name[2],
                "schedule": name[3],
                "dims": spans(s.dim for s in specs),
                "steps": ", ".join(map(size, sorted({s.steps for s in specs}))),
                "replicas": spans(s.replicas for s in specs),
                "sigma": spans(s.sigma for s in specs),
                "smoothness": spans(s.smoothness for s in specs),
                "gap": spans(s.gap for s in specs),
                "theorem": ", ".join(dict.fromkeys(_called(shown) for shown in own)),
                "cells": f"{len(own)} of {due.get(name, len(own))}",
                "escaped": (statuses["escaped"] or "none") if own else "",
                "diverged": (statuses["diverged"] or "none") if own else "",
            }
        )
    return rows


def cell_table(cells: Sequence[Shown]) -> Table:
    """The first MOST_CELLS cells: what their theorem is about, and its ratio to bound or rate with 95 % limits."""
    rows, problems = [], problem_names(cells, " ({})")
    for shown in sorted(cells, key=lambda shown: _by_numbers(shown.result))[:MOST_CELLS]:
        spec = shown.spec
        rows.append(
            {
                "theorem": _called(shown),
                "optimizer": short(spec.optimizer) + arguments(spec.optimizer_args, " ({})"),
                "problem": problems[id(shown)],
                "noise": short(spec.noise) + arguments(spec.noise_args, " ({})"),
                "schedule": short(spec.schedule),
                "dim": spec.dim,
                "steps": spec.steps,
                "sigma": f"{spec.sigma:g}",
                "smoothness": f"{spec.smoothness:g}",
                "gap": f"{spec.gap:g}",
                "mean": interval(shown.measured),
                "ratio": shown.why if shown.ratio is None else interval(mean(shown.ratio)),
                "replicas": shown.values.size,
                "status": _status(shown.result),
            }
        )
    quantities = dict.fromkeys((_called(shown), shown.quantity.text) for shown in cells)
    note = (
        "Measured, with 95 % intervals: "
        + "; ".join(f"{text} ({name})" for name, text in quantities)
        + ". The limit is the theorem's bound, or its rate where it has no constants."
    )
    rest = len(cells) - len(rows)
    left_out = f"{count(rest, 'further cell')} {'is' if rest == 1 else 'are'} in results.csv only." if rest else ""
    return tabled("cells", "Cells", CELLS, rows, note, left_out)


def _by_numbers(result: Result) -> tuple:
    """As figures have it, but within one setting by d and K as numbers."""
    ranks, spec = order(result), result.spec
    settings = {k: v for k, v in spec.to_dict().items() if k not in ("dim", "steps")}
    return (*ranks[:4], str(sorted(settings.items())), spec.dim, spec.steps)


def _status(result: Result) -> str:
    """'ok', or how many replicas escaped and diverged: '3 escaped, 1 diverged'."""
    counts = {"escaped": int(result.stats.escaped.sum()), "diverged": int(result.stats.diverged.sum())}
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "ok"


def _called(shown: Shown) -> str:
    return "none" if shown.theorem is None else shown.theorem.name


def interval(e: Estimate) -> str:
    """'0.6131 [0.6110, 0.6152]'; '∞' when a replica diverged."""
    if math.isinf(e.value):
        return "∞"
    if e.df < 1:
        return number(e.value)
    return f"{number(e.value)} [{number(e.low(LEVEL))}, {number(e.high(LEVEL))}]"
