"""Sums over gradients on the device where they are: ROWS records of them reach the host by one copy."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .needs import torch_for

ROWS = 64
L1, SQUARES, NONZERO = range(3)
CHUNK = 2**18  # numbers whose float64 copies stay in a processor's cache


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
        self._room = torch.empty(CHUNK, dtype=torch.float64) if device.type == "cpu" else None
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
            columns = _on_device(there) if self._room is None else _on_host(there, self._room)
            for index, sums in enumerate(columns):
                if len({(s.dtype, s.device) for s in sums}) > 1 or len(there) < len(gradients):
                    found = iter(sums)
                    sums = [self._none if g is None else next(found).to(self._none) for g in gradients]
                row[index].copy_(torch.stack(list(sums)))
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


def _on_device(gradients: Sequence[Any]) -> tuple[Sequence[Any], ...]:
    """‖g‖₁, ‖g‖₂ and the number of g ≠ 0 of each. A GPU adds in trees: float32 sums of a large tensor are accurate."""
    torch = torch_for("watch")
    dtype = torch.float32 if gradients[0].dtype in (torch.float16, torch.bfloat16) else None
    l1, l2 = (torch._foreach_norm(gradients, p, dtype=dtype) for p in (1, 2))
    return l1, l2, [torch.count_nonzero(g) for g in gradients]


def _on_host(gradients: Sequence[Any], room: Any) -> tuple[Sequence[Any], ...]:
    """As ``_on_device``, in float64: a processor adds float32 numbers one after the other. *room*, of CHUNK numbers, is
    what they are widened in: memory that is asked for anew each time costs more than the sums."""
    torch = torch_for("watch")
    found = []
    for gradient in gradients:
        sums = []
        for few in gradient.reshape(-1).split(CHUNK):
            sizes = torch.abs(few) if few.is_complex() else few
            wide = room[: few.numel()].copy_(sizes).abs_()
            sums.append((wide.sum(), torch.dot(wide, wide), torch.count_nonzero(few)))
        l1, squares, nonzero = (reduce(operator.add, parts) for parts in zip(*sums, strict=True))
        found.append((l1, squares.sqrt(), nonzero))
    return tuple(zip(*found, strict=True))
