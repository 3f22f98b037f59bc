"""The tables of the report: each a list of rows ready to be shown, as text."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from ..cells.evidence import Result
from ..judge.fit import SYMBOLS
from ..judge.intervals import Estimate, mean
from ..judge.outcome import Exponent, Outcome, Verdict
from ..samples.rows import NormRow, measured
from .figures.exponents import measured_exponents, places
from .figures.names import order, short
from .figures.style import LEVEL, compact
from .provenance import spans
from .shown import Shown

MOST_CELLS = 400


def verdict_table(verdicts: Sequence[Verdict]) -> list[dict]:
    """A row per theorem; ``tone`` is good, open or bad: the outcome beside what was expected."""
    rows = []
    for v in verdicts:
        tone = "good" if v.as_expected else "open" if v.outcome is Outcome.INCONCLUSIVE else "bad"
        top, case = v.numbers.get("max_ratio"), v.numbers.get("smallest_failing")
        keys = f"in results.csv: {', '.join(case['cells'])}" if case else ""
        smallest = f"smallest failing case: {case['where']} ({keys})" if case else ""
        rows.append(
            {
                "theorem": v.claim,
                "outcome": v.outcome.value,
                "tone": tone,
                "statement": v.statement,
                "reasons": [*v.reasons, *([smallest] if smallest else [])],
                "kind": "theorem" if v.expected == "holds" else "false control, must be VIOLATED",
                "word": "as expected" if v.as_expected else "open" if tone == "open" else "NOT as expected",
                "ratio": f"{number(top['value'])} (≤ {number(top['upper'])})" if top else "",
                "cells": f"{v.cells.judged} judged"
                + (f", {v.cells.escaped} escaped" if v.cells.escaped else "")
                + "".join(f", {n} aside: {why}" for why, n in v.cells.aside.items()),
            }
        )
    return rows


def run_table(cells: Sequence[Shown], plan) -> list[dict]:
    """A row per problem, optimizer, noise and schedule: sizes, cells done and due, what they are shown under."""

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
                "steps": ", ".join(map(compact, sorted({s.steps for s in specs}))),
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


def growth_table(verdicts: Sequence[Verdict]) -> list[dict]:
    """A row per theorem and group of cells with an exponent: its largest ratio, its exponents with their limits."""
    rows = []
    for v in verdicts:
        for group in v.numbers.get("groups", []):
            if "exponent" not in group["steps"] and "exponent" not in group["dim"]:
                continue
            rows.append(
                {
                    "theorem": v.claim,
                    "group": group["group"],
                    "cells": group["cells"],
                    "max_ratio": number(group["max_ratio"]),
                    "steps": _exponent(group["steps"]),
                    "dim": _exponent(group["dim"]),
                }
            )
    return rows


def constant_table(cells: Sequence[Shown]) -> list[dict]:
    """A row per measured exponent in σ, L or Δ with its 95 % interval, and the exponent of the theorem's rate."""
    found = measured_exponents(cells)
    return [
        {
            "constant": SYMBOLS[e.constant],
            "where": where,
            "theorem": theorem.name,
            "quantity": theorem.measures.text,
            "values": ", ".join(f"{v:g}" for v in e.values),
            "exponent": f"{e.exponent.value:.4f}",
            "interval": f"[{e.exponent.low(LEVEL):.4f}, {e.exponent.high(LEVEL):.4f}]",
            "expected": "none" if e.expected is None else f"{e.expected:.4g}",
        }
        for where, (theorem, e) in zip(places(found), found, strict=True)
    ]


def norm_rows_table(rows: Sequence[NormRow]) -> list[dict]:
    """A row per law and dimension: Monte Carlo means (standard error in the last digits) beside exact values."""

    def row(r: NormRow) -> dict:
        d, root = r.dim, math.sqrt(r.dim)
        return {
            "law": r.law,
            "dim": d,
            "samples": r.samples,
            "l1": measured(r.mean_l1 / d, r.sem_l1 / d),
            "exact_l1": f"{r.exact_l1 / d:.6f}",
            "l2": measured(r.mean_l2 / root, r.sem_l2 / root),
            "exact_l2": f"{r.exact_l2 / root:.6f}",
            "z_l1": f"{r.z_l1:+.2f}",
            "z_l2": f"{r.z_l2:+.2f}",
            "ratio": measured(r.ratio_mean, r.ratio_sem),
            "violations": r.violations,
        }

    return [row(r) for r in rows]


def cell_table(cells: Sequence[Shown]) -> list[dict]:
    """The first MOST_CELLS cells: what their theorem is about, and its ratio to bound or rate with 95 % limits."""
    rows = []
    for shown in sorted(cells, key=lambda shown: order(shown.result))[:MOST_CELLS]:
        spec = shown.spec
        rows.append(
            {
                "optimizer": short(spec.optimizer),
                "problem": short(spec.problem),
                "schedule": short(spec.schedule),
                "dim": spec.dim,
                "steps": spec.steps,
                "constants": f"{spec.sigma:g}, {spec.smoothness:g}, {spec.gap:g}",
                "theorem": _called(shown),
                "quantity": shown.quantity.text,
                "mean": interval(shown.measured),
                "ratio": shown.why if shown.ratio is None else interval(mean(shown.ratio)),
                "replicas": shown.values.size,
                "status": _status(shown.result),
            }
        )
    return rows


def _status(result: Result) -> str:
    """'ok', or how many replicas escaped and diverged: '3 escaped, 1 diverged'."""
    counts = {"escaped": int(result.stats.escaped.sum()), "diverged": int(result.stats.diverged.sum())}
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "ok"


def _called(shown: Shown) -> str:
    return "none" if shown.theorem is None else shown.theorem.name


def number(value: float) -> str:
    """Four digits, zeros included."""
    return "∞" if value == math.inf else f"{value:#.4g}"


def interval(e: Estimate) -> str:
    """'0.6131 [0.6110, 0.6152]'; '∞' when a replica diverged."""
    if math.isinf(e.value):
        return "∞"
    if e.df < 1:
        return number(e.value)
    return f"{number(e.value)} [{number(e.low(LEVEL))}, {number(e.high(LEVEL))}]"


def _exponent(entry: Exponent) -> str:
    if "exponent" not in entry:
        return f"none: {entry.get('why') or 'not asked for'}"
    return f"{entry['exponent']:+.3f} [{entry['low']:+.3f}, {entry['high']:+.3f}]"
