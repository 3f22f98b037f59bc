"""What the GPU engine's numbers must have in common with the CPU engine's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulator.cells.cell import Cell
from simulator.cells.stats import Stats

# Sums of float64 terms differ by their order alone. A float32 sum of terms ≥ 0 errs by the depth of its tree times
# 2⁻²⁴: on the CPU 4 vectors of 16 lanes and 4 levels, on the GPU 4 coordinates of a thread and 5 levels.
SUMS = {"float64": 1e-12, "float32": (4 + 16 + 4 + 5) * 2.0**-24}


def final_state(simulate: Callable[..., Stats], cell: Cell, **options: object) -> tuple[Stats, NDArray]:
    """Stats, and x and state of all replicas at the end."""
    states: list[NDArray] = []
    stats = simulate(cell, observe=states.append, **options)
    return stats, np.concatenate(states)


def same_bits(a: NDArray, b: NDArray) -> bool:
    """Whether two arrays of real numbers are the same bit for bit, but for what kind of NaN a NaN is."""
    bits = f"u{a.dtype.itemsize}"
    return a.dtype == b.dtype and bool(np.all((a.view(bits) == b.view(bits)) | (np.isnan(a) & np.isnan(b))))
