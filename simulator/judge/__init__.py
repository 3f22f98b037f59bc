"""The judge: results in, a verdict for each theorem out (docs/theory.md has the statistics).

A bound is judged by level (``level``), a rate without a constant by growth (``rate``) on families where growth is
evidence (``witness``); both on rescaled copies too (``copies``). To say VIOLATED the judge makes many tests, so Holm's
correction keeps the chance of a false alarm at α for the whole theorem. To say HOLDS all of them must pass, which no
chance makes easier, so each upper limit stands at level 1 − α uncorrected. Nothing here runs a theorem's problem.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..cells.evidence import Result
from ..sample_theorem import SampleTheorem
from ..theorems import THEOREMS, find_theorem
from .cells import judge_cells
from .copies import FindCopies
from .intervals import ALPHA
from .norms import judge_norms
from .outcome import Cells, Outcome, Verdict, exit_code
from .statement import Judgeable

__all__ = ["Cells", "Judgeable", "Outcome", "Verdict", "exit_code", "judge"]


def judge(
    results: Iterable[Result],
    norm_rows: Iterable = (),
    theorems: Sequence[str | Judgeable | SampleTheorem] | None = None,
    alpha: float = ALPHA,
    copies: FindCopies = lambda theorem: {},
) -> list[Verdict]:
    """A verdict for each of *theorems*: names, ``FILE.py:NAME`` or theorems; by default the shipped ones.

    *norm_rows* are ``simulator.samples.NormRow``; *copies* finds the rescaled copies of a theorem's cells, by their
    keys (``lab.rescaled``). By default theorems that nothing was run for are left out, such as one about runs without
    noise where all cells have noise and are another theorem's; and so are false controls that nothing run here could
    have shown to be wrong. A theorem asked for by name is always reported. Raises InputError for an unknown theorem.
    """
    results, rows = list(results), list(norm_rows)
    asked = theorems is not None
    verdicts = []
    for each in THEOREMS.values() if theorems is None else theorems:
        theorem = find_theorem(each) if isinstance(each, str) else each
        if isinstance(theorem, SampleTheorem):
            verdict = judge_norms(theorem, rows, alpha)
        else:
            verdict = judge_cells(theorem, results, alpha, copies(theorem))
        if asked or _has_something(theorem, verdict, results):
            verdicts.append(verdict)
    return verdicts


def _has_something(theorem: Judgeable | SampleTheorem, verdict: Verdict, results: Sequence[Result]) -> bool:
    if not verdict.cells.judged and not verdict.cells.aside:
        return False
    if isinstance(theorem, SampleTheorem):
        return True
    if verdict.outcome is Outcome.VOID:
        return not _are_others(theorem, results)
    if theorem.expected == "holds" or verdict.outcome is Outcome.VIOLATED:
        return True
    if theorem.kind != "none":  # a false level is seen on the instance that makes the theorem tight, not on any
        return False
    return verdict.outcome is not Outcome.INCONCLUSIVE or not verdict.numbers.get("blind")


def _are_others(theorem: Judgeable, results: Iterable[Result]) -> bool:
    """Whether each cell that *theorem* says nothing of is one that some shipped theorem says something of."""
    true = [t for t in THEOREMS.values() if not isinstance(t, SampleTheorem) and t.expected == "holds"]
    return all(any(_says(other, result) for other in true) for result in results if theorem.on(result) is not None)


def _says(theorem: Judgeable, result: Result) -> bool:
    bearing = theorem.on(result)
    return bearing is not None and not bearing.void and not bearing.aside
