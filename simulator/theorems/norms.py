"""The norm inequalities that hold for every vector."""

from __future__ import annotations

from ..decorators import sample_theorem


@sample_theorem(source="Cauchy–Schwarz")
def norms(row):
    """‖g‖₂ ≤ ‖g‖₁ ≤ √d ‖g‖₂ for every g in R^d.

    Of every sample, up to the rounding of its sums: a single exception refutes it.
    """
    return -float(row.violations), 0.0, None
