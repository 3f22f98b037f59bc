"""What figures are drawn from: cells, norm checks, the verdicts on them and the theorems that were judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...cells.recording import Recording
from ...judge.outcome import Verdict
from ...judge.statement import Judgeable
from ...sample_theorem import SampleTheorem
from ..shown import Shown


@dataclass(frozen=True)
class Material:
    """``cells`` as ``shown.show`` gives them; without ``verdicts`` and the ``theorems`` that they are on there are no
    judged exponents and no false controls to draw; ``recordings`` are of training loops."""

    cells: Sequence[Shown]
    norm_rows: Sequence = ()
    verdicts: Sequence[Verdict] = ()
    theorems: Sequence[Judgeable | SampleTheorem] = ()
    recordings: Sequence[Recording] = ()
