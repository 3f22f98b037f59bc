"""The exact gradient of a mean over fixed batches, and what its parts say about the population behind them.

With c_1 … c_M the gradients of M batches of B samples each, S their sum, G the gradient of the population:
(‖S‖² − Σ‖c_j‖²)/(M(M−1)) is unbiased for ‖G‖₂², (1/M) Σ_j ⟨sign(S − c_j), c_j⟩ has an expectation of at most ‖G‖₁
(as a sign that doesn't depend on c_j can at best be right), ‖S/M‖₁ one of at least ‖G‖₁ (Jensen), and
B/(M−1) Σ_j ‖c_j − S/M‖² is unbiased for the trace of the covariance of one sample's gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from ratecheck.problems.errors import InputError, require_integer

from ..cells.recording import EXACT
from .layers import ABSENT, SPARSE, Layers
from .needs import torch_for
from .shards import Shards
from .untouched import untouched


class Probe:
    """What ``probe`` returns, for ``watch(…, probe=…, at=…)``."""

    def __init__(self, loss_of: Callable[[Any, Any], Any], batches: Sequence[Any], samples: int):
        self.loss_of, self.batches, self.samples = loss_of, batches, samples

    def require(self, layers: Layers, shards: Shards) -> None:
        """Raise InputError for parameters that it can't measure."""
        if shards.any:
            raise InputError("probe measures models that are whole in each process; this one's parameters are split")
        if any(p.is_complex() for p in layers.parameters):
            raise InputError("probe measures real parameters, and some of these are complex; watch them without it")

    def measure(self, model: Any, layers: Layers) -> tuple[dict[str, Any], set[str]]:
        """A row of a recording: the gradient of the mean over all batches, model in eval mode; and which kinds of
        gradients were left out.

        Float32 gradients are accumulated in float32 (float64 ones in float64), norms in float64. Gradients, modes,
        buffers and random numbers are left as they were; hooks on parameters are called. Two passes: the second's signs
        need the first's sum. A parameter without a gradient, or with a sparse one, is left out of d. Raises InputError
        where the loss changes a parameter, or isn't a finite scalar.
        """
        row, _, unseen = self._measured(model, layers)
        return row, unseen

    def gradient(
        self, model: Any, layers: Layers, exact: Sequence[Any] | None = None
    ) -> tuple[dict[str, Any], list[Any]]:
        """The row of ``measure``, and the gradient itself, a tensor a parameter. With *exact*, such tensors of the
        gradient that this one is an estimate of, the row has the norms of its noise too."""
        row, gradient, _ = self._measured(model, layers)
        if exact is not None:
            torch = torch_for("probe")
            for name, order in (("noise_l1", 1), ("noise_l2", 2)):
                noise = _norms(torch, (g - e for g, e in zip(gradient, exact, strict=True)), order)
                row[name] = layers.sums(noise[None] ** order)[0] ** (1 / order)
        return row, gradient

    def _measured(self, model: Any, layers: Layers) -> tuple[dict[str, Any], list[Any], set[str]]:
        model = getattr(model, "module", model) if type(model).__name__ == "DistributedDataParallel" else model
        with untouched(model, layers.parameters):
            return self._passes(torch_for("probe"), model, list(layers.parameters), layers)

    def _passes(
        self, torch: Any, model: Any, parameters: list[Any], layers: Layers
    ) -> tuple[dict[str, Any], list[Any], set[str]]:
        count, unseen = len(self.batches), set()
        wide = {p: torch.float64 if p.dtype == torch.float64 else torch.float32 for p in parameters}
        total = [torch.zeros(p.shape, dtype=wide[p], device=p.device) for p in parameters]
        squares, losses, there = np.zeros(len(parameters)), [], np.zeros(len(parameters), dtype=bool)
        for batch in self.batches:
            loss, found = self._gradient(torch, model, parameters, batch)
            losses.append(loss)
            unseen |= {ABSENT for g in found if g is None} | {SPARSE for g in found if g is not None and g.is_sparse}
            chunk = _dense(torch, parameters, found)
            there |= [g is not None and not g.is_sparse for g in found]
            with torch.no_grad():
                squares += _norms(torch, chunk, 2) ** 2
                for sum_, part in zip(total, chunk, strict=True):
                    sum_.add_(part)
        norms = {"l1": _norms(torch, total, 1) / count, "squares": (_norms(torch, total, 2) / count) ** 2}
        sizes = np.where(there, layers.sizes, 0)
        nonzero = np.array([int(torch.count_nonzero(sum_)) for sum_ in total], dtype=np.int64)
        of = {name: layers.sums(values[None])[0] for name, values in norms.items()}
        row = {
            "kind": EXACT,
            "samples": count * self.samples,
            "loss": float(np.mean(losses)),
            "sizes": layers.sums(sizes[None])[0],
            "zeros": layers.sums((sizes - nonzero)[None])[0],
            "l1": of["l1"],
            "l2": np.sqrt(of["squares"]),
        }
        if count > 1:
            lower = np.zeros(len(parameters))
            for batch in self.batches:
                chunk = _dense(torch, parameters, self._gradient(torch, model, parameters, batch)[1])
                with torch.no_grad():
                    lower += _agreement(torch, total, chunk)
            summed = layers.sums(squares[None])[0]
            row["inner"] = (count**2 * of["squares"] - summed) / (count * (count - 1))
            row["lower"] = layers.sums(lower[None])[0] / count
            row["trace"] = self.samples / (count - 1) * np.maximum(summed - count * of["squares"], 0.0)
        with torch.no_grad():
            return row, [sum_.div_(count) for sum_ in total], unseen

    def _gradient(self, torch: Any, model: Any, parameters: list[Any], batch: Any) -> tuple[float, Sequence[Any]]:
        """The loss of a batch and its gradients, None where there is none; autograd.grad leaves every .grad alone."""
        loss = self.loss_of(model, batch)
        if not torch.is_tensor(loss) or loss.numel() != 1:
            raise InputError(f"loss_of(model, batch) must return a scalar tensor, got {type(loss).__name__}")
        return float(loss.detach()), torch.autograd.grad(loss.reshape(()), parameters, allow_unused=True)


