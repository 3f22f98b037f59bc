"""A verdict as a figure, in the style of the report's."""

from __future__ import annotations

from typing import Any

from ratecheck.problems.errors import InputError

from ..judge.outcome import Verdict
from ..sample_theorem import SampleTheorem


def figure(verdict: Verdict) -> Any:
    """Everything that was measured, over the theorem's rate without its power of K, under the bound or rate.

    A Matplotlib figure that shows itself in a notebook; its text is ``figure.caption``. Raises InputError where there
    is nothing to draw.
    """
    rests = verdict.grounds
    if rests is None:
        raise InputError("this verdict has nothing to draw; ratecheck.verify and ratecheck.judge give one that has")
    if isinstance(rests.theorem, SampleTheorem):
        raise InputError(f"{verdict.claim} is about random vectors; `ratecheck report` draws those of a results folder")
    from ..report.figures import FIGURES, Drawing, Material  # late: Matplotlib is slow to import
    from ..report.shown import show

    cells = [shown for shown in show(rests.results, [rests.theorem]) if shown.theorem is not None]
    drawing = FIGURES["envelope"](Material(cells, (), [verdict], [rests.theorem]))[0]
    if not isinstance(drawing, Drawing):
        raise InputError(f"{verdict.claim}: {drawing.reason}")
    made: Any = drawing.figure
    made.caption = drawing.caption
    made._repr_png_ = lambda: drawing.png  # Matplotlib shows a figure by itself only where pyplot was imported before
    return made
