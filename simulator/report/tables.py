"""The tables of the report: each a list of rows ready to be shown, as text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from ..cells.evidence import Result
from ..judge.fit import SYMBOLS
from ..judge.intervals import Estimate, mean
from ..judge.outcome import Outcome, Verdict
from ..samples.rows import NormRow, measured
from .figures.exponents import measured_exponents, places
from .figures.pages import order, short
from .figures.style import LEVEL, compact
from .shown import Shown

MOST_CELLS = 400


def verdict_table(verdicts: Sequence[Verdict]) -> list[dict]:
    """A row per theorem; ``tone`` is good, open or bad: the outcome beside what was expected."""
    rows = []
    for v in verdicts:
        tone = "good" if v.as_expected else "open" if v.outcome is Outcome.INCONCLUSIVE else "bad"
        top = v.numbers.get("max_ratio")
        rows.append(
            {
                "theorem": v.claim,
                "outcome": v.outcome.value,
                "tone": tone,
                "statement": v.statement,
                "reasons": list(v.reasons),
                "kind": "theorem" if v.expected == "holds" else "false control, must be VIOLATED",
                "word": "as expected" if v.as_expected else "open" if tone == "open" else "NOT as expected",
                "ratio": f"{number(top['value'])} (≤ {number(top['upper'])})" if top else "",
                "cells": f"{v.cells.judged} judged"
                + "".join(f", {n} aside: {why}" for why, n in v.cells.aside.items()),
            }
        )
    return rows


def run_table(results: Sequence[Result], plan) -> list[dict]:
    """A row per problem, optimizer, noise and schedule: sizes, cells done and due, diverged cells."""

    def kind(spec) -> tuple[str, ...]:
        return short(spec.optimizer), short(spec.problem), short(spec.noise), short(spec.schedule)

    done: dict[tuple, list[Result]] = {}
    for result in sorted(results, key=order):
        done.setdefault(kind(result.spec), []).append(result)
    due: dict[tuple, int] = {}
    for spec in plan.specs if plan is not None else [r.spec for r in results]:
        due[kind(spec)] = due.get(kind(spec), 0) + 1
    rows = []
    for name in dict.fromkeys([*done, *due]):
        cells = done.get(name, [])
        specs = [cell.spec for cell in cells]
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
                "cells": f"{len(cells)} of {due.get(name, len(cells))}",
                "diverged": (sum(cell.status == "diverged" for cell in cells) or "none") if cells else "",
            }
        )
    return rows


def growth_table(verdicts: Sequence[Verdict]) -> list[dict]:
    """A row per theorem and group of cells with an exponent: its largest ratio, its exponents with their limits."""
    rows = []
    for v in verdicts:
        for group in v.numbers.get("groups", []):
            if not any("exponent" in group[axis] for axis in ("steps", "dim")):
                continue
            rows.append(
                {
                    "theorem": v.claim,
                    "group": group["group"],
                    "cells": group["cells"],
                    "max_ratio": number(group["max_ratio"]),
                    **{axis: _exponent(group[axis]) for axis in ("steps", "dim")},
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
    for shown in sorted(cells, key=lambda shown: order(shown.cell))[:MOST_CELLS]:
        spec, cell = shown.spec, shown.cell
        rows.append(
            {
                "optimizer": short(spec.optimizer),
                "problem": short(spec.problem),
                "schedule": short(spec.schedule),
                "dim": spec.dim,
                "steps": spec.steps,
                "constants": f"{spec.sigma:g}, {spec.smoothness:g}, {spec.gap:g}",
                "theorem": "none" if shown.theorem is None else shown.theorem.name,
                "quantity": shown.quantity.text,
                "mean": interval(shown.measured),
                "ratio": shown.why if shown.ratio is None else interval(mean(shown.ratio)),
                "replicas": shown.values.size,
                "status": cell.status if cell.status == "ok" else f"{int(cell.stats.diverged.sum())} diverged",
            }
        )
    return rows


def provenance(results: Sequence[Result], plan) -> list[tuple[str, str]]:
    """Where the numbers come from: (what, value), without anything that names the host.

    What isn't of the kind that an engine writes, in a file from elsewhere, is left out.
    """
    sources = [result.provenance for result in results if isinstance(result.provenance, Mapping)]
    rows = [("sweep", plan.source + (" (quick)" if plan.quick else ""))] if plan is not None else []
    rows += [("seeds", spans(r.spec.seed for r in results)), ("precision", spans(r.spec.dtype for r in results))]
    known = "backend", "fast", "device", "machine"  # fast and device are a GPU's
    rows += [(what, spans(str(s[what]) for s in sources if what in s)) for what in known]
    versions = [own for s in sources if isinstance(own := s.get("versions"), Mapping)]
    names = dict.fromkeys(name for own in versions for name in own)
    rows += [(str(name), spans(str(own[name]) for own in versions if name in own)) for name in names]
    dates = sorted(str(s["date"]) for s in sources if "date" in s)
    rows += [("computed", f"{dates[0]} to {dates[-1]}" if len(set(dates)) > 1 else dates[0])] if dates else []
    seconds = [s["seconds"] for s in sources if _is_time(s.get("seconds"))]
    rows += [("engine time", f"{sum(seconds):.1f} s over {len(seconds)} cells")] if seconds else []
    return [(what, value) for what, value in rows if value]


def _is_time(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e12


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


def spans(values: Iterable) -> str:
    """'16, 64, 256': the distinct values in order."""
    return ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in sorted(set(values)))


def _exponent(entry: dict) -> str:
    if "exponent" not in entry:
        return f"none: {entry.get('why') or 'not asked for'}"
    return f"{entry['exponent']:+.3f} [{entry['low']:+.3f}, {entry['high']:+.3f}]"
