"""How figures look: one style at every width, one palette."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.typing import LineStyleType

COLUMN, PAGE = 3.25, 6.75  # inches: a column of a paper, and its two
NARROW = 4.5  # inches: below, a figure is set in smaller type
INK, PAPER, FAINT = "#1c1c21", "#ffffff", "#8a8a94"
BREACH = "#b3261e"  # what a theorem rules out and was measured
RING: dict[str, Any] = {  # around the point of a cell that escaped
    "linestyle": "none",
    "marker": "o",
    "markersize": 8,
    "markerfacecolor": "none",
    "markeredgecolor": INK,
    "markeredgewidth": 0.8,
}
LEVEL = 0.025  # one-sided: two limits make a 95 % interval

# Ordered values (dimensions, horizons) take evenly spaced colours of a ramp, and a marker and a dash each, so that
# they can be told apart in grey too; the second ramp is for dark pages.
RAMP = [mpl.colors.to_hex(mpl.colormaps["plasma"](t)) for t in np.linspace(0.0, 0.64, 12)]
RAMP_DARK = [mpl.colors.to_hex(mpl.colormaps["plasma"](t)) for t in np.linspace(0.45, 1.0, 12)]
# Names (optimizers, laws): after Okabe and Ito (2008), without their yellow, and with an orange and a blue that are
# dark enough for lines on white. All colours are at least 3:1 on their page.
NAMED = ["#0072b2", "#d55e00", "#009e73", "#c06a98", "#b37a00", "#2f95d0", "#7a5c3e"]
NAMED_DARK = ["#5aaee6", "#f08a4b", "#3cc79e", "#e3a3c6", "#f0b840", "#8bd0f5", "#c0a080"]
MARKERS = "osD^vPX<>h"
DASHES: list[LineStyleType] = [
    "-",
    (0, (6, 1.5)),
    (0, (4, 1.2, 1, 1.2)),
    (0, (2, 1)),
    (0, (6, 1.2, 1, 1.2, 1, 1.2)),
    (0, (1, 0.8)),
]

RC: dict[mpl.typing.RcKeyType, Any] = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9.5,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "legend.columnspacing": 1.4,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "axes.grid": True,
    "grid.color": FAINT,
    "grid.alpha": 0.22,
    "grid.linewidth": 0.5,
    "axes.axisbelow": True,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.6,
    "errorbar.capsize": 1.8,
    # Text as paths: the same page everywhere, whatever fonts are installed. The salt fixes the ids.
    "svg.fonttype": "path",
    "svg.hashsalt": "ratecheck",
    "pdf.fonttype": 42,  # TrueType, which journals ask for
    "savefig.dpi": 200,
}
SMALL: dict[mpl.typing.RcKeyType, Any] = {
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.labelsize": 8.0,
    "legend.fontsize": 7.5,
}
SMALL |= {"xtick.labelsize": 7.2, "ytick.labelsize": 7.2, "legend.handlelength": 2.0, "legend.columnspacing": 1.0}


def style(width: float) -> dict[mpl.typing.RcKeyType, Any]:
    """The settings of a figure *width* inches wide."""
    return RC | SMALL if width < NARROW else RC


@dataclass(frozen=True)
class Look:
    """Colour, marker and dash of one series."""

    color: str
    marker: str
    dash: LineStyleType

    @property
    def line(self) -> dict:
        """Keyword arguments of measured points: solid, because dashes are for bounds."""
        return {"color": self.color, "marker": self.marker, "linestyle": "-"}

    @property
    def curve(self) -> dict:
        """Keyword arguments of a dense curve, which has no markers."""
        return {"color": self.color, "linestyle": self.dash}


def ordered(values: Sequence) -> dict:
    """A look for each of the sorted *values*, along the ramp."""
    places = np.linspace(0, len(RAMP) - 1, max(2, min(len(values), len(RAMP)))).round().astype(int)
    return {
        value: Look(RAMP[places[i % len(places)]], MARKERS[i % len(MARKERS)], DASHES[i % len(DASHES)])
        for i, value in enumerate(sorted(values))
    }


def named(names: Sequence[str]) -> dict[str, Look]:
    """A look for each name, in the given order."""
    return {
        name: Look(NAMED[i % len(NAMED)], MARKERS[i % len(MARKERS)], DASHES[i % len(DASHES)])
        for i, name in enumerate(names)
    }
