"""Figures for a paper or a page: functions from results to drawings, with captions that say what was expected.

Each function of ``FIGURES`` takes ``(cells, norm_rows)``, cells with the theorem they are shown under, and returns
drawings, or says why there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import matplotlib as mpl

from ...cells.evidence import Result
from ...judge.statement import Judgeable
from ...sample_theorem import SampleTheorem
from ..shown import Shown, show
from .exponents import exponents
from .norms import norms
from .rates import against_dim, against_steps
from .ratio import ratio
from .runs import curves, density
from .slopes import slopes
from .style import RC, Drawing, Skipped

__all__ = ["FIGURES", "Drawing", "Skipped", "draw"]

FIGURES: dict[str, Callable[[Sequence[Shown], Sequence], list[Drawing | Skipped]]] = {
    "rates": against_steps,
    "ratio": ratio,
    "dimension": against_dim,
    "slopes": slopes,
    "exponents": exponents,
    "density": density,
    "curves": curves,
    "norms": norms,
}


def draw(
    results: Sequence[Result],
    norm_rows: Sequence = (),
    theorems: Sequence[Judgeable | SampleTheorem] | None = None,
) -> list[Drawing | Skipped]:
    """All figures in the order of ``FIGURES``, in the style of ``style.py``; *theorems* are the shipped by default."""
    cells = show(results, theorems)
    with mpl.rc_context(RC):
        return [drawing for figure in FIGURES.values() for drawing in figure(cells, norm_rows)]
