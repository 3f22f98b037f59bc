"""verdicts.json: verdicts for programs, and what the theorems say of each cell. Imports nothing that draws."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..cells.evidence import Result
from ..sample_theorem import SampleTheorem
from ..sealed import sealed
from .outcome import Verdict, exit_code
from .statement import Judgeable
from .stored import to_dict

FORMAT = "ratecheck verdicts 2"


def verdicts_text(
    verdicts: Sequence[Verdict],
    theorems: Iterable[Judgeable | SampleTheorem],
    results: Sequence[Result],
    partial: str = "",
    notes: Sequence[str] = (),
) -> str:
    """The text of verdicts.json; of *theorems*, those about runs that have a verdict are written out.

    *partial* says what is missing, *notes* are lines about files that can't be trusted; either keeps the exit code
    from being 0.
    """
    judged = {verdict.claim for verdict in verdicts}
    about_runs = [t for t in theorems if not isinstance(t, SampleTheorem) and t.name in judged]
    content = {
        "exit_code": exit_code(verdicts, partial=bool(partial or notes)),
        "partial": partial,
        "verdicts": [v.to_dict() | {"numbers": v.numbers} for v in verdicts],
        "theorems": [to_dict(theorem, results) for theorem in about_runs],
    }
    return sealed(FORMAT, content)
