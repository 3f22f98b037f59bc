"""One theorem verified as ``ratecheck verify`` does it, with its false controls, in a folder that keeps the cells."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from simulator.cells.evidence import Result
from simulator.judge.outcome import Verdict
from simulator.lab.sweep import sweep
from simulator.lab.theorem_plan import theorem_plan, with_controls
from simulator.theorem import Theorem
from simulator.theorems import THEOREMS

TRUE = [t.name for t in THEOREMS.values() if isinstance(t, Theorem) and t.expected == "holds"]


@dataclass(frozen=True)
class Verified:
    """A theorem's verdict, those of its controls, the cells they rest on, and the seconds that it took."""

    verdict: Verdict
    controls: tuple[Verdict, ...]
    results: tuple[Result, ...]
    seconds: float

    @property
    def theorem(self) -> Theorem:
        found = THEOREMS[self.verdict.claim]
        assert isinstance(found, Theorem)
        return found


def verify(name: str, folder: Path) -> Verified:
    """Run what *folder* lacks of the cells of theorem *name* and judge them."""
    begun = time.perf_counter()
    stored, judgement = sweep(theorem_plan(with_controls(name), name), folder / name)
    by_name = {verdict.claim: verdict for verdict in judgement.verdicts}
    controls = tuple(by_name[control.name] for control in THEOREMS[name].controls)
    return Verified(by_name[name], controls, tuple(stored.results), time.perf_counter() - begun)
