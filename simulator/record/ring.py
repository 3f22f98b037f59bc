"""Sums over gradients on the device where they are: ROWS records of them reach the host by one copy."""

from __future__ import annotations

from collections.abc import Sequence
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
        self._none = torch.zeros((), dtype=wide, device=device)
        self.filled = 0

    @property
    def full(self) -> bool:
        return self.filled == ROWS

    def put(self, gradients: Sequence[Any], scale: Any = None) -> None:
        """Add a record. A gradient that is None counts as 0; *scale*, on the device, is what all were multiplied by."""
        torch = torch_for("watch")
        row = self._sums[self.filled]
        there = [g for g in gradients if g is not None]
        if there:
            narrow = there[0].dtype in (torch.float16, torch.bfloat16)
            # float32 sums of a large tensor are accurate on a GPU, which adds in trees, and not on a processor
            exact = torch.float64 if there[0].device.type == "cpu" else torch.float32 if narrow else None
            l1 = torch._foreach_norm(there, 1, dtype=exact)
            l2 = torch._foreach_norm(there, 2, dtype=exact)
            nonzero = [torch.count_nonzero(g) for g in there]
            for index, norms in enumerate((l1, l2, nonzero)):
                if len({(n.dtype, n.device) for n in norms}) > 1 or len(there) < len(gradients):
                    found = iter(norms)
                    norms = [self._none if g is None else next(found).to(self._none) for g in gradients]
                row[index].copy_(torch.stack(list(norms)))
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
