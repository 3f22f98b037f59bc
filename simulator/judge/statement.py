"""What the judge and the figures need of a theorem: one that is here as code, or one that a results folder holds."""

from __future__ import annotations

from typing import Protocol

from ..cells.evidence import Result
from ..cells.quantities import Quantity
from ..theorem import Bearing


class Judgeable(Protocol):
    """A theorem as it is judged. ``on`` says what it says of a cell, None where it is not concerned."""

    name: str
    statement: str
    expected: str
    kind: str
    axes: tuple[str, ...]
    rate_tex: str
    bound_tex: str
    measures: Quantity

    def on(self, result: Result) -> Bearing | None: ...
