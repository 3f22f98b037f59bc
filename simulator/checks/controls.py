"""A judge that can't fail a theorem is worth nothing: false controls that can be told from what they are beside."""

from __future__ import annotations

import math

from ratecheck.problems.checks import Finding
from ratecheck.problems.errors import InputError

from ..cells.cell import Cell
from ..cells.hyper import Hyper
from ..theorem import Theorem

SAME = 1e-9


def check_controls(theorem: Theorem) -> Finding:
    """That *theorem* has a false control at all."""
    if theorem.controls:
        names = ", ".join(control.name for control in theorem.controls)
        return Finding("control", True, f"the judge must find {names} false")
    return Finding(
        "control",
        False,
        f"no false control: write one with @{theorem.name.replace('-', '_')}.control, or nobody knows that the judge "
        "would see it fail",
    )


def check_control(control: Theorem, parent: Theorem, cells: list[Cell]) -> Finding:
    """That *control* says something else than its theorem, and something that the theorem's truth doesn't make true."""
    if control.rule is not parent.rule:
        return Finding("differs", True, f"it has other hyper-parameters than {parent.name}")
    if control.measures.meaning != parent.measures.meaning:
        return Finding("differs", True, f"it is about {control.measures.name}, {parent.name} about another quantity")
    ratios = [ratio for cell in cells if (ratio := _ratio(control, parent, cell)) is not None]
    if not ratios:
        return Finding("differs", True, f"it can't be compared with {parent.name} on its grid")
    low, high = min(ratios), max(ratios)
    if control.kind != "none" and parent.kind != "none":
        words = f"its bound is {low:.4g} to {high:.4g} times that of {parent.name}"
        if low >= 1 - SAME:
            return Finding("differs", False, f"{words}: never below it, so that it is true if that is")
        if high > low * (1 + SAME):
            name = parent.name.replace("-", "_")
            words += (
                f"; as {parent.name} has a bound it is judged as one, with the constant that stands there: for O(·) "
                f"say @{name}.control(explicit=False)"
            )
        return Finding("differs", True, words)
    words = f"its rate over that of {parent.name} goes from {low:.4g} to {high:.4g}"
    if control.kind == "none" and high <= low * (1 + SAME):
        return Finding("differs", False, f"{words}: a constant factor, which a rate says nothing about")
    return Finding("differs", True, words)


def _ratio(control: Theorem, parent: Theorem, cell: Cell) -> float | None:
    """The control's number over the theorem's: bounds where both have one, else rates."""
    bounds = control.kind != "none" and parent.kind != "none"
    hyper = Hyper(cell.hyper)
    try:
        ours, theirs = (
            t.bound(cell.constants, hyper) if bounds else t.rate(cell.constants, hyper) for t in (control, parent)
        )
    except InputError:  # a missing constant, or a fault that is told of the theorem itself
        return None
    return ours / theirs if ours is not None and theirs and math.isfinite(theirs) else None
