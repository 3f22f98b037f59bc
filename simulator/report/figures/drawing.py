"""A figure with its words, drawn when it is asked for and at the width that is asked for, and its files."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import matplotlib as mpl

from .sheet import Sheet
from .style import COLUMN, PAGE, style

PAPER_WIDTHS = (COLUMN, PAGE)
KINDS = ("pdf", "svg", "png")
WITHOUT_DATES: dict[str, dict[str, str | None]] = {
    "pdf": {"CreationDate": None, "Creator": "ratecheck", "Producer": None},
    "svg": {"Date": None, "Creator": "ratecheck"},
    "png": {"Software": None},
}


@dataclass(frozen=True)
class Drawing:
    """A figure with its file name, title and caption (plain text, one paragraph).

    ``result`` is one sentence with the numbers that it shows; ``make`` draws it, *width* inches wide.
    """

    name: str
    title: str
    caption: str
    result: str
    make: Callable[[float], Sheet]

    def at(self, width: float) -> Sheet:
        """The figure, *width* inches wide, laid out."""
        with mpl.rc_context(style(width)):
            figure = self.make(width)
            if (engine := figure.get_layout_engine()) is not None:
                engine.execute(figure)  # once: it takes longer than the drawing
            figure.set_layout_engine(None)
        return figure

    @cached_property
    def figure(self) -> Sheet:
        """The figure as the page has it."""
        return self.at(PAGE)

    @cached_property
    def svg(self) -> bytes:
        """The figure as SVG, without dates: equal data give equal bytes."""
        return self._saved(self.figure, "svg")

    @cached_property
    def png(self) -> bytes:
        return self._saved(self.figure, "png")

    def files(self) -> dict[str, bytes]:
        """File name → content, the SVG and the PNG."""
        return {f"{self.name}.svg": self.svg, f"{self.name}.png": self.png}

    def paper(self) -> dict[str, bytes]:
        """File name → content as PDF, SVG and PNG, as wide as one column of a paper and as its page."""
        column = self.at(COLUMN)
        as_wide = {kind: {COLUMN: self._saved(column, kind)} for kind in KINDS}
        as_wide["pdf"][PAGE] = self._saved(self.figure, "pdf")
        as_wide["svg"][PAGE], as_wide["png"][PAGE] = self.svg, self.png
        return {f"{self.name}-{width:g}in.{kind}": as_wide[kind][width] for width in PAPER_WIDTHS for kind in KINDS}

    def _saved(self, figure: Sheet, kind: str) -> bytes:
        content = io.BytesIO()
        with mpl.rc_context(style(figure.get_figwidth())):
            figure.savefig(content, format=kind, metadata=WITHOUT_DATES[kind] | {"Title": self.title})
        return content.getvalue()


@dataclass(frozen=True)
class Skipped:
    """A figure that the data don't allow, and why."""

    name: str
    title: str
    reason: str
