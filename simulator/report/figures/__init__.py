"""Figures for a paper or a page: functions from results to drawings, with captions that say what was expected.

Each function of ``FIGURES`` takes a ``Material`` and returns drawings, or says why there are none. Those of ``MAIN``
are a page's own, the others are for who asks for more. What no figure shows ``left_out`` says, once for all of them.
A figure is drawn when ``Drawing.figure``, or a file of it, is asked for.
"""

from __future__ import annotations

from collections.abc import Callable

from .controls import controls
from .curves import curves
from .density import density
from .drawing import Drawing, Skipped
from .envelope import envelope
from .exponents import exponents
from .forest import forest
from .ladders import ladders
from .material import Material
from .norms import norms
from .pages import pages
from .rates import against_dim, against_steps
from .ratios import ratios
from .slopes import slopes
from .training import batches, training

__all__ = ["FIGURES", "MAIN", "Drawing", "Material", "Skipped", "draw", "left_out"]

FIGURES: dict[str, Callable[[Material], list[Drawing | Skipped]]] = {
    "envelope": envelope,
    "forest": forest,
    "ratios": ratios,
    "controls": controls,
    "density": density,
    "norms": norms,
    "ladders": ladders,
    "rates": against_steps,
    "dimension": against_dim,
    "exponents": exponents,
    "slopes": slopes,
    "curves": curves,
    "training": training,
    "batches": batches,
}
RECORDED = ("ladders", "training", "batches")  # figures of recordings; all others are of cells or random vectors
MAIN = ("envelope", "forest", "ratios", "controls", "density", "norms", "ladders")


def draw(material: Material) -> list[Drawing | Skipped]:
    """All figures of *material* in the order of ``FIGURES``."""
    return [drawing for figure in FIGURES.values() for drawing in figure(material)]


def left_out(material: Material) -> str:
    """What further figures don't show, in a sentence; '' if nothing."""
    return pages(material.cells)[1]
