"""A recording as a table for a terminal: a line for each layer."""

from __future__ import annotations

import numpy as np

from ..cells.recording import BATCH, EXACT, Recording
from ..words import count, short

MOST_LAYERS = 24


def summary(recording: Recording | None) -> str:
    """ρ of the last gradient and its mean over all, by layer, with each layer's share of ‖g‖₂² and its exact zeros."""
    if recording is None:
        return "nothing was recorded"
    lines = []
    for kind, what in ((EXACT, "exact gradient"), (BATCH, "gradient that the optimizer was given")):
        rows = recording.rows(kind)
        if rows.size:
            lines += _table(recording, rows, f"{what}: {count(len(rows), 'record')}")
    lines += [f"left out: {line}" for line in recording.provenance.get("left_out", ())][:MOST_LAYERS]  # type: ignore
    return "\n".join(lines)


def _table(recording: Recording, rows: np.ndarray, what: str) -> list[str]:
    last = int(rows[-1])
    ratios = np.array([recording.layer_rho(row) for row in rows])
    shares, sizes, zeros = recording.shares(last), recording.sizes[last], recording.zeros[last]
    lines = [
        f"{what}; the last before step {recording.steps[last]}",
        f"  {'layer':<28} {'d':>8} {'rho last':>9} {'mean':>7} {'share':>7} {'zeros':>7}",
    ]
    order = np.argsort(-np.nan_to_num(shares), kind="stable")
    for j in order[:MOST_LAYERS]:
        own = ratios[:, j][np.isfinite(ratios[:, j])]
        mean = own.mean() if own.size else np.nan
        lines.append(_line(recording.layers[j], sizes[j], ratios[-1, j], mean, shares[j], zeros[j]))
    if len(order) > MOST_LAYERS:
        lines.append(f"  and {count(len(order) - MOST_LAYERS, 'layer')} more, of smaller shares")
    whole = np.array([recording.rho(row) for row in rows])
    own = whole[np.isfinite(whole)]
    mean = own.mean() if own.size else np.nan
    lines.append(_line("all", sizes.sum(), whole[-1], mean, 1.0, zeros.sum()))
    return lines


def _line(name: str, size: int, rho: float, mean: float, share: float, zeros: int) -> str:
    part = zeros / size if size else np.nan
    shown = name if len(name) <= 28 else f"…{name[-27:]}"
    return f"  {shown:<28} {short(int(size)):>8} {rho:9.4f} {mean:7.4f} {share:7.1%} {part:7.1%}"
