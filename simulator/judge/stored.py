"""Theorems as data: what one says of each cell, so that a folder can be judged and drawn again without its code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..cells.evidence import Result
from .copies import NONE, Copies, to_list
from .statement import Judgeable


def to_dict(theorem: Judgeable, results: Iterable[Result], copies: Mapping[str, Copies] | None = None) -> dict:
    """*theorem* as it stands in verdicts.json, with its bearing on each cell of *results* that it concerns, and what
    it says of the *copies* of these cells, by their keys.

    An infinite bound stays infinite: ``strict_json`` writes it.
    """
    known = copies or {}
    bearings = ((result.key, theorem.on(result)) for result in results)
    return {
        "name": theorem.name,
        "statement": theorem.statement,
        "expected": theorem.expected,
        "kind": theorem.kind,
        "axes": list(theorem.axes),
        "levels": [
            {"problem": hard.problem, "arguments": dict(hard.arguments), "level": hard.level} for hard in theorem.levels
        ],
        "source": getattr(theorem, "source", ""),
        "rate_tex": theorem.rate_tex,
        "bound_tex": theorem.bound_tex,
        "quantity": {
            "name": theorem.measures.name,
            "digest": theorem.measures.digest,
            "text": theorem.measures.text,
            "tex": theorem.measures.tex,
        },
        "cells": {
            key: {
                "bound": b.bound,
                "rate": b.rate,
                "void": b.void,
                "aside": b.aside,
                **({"copies": to_list(known[key])} if known.get(key, NONE).count else {}),
            }
            for key, b in bearings
            if b is not None
        },
    }
