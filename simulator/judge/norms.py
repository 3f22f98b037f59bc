"""Verdicts on inequalities between norms of random vectors, from a Monte Carlo check of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.special import ndtr

from ..sample_theorem import SampleTheorem
from ..words import count, number, p_value
from .intervals import holm
from .outcome import Cells, Numbers, Outcome, Verdict


def judge_norms(theorem: SampleTheorem, rows: Sequence, alpha: float) -> Verdict:
    """VIOLATED: an exact gap is negative, or a measured one is, after Holm. INCONCLUSIVE: no rows, or a
    sample that disagrees with the exact means, so that one of the two must be wrong, whatever the theorem makes of
    them. Else HOLDS.
    """
    rows = [row for row in rows if theorem.about(row)]
    gaps = [theorem.on(row) for row in rows]
    # a gap that is no number is the worst of news, not a pass
    negative = [gap if not math.isnan(gap) else -math.inf for gap, _, _ in gaps]
    p_values = holm([_p_negative(gap, error) for gap, (_, error, _) in zip(negative, gaps, strict=True)])
    exact = [(row, value) for row, (_, _, value) in zip(rows, gaps, strict=True) if value is not None]
    strange = _disagreeing(rows, alpha)
    reasons = []
    for row, gap, p in zip(rows, negative, p_values, strict=True):
        if p < alpha:
            samples = count(row.samples, "sample")
            reasons.append(f"{row.law}, d = {row.dim}: the gap is {number(gap)} < 0 over {samples} ({p_value(p)})")
    for row, value in exact:
        if not value >= 0:
            reasons.append(f"{row.law}, d = {row.dim}: the exact gap is {number(value)} < 0")
    if reasons:
        outcome = Outcome.VIOLATED
    elif not rows:
        outcome, reasons = Outcome.INCONCLUSIVE, ["no rows of a norm check to judge"]
    elif strange:
        outcome = Outcome.INCONCLUSIVE
        reasons = [
            f"{row.law}, d = {row.dim}: the sample's {norm} mean is {z:+.1f} standard errors from the exact one; the "
            "sampler or the formula is wrong"
            for row, norm, z in strange
        ]
    else:
        outcome = Outcome.HOLDS
        dims = f"d = {min(row.dim for row in rows)} … {max(row.dim for row in rows)}"
        samples = count(sum(row.samples for row in rows), "sample")
        reasons = [f"no exception in {count(len(rows), 'row')}, {samples}, {dims}"]
        if exact:
            row, value = min(exact, key=lambda pair: pair[1] / pair[0].exact_l1)
            reasons.append(
                f"the exact gap is ≥ 0 in each and the samples agree with the exact means; it is smallest "
                f"at d = {row.dim}: {number(value / row.exact_l1)} of E‖g‖₁"
            )
    numbers: Numbers = {
        "alpha": alpha,
        "correction": f"Holm over {count(len(rows), 'row')}",
        "samples": sum(row.samples for row in rows),
        "smallest_gap": min(negative, default=None),
        "smallest_p": min(p_values, default=None),
    }
    return Verdict(
        theorem.name, outcome, theorem.expected, theorem.statement, tuple(reasons), numbers, Cells(len(rows))
    )


def _p_negative(gap: float, error: float) -> float:
    """p-value against 'the gap is at least 0'."""
    if gap >= 0:
        return 1.0
    return float(ndtr(gap / error)) if error > 0 else 0.0


def _disagreeing(rows: Sequence, alpha: float) -> list[tuple]:
    """(row, norm, z) wherever a sample mean differs from its exact value, with error rate α over all of them."""
    tests = [(row, norm, getattr(row, f"z_{norm}")) for row in rows for norm in ("l1", "l2")]
    adjusted = holm([2 * float(ndtr(-abs(z))) for *_, z in tests])
    return [test for test, p in zip(tests, adjusted, strict=True) if p < alpha]
