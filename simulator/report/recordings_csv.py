"""All recordings as one tidy table: a row for each gradient, and one for each layer of an exact gradient."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from ..cells.recording import EXACT, Recording, ratio
from .csv_text import as_csv

SUMS = {  # over layers, by their columns; 2-norms add up in squares
    "d": "sizes",
    "zeros": "zeros",
    "l1": "l1",
    "population_l2_squared": "inner",
    "population_l1_at_least": "lower",
    "noise_trace": "trace",
    "noise_l1": "noise_l1",
}
OWN = ("key", "before_step", "gradient", "samples", "loss", "layer", *SUMS, "l2", "rho", "noise_l2")
ALL = "all"


def recordings_csv(recordings: Sequence[Recording]) -> str:
    """The table as CSV: settings that some recording has, the step and the kind of gradient, the layer, "all" for the
    whole gradient, and its numbers; what was not measured stays empty."""
    names = dict.fromkeys(name for recording in recordings for name in recording.settings)
    settings = {name: f"setting_{name}" if name in OWN else name for name in names}
    return as_csv([row for recording in recordings for row in _rows(recording, settings)])


def _rows(recording: Recording, settings: Mapping[str, str]) -> Iterator[dict[str, object]]:
    told = {column: recording.settings.get(name) for name, column in settings.items()}
    for row in range(recording.steps.size):
        exact = recording.kind[row] == EXACT
        at = {
            "key": recording.key,
            **told,
            "before_step": int(recording.steps[row]),
            "gradient": "exact" if exact else "minibatch",
            "samples": int(recording.samples[row]) or None,
            "loss": _known(float(recording.loss[row])),
        }
        yield {**at, "layer": ALL, **_numbers(recording, row, slice(None))}
        for j, layer in enumerate(recording.layers if exact else ()):
            yield {**at, "layer": layer, **_numbers(recording, row, slice(j, j + 1))}


def _numbers(recording: Recording, row: int, layers: slice) -> dict[str, object]:
    sums = {column: getattr(recording, name)[row, layers].sum().item() for column, name in SUMS.items()}
    l2, noise_l2 = (math.hypot(*getattr(recording, name)[row, layers]) for name in ("l2", "noise_l2"))
    found = {**sums, "l2": l2, "rho": ratio(sums["l1"], l2, sums["d"]), "noise_l2": noise_l2}
    return {column: _known(value) for column, value in found.items()}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
