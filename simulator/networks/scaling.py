"""Standard parametrization and µP: how weights begin, and the step of each, as the width grows.

µP as of Yang et al., arXiv 2203.03466, table 3: a hidden weight begins with variance 1/fan_in in both; the readout's is
1/fan_in in the standard one and 1/fan_in² in µP. Adam's step is divided by the width, in units of BASE, for hidden
weights and the readout; SGD's is multiplied by it for inputs, biases and gains, and divided by it for the readout.
"""

from __future__ import annotations

import math
from typing import Any

BASE = 64  # the width at which the steps of both are the same
INPUT, HIDDEN, READOUT, VECTOR, EMBEDDING = "input", "hidden", "readout", "vector", "embedding"


def begin(torch: Any, parameter: Any, role: str, fan_in: int, mup: bool, generator: Any, gain: float = 1.0) -> None:
    """Draw a weight in place. Vectors (biases, gains) are left as they are."""
    if role == VECTOR:
        return
    deviation = 0.02 if role == EMBEDDING else gain / math.sqrt(fan_in)
    if role == READOUT:
        deviation = 1 / fan_in if mup else 1 / math.sqrt(fan_in)
    with torch.no_grad():
        parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * deviation)


def step_factor(role: str, width: int, mup: bool, adaptive: bool) -> float:
    """What the step of a parameter of that role is multiplied by."""
    if not mup:
        return 1.0
    if adaptive:
        return BASE / width if role in (HIDDEN, READOUT) else 1.0
    return BASE / width if role == READOUT else width / BASE if role in (INPUT, VECTOR, EMBEDDING) else 1.0
