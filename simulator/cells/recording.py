"""What a training loop shows: norms of its gradients by layer. The second kind of evidence, beside ``Result``.

Of a network no L, Δ or σ is known, so nothing here says anything about a rate. What it can show is how ‖g‖₁ compares
with ‖g‖₂: ρ(g) = ‖g‖₁/(√d ‖g‖₂), which lies between 1/√d and 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .spec import canonical_json, key_of

FORMAT = "ratecheck recording 2"
BATCH, EXACT = 0, 1  # of ``kind``


@dataclass(frozen=True)
class Recording:
    """P gradients of a network with J layers, one a row.

    ``identity`` is the text that the key is the hash of; ``layers`` are J names. Shape (P,), int64: ``steps``, the k of
    x^k at which the gradient was taken, 1 for the first; ``kind``, EXACT for the gradient of the whole objective and
    BATCH for what the optimizer was given; ``samples``, how many samples it is the mean of, 0 where nobody said.
    Shape (P, J): ``sizes`` and ``zeros`` (int64), the numbers of coordinates that have a gradient and of those where
    it is exactly 0; ``l1`` and ``l2``; and, NaN where they were not estimated, of the gradient G of the population that
    the samples are drawn from: ``inner``, unbiased for ‖G‖₂²; ``lower``, whose expectation is at most ‖G‖₁ (that of
    ``l1`` is at least ‖G‖₁); ``trace``, of the covariance of one sample's gradient. ``noise_l1`` and ``noise_l2``, NaN
    where there was none: of a minibatch's gradient less the exact one. Shape (P,): ``loss``, NaN where unknown.
    ``provenance`` has what does not determine the numbers.
    """

    identity: str
    layers: tuple[str, ...]
    steps: NDArray[np.int64]
    kind: NDArray[np.int64]
    samples: NDArray[np.int64]
    loss: NDArray[np.float64]
    sizes: NDArray[np.int64]
    zeros: NDArray[np.int64]
    l1: NDArray[np.float64]
    l2: NDArray[np.float64]
    inner: NDArray[np.float64]
    lower: NDArray[np.float64]
    trace: NDArray[np.float64]
    noise_l1: NDArray[np.float64]
    noise_l2: NDArray[np.float64]
    provenance: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """The content address of the recording."""
        return key_of(self.identity)

    @cached_property
    def settings(self) -> Mapping[str, object]:
        """What was run, as the identity says."""
        return json.loads(self.identity)["settings"]

    @property
    def family(self) -> str:
        """Recordings of one family differ in size and seed only."""
        return str(self.settings.get("family", ""))

    @property
    def seed(self) -> int:
        return int(self.settings.get("seed", 0))  # type: ignore[call-overload]  # what ``decode`` let through

    def rows(self, kind: int) -> NDArray[np.int64]:
        """The indices of the rows of *kind*."""
        return np.flatnonzero(self.kind == kind)

    def dim(self, row: int) -> int:
        """d of a row: the coordinates that had a gradient."""
        return int(self.sizes[row].sum())

    def rho(self, row: int) -> float:
        """‖g‖₁/(√d ‖g‖₂) of the whole gradient of a row, NaN for a gradient of 0."""
        return ratio(self.l1[row].sum(), np.sqrt(np.square(self.l2[row]).sum()), self.dim(row))

    def noise_rho(self, row: int) -> float:
        """‖ξ‖₁/(√d ‖ξ‖₂) of the noise ξ of a minibatch's row, NaN where it is unknown or 0."""
        return ratio(self.noise_l1[row].sum(), np.sqrt(np.square(self.noise_l2[row]).sum()), self.dim(row))

    def layer_rho(self, row: int) -> NDArray[np.float64]:
        """ρ_j of each layer of a row, shape (J,), NaN for a gradient of 0."""
        parts = zip(self.l1[row], self.l2[row], self.sizes[row], strict=True)
        return np.array([ratio(l1, l2, d) for l1, l2, d in parts])

    def shares(self, row: int) -> NDArray[np.float64]:
        """‖g_j‖₂²/‖g‖₂² of each layer of a row, shape (J,): ρ = Σ_j √(d_j/d) ρ_j √share_j."""
        squares = np.square(self.l2[row])
        return squares / squares.sum() if squares.sum() > 0 else np.full(squares.shape, np.nan)

    def population(self, row: int) -> tuple[float, float, float] | None:
        """(unbiased ‖G‖₂², lower and upper limit of ‖G‖₁, both in expectation) of a row; None if not estimated."""
        if np.isnan(self.lower[row]).any():
            return None
        return float(self.inner[row].sum()), float(self.lower[row].sum()), float(self.l1[row].sum())

    def arrays(self) -> dict[str, NDArray]:
        return {name: getattr(self, name) for name in ARRAYS}


INTEGERS = ("steps", "kind", "samples", "sizes", "zeros")
OF_ROWS = ("steps", "kind", "samples", "loss")  # shape (P,), the others (P, J)
ARRAYS = tuple(f.name for f in fields(Recording) if f.name not in ("identity", "layers", "provenance"))


def ratio(l1: float, l2: float, dim: int) -> float:
    """‖g‖₁/(√d ‖g‖₂), NaN for a gradient of 0."""
    return float(l1 / (np.sqrt(dim) * l2)) if l2 > 0 else float("nan")


def by_family(recordings: Iterable[Recording]) -> dict[str, list[Recording]]:
    """The recordings of each family, in the order in which they come."""
    found: dict[str, list[Recording]] = {}
    for recording in recordings:
        found.setdefault(recording.family, []).append(recording)
    return found


def identity(settings: Mapping[str, object], **further: object) -> str:
    """The text that says what was recorded; the key is its hash."""
    return canonical_json({"format": FORMAT, "settings": dict(settings), **further})


def gathered(
    text: str, layers: Sequence[str], rows: Sequence[Mapping[str, object]], provenance: Mapping[str, object]
) -> Recording:
    """A recording from its rows: each has ``steps``, ``kind``, ``sizes``, ``zeros``, ``l1``, ``l2``, and may have the
    others."""
    size = len(layers)
    unknown = ("inner", "lower", "trace", "noise_l1", "noise_l2")
    absent = {"samples": 0, "loss": np.nan, **dict.fromkeys(unknown, np.full(size, np.nan))}
    arrays: dict[str, Any] = {}
    for name in ARRAYS:
        dtype = np.int64 if name in INTEGERS else np.float64
        shape = (len(rows),) if name in OF_ROWS else (len(rows), size)
        arrays[name] = np.array([row.get(name, absent.get(name)) for row in rows], dtype=dtype).reshape(shape)
    return Recording(text, tuple(layers), **arrays, provenance=provenance)
