"""Figures for a paper or a page: functions from results to drawings, with captions that say what was expected.

Each function of ``FIGURES`` takes ``(results, norm_rows)`` and returns drawings, or says why there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import matplotlib as mpl

from ...cells.evidence import Result
from .exponents import exponents
from .norms import norms
from .rates import against_dim, against_steps
from .ratio import ratio
from .runs import curves, density
from .slopes import slopes
from .style import RC, Drawing, Skipped

__all__ = ["FIGURES", "Drawing", "Skipped", "draw"]

FIGURES: dict[str, Callable[[Sequence[Result], Sequence], list[Drawing | Skipped]]] = {
    "rates": against_steps,
    "ratio": ratio,
    "dimension": against_dim,
    "slopes": slopes,
    "exponents": exponents,
    "density": density,
    "curves": curves,
    "norms": norms,
}


def draw(results: Sequence[Result], norm_rows: Sequence = ()) -> list[Drawing | Skipped]:
    """All figures in the order of ``FIGURES``, in the style of ``style.py``."""
    with mpl.rc_context(RC):
        return [drawing for figure in FIGURES.values() for drawing in figure(results, norm_rows)]
