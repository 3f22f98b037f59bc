"""The Gaussian norm inequality of the AdamW paper (arXiv 2505.11840)."""

from __future__ import annotations

import math

from ..decorators import sample_theorem


@sample_theorem(law="gaussian", source="Li, Dong, Lin, arXiv 2505.11840; docs/theory.md, section 7")
def gaussian(row):
    """E‖g‖₁ ≥ √(2d/π) E‖g‖₂ for g ~ N(0, I_d).

    Exactly, E‖g‖₁ = d√(2/π) and E‖g‖₂ = √2 Γ((d+1)/2)/Γ(d/2) ≤ √d, with equality in the limit: no
    sample can show a gap of 1/(4d) at large d, so the exact values carry the claim and the sample must
    agree with them. The two means come from the same samples; the sum of their errors bounds the error
    of the difference whatever their correlation.
    """
    factor = math.sqrt(2 * row.dim / math.pi)
    rounding = 4 * math.ulp(row.exact_l1)
    return (
        row.mean_l1 - factor * row.mean_l2,
        row.sem_l1 + factor * row.sem_l2,
        row.exact_l1 - factor * row.exact_l2 + rounding,
    )
