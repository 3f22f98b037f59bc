"""What is done of one setting, in whatever process."""

from __future__ import annotations

from pathlib import Path

from . import coverage
from .falsehoods import false_statements
from .population import judged, stored, uncollected
from .runs import settled
from .settings import Setting
from .statements import Statement, true_statements


def every() -> list[Statement]:
    """All statements, the true ones first."""
    return [*true_statements(), *false_statements()]


def judge_one(setting: Setting, folder: Path) -> dict:
    """What is said of every statement in one setting."""
    statements = every()

    def make() -> dict:
        with uncollected():
            verdicts = judged(setting, statements)
        return {"kappa": setting.kappa, "settled": settled(setting), "verdicts": verdicts}

    return stored(setting, make, folder, [s.name for s in statements])


def cover_one(setting: Setting, folder: Path) -> dict:
    """What the limits of one setting cover."""
    return stored(setting, lambda: coverage.covered(setting), folder, [coverage.STATEMENT])