def _dense(torch: Any, parameters: Sequence[Any], found: Sequence[Any]) -> list[Any]:
    """Zeros in the place of gradients that are left out."""
    pairs = zip(found, parameters, strict=True)
    return [torch.zeros_like(p) if g is None or g.is_sparse else g for g, p in pairs]


def _norms(torch: Any, tensors: Iterable[Any], order: int) -> Any:
    """The *order*-norm of each tensor, added up in float64, as one array."""
    return torch.stack([torch.linalg.vector_norm(t, order, dtype=torch.float64) for t in tensors]).cpu().numpy()


def _agreement(torch: Any, total: list[Any], chunk: list[Any]) -> Any:
    """⟨sign(total − chunk), chunk⟩ of each parameter."""
    pairs = zip(total, chunk, strict=True)
    return torch.stack([(torch.sign(s - c) * c).sum(dtype=torch.float64) for s, c in pairs]).cpu().numpy()


def probe(loss_of: Callable[[Any, Any], Any], batches: Sequence[Any], *, samples: int = 1) -> Probe:
    """Exact gradients for ``watch(…, probe=…, at=[1, 100, …])``, of the mean over *batches* of loss_of(model, batch).

    *batches*: fixed ones, each of *samples* samples, of which *loss_of* returns the mean loss, a scalar tensor. If they
    are drawn from a population, ‖G‖₂² and limits of ‖G‖₁ of its gradient G are estimated too, from two batches on; the
    more there are, the closer. Raises InputError for no batches.
    """
    batches = list(batches) if isinstance(batches, Iterable) else []
    if not batches or not callable(loss_of):
        raise InputError("probe takes a function loss_of(model, batch) and at least one batch")
    return Probe(loss_of, batches, require_integer(samples, "samples", least=1, most=2**40))
