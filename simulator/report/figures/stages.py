"""Lines of panels that share a legend: checkpoints of trainings of several lengths, networks of several sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from matplotlib.lines import Line2D

from ...cells.recording import Recording
from ...networks.run import Run
from .labels import key
from .style import MARKERS, Look, ordered


@dataclass(frozen=True, order=True)
class Stage:
    """Where in its training a checkpoint lies. The same stage has the same look in all panels."""

    place: float
    name: str


Line = TypeVar("Line", int, Stage)
Looks = dict[Line, Look]


def stages(own: Sequence[Recording]) -> Callable[[int], Stage]:
    """The stage before a step of *own* recordings: the share of a ladder's training, else that step."""
    lengths = {None if run is None else run.steps for run in map(Run.that_left, own)}
    length = lengths.pop() if len(lengths) == 1 else None

    def stage(step: int) -> Stage:
        if step == 1:
            return Stage(0.0, "before step 1")
        if length is None:
            return Stage(float(step), f"before step {step}")
        share = f"{100 * (step - 1) / length:.2g}"
        return Stage(float(share) / 100, f"after {float(share):g} %")

    return stage


def by_stage(panels: Sequence[Sequence[Stage]]) -> tuple[list[Looks], list[Line2D]]:
    """Looks of each panel's stages and what the legend has of them; by rank where they are too many to be told."""
    found = sorted({stage for panel in panels for stage in panel})
    if len(found) > len(MARKERS):
        return by_rank(panels, "first checkpoint", "last checkpoint")
    looks = ordered(found)
    return [{stage: looks[stage] for stage in panel} for panel in panels], [key(looks[s], s.name) for s in found]


def by_rank(panels: Iterable[Sequence[Line]], least: str, most: str) -> tuple[list[Looks], list[Line2D]]:
    """Looks along the ramp from each panel's *least* line to its *most*, whatever they are; the legend has these."""
    ranked = [sorted(panel) for panel in panels]
    longest = max(map(len, ranked))
    ramp = ordered(range(longest))
    places = [np.linspace(0, longest - 1, len(panel)).round().astype(int) for panel in ranked]
    looks = [
        {line: ramp[place] for line, place in zip(panel, own, strict=True)}
        for panel, own in zip(ranked, places, strict=True)
    ]
    ends = [key(ramp[0], least)] + [key(ramp[longest - 1], most)] * (longest > 1)
    return looks, ends
