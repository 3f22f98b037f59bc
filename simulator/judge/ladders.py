"""Whether ρ = ‖g‖₁/(√d‖g‖₂) keeps its size over a family of networks: tests on its exponents (``trends``).

A Θ is about d → ∞, which no run shows: a verdict is on the range of d that was run, which its reasons name. HOLDS: the
exponents over all sizes and over their upper half are within ±MARGIN, by two one-sided tests, in every family and at
every step. VIOLATED: both are beyond it on one side in some family at some step, after Holm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ..cells.recording import EXACT, Recording
from ..words import count, p_value
from .intervals import ALPHA, holm
from .outcome import Cells, LadderNumbers, Numbers, Outcome, Verdict
from .trends import MARGIN, Claim, Trend, size_words, trends


def judge_ladders(recordings: Iterable[Recording], claims: Iterable[Claim], asked: bool = False) -> list[Verdict]:
    """A verdict for each of *claims* that some recording is about; for all of them where they were *asked* for."""
    recordings = list(recordings)
    verdicts = []
    for claim in claims:
        many = [recording for recording in recordings if claim.layer != "*" or len(recording.layers) > 1]
        own = [recording for recording in many if claim.about(recording.settings)]
        if own or asked:
            verdicts.append(judge_ladder(claim, own))
    return verdicts


def judge_ladder(claim: Claim, recordings: Sequence[Recording], alpha: float = ALPHA) -> Verdict:
    """The verdict on recordings that *claim* is about."""
    found = trends(claim, recordings)
    able = [trend for trend in found if not trend.missing]
    adjusted = holm([trend.p_moves for trend in able])
    moving = [(trend, p) for trend, p in zip(able, adjusted, strict=True) if p < alpha]
    if moving:
        outcome = Outcome.VIOLATED
        moving.sort(key=lambda pair: -abs(pair[0].exponent))  # who reads the first only reads of the largest
        reasons = [f"{trend.words(claim.axis)}, {p_value(p)}" for trend, p in moving]
        if claim.predicted:
            reasons.append(f"the exponent predicted before the run: {claim.predicted:g}")
    elif able and len(able) == len(found) and all(trend.p_level < alpha for trend in able):
        outcome = Outcome.HOLDS
        low = min(trend.sizes[0] for trend in able)
        high = max(trend.sizes[-1] for trend in able)
        reasons = [
            f"between {claim.axis} = {size_words(low)} and {size_words(high)} all exponents of ρ are within ±{MARGIN}",
            *(trend.words(claim.axis) for trend in _extremes(able)),
        ]
    else:
        outcome = Outcome.INCONCLUSIVE
        reasons = _why(claim, recordings, found)
    numbers: Numbers = {
        "alpha": alpha,
        "margin": MARGIN,
        "correction": f"Holm over {count(len(able), 'trend')}",
        "tests": len(able),
        "ladders": [_numbers(trend, claim) for trend in found],
    }
    cells = Cells(len(recordings))
    return Verdict(claim.name, outcome, claim.expected, claim.statement, tuple(reasons), numbers, cells)


def _why(claim: Claim, recordings: Sequence[Recording], found: Sequence[Trend]) -> list[str]:
    if not recordings:
        return ["no recordings that it is about"]
    if not any(recording.rows(EXACT).size for recording in recordings):
        return ["no exact gradients were recorded: ρ of a minibatch's gradient is another number, noise included"]
    if not found:
        return [
            "of no family was a layer measured in several sizes, at a step that all have an exact gradient of"
            if claim.layer
            else "of no family is there a step that all have an exact gradient of"
        ]
    poor = list(dict.fromkeys(trend.missing for trend in found if trend.missing))
    # a trend that can't be judged is told with what it has
    return [*poor, *(trend.words(claim.axis) for trend in _extremes([t for t in found if t.whole is not None]))]


def _extremes(found: Sequence[Trend]) -> list[Trend]:
    """Those with the least and the largest exponent, one where that is one."""
    ranked = sorted(found, key=lambda trend: trend.exponent)
    return ranked if len(ranked) < 2 else [ranked[0], ranked[-1]]


def _numbers(trend: Trend, claim: Claim) -> LadderNumbers:
    whole, upper = trend.whole, trend.upper
    return {
        "family": trend.family,
        "layer": trend.layer,
        "step": trend.step,
        "axis": claim.axis,
        "sizes": list(trend.sizes),
        "seeds": trend.seeds,
        "predicted": claim.predicted,
        "exponent": whole.value if whole else None,
        "error": whole.error if whole and math.isfinite(whole.error) else None,
        "upper_half": upper.value if upper else None,
        "missing": trend.missing,
    }
