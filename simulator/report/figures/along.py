"""Curves along a run: means with bands, their axis of steps, and what a replica that diverged leaves of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import NDArray
from scipy.special import stdtrit

from ..shown import Shown
from .panels import lowest
from .style import INK, LEVEL, Look


def recorded(cells: Sequence[Shown]) -> list[Shown]:
    """The cells that have checkpoints along the run."""
    return [shown for shown in cells if shown.result.stats.checkpoints.size > 1]


def nothing(cells: Sequence[Shown]) -> str:
    """Why there is nothing to draw."""
    return "the cells have no checkpoints along the run" if cells else "there are no results"


def curve(ax: Axes, k: NDArray, values: NDArray, look: Look, log: bool = False) -> bool:
    """Mean of *values* (R, P) against *k*, with bands. The mean ends, with a cross, where a replica has left the
    finite numbers. Returns whether one has."""
    whole = np.isfinite(values).all(axis=0)
    end = int(np.argmin(whole)) if not whole.all() else whole.size
    x, y = k[:end], values[:, :end]
    if end:
        mean = y.mean(axis=0)
        ax.plot(x, mean, linewidth=1.1, **look.curve)
        count = y.shape[0]
        if count > 1:
            half = float(stdtrit(count - 1, 1 - LEVEL)) * y.std(axis=0, ddof=1) / math.sqrt(count)
            low = np.maximum(mean - half, mean * 1e-12) if log else mean - half
            ax.fill_between(x, low, mean + half, color=look.color, alpha=0.30, linewidth=0)
            if log:
                least = np.maximum(y.min(axis=0), mean * 1e-12)
                ax.fill_between(x, least, y.max(axis=0), color=look.color, alpha=0.12, linewidth=0)
        if end < whole.size:
            ax.plot(x[-1:], mean[-1:], marker="x", markersize=6, markeredgewidth=1.4, color=look.color, zorder=5)
    elif whole.size:
        ax.plot(k[:1], [0.95], marker="x", markersize=6, color=look.color, transform=ax.get_xaxis_transform())
    return end < whole.size


def time_axis(axes: Mapping[tuple[str, str], Axes], cells: Sequence[Shown], first: float = 1.0) -> None:
    """An axis of the steps of *cells*, from *first* on."""
    last = max(shown.spec.steps for shown in cells)
    for ax in lowest(axes):
        ax.set_xlabel("step $k$")
        ax.set_xscale("log")
        ax.set_xlim(0.75 * first, 1.3 * max(last, 2 * first))
        ax.xaxis.set_major_locator(LogLocator(numticks=5))
        ax.xaxis.set_minor_formatter(NullFormatter())


def band_key(look: Look, label: str) -> Line2D:
    return Line2D([], [], label=label, linewidth=1.3, **look.curve)


def cross_key() -> Line2D:
    return Line2D([], [], color=INK, marker="x", markersize=6, linestyle="none", label=r"a replica diverged")


def lost_words(lost: bool) -> str:
    return "A cross marks where a replica left the finite numbers: from there on the mean is infinite. " if lost else ""
