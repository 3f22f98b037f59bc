"""Which backend suits a cell: the GPU where it is there and pays."""

from __future__ import annotations

from collections.abc import Iterable

from ratecheck.problems.errors import InputError

from ..cells.quantities import Quantity
from ..cells.spec import Spec
from ..cores import cores
from .measures import Measures
from .resolve import resolve

# A card needs some ten thousand coordinates side by side to be busy, and a launch costs microseconds. Below, one step
# of few coordinates takes a card longer than a core. Not measured yet: docs/gpu/README.md says what is owed.
WIDTH_PER_CORE = 512  # coordinates of all replicas
LEAST_WORK = 10**9  # coordinate-steps, about a second of one core
SLOW_DOUBLE = 4  # times slower than in float32; the cards for computing have 2, those for games 32 or 64


def pick(spec: Spec, quantities: Iterable[Quantity | str] = ()) -> tuple[str, str]:
    """Backend for a cell that measures *quantities*, "gpu" or "cpu", and the reason in a few words."""
    width = spec.dim * spec.replicas
    if width < WIDTH_PER_CORE * cores() or width * spec.steps < LEAST_WORK:
        return "cpu", "the cell is too small for a GPU to pay"
    from .gpu import device

    try:
        card = device.cupy_device()
        from .gpu import engine as gpu  # late: Numba's start-up is not paid where there is no card

        if spec.dtype == "float64" and card.double_ratio > SLOW_DOUBLE:
            return "cpu", f"{card.name} is slow in float64"
        cell = resolve(spec)
        gpu.Engine(card).require(cell, Measures.of(quantities, cell.optimizer))  # it may be too old for the compiler
    except InputError as error:
        return "cpu", str(error)
    return "gpu", card.name
