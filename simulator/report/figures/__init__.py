"""Figures for a paper or a page: functions from results to drawings, with captions that say what was expected.

Each function of ``FIGURES`` takes ``(cells, norm_rows)``, cells with the theorem they are shown under, and returns
drawings, or says why there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import matplotlib as mpl

from ..shown import Shown
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


def draw(cells: Sequence[Shown], norm_rows: Sequence = ()) -> list[Drawing | Skipped]:
    """All figures of *cells* (``shown.show``) in the order of ``FIGURES``, in the style of ``style.py``."""
    with mpl.rc_context(RC):
        return [drawing for figure in FIGURES.values() for drawing in figure(cells, norm_rows)]
