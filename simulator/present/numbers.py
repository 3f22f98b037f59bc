"""The few numbers that stand beside a verdict wherever it is shown."""

from __future__ import annotations

from ..judge.outcome import Verdict
from ..plugins import plain_name
from ..words import count, limit


def ratio_name(verdict: Verdict) -> str:
    """'measured/bound', of a rate 'measured/rate'."""
    return "measured/bound" if verdict.numbers.get("bound") == "explicit" else "measured/rate"


def largest(verdict: Verdict) -> str:
    """'0.357, at most 0.358', '' for a verdict without ratios."""
    top = verdict.numbers.get("max_ratio")
    return f"{top['value']:.4g}{limit(top['value'], top['upper'])}" if top else ""


def place(verdict: Verdict) -> str:
    """Where the largest ratio is: 'ramp, d = 64, K = 4000'."""
    top = verdict.numbers.get("max_ratio")
    return f"{plain_name(top['problem'])}, d = {top['dim']}, K = {top['steps']}" if top else ""


def rows(verdict: Verdict) -> list[tuple[str, str]]:
    """Names and texts of the numbers that a verdict has."""
    copies = verdict.numbers.get("copies")
    judged = f"{verdict.cells.judged}" + (f" and {count(copies, 'rescaled copy')}" if copies else "")
    found = [(f"largest {ratio_name(verdict)}", largest(verdict)), ("at", place(verdict)), ("cells judged", judged)]
    return [(name, text) for name, text in found if text]
