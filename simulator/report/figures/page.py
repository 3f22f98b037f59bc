"""A page of panels: what it shares, what is in its rows, and how its caption speaks of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ...judge.statement import Judgeable, Measured
from ...words import count
from ..shown import Shown
from .names import arguments, called, is_made_anew, short
from .text import printable


@dataclass(frozen=True)
class Panel:
    """The cells of one optimizer on one problem, by (d, K)."""

    row: str
    column: str
    cells: Mapping[tuple[int, int], Shown]

    @property
    def theorem(self) -> Judgeable | None:
        return next(iter(self.cells.values())).theorem

    @property
    def quantity(self) -> Measured:
        return next(iter(self.cells.values())).quantity

    @property
    def dims(self) -> list[int]:
        return sorted({d for d, _ in self.cells})

    @property
    def steps(self) -> list[int]:
        return sorted({k for _, k in self.cells})


@dataclass(frozen=True)
class Page:
    """Panels under the same settings; ``number`` counts pages from 1, the first has most cells, and ``part`` those
    under one setting."""

    number: int
    settings: Mapping[str, object]
    panels: Sequence[Panel]
    rows: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    part: int = 1

    @property
    def cells(self) -> list[Shown]:
        return [result for panel in self.panels for result in panel.cells.values()]

    @property
    def dims(self) -> list[int]:
        return sorted({result.spec.dim for result in self.cells})

    @property
    def steps(self) -> list[int]:
        return sorted({result.spec.steps for result in self.cells})

    def name(self, figure: str) -> str:
        return figure if self.number == 1 else f"{figure}-{self.number}"

    def title(self, title: str) -> str:
        part = f", part {self.part}" if self.part > 1 else ""
        return title if self.number == 1 else f"{title} ({self.about}{part})"

    @property
    def about(self) -> str:
        """'gaussian noise, horizon schedule, σ = 1, L = 1, Δ = 1', and what departs from the defaults."""
        spec = self.cells[0].spec  # as good as any: what is said of it is in ``settings``
        noise = short(spec.noise) + arguments(spec.noise_args, " ({})")
        text = f"{noise} noise, {short(spec.schedule)} schedule, "
        text += f"σ = {spec.sigma:g}, L = {spec.smoothness:g}, Δ = {spec.gap:g}"
        text += "" if spec.dtype == "float64" else f", {spec.dtype}"
        return text + (f", seed {spec.seed}" if spec.seed else "")

    @property
    def made_anew(self) -> list[str]:
        """The problems that are made anew for each horizon, so that a run of that length stays where they are hard."""
        return self._problems(True)

    @property
    def fixed(self) -> list[str]:
        """The problems that are the same function at each horizon."""
        return self._problems(False)

    def _problems(self, anew: bool) -> list[str]:
        names = dict.fromkeys(shown.spec.problem for shown in self.cells)
        return [short(name) for name in names if is_made_anew(name) == anew]

    @property
    def theorems(self) -> dict[str, Judgeable | None]:
        """What each row is shown under."""
        return {panel.row: panel.theorem for panel in self.panels}

    @property
    def quantities(self) -> dict[str, Measured]:
        """What each row measures."""
        return {panel.row: panel.quantity for panel in self.panels}

    @property
    def contents(self) -> str:
        """The rows in words: 'Rows: sgd, mean over k of ‖∇f(x^k)‖₂ (sgd-l2).'"""
        rows = [
            f"{row}, {printable(self.quantities[row].text)} ({called(theorem)})"
            for row, theorem in self.theorems.items()
        ]
        return f"{'Rows' if len(rows) > 1 else 'Row'}: {'; '.join(rows)}."

    @property
    def false_controls(self) -> str:
        """A sentence on the rows that are known to be wrong, '' if there are none."""
        names = [printable(t.name) for t in self.theorems.values() if t is not None and t.expected != "holds"]
        return f"False controls, known to be wrong: {', '.join(dict.fromkeys(names))}. " if names else ""

    def closing(self, intervals: str, cells: Sequence[Shown] = ()) -> str:
        """How captions end: how many cells escaped, settings, n, and what the intervals are."""
        cells = cells or self.cells
        return f"{escaped_words(cells)}Settings: {self.about}; {replicas(cells)}; {intervals}."

    @property
    def replicas(self) -> str:
        """'n = 8 replicas', or the range."""
        return replicas(self.cells)

    @property
    def diverged(self) -> int:
        """How many cells have a diverged replica."""
        return sum(math.isinf(shown.measured.value) for shown in self.cells)


def escaped(shown: Shown) -> bool:
    """Whether the cell escaped, and none of its replicas diverged."""
    return shown.result.status == "escaped"


def escaped_words(cells: Iterable[Shown]) -> str:
    """A sentence on the cells that escaped, '' if there are none."""
    number = sum(map(escaped, cells))
    why = "f ended above its start's or x went far away, where a small gradient shows nothing"
    return f"{count(number, 'cell')} escaped: {why}. " if number else ""


def replicas(cells: Iterable[Shown]) -> str:
    """'n = 8 replicas', or 'n = 8 to 64 replicas'."""
    sizes = sorted({shown.values.size for shown in cells})
    if sizes == [1]:
        return "n = 1 replica: no interval"
    return f"n = {sizes[0]} replicas" if len(sizes) == 1 else f"n = {sizes[0]} to {sizes[-1]} replicas"


def place(shown: Shown, what: str = "") -> str:
    """'ramp, d = 64, K = 4000'."""
    at = f"d = {shown.spec.dim}, K = {shown.spec.steps}"
    return f"{printable(what)}, {at}" if what else at
