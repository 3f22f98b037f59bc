"""What a sweep is to do: the cells that are due, what is measured in each, the theorems to judge, the norm checks.

A plan comes from a sweep file (``sweepfile``), from theorems' own grids, or from a results folder (``planfile``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ratecheck.problems.errors import InputError, require_integer

from ..cells.cell import Cell
from ..cells.constants import MissingConstant
from ..cells.spec import Spec, canonical_json
from ..files import printable
from ..judge.fit import LEAST_REPLICAS
from ..plugins import home_of, is_own
from ..theorem import Theorem
from ..theorems import THEOREMS, AnyTheorem, find_theorem
from ..theorems.naming import given_name
from ..words import count
from .asks import Ask, asked_of
from .copies import PlugIn, plug_in
from .grid import cells
from .misnamed import require_names

MOST_CELLS = 100_000


@dataclass(frozen=True)
class Norms:
    """What the norm checks of a sweep are to do: laws, dimensions, samples of each (None: by dimension), the seed."""

    laws: tuple[str, ...]
    dims: tuple[int, ...]
    samples: int | None
    seed: int

    @classmethod
    def of(cls, laws: Iterable[str], dims: Iterable[object], samples: object, seed: object, where: str = "") -> Norms:
        """What somebody asks for, its numbers checked; raises InputError, which *where* begins, for one out of range.

        The laws are taken as they are: to check them, their files run (``samples.require_laws``).
        """
        start = f"{where}: " if where else ""
        return cls(
            tuple(laws),
            tuple(require_integer(dim, f"{start}dims", least=1, most=2**32) for dim in dims),
            None if samples is None else require_integer(samples, f"{start}samples", least=2, most=2**32),
            require_integer(seed, f"{start}seed", least=0, most=2**64 - 1),
        )


@dataclass(frozen=True)
class Due:
    """A cell that is due: its key, its Spec with arguments filled in, and what it is asked to measure beyond what every
    run does, which is no part of the key."""

    key: str
    spec: Spec
    asks: tuple[Ask, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Plan:
    """The cells that are due, without duplicates and in the file's order; the theorems to judge (None: all).

    ``plugins``: the user's files by the path as given. ``objects``: the theorems by name, of a plan that is made here
    and not read from a folder. ``left_out`` counts, by the reason, cells for which a rule gives no hyper-parameters.
    ``narrowed`` are by name theorems whose grid has problems that are not run here, with a sentence that says so.
    """

    source: str
    quick: bool
    cells: tuple[Due, ...]
    theorems: tuple[str, ...] | None = None
    norms: Norms | None = None
    plugins: Mapping[str, PlugIn] = field(default_factory=dict)
    objects: Mapping[str, AnyTheorem] = field(default_factory=dict, compare=False, repr=False)
    left_out: Mapping[str, int] = field(default_factory=dict)
    narrowed: Mapping[str, str] = field(default_factory=dict)

    @property
    def specs(self) -> tuple[Spec, ...]:
        return tuple(due.spec for due in self.cells)

    @property
    def notes(self) -> list[str]:
        """A line for each reason for which cells were left out."""
        return [f"{count(n, 'cell')} left out: {reason}" for reason, n in self.left_out.items()]


def plan_of(
    tables: Sequence[Mapping[str, object]],
    theorems: Iterable[str | AnyTheorem] | None,
    source: object,
    quick: bool = False,
    norms: Norms | None = None,
    place: str = "table",
) -> Plan:
    """The plan of grid *tables* (``grid``); each cell is resolved once, here.

    *theorems*: names, FILE.py:NAME or theorems, None for all shipped ones. Errors name *source*, and *place* with the
    number of the table. Raises InputError for what is missing, unknown or out of range, and where no cell is left.
    """
    objects = None if theorems is None else _named(theorems, str(source))
    judged = THEOREMS if objects is None else objects
    due: dict[str, Due] = {}
    left_out: dict[str, str] = {}
    lacking: dict[str, MissingConstant] = {}

    def leave_out(spec: Spec, missing: MissingConstant) -> None:
        left_out[canonical_json(spec.to_dict())] = printable(missing)
        lacking.setdefault(missing.name, missing)
        require_room()

    def require_room() -> None:
        if len(due) + len(left_out) > MOST_CELLS:
            raise InputError(f"{where}: more than {MOST_CELLS} cells; shorten some lists")

    kinds: dict[str, Cell] = {}
    for number, table in enumerate(tables, start=1):
        where = f"{source}, {place} {number}"
        for cell in cells(table, quick, where, leave_out):
            kinds.setdefault(_kind(cell.spec), cell)
            if cell.key not in due:
                due[cell.key] = Due(cell.key, cell.spec, asked_of(cell, judged, where))
            require_room()
    made = tuple(due.values())
    if left_out and not made:
        reasons = "; ".join(dict.fromkeys(left_out.values()))
        raise InputError(f"{source}: there is no cell to run, all {len(left_out)} are left out: {reasons}")
    require_names(objects or {}, kinds.values(), lacking.values())
    return Plan(
        printable(source),
        quick,
        made,
        None if objects is None else tuple(objects),
        norms,
        _plug_ins(made, (*(objects or ()), *(norms.laws if norms else ()))),
        objects or {},
        dict(Counter(left_out.values())),
    )


def tables_of(theorem: Theorem, optimizer: str, schedule: str) -> list[dict]:
    """The tables that test *theorem*: its grid, and its hard instances at the sizes of the grid's first table.

    *optimizer* and *schedule* are the names that a sweep file would have, and there are as many replicas as the judge
    needs; what a table says itself wins.
    """
    own = {"optimizer": optimizer, "schedule": schedule, "replicas": LEAST_REPLICAS}
    tables = [{**own, **table} for table in theorem.grid]
    hard = [{**tables[0], "problem": h.problem, "problem_args": dict(h.arguments)} for h in theorem.hard]
    return tables + hard


def _kind(spec: Spec) -> str:
    """Equal for cells that have the same constants, whatever their values."""
    noise = spec.noise, spec.noise_args, spec.sigma > 0
    return canonical_json([spec.problem, spec.problem_args, spec.optimizer, spec.schedule, noise])


def _named(theorems: Iterable[str | AnyTheorem], where: str) -> dict[str, AnyTheorem]:
    found: dict[str, AnyTheorem] = {}
    for given in theorems:
        try:
            name = given_name(given, "theorem")
            theorem = find_theorem(given)
        except InputError as error:
            raise InputError(f"{where}: {error}") from error
        if found.setdefault(name, theorem) is not theorem or THEOREMS.get(name, theorem) is not theorem:
            raise InputError(f"{where}: two theorems are named {name!r}; rename one")
    return found


def _plug_ins(due: Iterable[Due], others: Iterable[str]) -> dict[str, PlugIn]:
    names = [n for d in due for n in (d.spec.problem, d.spec.optimizer, d.spec.noise, d.spec.schedule)]
    own = dict.fromkeys(name for name in (*names, *others) if is_own(name))
    return {home: plug_in(home, (n for n in own if home_of(n) == home)) for home in dict.fromkeys(map(home_of, own))}
