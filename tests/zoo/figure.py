"""The figure of a theorem: its envelope, as the report draws it, with text as text, so that it is small."""

from __future__ import annotations

import io

import matplotlib as mpl

from simulator.report.figures import FIGURES, Drawing, Material
from simulator.report.figures.style import PAGE, style
from simulator.report.shown import show

from .verified import Verified

SMALL = {"svg.fonttype": "none"}


def envelope(found: Verified) -> Drawing:
    """The envelope of the cells that the theorem says something of."""
    cells = [shown for shown in show(found.results, [found.theorem]) if shown.theorem is not None]
    (drawing,) = FIGURES["envelope"](Material(cells, (), [found.verdict], [found.theorem]))
    assert isinstance(drawing, Drawing)
    return drawing


def figure(found: Verified) -> bytes:
    """An SVG, equal for equal results."""
    drawing, content = envelope(found), io.BytesIO()
    made = drawing.figure
    with mpl.rc_context(style(PAGE) | SMALL):
        made.savefig(content, format="svg", metadata={"Date": None, "Creator": "ratecheck"})
    lines = content.getvalue().decode().splitlines()
    return ("\n".join(line.rstrip() for line in lines) + "\n").encode()
