"""The tables of growth, of the constants' exponents, of random vectors and of provenance, as text."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..judge.fit import SYMBOLS
from ..judge.outcome import Exponent, Verdict
from ..samples.rows import NormRow, measured
from .figures.exponents import measured_exponents, places
from .figures.style import LEVEL
from .shown import Shown
from .table import Column, Table, tabled
from .wording import number, signed

GROWTH = (
    Column("theorem", "theorem", "head"),
    Column("group", "cells that differ in d and K only", "long"),
    Column("witness", "witness", same="witness: {}"),
    Column("cells", "cells", "number", "{} cells"),
    Column("max_ratio", "largest ratio", "number"),
    Column("steps", "exponent of K", "number"),
    Column("dim", "exponent of d", "number"),
)
CONSTANTS = (
    Column("constant", "in", "head"),
    Column("where", "where", "long"),
    Column("theorem", "theorem", same="theorem {}"),
    Column("quantity", "quantity", "long", "quantity {}"),
    Column("values", "values", "long"),
    Column("exponent", "exponent", "number"),
    Column("interval", "95 % interval", "number"),
    Column("expected", "in the rate", "number"),
)
NORMS = (
    Column("law", "law", "head"),
    Column("dim", "d", "number"),
    Column("samples", "vectors", "number", "{} vectors"),
    Column("l1", "E‖g‖₁/d", "number"),
    Column("exact_l1", "exact", "number"),
    Column("z_l1", "z", "number"),
    Column("l2", "E‖g‖₂/√d", "number"),
    Column("exact_l2", "exact", "number"),
    Column("z_l2", "z", "number"),
    Column("ratio", "‖g‖₁/(√d‖g‖₂)", "number"),
    Column("violations", "exceptions", "number", "{} exceptions"),
)


def growth_table(verdicts: Sequence[Verdict]) -> Table:
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
                    "witness": "yes" if group["witness"] else "no",
                    "cells": group["cells"],
                    "max_ratio": number(group["max_ratio"]),
                    "steps": _exponent(group["steps"]),
                    "dim": _exponent(group["dim"]),
                }
            )
    note = (
        "Exponents of measured/rate over the larger half of the grid, with one-sided 95 % limits on either side. A "
        "theorem without constants asks for exponents not above 0 on witnesses: families on which growth is evidence. "
        "The largest ratio is measured/bound for a bound with its constants, else measured/rate."
    )
    return tabled("growth", "Growth of measured/rate", GROWTH, rows, note)


def constant_table(cells: Sequence[Shown]) -> Table:
    """A row per measured exponent in σ, L or Δ with its 95 % interval, and the exponent of the theorem's rate."""
    found = measured_exponents(cells)
    rows = [
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
    return tabled("constants", "Exponents of the constants", CONSTANTS, rows)


def norm_rows_table(rows: Sequence[NormRow]) -> Table:
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
            "violations": r.violations or "no",
        }

    note = (
        "In parentheses the standard error in units of the last digits; z is (measured − exact)/standard error; "
        "exceptions break ‖g‖₂ ≤ ‖g‖₁ ≤ √d‖g‖₂."
    )
    return tabled("norms", "Norms of random vectors", NORMS, [row(r) for r in rows], note)


def provenance_table(rows: Sequence[tuple[str, str]]) -> Table:
    """What is known of where the numbers come from, a row for each."""
    columns = Column("what", "what", "head"), Column("value", "value", "long")
    return Table("provenance", "Provenance", columns, [{"what": what, "value": value} for what, value in rows])


def _exponent(entry: Exponent) -> str:
    if "exponent" not in entry:
        return f"none: {entry.get('why') or 'not asked for'}"
    return f"{signed(entry['exponent'])} [{signed(entry['low'])}, {signed(entry['high'])}]"
