"""Which cells share a figure: pages of panels, a row for each optimizer and a column for each problem.

A panel's cells differ in d and K only. A page's panels also share noise, schedule, constants, precision
and seed; what was run under other settings has its own page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ratecheck.problems import PROBLEMS

from ...cells.evidence import Result
from ...cells.spec import canonical_json
from ...optimizers import OPTIMIZERS

MOST_COLUMNS, MOST_ROWS, MOST_PAGES = 4, 4, 4
LEAST_CELLS = 3  # fewer make no line
SHARED = ("noise", "noise_args", "schedule", "smoothness", "gap", "sigma", "dtype", "seed")
L2_OPTIMIZERS = ("sgd", "momentum")


@dataclass(frozen=True)
class Panel:
    """The cells of one optimizer on one problem, by (d, K)."""

    row: str
    column: str
    cells: Mapping[tuple[int, int], Result]

    @property
    def norm(self) -> str:
        """The norm of this optimizer's claim: 'l2' for SGD with or without momentum, else 'l1'."""
        return "l2" if next(iter(self.cells.values())).spec.optimizer in L2_OPTIMIZERS else "l1"

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
    def cells(self) -> list[Result]:
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
        text = f"{noise} noise, {s['schedule']} schedule, σ = {s['sigma']:g}, L = {s['smoothness']:g}, Δ = {s['gap']:g}"
        text += "" if s["dtype"] == "float64" else f", {s['dtype']}"
        return text + (f", seed {s['seed']}" if s["seed"] else "")

    def closing(self, left_out: str, intervals: str, cells: Sequence[Result] = ()) -> str:
        """How captions end: settings, n, what the intervals are, and what is not drawn."""
        return f"Settings: {self.about}; {replicas(cells or self.cells)}; {intervals}. {left_out}".strip()

    @property
    def replicas(self) -> str:
        """'n = 8 replicas', or the range."""
        return replicas(self.cells)

    @property
    def diverged(self) -> int:
        """How many cells have a diverged replica."""
        return sum(cell.status == "diverged" for cell in self.cells)


def replicas(cells: Iterable[Result]) -> str:
    """'n = 8 replicas', or 'n = 8 to 64 replicas'."""
    sizes = sorted({cell.stats.mean_grad_l1.size for cell in cells})
    if sizes == [1]:
        return "n = 1 replica: no interval"
    return f"n = {sizes[0]} replicas" if len(sizes) == 1 else f"n = {sizes[0]} to {sizes[-1]} replicas"


def pages(results: Sequence[Result], wanted: Callable[[Panel], bool] = lambda panel: True) -> tuple[list[Page], str]:
    """The pages to draw, and in words what is left out ('' if nothing).

    Panels that are not *wanted* are left out. Panels of fewer than LEAST_CELLS give way to larger ones, if there
    are any. Wide or long pages are split, and at most MOST_PAGES are drawn.
    """
    families: dict[str, tuple[dict, dict]] = {}
    names = _names(results)
    for result in sorted(results, key=order):
        spec = result.spec.to_dict()
        settings = {name: spec[name] for name in SHARED}
        panels = families.setdefault(canonical_json(settings), (settings, {}))[1]
        cells = panels.setdefault(names[id(result)], {})
        place = (result.spec.dim, result.spec.steps)
        if place not in cells or cells[place].spec.replicas < result.spec.replicas:
            cells[place] = result
    found = [
        (settings, [panel for name, cells in panels.items() if wanted(panel := Panel(*name, cells))])
        for settings, panels in families.values()
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


def _names(results: Sequence[Result]) -> dict[int, tuple[str, str]]:
    """Row and column of each result: optimizer arguments always, problem arguments where they tell cells apart."""
    values: dict[tuple[str, str], set] = {}
    for result in results:
        for argument, value in result.spec.problem_args.items():
            values.setdefault((result.spec.problem, argument), set()).add(value)
    found = {}
    for result in results:
        spec = result.spec
        telling = {a: v for a, v in spec.problem_args.items() if len(values[spec.problem, a]) > 1}
        found[id(result)] = (
            short(spec.optimizer) + _arguments(spec.optimizer_args, ", {}"),
            short(spec.problem) + _arguments(telling, ", {}"),
        )
    return found


def short(name: str) -> str:
    """'lion' for 'my/lion.py:lion'; mathtext must not see a dollar sign."""
    return name.rpartition(".py:")[2].replace("$", "")


def _arguments(arguments: Mapping[str, float], form: str) -> str:
    text = ", ".join(f"{name} = {value:g}" for name, value in arguments.items())
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
