"""The numbers that a verdict on runs shows beside its words."""

from __future__ import annotations

from collections.abc import Container, Sequence

from .eligible import Judged
from .outcome import Exponent, GroupNumbers, Largest
from .witness import Family


def largest(judged: Sequence[Judged], alpha: float) -> Largest:
    """The largest mean ratio of at least one cell, its place, and an upper limit of all true ones.

    The largest of the cells' own limits is one: the cell whose true ratio is largest is under its own.
    """
    top = max(judged, key=lambda j: j.mean.value)
    return {
        "value": top.mean.value,
        "upper": max(j.mean.high(alpha) for j in judged),
        "where": top.where,
        "problem": top.result.spec.problem,
        "dim": top.result.spec.dim,
        "steps": top.result.spec.steps,
    }


def group_numbers(family: Family, growing: Container[tuple[str, str]], alpha: float) -> GroupNumbers:
    """A family's numbers; its exponents are of measured/rate. *growing* are the families and axes that convict."""

    def exponent(axis: str) -> Exponent:
        if axis not in family.growth.exponents:
            return {"why": family.growth.missing.get(axis)}
        b = family.growth.exponents[axis]
        return {
            "exponent": b.value,
            "error": b.error,
            "low": b.low(alpha),
            "high": b.high(alpha),
            "evidence": family.evidence(axis),
            "convicts": (family.name, axis) in growing,
        }

    return {
        "group": family.name,
        "settings": dict(family.group.settings),
        "witness": family.witness,
        "alike": family.alike,
        "cells": len(family.members),
        "cells_fitted": family.growth.cells,
        "max_ratio": max(j.mean.value for j in family.members),
        "steps": exponent("steps"),
        "dim": exponent("dim"),
    }
