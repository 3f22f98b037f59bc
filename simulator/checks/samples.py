"""What a theorem about random vectors must pass: a number with an error for every row."""

from __future__ import annotations

import math

from ratecheck.problems.checks import Finding

from ..sample_theorem import SampleTheorem


def check_sample_theorem(theorem: SampleTheorem, name: str) -> list[Finding]:
    """Findings about the function, on the rows of a small norm check."""
    from ..samples import norm_check

    findings = [Finding("statement", True, theorem.statement)]
    for row in norm_check([theorem.law or "gaussian"], [1, 16], 64, 0):
        try:
            gap, error, exact = theorem.gap(row)
            numbers = [float(gap), float(error), 0.0 if exact is None else float(exact)]
            ok = all(map(math.isfinite, numbers)) and numbers[1] >= 0
            words = f"at d = {row.dim} the gap is {gap:.4g} ± {error:.2g}, exactly {exact}"
        except Exception as fault:  # the user's own function
            ok = False
            words = (
                f"it must return (gap, its standard error ≥ 0, exact gap or None) and fails at d = {row.dim}: "
                f"{type(fault).__name__}: {fault}"
            )
        findings.append(Finding("gap", ok, words))
    return findings
