"""The judge: results in, a verdict for each claim out (docs/theory.md has the statistics).

Everything is judged on ratio = measured/bound, per replica. To say VIOLATED the judge makes many tests,
so Holm's correction keeps the chance of a false alarm at α for the whole claim. To say HOLDS all of them
must pass, which no chance makes easier, so each upper limit stands at level 1 − α uncorrected.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..cells.evidence import Result
from ..claims import CLAIMS, Claim, NormClaim
from ..plugins import find
from .cells import judge_cells
from .intervals import ALPHA
from .norms import judge_norms
from .outcome import Cells, Outcome, Verdict, exit_code

__all__ = ["Cells", "Outcome", "Verdict", "exit_code", "find_claim", "judge"]


def judge(
    results: Iterable[Result],
    norm_rows: Iterable = (),
    claims: Sequence[str | Claim | NormClaim] | None = None,
    alpha: float = ALPHA,
) -> list[Verdict]:
    """A verdict for each of *claims*: names, ``FILE.py:NAME`` or claims; by default the shipped ones.

    *norm_rows* are ``simulator.samples.NormRow``. By default claims that nothing was run for are left
    out, and so are false controls on a grid without their axis (the claim beside them is then
    inconclusive itself); a claim asked for by name is always reported. Raises InputError for an unknown
    claim.
    """
    results, rows = list(results), list(norm_rows)
    asked = claims is not None
    verdicts = []
    for claim in CLAIMS.values() if claims is None else map(find_claim, claims):
        if isinstance(claim, NormClaim):
            verdict = judge_norms(claim, rows, alpha)
        else:
            verdict = judge_cells(claim, results, alpha)
        if asked or _has_something(claim, verdict):
            verdicts.append(verdict)
    return verdicts


def find_claim(claim: str | Claim | NormClaim) -> Claim | NormClaim:
    """The claim of that name, or NAME of FILE.py; raises InputError for an unknown one."""
    if isinstance(claim, (Claim, NormClaim)):
        return claim
    return find(CLAIMS, claim, "claim", (Claim, NormClaim))


def _has_something(claim: Claim | NormClaim, verdict: Verdict) -> bool:
    if not verdict.cells.judged and not verdict.cells.aside:
        return False
    return claim.expected == "holds" or verdict.outcome is not Outcome.INCONCLUSIVE or not verdict.numbers.get("blind")
