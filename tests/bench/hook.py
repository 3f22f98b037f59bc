"""What ``ratecheck.watch`` takes of a training loop's time."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import ratecheck

from .page import Section, spread
from .results import Spread

STEPS, EVERY = 60, 10
MOST = 1.0  # % of a step, for a model of 10⁶ parameters or more
HEADS = ("model", "parameters", "ms a step", "% of it inside the hook", "promised", "times a loop without")


def hook_sections(rounds: int) -> list[Section]:
    """A loop with the hook beside one without, interleaved; no section where torch is missing."""
    if find_spec("torch") is None:
        print("left out: hook (needs torch)", file=sys.stderr)
        return []
    rows = [_row(name, make, rounds) for name, make in LOOPS.items()]
    text = (
        f"AdamW for {STEPS} steps on this machine's cores, gradients recorded before every {EVERY}th. A record reads "
        "each gradient once more, in float64, however long the step was."
    )
    return [Section("The hook of watch", text, HEADS, rows)]


def _row(name: str, make: Callable[[], tuple[Any, Any]], rounds: int) -> list[str]:
    model, samples = make()
    _loop(model, samples, watched=True)
    steps, shares, ratios = [], [], []
    for _ in range(rounds):
        plain, _ = _loop(model, samples, watched=False)
        watched, inside = _loop(model, samples, watched=True)
        steps.append(1e3 * watched / STEPS)
        shares.append(100 * inside / watched)
        ratios.append(watched / plain)
    size = sum(p.numel() for p in model.parameters())
    told = [spread(Spread.of(np.array(values))) for values in (steps, shares, ratios)]
    return [name, f"{size:,}", *told[:2], f"at most {MOST:g}", told[2]]


def _loop(model: Any, samples: Any, watched: bool) -> tuple[float, float]:
    """Seconds of STEPS steps, and how many of them passed inside the hook."""
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    with tempfile.TemporaryDirectory(prefix="ratecheck-bench-") as out:
        hook = ratecheck.watch(model, optimizer, out=out, every=EVERY) if watched else nullcontext()
        with hook as record:
            begin = time.perf_counter()
            for _ in range(STEPS):
                optimizer.zero_grad()
                model(samples).square().mean().backward()
                optimizer.step()
            seconds = time.perf_counter() - begin
        return seconds, record.recording.provenance["seconds"] if record else 0.0


def _mlp(samples: int) -> tuple[Any, Any]:
    import torch
    from torch import nn

    model = nn.Sequential(nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10))
    return model, torch.randn(samples, 784)


def _encoder() -> tuple[Any, Any]:
    import torch
    from torch import nn

    layer = nn.TransformerEncoderLayer(192, 4, 768, dropout=0.0, batch_first=True)
    return nn.TransformerEncoder(layer, 3), torch.randn(8, 64, 192)


LOOPS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "MLP, 64 samples": partial(_mlp, 64),
    "MLP, 256 samples": partial(_mlp, 256),
    "transformer, 8 texts": _encoder,
}
