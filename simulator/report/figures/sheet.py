"""A Matplotlib figure that knows what its markers say, so that a page can tell the values."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D


class Sheet(Figure):
    """A figure in inches. ``told``: by the id of a line, what each of its markers says."""

    def __init__(self, width: float, height: float) -> None:
        layout = ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.03, wspace=0.02, hspace=0.03)
        super().__init__(figsize=(width, height), layout=layout)
        self.told: dict[str, list[str]] = {}

    def tell(self, line: Line2D, texts: Sequence[str]) -> None:
        """Have the markers of *line* say *texts*, one each."""
        name = f"marks{len(self.told)}"
        line.set_gid(name)
        self.told[name] = list(texts)


def sheet_of(ax: Axes) -> Sheet:
    """The figure that *ax* is in."""
    figure = ax.figure
    assert isinstance(figure, Sheet)
    return figure
