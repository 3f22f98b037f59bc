"""Sums over gradients on the device where they are: ROWS records of them reach the host by one copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .needs import torch_for

ROWS = 64
L1, SQUARES, NONZERO = range(3)


class Ring:
    """ROWS × (Σ|g|, Σg², number of g ≠ 0) × parameters.

    Nothing that is put in is looked at by the host, so that it never waits for the device; ``take`` does, once.
    """

    def __init__(self, count: int, device: Any):
        torch = torch_for("watch")
        wide = torch.float32 if device.type == "mps" else torch.float64
        self._sums = torch.zeros((ROWS, 3, count), dtype=wide, device=device)
        self._host = torch.empty((ROWS, 3, count), dtype=wide, device="cpu")
        self._norms = (
            _of_host() if device.type == "cpu" else partial(_of_device, torch.zeros((), dtype=wide, device=device))
        )
        self.filled = 0

    @property
    def full(self) -> bool:
        return self.filled == ROWS

    def put(self, gradients: Sequence[Any], scale: Any = None) -> None:
        """Add a record. A gradient that is None counts as 0; *scale*, on the device, is what all were multiplied by."""
        row = self._sums[self.filled]
        if any(g is not None for g in gradients):
            row.copy_(self._norms(gradients))
            if scale is not None:
                row[: SQUARES + 1].div_(scale)
            row[SQUARES].square_()
        else:
            row.zero_()
        self.filled += 1

    def take(self) -> NDArray[np.float64]:
        """The records since the last time, shape (rows, 3, parameters), by one copy that waits for the device."""
        self._host.copy_(self._sums)  # blocking: numbers of a copy that is under way are those of earlier records
        rows, self.filled = self.filled, 0
        return self._host[:rows].numpy().astype(np.float64)


def _of_host() -> Callable[[Sequence[Any]], Any]:
    from .host_sums import host_norms, prepare  # here alone: gradients on a GPU don't need Numba

    prepare()
    torch = torch_for("watch")
    return lambda gradients: (
        torch.tensor([(0.0, 0.0, 0.0) if g is None else host_norms(g) for g in gradients], dtype=torch.float64).T
    )


def _of_device(none: Any, gradients: Sequence[Any]) -> Any:
    """‖g‖₁, ‖g‖₂ and the number of g ≠ 0 of each, *none* for those that are None. A GPU adds in trees: float32 sums of
    a large tensor are accurate."""
    torch = torch_for("watch")
    there = [g for g in gradients if g is not None]
    dtype = torch.float32 if there[0].dtype in (torch.float16, torch.bfloat16) else None
    l1, l2 = (torch._foreach_norm(there, p, dtype=dtype) for p in (1, 2))
    rows = []
    for norms in (l1, l2, [torch.count_nonzero(g) for g in there]):
        if len({(n.dtype, n.device) for n in norms}) > 1 or len(there) < len(gradients):  # or one kernel for each
            found = iter(norms)
            norms = [none if g is None else next(found).to(none) for g in gradients]
        rows.append(torch.stack(list(norms)).to(none))
    return torch.stack(rows)
