"""What the judge and the figures need of a theorem: one that is here as code, or one that a results folder holds."""

from __future__ import annotations

from typing import Protocol

from ..cells.evidence import Result
from ..theorem import Bearing
from ..theorem_settings import Hard


class Measured(Protocol):
    """A quantity as it is found in cells and written."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def tex(self) -> str: ...


class Stated(Protocol):
    """What every theorem says of itself."""

    @property
    def name(self) -> str: ...

    @property
    def statement(self) -> str: ...

    @property
    def expected(self) -> str: ...


class Judgeable(Stated, Protocol):
    """A theorem as it is judged. ``on`` says what it says of a cell, None where it is not concerned."""

    @property
    def kind(self) -> str: ...

    @property
    def axes(self) -> tuple[str, ...]: ...

    @property
    def levels(self) -> tuple[Hard, ...]:
        """The hard instances whose levels are of the theorem's own rate."""
        ...

    @property
    def rate_tex(self) -> str: ...

    @property
    def bound_tex(self) -> str: ...

    @property
    def measures(self) -> Measured: ...

    def on(self, result: Result) -> Bearing | None: ...
