"""The pages of a judged results folder: report, figures, tables and verdicts, for ``report`` and ``verify NAME``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def write_pages(folder, judgement, theorems: Sequence, paper: bool = False) -> list[Path]:
    """Write what the report of *folder* consists of, its cells shown under *theorems*, with figures for a *paper* or
    without; returns the paths.

    Raises InputError when the folder can't be written.
    """
    from ..lab.judging import left_out, write_judgement
    from ..report import write_report  # late: Matplotlib is slow to import, and a wrong folder needs none

    runs = folder.ladder.missing(folder.recordings) if folder.ladder else ""
    notes = [*left_out(folder, judgement), *([f"{runs}: verdicts and figures are of what is there."] if runs else [])]
    written = write_report(
        folder.directory,
        folder.results,
        judgement.every,
        folder.norm_rows,
        folder.plan,
        notes,
        theorems,
        folder.recordings,
        paper,
    )
    return [*written, write_judgement(folder, judgement)]
