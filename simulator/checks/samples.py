"""What a theorem about random vectors must pass: a number with an error for every row."""

from __future__ import annotations

import math

from ratecheck.problems.checks import Finding
from ratecheck.problems.errors import InputError

from ..sample_theorem import SampleTheorem


def check_sample_theorem(theorem: SampleTheorem, name: str) -> list[Finding]:
    """Findings about the function, on the rows of a small norm check."""
    from ..samples import norm_check

    findings = [Finding("statement", True, theorem.statement)]
    for row in norm_check([theorem.law or "gaussian"], [1, 16], 64, 0):
        try:
            gap, error, exact = theorem.on(row)
            ok = all(map(math.isfinite, (gap, error, exact or 0.0))) and error >= 0
            words = f"at d = {row.dim} the gap is {gap:.4g} ± {error:.2g}, exactly {exact}"
        except InputError as fault:
            ok, words = False, str(fault)
        findings.append(Finding("gap", ok, words))
    return findings
