"""The runs that need a card: AdamW at the size of GPT-2, at 10⁹ coordinates, and norms of vectors of 10⁹ numbers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np

from simulator.cells.constants import Constants
from simulator.cells.spec import Spec
from simulator.cells.stats import Stats
from simulator.engines.gpu import engine as gpu
from simulator.engines.gpu.device import Device
from simulator.engines.resolve import resolve
from simulator.samples import norm_check
from tests.bench.page import Section

from .findings import Findings
from .sizes import Sizes
from .speed import TARGET_CARD

LIMIT = 4.0  # standard errors; by chance once in 16,000
MOST_SECONDS, TOO_LONG = 120.0, 400.0  # for the flagship: the target, and what is not tried


def flagship(device: Device, sizes: Sizes, say: Callable[[str], None]) -> Findings:
    """The claim adamw-l1 at the size of GPT-2: measured/(√d C K^(−1/4)), and the same at a small dimension.

    On ``rational`` the coordinates of a run are independent and have the same law at every d in units of their scale,
    so the ratio's mean does not depend on d and its standard deviation goes like 1/√d. One replica does.
    """
    say("flagship: the small dimension")
    _run(device, sizes.small, "float64")
    small, seconds, _ = _run(device, sizes.small, "float64")
    expected = seconds * math.prod(sizes.flagship) / math.prod(sizes.small)
    if expected > TOO_LONG:
        text = f"Not run: it would take this card about {expected / 60:.0f} minutes in float64."
        return Findings("flagship", Section("The size of GPT-2", text, ("",), []), {"expected_seconds": expected})
    say("flagship: the large one")
    large, seconds, constants = _run(device, sizes.flagship, "float64")
    ratio, expected = float(np.mean(large)), float(np.mean(small))
    deviation = float(np.std(small, ddof=1))
    error = deviation * math.sqrt(sizes.small[0] / sizes.flagship[0] / sizes.flagship[2])
    both = math.hypot(error, deviation / math.sqrt(small.size))
    z = (ratio - expected) / both if both else math.inf
    dim, steps, replicas = sizes.flagship
    rate = dim * steps * replicas / seconds
    rows = [
        [
            f"{dim:,}",
            f"{steps:,}",
            str(replicas),
            f"{ratio:.6f} ± {error:.1e}",
            f"{seconds:.1f} s",
            f"{rate / 1e9:.3g}",
        ],
        [f"{sizes.small[0]:,}", f"{sizes.small[1]:,}", str(small.size)]
        + [f"{expected:.6f} ± {deviation / math.sqrt(small.size):.1e}", "", ""],
    ]
    text = (
        "AdamW with the theorem's schedule on `rational`, float64: the measured mean of ‖∇f‖₁ divided by √d C/K^(1/4), "
        "which the claim says is bounded, and which must be the same at every d. "
        f"They differ by {z:+.1f} standard errors."
    )
    wrong = []
    if not abs(z) <= LIMIT:
        wrong.append(f"the ratio at d={dim} is {ratio:.6g} and {expected:.6g} at d={sizes.small[0]}: {z:+.1f} errors")
    if seconds > MOST_SECONDS and TARGET_CARD in device.name:
        wrong.append(f"d={dim}, K={steps} took {seconds:.0f} s, expected at most {MOST_SECONDS:.0f}")
    heads = ("d", "K", "replicas", "measured/(√d C/K^(1/4))", "time", "10⁹/s")
    data = {"ratio": ratio, "error": error, "small": expected, "z": z, "seconds": seconds, "C": constants.c}
    return Findings("flagship", Section("The size of GPT-2", text, heads, rows), data, tuple(wrong))


def largest(device: Device, sizes: Sizes, say: Callable[[str], None]) -> Findings:
    """As many coordinates as a card holds, in float32; and norms of Gaussian vectors beside their exact values."""
    say("largest: a run")
    ratios, seconds, _ = _run(device, sizes.largest, "float32")
    say("largest: norms")
    begin = time.perf_counter()
    (row,) = norm_check(["gaussian"], [sizes.norms[0]], sizes.norms[1], device=device)
    norm_seconds = time.perf_counter() - begin
    rows = [
        ["AdamW on rational, float32", f"{sizes.largest[0]:,}", f"K = {sizes.largest[1]:,}"]
        + [f"ratio {float(np.mean(ratios)):.4f}", f"{seconds:.1f} s"],
        ["norms of Gaussian vectors", f"{sizes.norms[0]:,}", f"{sizes.norms[1]} samples"]
        + [f"z = {row.z_l1:+.1f}, {row.z_l2:+.1f}", f"{norm_seconds:.1f} s"],
    ]
    text = "What fits. z is the difference of the mean norms from their exact values in standard errors."
    data = {
        "ratio": float(np.mean(ratios)),
        "seconds": seconds,
        "z": [row.z_l1, row.z_l2],
        "norm_seconds": norm_seconds,
    }
    wrong = [f"norms at d={row.dim}: z = {z:+.1f}" for z in (row.z_l1, row.z_l2) if not abs(z) <= LIMIT]
    if not np.isfinite(ratios).all():
        wrong.append(f"AdamW at d={sizes.largest[0]} diverged")
    heads = ("what", "d", "how long", "found", "time")
    return Findings("largest", Section("As large as it gets", text, heads, rows), data, tuple(wrong))


def _run(device: Device, size: tuple[int, int, int], dtype: str) -> tuple[np.ndarray, float, Constants]:
    """measured/(√d C K^(−1/4)) of each replica, the seconds it took, and the constants."""
    cell = resolve(Spec.of("rational", "adamw", *size, dtype=dtype))
    begin = time.perf_counter()
    stats: Stats = gpu.simulate(cell, device=device)
    seconds = time.perf_counter() - begin
    bound = math.sqrt(cell.spec.dim) * cell.constants.c * cell.spec.steps**-0.25
    return stats.mean_grad_l1 / bound, seconds, cell.constants
