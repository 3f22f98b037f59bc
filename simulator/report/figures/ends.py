"""Labels at the right ends of lines, moved apart where lines end close together, each led to its own line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from .scales import columns_of
from .sheet import sheet_of
from .style import INK

NEAR = 0.9  # of a panel's width: a line that ends there is led straight to the edge, and only outside to its label
GAP = 0.11  # inches between a panel and its labels


@dataclass(frozen=True)
class End:
    """Where a line ends, in data, what it is called, and its colour."""

    x: float
    y: float
    text: str
    color: str


def label_ends(ax: Axes, ends: Sequence[End], height: float, size: float = 7.5) -> None:
    """Write what the lines of *ax* are called at its right.

    The limits of *ax* must be set; *height* is a lower guess of its height in inches, *size* that of the letters in
    points.
    """
    if not ends:
        return
    inside = ax.transAxes.inverted()
    spots = [inside.transform(ax.transData.transform((end.x, end.y))) for end in ends]
    gaps = [_height(end.text) * size / (72 * height) for end in ends]
    bend = 1.0 + GAP / _width(ax)
    for end, spot, place in zip(ends, spots, spread([y for _, y in spots], gaps), strict=True):
        near = spot[0] > NEAR
        ax.plot(
            [spot[0], 1.0, bend],
            [spot[1], spot[1] if near else place, place],
            color=end.color,
            linewidth=0.7,
            linestyle="-" if near else (0, (1, 2)),  # from within the panel: no data
            transform=ax.transAxes,
            clip_on=False,
            zorder=1.4,
        )
        ax.annotate(
            end.text,
            (bend, place),
            (2, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=size,
            color=INK,
            va="center",
            annotation_clip=False,
        )


def _width(ax: Axes) -> float:
    """A guess of the width of *ax* in inches, before it is laid out: numbers and labels stand beside it."""
    return 0.6 * sheet_of(ax).get_figwidth() / columns_of({"": ax})


def _height(text: str) -> float:
    """The height of a label in units of its letters; a formula is higher, most so with a root."""
    return sum(1.45 if "\\sqrt" in line else 1.3 if "$" in line else 1.2 for line in text.split("\n"))


def spread(wanted: Sequence[float], gaps: Sequence[float], low: float = 0.0, high: float = 1.0) -> list[float]:
    """Places near the *wanted* ones, in their order, whose neighbours are half the sum of their *gaps* apart, within
    *low* and *high* if there is room."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    blocks: list[list[int]] = []
    starts: list[float] = []

    def start(block: list[int]) -> float:
        """The lower end of a block of labels without space between, as near to all as can be."""
        below, total = 0.0, 0.0
        for i in block:
            total += wanted[i] - below - gaps[i] / 2
            below += gaps[i]
        return max(low, min(total / len(block), high - below))

    for i in order:
        blocks.append([i])
        starts.append(start(blocks[-1]))
        while len(blocks) > 1 and starts[-2] + sum(gaps[j] for j in blocks[-2]) > starts[-1]:
            last = blocks.pop()
            starts.pop()
            blocks[-1] += last
            starts[-1] = start(blocks[-1])
    places = [0.0] * len(wanted)
    for block, at in zip(blocks, starts, strict=True):
        for i in block:
            places[i] = at + gaps[i] / 2
            at += gaps[i]
    return places
