"""Which cells share a figure: pages of panels, a row for each optimizer and theorem, a column for each problem.

A panel's cells differ in d and K only and are shown under one theorem, or under none. A page's panels also share noise,
schedule, constants, precision and seed; what was run under other settings has its own page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from ...cells.spec import canonical_json
from ...words import count
from ..shown import Shown
from .names import arguments, called, order, problem_names, problem_rank, short
from .page import Page, Panel

MOST_COLUMNS, MOST_ROWS, MOST_PAGES = 4, 4, 4
LEAST_CELLS = 3  # fewer make no line
SHARED = ("noise", "noise_args", "schedule", "smoothness", "gap", "sigma", "dtype", "seed")


def pages(cells: Sequence[Shown], wanted: Callable[[Panel], bool] = lambda panel: True) -> tuple[list[Page], str]:
    """The pages to draw, and in words what is left out ('' if nothing).

    Panels that are not *wanted* are left out. Panels of fewer than LEAST_CELLS give way to larger ones, if there
    are any. Wide or long pages are split, and at most MOST_PAGES are drawn.
    """
    families: dict[str, tuple[dict, list[Shown]]] = {}
    for shown in sorted(cells, key=lambda shown: order(shown.result)):
        spec = shown.spec.to_dict()
        settings = {name: spec[name] for name in SHARED}
        families.setdefault(canonical_json(settings), (settings, []))[1].append(shown)
    columns = problem_names(cells, ", {}")
    ranks = {columns[id(shown)]: (problem_rank(shown.spec.problem), columns[id(shown)]) for shown in cells}
    found = [
        (settings, [panel for panel in _panels(own, columns) if wanted(panel)]) for settings, own in families.values()
    ]
    least = LEAST_CELLS if any(len(p.cells) >= LEAST_CELLS for _, panels in found for p in panels) else 1
    chosen = [(settings, [p for p in panels if len(p.cells) >= least]) for settings, panels in found]
    chosen = sorted((f for f in chosen if f[1]), key=lambda f: -sum(len(p.cells) for p in f[1]))
    split = [
        (settings, own, part) for settings, panels in chosen for part, own in enumerate(_split(panels, ranks), start=1)
    ]
    drawn = [
        Page(i, settings, own, _unique(p.row for p in own), _columns_of(own, ranks), part)
        for i, (settings, own, part) in enumerate(split[:MOST_PAGES], start=1)
    ]
    return drawn, _left_out(sum(len(panels) for _, panels in found), sum(len(page.panels) for page in drawn))


def _left_out(panels: int, drawn: int) -> str:
    rest = panels - drawn
    if not rest:
        return ""
    are = "is" if rest == 1 else "are"
    return f"{count(rest, 'further setting')}, run at few (d, K), {are} not drawn; results.csv has them."


def _split(panels: Sequence[Panel], ranks: Mapping[str, tuple]) -> list[list[Panel]]:
    rows, columns = _unique(p.row for p in panels), _columns_of(panels, ranks)
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
    optimizers = {id(s): short(s.spec.optimizer) + arguments(s.spec.optimizer_args, ", {}") for s in family}
    about: dict[str, set[int]] = {}
    for shown in family:
        about.setdefault(optimizers[id(shown)], set()).add(id(shown.theorem))
    return {
        id(s): row + (f" ({called(s.theorem)})" if len(about[row]) > 1 else "")
        for s in family
        for row in (optimizers[id(s)],)
    }


def _columns_of(panels: Sequence[Panel], ranks: Mapping[str, tuple]) -> list[str]:
    return sorted({p.column for p in panels}, key=ranks.__getitem__)


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
