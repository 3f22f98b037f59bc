"""A run, trained and measured: the gradient of f, exactly, before chosen steps, and those of minibatches beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from ratecheck.problems.errors import InputError

from ..cells.recording import BATCH, Recording, gathered
from ..record.layers import layers_of
from ..record.needs import torch_for
from ..record.probe import Probe
from ..version import version
from . import data
from .models import make
from .run import IMAGES, Run
from .steps import optimizer_of

DRAWS = 4  # minibatches of each size beside an exact gradient
OF_BATCH = ("samples", "loss", "sizes", "zeros", "l1", "l2", "noise_l1", "noise_l2")
MOST_IN_PASS = 4096  # samples of a minibatch's gradient that go through the network at once


def train(run: Run, text: str, before_step: Callable[[], None] = lambda: None) -> Recording:
    """Train the network of *run* for ``run.steps`` steps; *text* is the recording's identity. *before_step* is called
    before each, and may raise to end it.

    On one machine the same numbers each time, whatever else runs there. Raises InputError where torch, its device or
    the data are missing.
    """
    torch = torch_for(f"task {run.task!r}")
    if run.device == "cuda" and not torch.cuda.is_available():
        raise InputError("device = 'cuda', and torch sees no GPU here; leave device out, or run it where there is one")
    torch.set_num_threads(run.threads)
    begun = time.perf_counter()
    generator = torch.Generator().manual_seed(run.seed)
    samples, inputs, outputs = objective(run, torch)
    model = make(run, inputs, outputs, generator).to(run.device)
    samples = [part.to(run.device) for part in samples]
    layers = layers_of(model)
    optimizer = optimizer_of(run, model)
    draw = np.random.default_rng([run.seed, 1])  # what is trained on
    beside = np.random.default_rng([run.seed, 2])  # what is measured, so that it changes nothing of the training
    size = run.objective // run.chunks
    exact = Probe(_loss, [[part[i : i + size] for part in samples] for i in range(0, run.objective, size)], size)
    averaged = set(run.averaged)
    rows = []
    for k in range(1, run.steps + 2):
        before_step()
        if k in run.measured or k in averaged:
            row, gradient = exact.gradient(model, layers)
            rows.append({"steps": k, **row})
            if not np.isfinite(rows[-1]["loss"]):
                raise InputError(
                    f"{run.family}, seed {run.seed}: the loss is not finite before step {k}; lower lr={run.lr:g}"
                )
        if k in run.measured:
            rows += [{"steps": k, **row} for row in _minibatches(run, model, layers, samples, gradient, beside)]
        if k <= run.steps:
            chosen = torch.from_numpy(draw.integers(run.objective, size=run.batch)).to(run.device)
            optimizer.zero_grad()
            model.loss([part[chosen] for part in samples]).backward()
            optimizer.step()
    provenance = {"ratecheck": version(), "torch": str(torch.__version__), "seconds": time.perf_counter() - begun}
    return gathered(text, layers.names, rows, provenance)


def objective(run: Run, torch: Any) -> tuple[list[Any], int, int]:
    """The samples that f is the mean over, as tensors, and the network's inputs and outputs."""
    if run.data in IMAGES:
        pixels, labels = data.images(run.data)
        if len(pixels) < run.objective:
            raise InputError(f"{run.data} has {len(pixels)} images, and objective={run.objective} asks for more")
        parts = pixels[: run.objective], labels[: run.objective]
        return [torch.from_numpy(part) for part in parts], pixels.shape[1], int(labels.max()) + 1
    windows, size = data.windows(run.data, run.vocabulary, run.context, run.objective)
    return [torch.from_numpy(windows)], size, size


def _minibatches(
    run: Run, model: Any, layers: Any, samples: list[Any], exact: list[Any], rng: np.random.Generator
) -> Iterator[dict]:
    """Rows of minibatches of each size, whose noise is about the gradient *exact*."""
    for size in map(int, run.batch_sizes):
        for _ in range(DRAWS):
            chosen = rng.integers(run.objective, size=size)
            count = next(n for n in range(-(-size // MOST_IN_PASS), size + 1) if size % n == 0)
            parts = [[part[piece] for part in samples] for piece in np.split(chosen, count)]
            row, _ = Probe(_loss, parts, size // count).gradient(model, layers, exact)
            yield {name: row[name] for name in OF_BATCH} | {"kind": BATCH}


def _loss(model: Any, batch: Any) -> Any:
    return model.loss(batch)
