"""Which cells share a figure: pages of panels, a row for each optimizer and theorem, a column for each problem.

A panel's cells differ in d and K only and are shown under one theorem, or under none. A page's panels also share noise,
schedule, constants, precision and seed; what was run under other settings has its own page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ratecheck.problems import PROBLEMS

from ...cells.evidence import Result
from ...cells.quantities import Quantity
from ...cells.spec import canonical_json
from ...judge.statement import Judgeable
from ...optimizers import OPTIMIZERS
from ..shown import Shown
from .text import printable

MOST_COLUMNS, MOST_ROWS, MOST_PAGES = 4, 4, 4
LEAST_CELLS = 3  # fewer make no line
SHARED = ("noise", "noise_args", "schedule", "smoothness", "gap", "sigma", "dtype", "seed")


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
    def quantity(self) -> Quantity:
        return next(iter(self.cells.values())).quantity

    @property
    def dims(self) -> list[int]:
        return sorted({d for d, _ in self.cells})

    @property
    def steps(self) -> list[int]:
        return sorted({k for _, k in self.cells})


@dataclass(frozen=True)
class Page:
    """Panels under the same settings; ``number`` counts pages from 1, the first has most cells."""

    number: int
    settings: Mapping[str, object]
    panels: Sequence[Panel]
    rows: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)

    @property
    def cells(self) -> list[Shown]:
        return [cell for panel in self.panels for cell in panel.cells.values()]

    @property
    def dims(self) -> list[int]:
        return sorted({cell.spec.dim for cell in self.cells})

    @property
    def steps(self) -> list[int]:
        return sorted({cell.spec.steps for cell in self.cells})

    def name(self, figure: str) -> str:
        return figure if self.number == 1 else f"{figure}-{self.number}"

    def title(self, title: str) -> str:
        return title if self.number == 1 else f"{title} ({self.about})"

    @property
    def about(self) -> str:
        """'gaussian noise, horizon schedule, σ = 1, L = 1, Δ = 1', and what departs from the defaults."""
        s = self.settings
        noise = short(s["noise"]) + _arguments(s["noise_args"], " ({})")
        text = f"{noise} noise, {short(s['schedule'])} schedule, "
        text += f"σ = {s['sigma']:g}, L = {s['smoothness']:g}, Δ = {s['gap']:g}"
        text += "" if s["dtype"] == "float64" else f", {s['dtype']}"
        return text + (f", seed {s['seed']}" if s["seed"] else "")

    @property
    def theorems(self) -> dict[str, Judgeable | None]:
        """What each row is shown under."""
        return {panel.row: panel.theorem for panel in self.panels}

    @property
    def quantities(self) -> dict[str, Quantity]:
        """What each row measures."""
        return {panel.row: panel.quantity for panel in self.panels}

    @property
    def contents(self) -> str:
        """The rows in words: 'Rows: sgd, mean over k of ‖∇f(x^k)‖₂ (sgd-l2).'"""
        rows = [
            f"{row}, {printable(self.quantities[row].text)} ({_called(theorem)})"
            for row, theorem in self.theorems.items()
        ]
        return f"{'Rows' if len(rows) > 1 else 'Row'}: {'; '.join(rows)}."

    @property
    def false_controls(self) -> str:
        """A sentence on the rows that are expected to fail, '' if there are none."""
        names = [printable(t.name) for t in self.theorems.values() if t is not None and t.expected != "holds"]
        return f"Expected to fail, as a false control: {', '.join(dict.fromkeys(names))}. " if names else ""

    def closing(self, left_out: str, intervals: str, cells: Sequence[Shown] = ()) -> str:
        """How captions end: settings, n, what the intervals are, and what is not drawn."""
        return f"Settings: {self.about}; {replicas(cells or self.cells)}; {intervals}. {left_out}".strip()

    @property
    def replicas(self) -> str:
        """'n = 8 replicas', or the range."""
        return replicas(self.cells)

    @property
    def diverged(self) -> int:
        """How many cells have a diverged replica."""
        return sum(math.isinf(shown.measured.value) for shown in self.cells)


def replicas(cells: Iterable[Shown]) -> str:
    """'n = 8 replicas', or 'n = 8 to 64 replicas'."""
    sizes = sorted({shown.values.size for shown in cells})
    if sizes == [1]:
        return "n = 1 replica: no interval"
    return f"n = {sizes[0]} replicas" if len(sizes) == 1 else f"n = {sizes[0]} to {sizes[-1]} replicas"


def pages(cells: Sequence[Shown], wanted: Callable[[Panel], bool] = lambda panel: True) -> tuple[list[Page], str]:
    """The pages to draw, and in words what is left out ('' if nothing).

    Panels that are not *wanted* are left out. Panels of fewer than LEAST_CELLS give way to larger ones, if there
    are any. Wide or long pages are split, and at most MOST_PAGES are drawn.
    """
    families: dict[str, tuple[dict, list[Shown]]] = {}
    for shown in sorted(cells, key=lambda shown: order(shown.cell)):
        spec = shown.spec.to_dict()
        settings = {name: spec[name] for name in SHARED}
        families.setdefault(canonical_json(settings), (settings, []))[1].append(shown)
    columns = _columns(cells)
    found = [
        (settings, [panel for panel in _panels(own, columns) if wanted(panel)]) for settings, own in families.values()
    ]
    least = LEAST_CELLS if any(len(p.cells) >= LEAST_CELLS for _, panels in found for p in panels) else 1
    chosen = [(settings, [p for p in panels if len(p.cells) >= least]) for settings, panels in found]
    chosen = sorted((f for f in chosen if f[1]), key=lambda f: -sum(len(p.cells) for p in f[1]))
    split = [(settings, part) for settings, panels in chosen for part in _split(panels)]
    drawn = [
        Page(i, settings, part, _unique(p.row for p in part), _unique(p.column for p in part))
        for i, (settings, part) in enumerate(split[:MOST_PAGES], start=1)
    ]
    return drawn, _left_out(sum(len(panels) for _, panels in found), sum(len(page.panels) for page in drawn))


def _left_out(panels: int, drawn: int) -> str:
    rest = panels - drawn
    return f"{rest} further setting(s), run at few (d, K), are not drawn; results.csv has them." if rest else ""


def _split(panels: Sequence[Panel]) -> list[list[Panel]]:
    rows, columns = _unique(p.row for p in panels), _unique(p.column for p in panels)
    parts = [
        [p for p in panels if p.row in rows[i : i + MOST_ROWS] and p.column in columns[j : j + MOST_COLUMNS]]
        for i in range(0, len(rows), MOST_ROWS)
        for j in range(0, len(columns), MOST_COLUMNS)
    ]
    return [part for part in parts if part]


def _panels(family: Sequence[Shown], columns: Mapping[int, str]) -> list[Panel]:
    """The panels of cells under the same settings; of cells that differ in replicas only, the one with most."""
    rows = _rows(family)
    panels: dict[tuple, dict[tuple[int, int], Shown]] = {}
    for shown in family:
        panel = panels.setdefault((rows[id(shown)], columns[id(shown)]), {})
        place = (shown.spec.dim, shown.spec.steps)
        if place not in panel or panel[place].spec.replicas < shown.spec.replicas:
            panel[place] = shown
    return [Panel(row, column, cells) for (row, column), cells in panels.items()]


def _rows(family: Sequence[Shown]) -> dict[int, str]:
    """The row of each cell: optimizer and its arguments, and the theorem where that tells rows apart."""
    optimizers = {id(s): short(s.spec.optimizer) + _arguments(s.spec.optimizer_args, ", {}") for s in family}
    about: dict[str, set[int]] = {}
    for shown in family:
        about.setdefault(optimizers[id(shown)], set()).add(id(shown.theorem))
    return {
        id(s): row + (f" ({_called(s.theorem)})" if len(about[row]) > 1 else "")
        for s in family
        for row in (optimizers[id(s)],)
    }


def _columns(cells: Sequence[Shown]) -> dict[int, str]:
    """The column of each cell: its problem, and the problem's arguments where they tell cells apart."""
    values: dict[tuple[str, str], set] = {}
    for shown in cells:
        for argument, value in shown.spec.problem_args.items():
            values.setdefault((shown.spec.problem, argument), set()).add(value)
    found = {}
    for shown in cells:
        spec = shown.spec
        telling = {a: v for a, v in spec.problem_args.items() if len(values[spec.problem, a]) > 1}
        found[id(shown)] = short(spec.problem) + _arguments(telling, ", {}")
    return found


def _called(theorem: Judgeable | None) -> str:
    return "no theorem" if theorem is None else printable(theorem.name)


def short(name: str) -> str:
    """'lion' for 'my/lion.py:lion'."""
    return printable(name.rpartition(".py:")[2])


def value_text(value: float | str) -> str:
    """An argument's value: a number, a name or a vector."""
    return printable(value) if isinstance(value, str) else f"{value:g}"


def _arguments(arguments: Mapping[str, float | str], form: str) -> str:
    text = ", ".join(f"{printable(name)} = {value_text(value)}" for name, value in arguments.items())
    return form.format(text) if text else ""


def order(result: Result) -> tuple:
    """Registries first and in their order, so that figures don't depend on the order of the cells."""
    spec = result.spec
    ranks = [
        list(known).index(name) if name in known else len(known)
        for known, name in ((OPTIMIZERS, spec.optimizer), (PROBLEMS, spec.problem))
    ]
    return (*ranks, spec.optimizer, spec.problem, canonical_json(spec.to_dict()))


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
