"""Which backend suits a cell: the GPU where it is there and pays."""

from __future__ import annotations

from problems.errors import InputError

from ..cores import cores
from ..spec import Spec

# A card needs some ten thousand coordinates side by side to be busy, and a launch costs microseconds. Below, one step
# of few coordinates takes a card longer than a core. Not measured yet: docs/gpu.md says what is owed.
WIDTH_PER_CORE = 512  # coordinates of all replicas
LEAST_WORK = 10**9  # coordinate-steps, about a second of one core


def pick(spec: Spec) -> tuple[str, str]:
    """Backend for a cell, "gpu" or "cpu", and the reason in a few words."""
    width, work = spec.dim * spec.replicas, spec.dim * spec.replicas * spec.steps
    if width < WIDTH_PER_CORE * cores() or work < LEAST_WORK:
        return "cpu", "the cell is too small for a GPU to pay"
    from .device import cupy_device

    try:
        return "gpu", cupy_device().name
    except InputError as error:
        return "cpu", str(error)
