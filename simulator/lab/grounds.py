"""What a verdict rests on: its theorem with the cells that it was judged on. Pages, figures and messages ask for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..cells.evidence import Result
from ..judge.copies import Copies
from ..judge.eligible import eligible
from ..judge.intervals import ALPHA
from ..judge.outcome import Verdict
from ..judge.statement import Judgeable
from ..sample_theorem import SampleTheorem
from ..words import count
from .folder import Folder
from .judging import Judgement
from .repeat import smallest_lines


@dataclass(frozen=True)
class Grounds:
    """``controls``: the verdicts on the theorem's false controls that were judged with it; ``again``: the smallest
    failing case and how it is run again, a line each; ``directory``: the results folder, None where there is none;
    ``computed``: how many cells were run for it."""

    theorem: Judgeable | SampleTheorem
    results: Sequence[Result]
    copies: Mapping[str, Copies]
    controls: tuple[Verdict, ...] = ()
    again: tuple[str, ...] = ()
    directory: Path | None = None
    computed: int = 0

    def __repr__(self) -> str:
        controls = f", {count(len(self.controls), 'false control')}" if self.controls else ""
        place = f" of {self.directory}" if self.directory else ""
        return f"Grounds({self.theorem.name}: {count(len(self.results), 'cell')}{place}{controls})"

    @property
    def least_constant(self) -> float | None:
        """The smallest constant that the data allow at level α: as a multiple of the bound, or in front of the rate.

        None where no cell was judged.
        """
        if isinstance(self.theorem, SampleTheorem):
            return None
        cells = eligible(self.theorem, self.results, self.copies)
        if cells.diverged:
            return None
        return max((cell.mean.high(ALPHA) * cell.copies.worst[1] for cell in cells.sound), default=None)


def grounded(folder: Folder, judgement: Judgement, computed: int = 0) -> list[Verdict]:
    """The verdicts of *judgement* with what they rest on, in its order; a theorem's has those on its controls."""
    verdicts = []
    for (name, theorem), verdict in zip(judgement.theorems.items(), judgement.verdicts, strict=True):
        again = tuple(smallest_lines(folder, name, verdict))  # a control's too: how it is seen to be false
        directory = folder.directory if folder.plan else None
        copies = judgement.copies.get(name, {})
        rests = Grounds(theorem, folder.results, copies, (), again, directory, computed)
        verdicts.append(replace(verdict, grounds=rests))
    theorems = list(judgement.theorems.values())
    return [_with_controls(verdict, verdicts, theorems) for verdict in verdicts]


def _with_controls(verdict: Verdict, every: Sequence[Verdict], theorems: Sequence[object]) -> Verdict:
    rests = verdict.grounds
    controls = {id(control) for control in getattr(rests.theorem, "controls", ())}
    own = tuple(v for v, theorem in zip(every, theorems, strict=True) if id(theorem) in controls)
    return replace(verdict, grounds=replace(rests, controls=own)) if own else verdict
