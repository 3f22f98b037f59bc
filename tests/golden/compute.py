"""One cell as test_golden.py and make_bits.py see it: keyword arguments in, numbers for bits.json out."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


def compute(arguments: Mapping) -> tuple[NDArray, dict[str, NDArray], dict[str, float]]:
    """Run the cell with these keyword arguments on the CPU engine. Nothing else here knows how that is done.

    Returns the final x and state, shape (replicas, 1 + state, dim), in the precision of the cell; the statistics by
    name, shape (replicas,) or (replicas, checkpoints); and the hyper-parameters as used.
    """
    from simulator.cells.spec import Spec
    from simulator.engines.cpu.engine import simulate
    from simulator.engines.resolve import resolve

    cell = resolve(Spec.of(**arguments))
    seen = []
    stats = simulate(cell, observe=seen.append).arrays()
    stats = {statistic.removeprefix("measured."): values for statistic, values in stats.items()}
    del stats["checkpoints"]
    return seen[0], stats, dict(cell.hyper)


def entry(arguments: Mapping) -> dict:
    """What bits.json has of the cell: a hash of x and state, and the statistics of every replica.

    Of a curve these are its value at the last checkpoint, and its sum over the checkpoints before it is infinite.
    """
    state, stats, hyper = compute(arguments)
    numbers = {}
    for statistic, values in stats.items():
        if values.ndim == 1:
            numbers[statistic] = values.tolist()
        else:
            numbers[f"{statistic} last"] = values[:, -1].tolist()
            numbers[f"{statistic} sum"] = [math.fsum(v for v in curve if v < math.inf) for curve in values.tolist()]
    return {
        "arguments": dict(arguments),
        "hyper": {hyper_name: f"{value:.12g}" for hyper_name, value in sorted(hyper.items())},
        "state": digest(state),
        "stats": numbers,
    }


def digest(state: NDArray) -> str:
    """SHA-256 of the numbers' bytes: C order, little endian; NaN always as the same one, for its bits are no result."""
    numbers = np.where(np.isnan(state), state.dtype.type(np.nan), state)
    return hashlib.sha256(numbers.astype(numbers.dtype.newbyteorder("<")).tobytes()).hexdigest()


def name(arguments: Mapping) -> str:
    """A name for the cell, such as 'rational-adamw-gaussian-64x4000x8-float64'."""
    size = "x".join(str(arguments[length]) for length in ("dim", "steps", "replicas"))
    law, precision = arguments["noise"], arguments.get("dtype", "float64")
    return "-".join([arguments["problem"], arguments["optimizer"], law, size, precision])


def rounding() -> str:
    """A hash of this host's pow, exp, log and sin, which make hyper-parameters, bias corrections, curvatures and start.

    The engine does the rest itself and the same way everywhere, but these come from NumPy, whose code depends on the
    processor, and from the C library: their last digit is the host's, and so are then the bits of x.
    """
    k = np.arange(1.0, 4097.0)
    tables = [
        *(k**-alpha for alpha in (0.25, 0.3, 0.5, 0.7, 0.8, 1.5, 2.0)),
        *(-np.expm1(k * np.log(beta)) for beta in (0.3, 0.5, 0.8, 0.9, 0.95, 0.97, 0.999)),
        *(np.array([math.pow(n, power) for n in k.tolist()]) for power in (0.25, 0.75)),
        *(f(k.astype(dtype) / 512) for f in (np.expm1, np.log1p, np.sin) for dtype in ("float64", "float32")),
    ]
    return hashlib.sha256(b"".join(table.tobytes() for table in tables)).hexdigest()
