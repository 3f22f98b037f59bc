"""Sums over gradients in a processor's memory: one pass over each, where torch makes one for every sum.

In float64: torch's own 1-norm adds up in the precision of the tensor, and a processor adds one number after the other.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np


# sums in any order, or the loop isn't made of vector instructions; NaN and infinity stay what they are
@numba.njit(fastmath={"reassoc", "nsz", "contract"}, error_model="numpy")
def _sums(g):
    l1, squares, nonzero = 0.0, 0.0, 0
    for i in range(g.size):  # over numbers, not indices, it isn't vectorized
        size = abs(np.float64(g[i]))
        l1 += size
        squares += size * size
        nonzero += size != 0
    return l1, squares, nonzero


def host_norms(gradient: Any) -> tuple[float, float, float]:
    """(‖g‖₁, ‖g‖₂, number of g ≠ 0) of a tensor."""
    sizes = (gradient.abs() if gradient.is_complex() else gradient).detach().cpu().reshape(-1)
    # a scalar type that NumPy lacks, or of fewer bits, is exact in float32
    flat = sizes.numpy() if sizes.element_size() == 8 else sizes.float().numpy()
    l1, squares, nonzero = _sums(flat)
    return l1, math.sqrt(squares), nonzero


def prepare() -> None:
    """Compile it, so that no step of a loop has to wait."""
    _sums(np.empty(0, np.float32))
